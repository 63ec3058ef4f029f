//! What a till learns of its own past from the feed, and what it lets go when somebody is erased.

use domain::{
    contract::{
        ipc::PutCustomer,
        sync_v1::{Erasure, ErasureBody},
    },
    hlc::Hlc,
    id::OrganizationId,
    replication::{
        Rows,
        chain::{Base64, PublicKey, SignatureBytes},
    },
};
use uuid::Uuid;

use super::fixture::{Desk, cable, draft, line};
use crate::store;

#[tokio::test]
async fn an_old_copy_goes_on_behind_what_the_feed_says_it_did_and_calls_itself_a_copy() {
    let desk = Desk::at_work().await;
    desk.sell(vec![line(&cable(), 1)]).await.unwrap();
    let copy = std::env::temp_dir().join(format!("copy-{}", Uuid::from_u128(7).simple()));
    let _ = std::fs::remove_dir_all(&copy);
    // The disk as it is now; then two sales that only the server will remember.
    desk.till.close().await.unwrap();
    copy_folder(&desk.folder.0, &copy);
    let mut desk = desk.restart_again().await;
    desk.sell(vec![line(&cable(), 2)]).await.unwrap();
    let last = desk.sell(vec![line(&cable(), 3)]).await.unwrap();
    for envelope in desk.unsent().await {
        desk.store.op(envelope);
    }
    desk.till.close().await.unwrap();
    std::fs::remove_dir_all(&desk.folder.0).unwrap();
    copy_folder(&copy, &desk.folder.0);
    let mut desk = desk.restart_again().await;
    desk.pull().await;
    desk.own_past().await;
    let identity = desk.shared().identity().unwrap();
    assert!(identity.enrolment.is_fenced);
    let next = desk.sell(vec![line(&cable(), 1)]).await.unwrap();
    assert_eq!(next.document.count, last.document.count + 1);
    let seq = desk.number("SELECT device_seq FROM chain").await;
    assert_eq!(seq, 4);
    std::fs::remove_dir_all(&copy).unwrap();
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test]
async fn an_erased_person_leaves_the_journal_and_the_tombstone_stays() {
    let mut desk = Desk::at_work().await;
    let customer = desk
        .till
        .call(PutCustomer {
            draft_id: draft(),
            customer_id: None,
            name: "Jordan".to_owned(),
            phone: String::new(),
            email: String::new(),
            address: String::new(),
            tax_id: String::new(),
            notes: String::new(),
            legal_name: String::new(),
            fiscal_address: String::new(),
            consent: String::new(),
        })
        .await
        .unwrap();
    for envelope in desk.unsent().await {
        desk.org.op(envelope);
    }
    desk.pull().await;
    let texts = "SELECT count(*) FROM journal WHERE private <> ''";
    assert_eq!(desk.number(texts).await, 1);
    let body = ErasureBody {
        organization_id: OrganizationId(Uuid::from_u128(1)),
        customer_id: customer.customer_id,
        effective_hlc: Hlc(i64::MAX.unsigned_abs()),
    };
    let erasure = Erasure {
        body: Base64(serde_json::to_vec(&body).unwrap()),
        server_key: PublicKey([0; 32]),
        signature: SignatureBytes([0; 64]),
    };
    desk.org.server(Rows {
        erasure: vec![erasure.clone()],
        ..Rows::default()
    });
    desk.pull().await;
    assert_eq!(desk.number(texts).await, 0);
    let mut connection = desk.shared().db.reader().await.unwrap();
    let (_, erasures) = store::vouch::all(&mut connection).await.unwrap();
    assert_eq!(erasures, [erasure]);
}
