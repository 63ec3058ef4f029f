//! What a till learns of its own past from the feed, and what it lets go when somebody is erased.

use domain::{
    contract::{
        ipc::PutCustomer,
        sync_v1::{Certificate, CertificateBody, Erasure, ErasureBody},
    },
    hlc::Hlc,
    id::{DeviceId, OrganizationId},
    replication::{
        Rows,
        chain::{Base64, PublicKey, SignatureBytes},
    },
};
use ed25519_dalek::{Signer, SigningKey};
use uuid::Uuid;

use super::fixture::{Desk, STORE, cable, draft, line, organization, server_key, signed};
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
        organization_id: organization().organization_id,
        customer_id: customer.customer_id,
        effective_hlc: Hlc(i64::MAX.unsigned_abs()),
    };
    let (body, signature) = signed(&body);
    let erasure = Erasure {
        body,
        server_key: server_key(),
        signature,
    };
    let forged = Erasure {
        signature: SignatureBytes([7; 64]),
        ..erasure.clone()
    };
    for (erasure, left) in [(forged, 1), (erasure.clone(), 0)] {
        desk.org.server(Rows {
            erasure: vec![erasure],
            ..Rows::default()
        });
        desk.pull().await;
        assert_eq!(desk.number(texts).await, left);
    }
    let mut connection = desk.shared().db.reader().await.unwrap();
    let (_, erasures) = store::vouch::all(&mut connection).await.unwrap();
    assert_eq!(erasures, [erasure]);
}

#[tokio::test]
async fn a_certificate_that_the_server_of_the_enrolment_did_not_sign_is_not_kept() {
    let mut desk = Desk::at_work().await;
    let body = CertificateBody {
        organization_id: organization().organization_id,
        device_id: DeviceId(Uuid::from_u128(0x77)),
        public_key: PublicKey([1; 32]),
        store_id: STORE,
        till_number: 7,
        epoch: 1,
        series: "A".to_owned(),
    };
    let (bytes, signature) = signed(&body);
    let sound = Certificate {
        body: bytes,
        server_key: server_key(),
        signature,
    };
    let (bytes, signature) = signed(&CertificateBody {
        organization_id: OrganizationId(Uuid::from_u128(2)),
        epoch: 2,
        ..body.clone()
    });
    let of_another_business = Certificate {
        body: bytes,
        signature,
        ..sound.clone()
    };
    let stranger = SigningKey::from_bytes(&[8; 32]);
    let bytes = serde_json::to_vec(&CertificateBody { epoch: 3, ..body }).unwrap();
    let of_another_server = Certificate {
        signature: SignatureBytes(stranger.sign(&bytes).to_bytes()),
        body: Base64(bytes),
        server_key: PublicKey(stranger.verifying_key().to_bytes()),
    };
    desk.org.server(Rows {
        certificate: vec![of_another_business, sound.clone(), of_another_server],
        ..Rows::default()
    });
    desk.pull().await;
    let mut connection = desk.shared().db.reader().await.unwrap();
    let (certificates, _) = store::vouch::all(&mut connection).await.unwrap();
    assert_eq!(certificates.len(), 2, "this one and the till's own");
    assert_eq!(certificates[0], sound);
}
