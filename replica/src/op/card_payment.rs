//! What the commands about card payments share: recording a step, showing a payment, and asking the
//! terminal what became of one.

use domain::{
    card_payment::{CardPayment, CardPaymentEvent, CardPaymentState, Doubt, check_step},
    contract::ipc::{CardPaymentView, Changed},
    id::{CardPaymentId, DraftId, OpId, StaffId},
    replication::{OpBody, body::CardPaymentBody},
    terminal::TerminalSettings,
};
use sqlx::SqliteConnection;

use crate::{
    error::Error,
    identity::Identity,
    record::{Recording, chain_head, record},
    store,
    terminal::{Answer, Hold, Returned},
    till::Shared,
};

/// A step of one card payment, and who takes it.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) card_payment_id: CardPaymentId,
    pub(crate) staff_id: StaffId,
    pub(crate) event: CardPaymentEvent,
}

/// Records a step in the caller's transaction.
pub(crate) async fn record_step(
    till: &Shared,
    connection: &mut SqliteConnection,
    identity: &Identity,
    draft_id: DraftId,
    step: Step,
) -> Result<(), Error> {
    let chain = chain_head(connection).await?;
    let recording = Recording {
        identity,
        op_id: OpId(till.clock.new_id()),
        draft_id,
        staff_id: step.staff_id,
        wall_ms: till.clock.now_ms(),
        body: OpBody::CardPayment(CardPaymentBody {
            card_payment_id: step.card_payment_id,
            event: step.event,
        }),
        private: Vec::new(),
    };
    record(connection, chain, recording).await?;
    Ok(())
}

/// Records what is known now, unless somebody has settled it meanwhile, and shows what that makes.
pub(crate) async fn conclude(
    till: &Shared,
    identity: &Identity,
    step: Step,
) -> Result<CardPaymentView, Error> {
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    let id = step.card_payment_id;
    let payment = store::card_payment::load(&mut transaction, identity, id).await?;
    if check_step(&payment, &step.event).is_ok() {
        let draft_id = DraftId(till.clock.new_id());
        record_step(till, &mut transaction, identity, draft_id, step).await?;
    }
    let payment = store::card_payment::load(&mut transaction, identity, id).await?;
    let shown = view(till, &mut transaction, identity, payment).await?;
    transaction.commit().await?;
    drop(writer);
    till.committed(&[Changed::CardPayments]);
    Ok(shown)
}

/// A card payment as it stands.
pub(crate) async fn show(
    till: &Shared,
    identity: &Identity,
    card_payment_id: CardPaymentId,
) -> Result<CardPaymentView, Error> {
    let mut connection = till.db.reader().await?;
    let payment = store::card_payment::load(&mut connection, identity, card_payment_id).await?;
    view(till, &mut connection, identity, payment).await
}

/// A card payment with the names around it.
pub(crate) async fn view(
    till: &Shared,
    connection: &mut SqliteConnection,
    identity: &Identity,
    payment: CardPayment,
) -> Result<CardPaymentView, Error> {
    let is_own = payment.device_id == identity.device_id();
    let till_number = if is_own {
        Some(identity.place.till.number)
    } else {
        let till = store::place::till(connection, payment.device_id).await?;
        till.map(|till| till.number)
    };
    let settled_by = payment.settled.as_ref().and_then(|(by, _)| by.staff_id);
    let document_number = match payment.document_id {
        Some(document_id) => store::document::number(connection, document_id).await?,
        None => None,
    };
    Ok(CardPaymentView {
        till_number,
        is_own,
        is_active: till.terminals.active() == Some(payment.card_payment_id),
        started_by: store::staff::name(connection, payment.started_by).await?,
        settled_by: store::staff::name(connection, settled_by).await?,
        document_number: document_number.unwrap_or_default(),
        payment,
    })
}

/// The terminal of this till, if it has one.
pub(crate) async fn settings(till: &Shared) -> Result<Option<TerminalSettings>, Error> {
    let mut connection = till.db.reader().await?;
    store::terminal::settings(&mut connection).await
}

/// What an answer about a charge says.
pub(crate) fn event_of(answer: Answer) -> CardPaymentEvent {
    match answer {
        Answer::Approved(authorization) => CardPaymentEvent::Approved(authorization),
        Answer::Declined(why, detail) => CardPaymentEvent::Declined { why, detail },
    }
}

/// What an answer about a return says.
pub(crate) fn event_of_return(answer: Returned) -> CardPaymentEvent {
    match answer {
        Returned::Returned(reference) => CardPaymentEvent::Returned { reference },
        Returned::Refused(detail) => CardPaymentEvent::ReturnRefused { detail },
    }
}

/// Asks the terminal what became of a payment of this till that nobody knows the result of. A charge
/// without an answer is unknown from then on; a return without one stays as it is.
pub(crate) async fn resolve(
    till: &Shared,
    hold: &Hold<'_>,
    identity: &Identity,
    staff_id: StaffId,
    card_payment_id: CardPaymentId,
) -> Result<CardPaymentView, Error> {
    let shown = show(till, identity, card_payment_id).await?;
    let state = shown.payment.state;
    if !state.is_undecided() {
        return Ok(shown);
    }
    let is_return = state == CardPaymentState::Returning;
    let event = match settings(till).await? {
        None if is_return => return Ok(shown),
        None => {
            let why = Doubt::Missing;
            CardPaymentEvent::Unknown { why }
        }
        Some(settings) => {
            hold.begin(card_payment_id);
            till.announce(&[Changed::CardPayments]);
            let terminal = till.terminals.of(&settings);
            if is_return {
                let asked = terminal.give_back(card_payment_id);
                match till.terminals.briefly(&settings, asked).await {
                    Some(Ok(answer)) => event_of_return(answer),
                    Some(Err(_)) | None => return Ok(shown),
                }
            } else {
                let asked = terminal.status(card_payment_id);
                match till.terminals.briefly(&settings, asked).await {
                    Some(Ok(answer)) => event_of(answer),
                    Some(Err(why)) => CardPaymentEvent::Unknown { why },
                    None => return Ok(shown),
                }
            }
        }
    };
    let step = Step {
        card_payment_id,
        staff_id,
        event,
    };
    conclude(till, identity, step).await
}

/// Asks for everything that the last run of the program left without a result, in the name of whoever
/// started it.
pub(crate) async fn resolve_all(till: &Shared) -> Result<(), Error> {
    let Some(identity) = till.enrolled() else {
        return Ok(());
    };
    let open = {
        let mut connection = till.db.reader().await?;
        store::card_payment::own_open(&mut connection, &identity).await?
    };
    for payment in open.iter().filter(|one| one.state.is_undecided()) {
        let Some(staff_id) = payment.started_by else {
            continue;
        };
        let hold = till.terminals.hold().await;
        resolve(till, &hold, &identity, staff_id, payment.card_payment_id).await?;
        drop(hold);
        till.announce(&[Changed::CardPayments]);
    }
    Ok(())
}
