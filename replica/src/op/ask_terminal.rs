//! Asks the terminal again what became of a charge, or of a return, without a known result.

use domain::{
    contract::ipc::{AskTerminal, CardPaymentView, Changed},
    staff::Permission,
};

use super::card_payment::{resolve, show};
use crate::{error::Error, till::Shared};

pub(crate) async fn ask_terminal(
    till: &Shared,
    command: AskTerminal,
) -> Result<CardPaymentView, Error> {
    let person = till.authorize(Permission::Sell)?;
    let identity = till.identity()?;
    let id = command.card_payment_id;
    let shown = show(till, &identity, id).await?;
    if !shown.is_own {
        return Err(Error::CardPaymentElsewhere);
    }
    let hold = till.terminals.try_hold()?;
    let answered = resolve(till, &hold, &identity, person.staff_id, id).await;
    drop(hold);
    till.announce(&[Changed::CardPayments]);
    answered.map(|shown| CardPaymentView {
        is_active: false,
        ..shown
    })
}
