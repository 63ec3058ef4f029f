//! Takes money of a card at the terminal. That it is about to be asked is on disk before it is: a till
//! that dies in between asks for the result at its next start.

use domain::{
    card_payment::{CardCharge, CardPaymentEvent, CardPaymentState, Doubt, check_start},
    contract::ipc::{CardPaymentView, Changed, ChargeCard, SignedIn},
    id::DraftId,
    staff::Permission,
    terminal::TerminalSettings,
};

use super::{
    card_payment::{Step, conclude, event_of, record_step, resolve, show},
    shift_report::shift_for_document,
};
use crate::{error::Error, identity::Identity, store, terminal::Answer, till::Shared};

pub(crate) async fn charge_card(
    till: &Shared,
    command: ChargeCard,
) -> Result<CardPaymentView, Error> {
    let person = till.authorize(Permission::Sell)?;
    let identity = till.identity()?;
    let id = command.card_payment_id;
    let known = {
        let mut connection = till.db.reader().await?;
        store::card_payment::find(&mut connection, &identity, id).await?
    };
    if let Some(payment) = known {
        if payment.device_id != identity.device_id() {
            return Err(Error::CardPaymentElsewhere);
        }
        // Asked twice: the first one's result is the result.
        let hold = till.terminals.hold().await;
        let now = show(till, &identity, id).await?;
        return if now.payment.state == CardPaymentState::Started {
            resolve(till, &hold, &identity, person.staff_id, id).await
        } else {
            Ok(now)
        };
    }
    let hold = till.terminals.try_hold()?;
    let settings = start(till, &identity, &person, &command).await?;
    hold.begin(id);
    till.committed(&[Changed::CardPayments]);
    let shown = match ask(till, &settings, &command).await {
        Some(answer) => {
            let step = Step {
                card_payment_id: id,
                staff_id: person.staff_id,
                event: match answer {
                    Ok(answer) => event_of(answer),
                    Err(why) => CardPaymentEvent::Unknown { why },
                },
            };
            conclude(till, &identity, step).await
        }
        None => show(till, &identity, id).await,
    };
    drop(hold);
    till.announce(&[Changed::CardPayments]);
    shown.map(|shown| CardPaymentView {
        is_active: false,
        ..shown
    })
}

/// Records that the terminal is about to be asked.
async fn start(
    till: &Shared,
    identity: &Identity,
    person: &SignedIn,
    command: &ChargeCard,
) -> Result<TerminalSettings, Error> {
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    let settings = store::terminal::settings(&mut transaction)
        .await?
        .ok_or(Error::TerminalMissing)?;
    let sold = store::draft::find(&mut transaction, command.draft_id).await?;
    if sold.is_some() {
        return Err(Error::SaleFinished);
    }
    // No card is charged for a sale that could not be finished.
    shift_for_document(&mut transaction, identity).await?;
    let place = &identity.place;
    let charge = CardCharge {
        draft_id: command.draft_id,
        tender: command.tender,
        amount_minor: command.amount_minor,
        currency: place.organization.currency.clone(),
    };
    let open = store::card_payment::own_open(&mut transaction, identity).await?;
    check_start(&charge, &place.tenders, &open)?;
    let step = Step {
        card_payment_id: command.card_payment_id,
        staff_id: person.staff_id,
        event: CardPaymentEvent::Started(charge),
    };
    let draft_id = DraftId(till.clock.new_id());
    record_step(till, &mut transaction, identity, draft_id, step).await?;
    transaction.commit().await?;
    Ok(settings)
}

/// Asks the terminal. Where the line is silent the charge is given up, so that no card is taken when
/// nobody waits for it any more, and the terminal is asked once what it made of it. None when the till
/// is closed meanwhile.
async fn ask(
    till: &Shared,
    settings: &TerminalSettings,
    command: &ChargeCard,
) -> Option<Result<Answer, Doubt>> {
    let terminal = till.terminals.of(settings);
    let id = command.card_payment_id;
    let charge = terminal.charge(id, command.amount_minor);
    let why = match till.terminals.patiently(settings, charge).await? {
        Ok(answer) => return Some(Ok(answer)),
        Err(why) => why,
    };
    // Whether that was heard, the status says.
    let _ = till
        .terminals
        .briefly(settings, terminal.cancel(id))
        .await?;
    let status = till
        .terminals
        .briefly(settings, terminal.status(id))
        .await?;
    Some(status.map_err(|_| why))
}
