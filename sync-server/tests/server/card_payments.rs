//! Card payments at the server: rows arrive, a sale uses its charge up in one operation, and what two
//! copies of a till say of one charge makes one row.

use domain::{
    card_payment::{
        Authorization, CardCharge, CardPayment, CardPaymentEvent, CardPaymentState, Doubt,
        SlipOutcome, SlipSettlement,
    },
    contract::sync_v1::Outcome,
    id::{CardPaymentId, OpId},
    money::Money,
    replication::{OpBody, body::CardPaymentBody},
    sale::{TenderCode, details::CardPaymentUse},
};
use sync_server::{clock, op::verify::verify};

use crate::kit::*;

fn step(card_payment_id: CardPaymentId, event: CardPaymentEvent) -> OpBody {
    OpBody::CardPayment(CardPaymentBody {
        card_payment_id,
        event,
    })
}

fn started(till: &Till, card_payment_id: CardPaymentId) -> OpBody {
    let charge = CardCharge {
        draft_id: clock::new_id().unwrap(),
        tender: TenderCode::CARD,
        amount_minor: Money(255),
        currency: till.organization.currency.clone(),
    };
    step(card_payment_id, CardPaymentEvent::Started(charge))
}

fn approved() -> CardPaymentEvent {
    CardPaymentEvent::Approved(Authorization {
        code: "004217".to_owned(),
        ..Authorization::default()
    })
}

fn settled(outcome: SlipOutcome) -> CardPaymentEvent {
    CardPaymentEvent::Settled(SlipSettlement {
        outcome,
        reference: "slip 81".to_owned(),
        note: String::new(),
        approvals: Vec::new(),
    })
}

/// A sale that a charge pays.
fn sale_by(till: &mut Till, card_payment_id: CardPaymentId) -> OpBody {
    let mut body = till.sale(&[(product(), 1)]);
    if let OpBody::Sale(document) = &mut body {
        let used = CardPaymentUse {
            n: 1,
            card_payment_id,
        };
        document.details.card_payments.push(used);
    }
    body
}

async fn send(till: &mut Till, bodies: &[OpBody]) -> Vec<OpId> {
    let ops: Vec<_> = bodies.iter().map(|body| till.seal(body)).collect();
    let ids = ops
        .iter()
        .map(|op| op.decode_header().unwrap().op_id)
        .collect();
    let reply = till.push(ops).await.unwrap();
    let all = reply.outcomes.iter();
    assert!(
        all.clone().all(|one| one.outcome == Outcome::Applied),
        "{all:?}"
    );
    ids
}

/// The row as the feed last brought it.
async fn row(till: &Till, card_payment_id: CardPaymentId) -> CardPayment {
    let feed = till.pull(&till.store_scope(), 100).await;
    let rows = feed.iter().flat_map(|row| row.op().unwrap().rows.log_row);
    let payments = rows.filter_map(|row| row.state.into_card_payment());
    let mut payments = payments.filter(|payment| payment.card_payment_id == card_payment_id);
    payments.next_back().unwrap()
}

async fn is_sound(server: &Server) {
    let report = verify(&server.state.pool, &server.state.key.public())
        .await
        .unwrap();
    assert_eq!(report.findings, []);
}

#[tokio::test]
async fn a_sale_uses_its_charge_up_and_a_second_one_is_kept_without_effect() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let id: CardPaymentId = clock::new_id().unwrap();
    let first = started(&till, id);
    send(&mut till, &[first, step(id, approved())]).await;
    let charged = row(&till, id).await;
    assert_eq!(charged.state, CardPaymentState::Approved);
    let open = "SELECT count(*) FROM log_row WHERE kind = 'card_payment' AND is_open";
    assert_eq!(number(&server, open).await, 1);

    let mut copy = till.clone();
    let sale = sale_by(&mut till, id);
    let sold = send(&mut till, &[sale]).await;
    let used = row(&till, id).await;
    assert_eq!(
        (used.state, used.document_id),
        (CardPaymentState::Used, Some(sold[0]))
    );
    assert_eq!(number(&server, open).await, 0);
    // A copy of the till sells by the same charge: its document stands, and the row shows it.
    let again = sale_by(&mut copy, id);
    let again = send(&mut copy, &[again]).await;
    let shown = row(&till, id).await;
    assert_eq!((shown.document_id, shown.rejected), (Some(sold[0]), again));
    assert_eq!(number(&server, "SELECT count(*) FROM document").await, 2);
    is_sound(&server).await;
}

#[tokio::test]
async fn steps_that_arrive_before_the_start_wait_for_it_and_money_wins() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let id: CardPaymentId = clock::new_id().unwrap();
    let why = Doubt::TimedOut;
    let early = [
        step(id, CardPaymentEvent::Unknown { why }),
        step(id, settled(SlipOutcome::NotCharged)),
    ];
    send(&mut till, &early).await;
    let waits = "SELECT count(*) FROM log_row WHERE folded IS NULL";
    assert_eq!(number(&server, waits).await, 1);
    let start = started(&till, id);
    send(&mut till, &[start]).await;
    assert_eq!(row(&till, id).await.state, CardPaymentState::NotCharged);
    send(&mut till, &[step(id, approved())]).await;
    let reopened = row(&till, id).await;
    assert_eq!(reopened.state, CardPaymentState::Approved);
    assert_eq!(reopened.rejected, []);
    is_sound(&server).await;
}
