//! At the bench: two technicians work on one repair without network and agree afterwards.

use domain::{contract::ipc, repair::RepairState};
use serde_json::json;
use tests::site::Servers;

use crate::kit::{Shop, draft, told_everywhere};

told_everywhere! {
    two_tills_that_edit_one_repair_offline_agree_afterwards,
}

fn two_tills_that_edit_one_repair_offline_agree_afterwards(servers: Servers) {
    let mut shop = Shop::open(servers);
    let mut counter = shop.till("S1", "Olivia", "2580");
    let mut bench = shop.till("S1", "Noah", "3690");
    let taken_in = counter
        .call(&ipc::TakeInRepair {
            draft_id: draft(),
            customer_id: None,
            device: domain::repair::RepairDevice {
                kind: "Mobile".into(),
                brand: "Motorola".into(),
                ..Default::default()
            },
            fault: "No sound output".into(),
            accessories: String::new(),
            promised_date: None,
        })
        .unwrap()
        .unwrap();
    let repair_id = taken_in.repair.repair_id;
    counter.wait_quiet(60_000).unwrap();
    bench.wait_quiet(60_000).unwrap();

    // The bench works a moment after the counter, whatever the machine's speed.
    let now_ms = counter.call(&ipc::GetSession {}).unwrap().unwrap().now_ms;
    for (till, now_ms) in [(&mut counter, now_ms), (&mut bench, now_ms + 5_000)] {
        till.ask("set_network", &json!({ "online": false }))
            .unwrap();
        till.ask("set_clock", &json!({ "now_ms": now_ms })).unwrap();
    }
    let go = |to| ipc::MoveRepair {
        draft_id: draft(),
        repair_id,
        to,
    };
    counter.call(&go(RepairState::Repairing)).unwrap().unwrap();
    bench.call(&go(RepairState::Diagnosing)).unwrap().unwrap();
    bench
        .call(&go(RepairState::AwaitingApproval))
        .unwrap()
        .unwrap();
    let note = |text: &str| ipc::NoteRepair {
        draft_id: draft(),
        repair_id,
        text: text.into(),
    };
    counter
        .call(&note("Customer wants it back"))
        .unwrap()
        .unwrap();
    bench.call(&note("Speaker replaced")).unwrap().unwrap();
    for till in [&mut counter, &mut bench] {
        till.ask("set_network", &json!({ "online": true })).unwrap();
    }
    for _ in 0..2 {
        counter.wait_quiet(60_000).unwrap();
        bench.wait_quiet(60_000).unwrap();
    }

    let get = ipc::GetRepair { repair_id };
    let (a, b) = (
        counter.call(&get).unwrap().unwrap(),
        bench.call(&get).unwrap().unwrap(),
    );
    assert_eq!(a, b);
    assert_eq!(a.events.len(), 6, "nothing is dropped");
    assert!(a.events.iter().all(|event| !event.is_pending));
    let rejected: Vec<_> = a.events.iter().filter(|event| event.is_rejected).collect();
    assert_eq!(
        rejected.len(),
        1,
        "what is being repaired cannot go back to diagnosing"
    );
    assert_eq!(a.repair.state, RepairState::AwaitingApproval);
}
