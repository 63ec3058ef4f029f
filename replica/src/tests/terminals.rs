//! Card payments at a terminal that fails in every way, over restarts between any two steps: no card
//! is charged twice for a sale, and no charge is forgotten.

use std::time::Duration;

use domain::{
    card_payment::{CardPaymentState as State, Decline, Doubt, SlipOutcome},
    contract::{
        failure::{Failure, code},
        ipc::{
            Approve, AskTerminal, AskedTerms, CancelCard, CardPaymentView, CardPayments,
            ChargeCard, CloseShift, CompleteSale, DocumentView, GetCardPayment, ListCardPayments,
            OpenShift, PutTerminal, ReturnCardPayment, SettleCardPayment,
        },
    },
    id::{CardPaymentId, DraftId},
    money::Money,
    replication::{Rows, row::Settings},
    sale::{TenderCode, TenderedPayment},
    staff::Permission,
    terminal::{SimulatedAnswer as Does, TerminalKind, TerminalSettings},
};

use super::fixture::{CASHIER, Desk, MANAGER, PIN, cable, cash, draft, line, organization};

/// Longer than any of it takes, so that a hang fails.
const PATIENCE: Duration = Duration::from_secs(30);
/// What the sale of these tests comes to.
const DUE: i64 = 250;

fn terminal(answer: Does) -> TerminalSettings {
    TerminalSettings {
        kind: TerminalKind::Simulated,
        wait_ms: 100,
        answer,
        answers_after_ms: 0,
    }
}

/// One that takes its time, and a till that has it.
fn slow(answer: Does) -> TerminalSettings {
    TerminalSettings {
        wait_ms: 60_000,
        answers_after_ms: 60_000,
        ..terminal(answer)
    }
}

async fn set_up(desk: &Desk, settings: TerminalSettings) {
    let settings = Some(settings);
    desk.till.call(PutTerminal { settings }).await.unwrap();
}

async fn at_work(answer: Does) -> Desk {
    let desk = Desk::at_work().await;
    set_up(&desk, terminal(answer)).await;
    desk
}

fn new_charge(draft_id: DraftId, minor: i64) -> ChargeCard {
    ChargeCard {
        draft_id,
        card_payment_id: CardPaymentId(draft().0),
        tender: TenderCode::CARD,
        amount_minor: Money(minor),
    }
}

async fn charge(desk: &Desk, draft_id: DraftId, minor: i64) -> Result<CardPaymentView, Failure> {
    desk.till.call(new_charge(draft_id, minor)).await
}

fn card(minor: i64) -> TenderedPayment {
    TenderedPayment {
        tender: TenderCode::CARD,
        tendered_minor: Money(minor),
        reference: String::new(),
    }
}

async fn sell(
    desk: &Desk,
    draft_id: DraftId,
    payments: Vec<TenderedPayment>,
) -> Result<DocumentView, Failure> {
    let command = CompleteSale {
        draft_id,
        lines: vec![line(&cable(), 1)],
        payments,
        customer_id: None,
        quote_id: None,
        terms: AskedTerms::default(),
        exchange: None,
    };
    desk.till.call(command).await
}

async fn refused(desk: &Desk, draft_id: DraftId, payments: Vec<TenderedPayment>) -> String {
    sell(desk, draft_id, payments).await.unwrap_err().code
}

async fn cards(desk: &Desk) -> CardPayments {
    desk.till.call(ListCardPayments {}).await.unwrap()
}

async fn state(desk: &Desk, card_payment_id: CardPaymentId) -> State {
    let command = GetCardPayment { card_payment_id };
    desk.till.call(command).await.unwrap().payment.state
}

/// Looks whenever something changes until a card payment that is open is as expected.
async fn until(desk: &Desk, is_so: impl Fn(&CardPaymentView) -> bool) -> CardPaymentView {
    let mut changes = desk.till.changes();
    let looking = async {
        loop {
            let now = cards(desk).await;
            if let Some(found) = now
                .open
                .into_iter()
                .chain(now.recent)
                .find(|one| is_so(one))
            {
                return found;
            }
            let _ = changes.recv().await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap()
}

fn slip(card_payment_id: CardPaymentId, outcome: SlipOutcome) -> SettleCardPayment {
    SettleCardPayment {
        draft_id: draft(),
        card_payment_id,
        outcome,
        reference: "slip 81".into(),
        note: String::new(),
    }
}

/// The terminal behaves otherwise from now on, whatever the till is doing.
async fn behave(desk: &Desk, from: &str, to: &str) {
    desk.execute(&format!(
        "UPDATE terminal SET settings = replace(settings, '{from}', '{to}')"
    ))
    .await;
}

#[tokio::test]
async fn a_card_is_charged_once_and_its_sale_uses_it_up() {
    let mut desk = at_work(Does::Approve).await;
    let sale = draft();
    assert_eq!(
        refused(&desk, sale, vec![card(DUE)]).await,
        code::CARD_NOT_CHARGED
    );
    let command = new_charge(sale, DUE);
    let charged = desk.till.call(command.clone()).await.unwrap();
    assert_eq!(charged.payment.state, State::Approved);
    assert_eq!((charged.is_own, charged.is_active), (true, false));
    // Sent twice, charged once.
    let again = desk.till.call(command).await.unwrap();
    assert_eq!(again.payment, charged.payment);
    let failure = refused(&desk, sale, vec![cash(DUE)]).await;
    assert_eq!(failure, code::CARD_LEFT_OVER);
    let failure = refused(&desk, sale, vec![card(DUE - 1), cash(1)]).await;
    assert_eq!(failure, code::CARD_NOT_CHARGED);
    assert_eq!(
        refused(&desk, draft(), vec![card(DUE)]).await,
        code::CARD_NOT_CHARGED
    );

    let sold = sell(&desk, sale, vec![card(DUE)]).await.unwrap().document;
    assert_eq!(sold.payments[0].reference, charged.payment.reference());
    assert_eq!(sold.details.card_payments.len(), 1);
    let listed = cards(&desk).await;
    assert!(listed.open.is_empty());
    assert_eq!(listed.recent[0].payment.document_id, Some(sold.document_id));
    assert_eq!(listed.recent[0].document_number, sold.number);
    // Nothing more is charged for it, and nothing given back behind its back.
    let failure = charge(&desk, sale, DUE).await.unwrap_err();
    assert_eq!(failure.code, code::SALE_FINISHED);
    let card_payment_id = charged.payment.card_payment_id;
    let back = ReturnCardPayment { card_payment_id };
    let failure = desk.till.call(back).await.unwrap_err();
    assert_eq!(failure.code, code::CARD_STEP_IMPOSSIBLE);
    // The feed brings the same back.
    desk.deliver().await;
    desk.pull().await;
    let pending = "SELECT count(*) FROM log_event WHERE pending = 1";
    assert_eq!(desk.number(pending).await, 0);
    assert_eq!(state(&desk, card_payment_id).await, State::Used);
}

#[tokio::test]
async fn a_declined_card_charges_nothing_and_another_tender_pays() {
    let desk = at_work(Does::Decline).await;
    let sale = draft();
    let declined = charge(&desk, sale, DUE).await.unwrap();
    assert_eq!(declined.payment.state, State::Declined);
    assert_eq!(declined.payment.declined, Some(Decline::Refused));
    sell(&desk, sale, vec![cash(DUE)]).await.unwrap();
}

#[tokio::test]
async fn two_cards_and_cash_pay_one_sale() {
    let desk = at_work(Does::Approve).await;
    let sale = draft();
    for _ in 0..2 {
        charge(&desk, sale, 100).await.unwrap();
    }
    let paid = vec![card(100), cash(50), card(100)];
    let sold = sell(&desk, sale, paid).await.unwrap().document;
    let used: Vec<u32> = sold.details.card_payments.iter().map(|one| one.n).collect();
    assert_eq!(used, [1, 3]);
    assert_eq!(desk.number("SELECT count(*) FROM log_event").await, 6);
}

#[tokio::test]
async fn a_silent_terminal_leaves_a_payment_that_blocks_its_sale_until_the_truth_is_known() {
    for (does, why, truth) in [
        (Does::TimeOutCharged, Doubt::TimedOut, State::Approved),
        (Does::TimeOutNotCharged, Doubt::TimedOut, State::Declined),
        (Does::DropCharged, Doubt::Disconnected, State::Approved),
        (Does::DropNotCharged, Doubt::Disconnected, State::Declined),
    ] {
        let desk = at_work(does).await;
        let sale = draft();
        let unknown = charge(&desk, sale, DUE).await.unwrap().payment;
        assert_eq!(
            (unknown.state, unknown.doubt),
            (State::Unknown, Some(why)),
            "{does:?}"
        );
        let failure = charge(&desk, sale, DUE).await.unwrap_err();
        assert_eq!(failure.code, code::CARD_UNDECIDED);
        assert_eq!(failure.fields["amount_minor"], DUE);
        let failure = refused(&desk, sale, vec![cash(DUE)]).await;
        assert_eq!(failure, code::CARD_UNDECIDED);
        // Another customer pays meanwhile.
        sell(&desk, draft(), vec![cash(DUE)]).await.unwrap();

        let card_payment_id = unknown.card_payment_id;
        let ask = AskTerminal { card_payment_id };
        let still = desk.till.call(ask.clone()).await.unwrap();
        assert_eq!(still.payment.state, State::Unknown, "{does:?}");
        set_up(&desk, terminal(Does::Approve)).await;
        let known = desk.till.call(ask).await.unwrap().payment;
        assert_eq!(known.state, truth, "{does:?}");
        let pays = if truth == State::Approved {
            card(DUE)
        } else {
            cash(DUE)
        };
        sell(&desk, sale, vec![pays]).await.unwrap();
        assert!(cards(&desk).await.open.is_empty());
    }
}

#[tokio::test]
async fn a_terminal_that_is_too_slow_is_called_off() {
    let desk = Desk::at_work().await;
    let settings = TerminalSettings {
        answers_after_ms: 60_000,
        ..terminal(Does::Approve)
    };
    set_up(&desk, settings).await;
    let sale = draft();
    let given_up = charge(&desk, sale, DUE).await.unwrap().payment;
    assert_eq!(given_up.state, State::Declined);
    assert_eq!(given_up.declined, Some(Decline::Cancelled));
}

#[tokio::test]
async fn a_cashier_calls_a_charge_off_and_the_terminal_is_at_one_thing_at_a_time() {
    let desk = Desk::at_work().await;
    set_up(&desk, slow(Does::Approve)).await;
    let sale = draft();
    let command = new_charge(sale, DUE);
    let card_payment_id = command.card_payment_id;
    let till = desk.till.clone();
    let charging = tokio::spawn(async move { till.call(command).await });
    until(&desk, |one| one.is_active).await;
    let failure = charge(&desk, draft(), DUE).await.unwrap_err();
    assert_eq!(failure.code, code::TERMINAL_BUSY);
    let settings = None;
    let failure = desk.till.call(PutTerminal { settings }).await.unwrap_err();
    assert_eq!(failure.code, code::TERMINAL_BUSY);
    let settled = slip(card_payment_id, SlipOutcome::NotCharged);
    let failure = desk.till.call(settled).await.unwrap_err();
    assert_eq!(failure.code, code::TERMINAL_BUSY);
    let failure = refused(&desk, sale, vec![cash(DUE)]).await;
    assert_eq!(failure, code::CARD_UNDECIDED);

    desk.till
        .call(CancelCard { card_payment_id })
        .await
        .unwrap();
    let ended = tokio::time::timeout(PATIENCE, charging).await.unwrap();
    let ended = ended.unwrap().unwrap();
    assert_eq!(ended.payment.declined, Some(Decline::Cancelled));
    assert!(!ended.is_active);
}

#[tokio::test]
async fn a_manager_settles_an_unknown_payment_by_its_slip_also_for_a_cashier() {
    let desk = at_work(Does::TimeOutCharged).await;
    desk.sign_in(CASHIER).await.unwrap();
    let sale = draft();
    let unknown = charge(&desk, sale, DUE).await.unwrap().payment;
    let settled = slip(unknown.card_payment_id, SlipOutcome::Charged);
    let failure = desk.till.call(settled.clone()).await.unwrap_err();
    assert_eq!(failure.code, code::PERMISSION_DENIED);
    assert_eq!(failure.fields["permission"], "settle_card_payment");
    let approval = Approve {
        draft_id: settled.draft_id,
        permission: Permission::SettleCardPayment,
        given_minor: None,
        staff_id: MANAGER,
        pin: PIN.to_owned(),
    };
    desk.till.call(approval).await.unwrap();
    let without = SettleCardPayment {
        reference: " ".into(),
        ..settled.clone()
    };
    let failure = desk.till.call(without).await.unwrap_err();
    assert_eq!(failure.code, code::TEXT_MISSING);
    let view = desk.till.call(settled.clone()).await.unwrap();
    assert_eq!(view.payment.state, State::Approved);
    assert_eq!(view.settled_by, "Carlos");
    let (_, stated) = view.payment.settled.clone().unwrap();
    assert_eq!(stated.approvals[0].staff_id, MANAGER);
    // Sent twice, stated once.
    let again = desk.till.call(settled).await.unwrap();
    assert_eq!(again.payment, view.payment);
    let sold = sell(&desk, sale, vec![card(DUE)]).await.unwrap().document;
    assert_eq!(sold.payments[0].reference, "slip 81");
}

#[tokio::test]
async fn a_till_killed_before_the_result_asks_for_it_when_it_starts() {
    // What the terminal does while the till is gone, and what the till finds.
    for (does, answers, found) in [
        (Does::Approve, true, State::Declined),
        (Does::TimeOutCharged, true, State::Approved),
        (Does::TimeOutNotCharged, true, State::Declined),
        (Does::TimeOutCharged, false, State::Unknown),
    ] {
        let desk = Desk::at_work().await;
        let settings = if does == Does::Approve {
            slow(does)
        } else {
            TerminalSettings {
                wait_ms: 60_000,
                ..terminal(does)
            }
        };
        set_up(&desk, settings).await;
        let sale = draft();
        let command = new_charge(sale, DUE);
        let card_payment_id = command.card_payment_id;
        let till = desk.till.clone();
        let charging = tokio::spawn(async move { till.call(command).await });
        until(&desk, |one| one.is_active).await;
        if does != Does::Approve {
            book_says(&desk, &["charged", "cancelled"]).await;
        }
        if answers {
            behave(&desk, "time_out_not_charged", "approve").await;
            behave(&desk, "time_out_charged", "approve").await;
        }
        behave(&desk, "60000", "100").await;
        let desk = desk.restart().await;
        charging.abort();
        desk.sign_in(MANAGER).await.unwrap();
        let ended = until(&desk, |one| one.payment.state != State::Started).await;
        assert_eq!(ended.payment.card_payment_id, card_payment_id);
        assert_eq!(ended.payment.state, found, "{does:?} {answers}");
        if found == State::Declined {
            sell(&desk, sale, vec![cash(DUE)]).await.unwrap();
        }
    }
}

/// Waits until the simulated terminal has written one of these into its book.
async fn book_says(desk: &Desk, states: &[&str]) {
    let path = desk.folder.0.join("simulated-terminal.json");
    let looking = async {
        loop {
            let book = tokio::fs::read_to_string(&path).await.unwrap_or_default();
            if states.iter().any(|state| book.contains(state)) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap();
}

#[tokio::test]
async fn a_till_without_its_terminal_calls_what_was_started_unknown() {
    let desk = Desk::at_work().await;
    set_up(&desk, slow(Does::Approve)).await;
    let command = new_charge(draft(), DUE);
    let till = desk.till.clone();
    let charging = tokio::spawn(async move { till.call(command).await });
    until(&desk, |one| one.is_active).await;
    desk.execute("DELETE FROM terminal").await;
    let desk = desk.restart().await;
    charging.abort();
    desk.sign_in(MANAGER).await.unwrap();
    let ended = until(&desk, |one| one.payment.state != State::Started).await;
    assert_eq!(ended.payment.doubt, Some(Doubt::Missing));
}

#[tokio::test]
async fn a_till_killed_between_approval_and_sale_still_has_the_money_and_the_sale_takes_it() {
    let mut desk = at_work(Does::Approve).await;
    let (sale, given_up) = (draft(), draft());
    charge(&desk, sale, DUE).await.unwrap();
    let orphan = charge(&desk, given_up, 400).await.unwrap().payment;
    let desk = {
        desk.deliver().await;
        desk.pull().await;
        desk.restart().await
    };
    desk.sign_in(MANAGER).await.unwrap();
    assert_eq!(cards(&desk).await.open.len(), 2);
    sell(&desk, sale, vec![card(DUE)]).await.unwrap();
    let card_payment_id = orphan.card_payment_id;
    let back = ReturnCardPayment { card_payment_id };
    let returned = desk.till.call(back.clone()).await.unwrap();
    assert_eq!(returned.payment.state, State::Returned);
    let again = desk.till.call(back).await.unwrap();
    assert_eq!(again.payment, returned.payment);
    assert!(cards(&desk).await.open.is_empty());
    let failure = refused(&desk, given_up, vec![card(400)]).await;
    assert_eq!(failure, code::CARD_NOT_CHARGED);
}

#[tokio::test]
async fn money_on_its_way_back_pays_nothing_until_the_terminal_says_where_it_is() {
    let desk = at_work(Does::Approve).await;
    let sale = draft();
    let charged = charge(&desk, sale, DUE).await.unwrap().payment;
    let card_payment_id = charged.card_payment_id;
    let back = ReturnCardPayment { card_payment_id };
    set_up(&desk, terminal(Does::Decline)).await;
    let kept = desk.till.call(back.clone()).await.unwrap();
    assert_eq!(kept.payment.state, State::Approved);

    set_up(&desk, terminal(Does::TimeOutCharged)).await;
    let lost = desk.till.call(back.clone()).await.unwrap();
    assert_eq!(lost.payment.state, State::Returning);
    let failure = refused(&desk, sale, vec![card(DUE)]).await;
    assert_eq!(failure, code::CARD_UNDECIDED);
    let asked = desk
        .till
        .call(AskTerminal { card_payment_id })
        .await
        .unwrap();
    assert_eq!(asked.payment.state, State::Returning);
    // The next start asks again, and is told.
    behave(&desk, "time_out_charged", "approve").await;
    let desk = desk.restart().await;
    desk.sign_in(MANAGER).await.unwrap();
    let known = until(&desk, |one| one.payment.state != State::Returning).await;
    assert_eq!(known.payment.state, State::Returned);
    assert_ne!(known.payment.return_reference, "");
    sell(&desk, sale, vec![cash(DUE)]).await.unwrap();
}

#[tokio::test]
async fn a_shift_does_not_close_over_a_card_payment_that_waits() {
    let mut desk = Desk::at_work().await;
    let mut row = organization();
    row.settings = Settings {
        shift_required: true,
        ..Settings::default()
    };
    desk.org.server(Rows {
        organization: vec![row],
        ..Rows::default()
    });
    desk.pull().await;
    set_up(&desk, terminal(Does::TimeOutNotCharged)).await;
    // No card is charged for what could not be sold.
    let failure = charge(&desk, draft(), DUE).await.unwrap_err();
    assert_eq!(failure.code, code::SHIFT_NOT_OPEN);
    let open = OpenShift {
        draft_id: draft(),
        float_minor: Money(0),
    };
    desk.till.call(open).await.unwrap();
    let unknown = charge(&desk, draft(), DUE).await.unwrap().payment;
    let close = CloseShift {
        draft_id: draft(),
        shift_id: None,
        pieces: Vec::new(),
        others: Vec::new(),
        float_left_minor: Money(0),
        note: String::new(),
    };
    let failure = desk.till.call(close.clone()).await.unwrap_err();
    assert_eq!(failure.code, code::CARD_PAYMENTS_OPEN);
    assert_eq!(
        (&failure.fields["n"], &failure.fields["amount_minor"]),
        (&1.into(), &DUE.into())
    );
    let settled = slip(unknown.card_payment_id, SlipOutcome::NotCharged);
    desk.till.call(settled).await.unwrap();
    desk.till.call(close).await.unwrap();
}

#[tokio::test]
async fn without_a_terminal_a_card_is_noted_by_its_code() {
    let desk = Desk::at_work().await;
    let failure = charge(&desk, draft(), DUE).await.unwrap_err();
    assert_eq!(failure.code, code::TERMINAL_MISSING);
    let typed = TenderedPayment {
        reference: "004217".into(),
        ..card(DUE)
    };
    let sold = sell(&desk, draft(), vec![typed]).await.unwrap().document;
    assert_eq!(sold.payments[0].reference, "004217");
    assert!(sold.details.card_payments.is_empty());
    let wrong = TerminalSettings {
        wait_ms: 1,
        ..terminal(Does::Approve)
    };
    let settings = Some(wrong);
    let failure = desk.till.call(PutTerminal { settings }).await.unwrap_err();
    assert_eq!(failure.code, code::TERMINAL_INVALID);
    desk.sign_in(CASHIER).await.unwrap();
    let settings = Some(terminal(Does::Approve));
    let failure = desk.till.call(PutTerminal { settings }).await.unwrap_err();
    assert_eq!(failure.code, code::PERMISSION_DENIED);
}

#[tokio::test]
async fn the_feed_and_a_pending_settlement_make_one_row() {
    let mut desk = at_work(Does::TimeOutCharged).await;
    let sale = draft();
    let unknown = charge(&desk, sale, DUE).await.unwrap().payment;
    desk.deliver().await;
    desk.pull().await;
    assert_eq!(state(&desk, unknown.card_payment_id).await, State::Unknown);
    assert_eq!(
        desk.number("SELECT count(*) FROM log_row WHERE is_open = 1")
            .await,
        1
    );
    // Offline again: the manager's word lies over the confirmed row.
    let settled = slip(unknown.card_payment_id, SlipOutcome::NotCharged);
    desk.till.call(settled).await.unwrap();
    assert!(cards(&desk).await.open.is_empty());
    desk.deliver().await;
    desk.pull().await;
    assert_eq!(
        desk.number("SELECT count(*) FROM log_row WHERE is_open = 1")
            .await,
        0
    );
    assert_eq!(
        desk.number("SELECT count(*) FROM log_event WHERE pending = 1")
            .await,
        0
    );
}
