//! States what the terminal's slip says of a card payment, at any till of the store, also offline.

use domain::{
    card_payment,
    contract::ipc::{CardPaymentView, Changed, SettleCardPayment},
    money::Money,
    staff::Permission,
};

use super::card_payment::{Step, record_step, view};
use crate::{error::Error, store, till::Shared};

pub(crate) async fn settle_card_payment(
    till: &Shared,
    command: SettleCardPayment,
) -> Result<CardPaymentView, Error> {
    let person = till.signed_in()?;
    let identity = till.identity()?;
    let id = command.card_payment_id;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    let known = store::draft::find(&mut transaction, command.draft_id).await?;
    if known.is_none() {
        let payment = store::card_payment::load(&mut transaction, &identity, id).await?;
        // The terminal itself is about to say.
        if till.terminals.active() == Some(id) {
            return Err(Error::TerminalBusy);
        }
        let permission = Permission::SettleCardPayment;
        let allowed = till.permit(&person, permission, command.draft_id, Money::ZERO)?;
        let event = card_payment::settle(
            &payment,
            command.outcome,
            &command.reference,
            &command.note,
            allowed.into_iter().collect(),
        )?;
        let step = Step {
            card_payment_id: id,
            staff_id: person.staff_id,
            event,
        };
        record_step(till, &mut transaction, &identity, command.draft_id, step).await?;
    }
    let payment = store::card_payment::load(&mut transaction, &identity, id).await?;
    let shown = view(till, &mut transaction, &identity, payment).await?;
    transaction.commit().await?;
    drop(writer);
    till.grants().spend(command.draft_id);
    till.committed(&[Changed::CardPayments]);
    Ok(shown)
}
