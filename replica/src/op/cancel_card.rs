//! Asks the terminal to give up the charge that it is at.

use domain::{
    contract::ipc::{CancelCard, CardPaymentView},
    staff::Permission,
};

use super::card_payment::{settings, show};
use crate::{error::Error, till::Shared};

pub(crate) async fn cancel_card(
    till: &Shared,
    command: CancelCard,
) -> Result<CardPaymentView, Error> {
    till.authorize(Permission::Sell)?;
    let identity = till.identity()?;
    let id = command.card_payment_id;
    if till.terminals.active() == Some(id)
        && let Some(settings) = settings(till).await?
    {
        let terminal = till.terminals.of(&settings);
        // Whether it was in time, the charge itself answers.
        let _ = till.terminals.briefly(&settings, terminal.cancel(id)).await;
    }
    show(till, &identity, id).await
}
