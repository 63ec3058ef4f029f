//! The main job on a slice of real invoices, with the network and the power failing, against
//! figures that an independent program computed from the file alone.

use std::path::Path;

use tests::{
    figures::Totals,
    replay::{Plan, run},
    site::Servers,
};

use crate::kit::{told_everywhere, turn};

fn replayed(servers: Servers, file: &str, expected: &str, tills: u32, breaks: bool) {
    let _turn = turn();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let report = run(&Plan {
        sales: data.join(file),
        tills,
        offline: breaks,
        kill: breaks,
        keep: false,
        data: None,
        errors: None,
        servers,
    })
    .unwrap();
    let expected = std::fs::read(data.join(expected)).unwrap();
    let expected: serde_json::Value = serde_json::from_slice(&expected).unwrap();
    let totals =
        |value: &serde_json::Value| -> Totals { serde_json::from_value(value.clone()).unwrap() };
    assert_eq!(report["equal"], true, "{report:#}");
    assert_eq!(report["bad_rows"], expected["bad_rows"]);
    assert_eq!(
        totals(&report["tills"]["totals"]),
        totals(&expected["totals"])
    );
    assert_eq!(
        totals(&report["server"]["totals"]),
        totals(&expected["totals"])
    );
}

told_everywhere! {
    a_slice_of_real_invoices_reconciles_through_kills_and_lost_networks,
    broken_rows_are_left_out_and_everything_else_goes_on,
}

fn a_slice_of_real_invoices_reconciles_through_kills_and_lost_networks(servers: Servers) {
    replayed(
        servers,
        "invoices_slice.csv.gz",
        "expected_slice.json",
        3,
        true,
    );
}

fn broken_rows_are_left_out_and_everything_else_goes_on(servers: Servers) {
    replayed(
        servers,
        "invoices_broken.csv",
        "expected_broken.json",
        1,
        false,
    );
}
