//! The card payments of this store that wait for somebody, and the last ones that do not.

use domain::{
    card_payment::CardPayment,
    contract::ipc::{CardPaymentView, CardPayments, ListCardPayments},
};
use sqlx::SqliteConnection;

use super::card_payment::view;
use crate::{error::Error, identity::Identity, store, till::Shared};

/// Among how many of the last those that have ended are looked for.
const RECENT: u32 = 20;

pub(crate) async fn list_card_payments(
    till: &Shared,
    _: ListCardPayments,
) -> Result<CardPayments, Error> {
    till.signed_in()?;
    let identity = till.identity()?;
    let mut connection = till.db.reader().await?;
    let open = store::card_payment::open(&mut connection, &identity).await?;
    let recent = store::card_payment::recent(&mut connection, &identity, RECENT).await?;
    Ok(CardPayments {
        open: views(till, &mut connection, &identity, open).await?,
        recent: views(till, &mut connection, &identity, recent).await?,
    })
}

async fn views(
    till: &Shared,
    connection: &mut SqliteConnection,
    identity: &Identity,
    payments: Vec<CardPayment>,
) -> Result<Vec<CardPaymentView>, Error> {
    let mut views = Vec::with_capacity(payments.len());
    for payment in payments {
        views.push(view(till, connection, identity, payment).await?);
    }
    Ok(views)
}
