//! The till, asked for what no window asks: every command with any field broken. It refuses with a
//! reason that is not its own fault, and its books hold afterwards.

use std::collections::BTreeSet;

use domain::contract::{
    failure::code,
    ipc::{self, NAMES},
};
use replica::{Clock, OpenOptions, SecretStore, Till};
use serde_json::{Value, json};
use tests::fault::shop::Shop;

use crate::fuzzer::fuzz;

/// Leave or cut the till's place; what they do has tests of its own.
const LEFT_OUT: [&str; 5] = ["enrol", "sign_in", "sign_out", "approve", "sync_now"];

/// What names nothing that is made first.
fn plain(name: &str) -> Value {
    match name {
        "search_products" => json!({"text": "", "category_id": null, "offset": 0, "limit": 5}),
        "list_shifts" => json!({"limit": 10}),
        "list_quotes" => json!({"limit": 10}),
        "list_documents" => json!({"limit": 10}),
        "search_customers" => json!({"text": "jo", "limit": 5}),
        "list_duplicates" => json!({"limit": 10}),
        "list_repairs" => json!({"states": ["received"]}),
        "find_serial" => json!({"serial": "49-015420-323751-8", "product_id": null}),
        "find_balances" => json!({"code": "GIFT-0001", "customer_id": null}),
        "change_balance" => json!({"draft_id": "00000000-0000-4000-8000-000000000047",
            "of": {"kind": "gift_card", "code": "GIFT0001"},
            "change": {"kind": "adjust", "delta_minor": -100, "reason": "mistyped"}}),
        "scan_code" => json!({"code": "4006381333931"}),
        "cancel_print" => json!({"job_id": 1}),
        // Nobody listens there, so papers wait.
        "put_printer" => json!({"settings": {"kind": "network", "address": "127.0.0.1:9",
            "columns": 48, "language": "es", "copies": 1, "has_logo": true, "kicks_drawer": true,
            "prints_at_once": false, "return_days": 30, "footer": ""}}),
        _ => json!({}),
    }
}

/// A terminal that answers at once, or not at all.
fn terminal(answer: &str) -> Value {
    json!({"settings": {"kind": "simulated", "wait_ms": 100, "answer": answer,
        "answers_after_ms": 0}})
}

fn intake(draft: &Value) -> Value {
    json!({"draft_id": draft, "customer_id": null, "device": {"kind": "phone",
        "brand": "", "model": "", "serial": ""}, "fault": "cracked", "accessories": "",
        "promised_date": "2030-01-31"})
}

/// Of something, and of one unit of it by its number.
fn sale(draft: &Value, line: &Value) -> Value {
    let mut unit = line.clone();
    unit["serial"] = json!("490154203237518");
    json!({"draft_id": draft, "lines": [line, unit], "customer_id": null,
        "payments": [{"tender": "gift_card", "tendered_minor": -500, "reference": "GIFT0001"},
            {"tender": "cash", "tendered_minor": 10_000_000, "reference": ""}]})
}

/// Every command as a window sends it.
fn commands(till: &Till, runtime: &tokio::runtime::Runtime) -> Vec<(&'static str, Value)> {
    let ask = |name, arguments| runtime.block_on(till.dispatch(name, arguments)).unwrap();
    let products = ask("search_products", plain("search_products"));
    let product = products["hits"][0]["product"]["product_id"].clone();
    let draft = |n: u32| json!(format!("00000000-0000-4000-8000-{n:012}"));
    let line = json!({"product_id": product, "quantity_milli": 1_000, "unit_price_e4": null,
        "discount_minor": 0});
    let sale = sale(&draft(1), &line);
    // The demo shop sells in a shift only.
    let open = json!({"draft_id": draft(8), "float_minor": 10_000});
    let shift = ask("open_shift", open.clone())["shift"]["shift_id"].clone();
    let receipt = ask("complete_sale", sale.clone());
    let document = receipt["document"]["document_id"].clone();
    let intake = intake(&draft(2));
    let repair = ask("take_in_repair", intake.clone())["repair"]["repair_id"].clone();
    let refund = json!({"draft_id": draft(3), "original_id": document, "loose": [],
        "lines": [{"n": 1, "quantity_milli": 1_000, "location": "shop_floor"}],
        "customer_id": null, "tender": "cash", "reason": "too small"});
    let adjust = json!({"draft_id": draft(4), "reason": "received", "note": "", "lines": [
        {"product_id": product, "location": "shop_floor", "delta_milli": 1_000}]});
    let customer = json!({"draft_id": draft(5), "customer_id": null, "name": "José",
        "phone": "+34600000000", "email": "", "address": "", "tax_id": "", "notes": "",
        "legal_name": "", "fiscal_address": "", "consent": "email"});
    let known = ask("put_customer", customer.clone())["customer_id"].clone();
    let mut twin = customer.clone();
    twin["draft_id"] = json!(draft(12));
    let twin = ask("put_customer", twin)["customer_id"].clone();
    let kept = |n| set_aside(&draft(n), &line, &known);
    let parked = |n| ask("park_sale", kept(n))["parked_id"].clone();
    let quoted = |n| ask("make_quote", kept(n))["quote"].clone();
    let (taken_up, let_go) = (parked(36), parked(37));
    let (sought, declined) = (quoted(41), quoted(42));
    // A terminal that is silent leaves one charge unknown; then it answers.
    let charge = |n: u32, sale: u32| {
        json!({"draft_id": draft(sale), "card_payment_id": draft(n), "tender": "card",
            "amount_minor": 1_000})
    };
    ask("put_terminal", terminal("time_out_not_charged"));
    let unknown = ask("charge_card", charge(16, 17));
    assert_eq!(unknown["payment"]["state"], "unknown");
    ask("put_terminal", terminal("approve"));
    let pieces = json!([{"value_minor": 1_000, "count": 10}]);
    let arguments = |name: &str| match name {
        "put_terminal" => terminal("approve"),
        "charge_card" => charge(18, 19),
        // The silent one is settled by its slip, the other given back: the shift can close.
        "cancel_card" | "get_card_payment" | "ask_terminal" | "return_card_payment" => {
            json!({"card_payment_id": draft(18)})
        }
        "settle_card_payment" => json!({"draft_id": draft(20), "card_payment_id": draft(16),
            "outcome": "not_charged", "reference": "", "note": ""}),
        "open_shift" => open.clone(),
        "move_cash" => json!({"draft_id": draft(9), "movement": "in", "amount_minor": 500,
            "reason": "change"}),
        "count_cash" => json!({"draft_id": draft(10), "pieces": pieces}),
        "close_shift" => json!({"draft_id": draft(11), "pieces": pieces, "others": [],
            "float_left_minor": 1_000, "note": ""}),
        "get_shift_report" => json!({"shift_id": shift}),
        "get_product" => json!({"product_id": product}),
        "complete_sale" => sale.clone(),
        "park_sale" => kept(38),
        "resume_parked" => json!({"draft_id": draft(39), "parked_id": taken_up}),
        "discard_parked" => json!({"draft_id": draft(40), "parked_id": let_go,
            "reason": "did not come back"}),
        "make_quote" => kept(43),
        "get_quote" => json!({"number": sought["quoted"]["number"]}),
        "sell_quote" => json!({"quote_id": sought["quote_id"]}),
        "decline_quote" => json!({"draft_id": draft(44), "quote_id": declined["quote_id"],
            "reason": "bought elsewhere"}),
        "make_invoice" => json!({"draft_id": draft(46), "customer_id": known,
            "receipt_id": receipt["document"]["document_id"]}),
        "find_document" => json!({"number": receipt["document"]["number"]}),
        "complete_refund" => refund.clone(),
        "adjust_stock" => adjust.clone(),
        "put_customer" => customer.clone(),
        "get_customer" => json!({"customer_id": known}),
        "merge_customers" => json!({"draft_id": draft(13), "kept": known, "merged": twin}),
        "split_customer" => json!({"draft_id": draft(14), "customer_id": twin}),
        "tell_customers_apart" => json!({"draft_id": draft(15), "customer_id": known,
            "other_id": twin}),
        "take_in_repair" => intake.clone(),
        "get_repair" => json!({"repair_id": repair}),
        "move_repair" => json!({"draft_id": draft(6), "repair_id": repair, "to": "diagnosing"}),
        "note_repair" => json!({"draft_id": draft(7), "repair_id": repair, "text": "looked"}),
        "print_document" => json!({"document_id": document}),
        "save_pdf" => json!({"document_id": document, "form": "sheet"}),
        _ => plain(name),
    };
    let all: Vec<_> = NAMES
        .iter()
        .filter(|name| !LEFT_OUT.contains(name))
        .map(|name| (*name, arguments(name)))
        .collect();
    for (name, arguments) in &all {
        ask(name, arguments.clone());
        if *name == "close_shift" {
            // What is tried after it sells again.
            let mut open = open.clone();
            open["draft_id"] = draft(50);
            ask("open_shift", open);
        }
    }
    all
}

/// A cart as it is parked, or quoted.
fn set_aside(draft_id: &Value, line: &Value, customer_id: &Value) -> Value {
    json!({"draft_id": draft_id, "lines": [line], "customer_id": customer_id,
        "terms": {"discount": {"percent": 50_000}, "coupons": []}, "note": "back at five",
        "valid_days": 30})
}

#[test]
fn commands_that_no_window_sends() {
    let mut shop = Shop::open().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let folder = shop.till_folder();
    let till = runtime.block_on(at_work(&shop, &folder));
    let commands = commands(&till, &runtime);
    let mut refused = BTreeSet::new();
    let mut drafts = 100_u64;
    fuzz(1_500, |input| {
        let (name, good) = input.of(&commands);
        let mut good = good.clone();
        if let Some(draft) = good.get_mut("draft_id") {
            // A draft that is done answers with what it did.
            drafts += 1;
            *draft = json!(format!("00000000-0000-4000-8000-{drafts:012}"));
        }
        let arguments = input.breakage.of_value(&good);
        if let Err(failure) = runtime.block_on(till.dispatch(name, arguments.clone())) {
            assert_ne!(
                failure.code,
                code::INTERNAL,
                "{name} {arguments}: {failure}"
            );
            refused.insert(failure.code);
        }
    });
    assert!(refused.len() > 3, "{refused:?}");
    runtime.block_on(till.close()).unwrap();
    let report = runtime.block_on(replica::verify::verify(&folder)).unwrap();
    assert_eq!(report.findings, []);
    assert!(report.own_operations > 3);
}

/// An enrolled till with somebody at it.
async fn at_work(shop: &Shop, folder: &std::path::Path) -> Till {
    let options = OpenOptions {
        data_dir: folder.to_owned(),
        clock: Clock::system(),
        secrets: SecretStore::File,
        enrol_hint: None,
        papers: None,
    };
    let till = Till::open(options).await.unwrap();
    let server = shop.server.ready.address.clone();
    let code = shop.server.enrol_code("S1", 40).unwrap();
    till.call(ipc::Enrol { server, code }).await.unwrap();
    while till.call(ipc::SyncNow {}).await.unwrap().products == 0 {}
    let staff = till.call(ipc::ListStaff {}).await.unwrap();
    let james = staff.iter().find(|person| person.name == "James").unwrap();
    let sign_in = ipc::SignIn {
        staff_id: james.staff_id,
        pin: "271828".to_owned(),
    };
    till.call(sign_in).await.unwrap();
    till
}
