//! Gives a charge back at the terminal, because its sale was given up. As with the charge itself, that
//! the terminal is about to be asked is on disk first.

use domain::{
    card_payment::{CardPaymentEvent, CardPaymentState, check_step},
    contract::ipc::{CardPaymentView, Changed, ReturnCardPayment, SignedIn},
    id::{CardPaymentId, DraftId},
    staff::Permission,
    terminal::TerminalSettings,
};

use super::card_payment::{Step, conclude, event_of_return, record_step, resolve, settings, show};
use crate::{error::Error, identity::Identity, store, till::Shared};

pub(crate) async fn return_card_payment(
    till: &Shared,
    command: ReturnCardPayment,
) -> Result<CardPaymentView, Error> {
    let person = till.authorize(Permission::Refund)?;
    let identity = till.identity()?;
    let id = command.card_payment_id;
    let shown = show(till, &identity, id).await?;
    if !shown.is_own {
        return Err(Error::CardPaymentElsewhere);
    }
    let hold = till.terminals.try_hold()?;
    let settings = settings(till).await?.ok_or(Error::TerminalMissing)?;
    let shown = match shown.payment.state {
        CardPaymentState::Returned => return Ok(shown),
        CardPaymentState::Returning => resolve(till, &hold, &identity, person.staff_id, id).await,
        _ => {
            start(till, &identity, &person, id).await?;
            hold.begin(id);
            till.committed(&[Changed::CardPayments]);
            give_back(till, &settings, &identity, &person, id).await
        }
    };
    drop(hold);
    till.announce(&[Changed::CardPayments]);
    shown.map(|shown| CardPaymentView {
        is_active: false,
        ..shown
    })
}

async fn start(
    till: &Shared,
    identity: &Identity,
    person: &SignedIn,
    card_payment_id: CardPaymentId,
) -> Result<(), Error> {
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    let payment = store::card_payment::load(&mut transaction, identity, card_payment_id).await?;
    let step = Step {
        card_payment_id,
        staff_id: person.staff_id,
        event: CardPaymentEvent::ReturnStarted,
    };
    check_step(&payment, &step.event)?;
    let draft_id = DraftId(till.clock.new_id());
    record_step(till, &mut transaction, identity, draft_id, step).await?;
    transaction.commit().await?;
    Ok(())
}

/// Without an answer it stays on its way back, and can be asked for again.
async fn give_back(
    till: &Shared,
    settings: &TerminalSettings,
    identity: &Identity,
    person: &SignedIn,
    card_payment_id: CardPaymentId,
) -> Result<CardPaymentView, Error> {
    let terminal = till.terminals.of(settings);
    let asked = terminal.give_back(card_payment_id);
    match till.terminals.patiently(settings, asked).await {
        Some(Ok(answer)) => {
            let step = Step {
                card_payment_id,
                staff_id: person.staff_id,
                event: event_of_return(answer),
            };
            conclude(till, identity, step).await
        }
        Some(Err(_)) | None => show(till, identity, card_payment_id).await,
    }
}
