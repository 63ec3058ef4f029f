//! Good messages: the golden files of the wire, and what is made of them.

use domain::{
    contract::sync_v1::{HaveRequest, PullReply},
    replication::{Envelope, body::KINDS},
};
use serde_json::{Value, json};

const SALE: &str = include_str!("../../../domain/tests/golden/sale_v1.json");
const HEAL: &str = include_str!("../../../domain/tests/golden/heal_v1.json");
const BODIES: [(&str, &str); 20] = [
    (
        "sale",
        include_str!("../../../domain/tests/golden/kinds/sale_v1.json"),
    ),
    (
        "refund",
        include_str!("../../../domain/tests/golden/kinds/refund_v1.json"),
    ),
    (
        "stock_adjustment",
        include_str!("../../../domain/tests/golden/kinds/stock_adjustment_v1.json"),
    ),
    (
        "customer_put",
        include_str!("../../../domain/tests/golden/kinds/customer_put_v1.json"),
    ),
    (
        "repair_intake",
        include_str!("../../../domain/tests/golden/kinds/repair_intake_v1.json"),
    ),
    (
        "repair_move",
        include_str!("../../../domain/tests/golden/kinds/repair_move_v1.json"),
    ),
    (
        "repair_note",
        include_str!("../../../domain/tests/golden/kinds/repair_note_v1.json"),
    ),
    (
        "shift_open",
        include_str!("../../../domain/tests/golden/kinds/shift_open_v1.json"),
    ),
    (
        "cash_movement",
        include_str!("../../../domain/tests/golden/kinds/cash_movement_v1.json"),
    ),
    (
        "spot_count",
        include_str!("../../../domain/tests/golden/kinds/spot_count_v1.json"),
    ),
    (
        "shift_close",
        include_str!("../../../domain/tests/golden/kinds/shift_close_v1.json"),
    ),
    (
        "card_payment",
        include_str!("../../../domain/tests/golden/kinds/card_payment_v1.json"),
    ),
    (
        "sale_park",
        include_str!("../../../domain/tests/golden/kinds/sale_park_v1.json"),
    ),
    (
        "sale_resume",
        include_str!("../../../domain/tests/golden/kinds/sale_resume_v1.json"),
    ),
    (
        "sale_discard",
        include_str!("../../../domain/tests/golden/kinds/sale_discard_v1.json"),
    ),
    (
        "quote_make",
        include_str!("../../../domain/tests/golden/kinds/quote_make_v1.json"),
    ),
    (
        "quote_decline",
        include_str!("../../../domain/tests/golden/kinds/quote_decline_v1.json"),
    ),
    (
        "invoice_make",
        include_str!("../../../domain/tests/golden/kinds/invoice_make_v1.json"),
    ),
    (
        "balance_change",
        include_str!("../../../domain/tests/golden/kinds/balance_change_v1.json"),
    ),
    (
        "server_put",
        include_str!("../../../domain/tests/golden/kinds/server_put_v1.json"),
    ),
];

/// A sealed sale.
pub(crate) fn envelope() -> Value {
    serde_json::from_str(SALE).unwrap()
}

/// A body of each kind.
pub(crate) fn bodies() -> Vec<(&'static str, Value)> {
    assert_eq!(BODIES.map(|(kind, _)| kind), KINDS.map(|(kind, _)| kind));
    let read = |(kind, text)| (kind, serde_json::from_str(text).unwrap());
    BODIES.into_iter().map(read).collect()
}

/// One of what the golden file of healing holds.
pub(crate) fn healing(name: &str) -> Value {
    let all: Value = serde_json::from_str(HEAL).unwrap();
    assert!(!all[name].is_null(), "{name}");
    all[name].clone()
}

/// A page of a feed: an operation, and rows of the server.
pub(crate) fn page() -> Value {
    let envelope: Envelope = serde_json::from_value(envelope()).unwrap();
    let bare = serde_json::to_value(envelope.bare()).unwrap();
    let tills = &bodies().pop().unwrap().1["tills"];
    let have = healing("have");
    let rows = json!({"till": tills, "certificate": have["certificates"],
        "erasure": have["erasures"]});
    let digest = healing("have")["ranges"][0]["last_hash"].clone();
    let page = json!({
        "scope": "org", "incarnation": "1-00000001-0", "to": 2, "head": 9, "digest": digest,
        "server_ms": 1_700_000_000_000_u64,
        "rows": [
            {
                "seq": 1, "type": "op",
                "bytes": {"envelope": bare, "effective_hlc": "85269204172800000", "branch": 0,
                    "rows": rows},
                "beside": {"private": envelope.private},
            },
            {
                "seq": 2, "type": "server",
                "bytes": {"op_id": null, "effective_hlc": "85269204172800000",
                    "rows": rows},
            },
        ],
    });
    let read: PullReply = serde_json::from_str(&page.to_string()).unwrap();
    read.rows[0].op().unwrap();
    read.rows[1].rows().unwrap();
    page
}

/// What a till has, asks and says.
pub(crate) fn have() -> Value {
    let have = healing("have");
    let _: HaveRequest = serde_json::from_value(have.clone()).unwrap();
    have
}
