//! A list of customers as shops have them is taken in whole; who stands in it twice is found at a till
//! and made one there, or not, by people.

use std::path::Path;

use domain::contract::ipc;
use tests::site::Servers;

use crate::kit::{Shop, draft, told_everywhere};

told_everywhere! {
    a_messy_list_of_customers_is_imported_and_its_doubles_are_offered,
}

fn a_messy_list_of_customers_is_imported_and_its_doubles_are_offered(servers: Servers) {
    let mut shop = Shop::open(servers);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/organizations_messy.csv");
    let errors = std::env::temp_dir().join(format!("techstore-messy-{}.csv", std::process::id()));
    let (file, errors) = (file.to_str().unwrap(), errors.to_str().unwrap());
    let import = ["import", "customers", file, "--errors", errors, "--json"];
    let said: serde_json::Value =
        serde_json::from_str(&shop.site.server.command(&import).unwrap()).unwrap();
    let (created, bad) = (
        said["created"].as_u64().unwrap(),
        said["bad"].as_u64().unwrap(),
    );
    let rows = std::fs::read_to_string(file).unwrap();
    let rows = csv::Reader::from_reader(rows.as_bytes())
        .into_records()
        .count();
    assert_eq!(created + bad, u64::try_from(rows).unwrap());
    // Nothing is left out but what stands there word for word twice.
    let reasons = std::fs::read_to_string(errors).unwrap();
    std::fs::remove_file(errors).unwrap();
    let twice = reasons.matches("the same customer stands on line").count();
    assert_eq!(bad, u64::try_from(twice).unwrap());

    let mut till = shop.till("S1", "James", "271828");
    let offered = till
        .call(&ipc::ListDuplicates { limit: 100 })
        .unwrap()
        .unwrap();
    assert!(offered.len() > 20, "{}", offered.len());
    let pair = offered[0].clone();
    let merge = ipc::MergeCustomers {
        draft_id: draft(),
        kept: pair.first.customer_id,
        merged: pair.second.customer_id,
    };
    till.call(&merge).unwrap().unwrap();
    let left = till
        .call(&ipc::ListDuplicates { limit: 100 })
        .unwrap()
        .unwrap();
    assert!(!left.contains(&pair));
    till.wait_quiet(60_000).unwrap();

    // Imported again, the list changes nothing: not even what people have merged since.
    let again: serde_json::Value =
        serde_json::from_str(&shop.site.server.command(&import).unwrap()).unwrap();
    std::fs::remove_file(errors).unwrap();
    assert_eq!(
        (&again["created"], &again["updated"]),
        (&0.into(), &0.into())
    );
}
