//! One card payment of this store.

use domain::contract::ipc::{CardPaymentView, GetCardPayment};

use super::card_payment::show;
use crate::{error::Error, till::Shared};

pub(crate) async fn get_card_payment(
    till: &Shared,
    command: GetCardPayment,
) -> Result<CardPaymentView, Error> {
    till.signed_in()?;
    let identity = till.identity()?;
    show(till, &identity, command.card_payment_id).await
}
