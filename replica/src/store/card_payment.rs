//! Card payments of this till's store as shown.

use domain::{
    card_payment::CardPayment,
    id::{CardPaymentId, DeviceId, StoreId},
    replication::log::{LogKind, LogPlace, LogState},
};
use sqlx::SqliteConnection;

use super::log;
use crate::{error::Error, identity::Identity};

fn place(store_id: StoreId, card_payment_id: CardPaymentId) -> LogPlace {
    LogPlace {
        kind: LogKind::CardPayment,
        home: Some(store_id),
        key: card_payment_id.into(),
    }
}

/// One of them.
pub(crate) async fn find(
    connection: &mut SqliteConnection,
    identity: &Identity,
    card_payment_id: CardPaymentId,
) -> Result<Option<CardPayment>, Error> {
    let place = place(identity.enrolment.store.store_id, card_payment_id);
    let state = log::one_shown(connection, &place).await?;
    Ok(state.and_then(LogState::into_card_payment))
}

/// The same, for what needs it.
pub(crate) async fn load(
    connection: &mut SqliteConnection,
    identity: &Identity,
    card_payment_id: CardPaymentId,
) -> Result<CardPayment, Error> {
    let found = find(connection, identity, card_payment_id).await?;
    found.ok_or(Error::CardPaymentUnknown(card_payment_id))
}

/// Those of the store that wait for somebody, oldest first.
pub(crate) async fn open(
    connection: &mut SqliteConnection,
    identity: &Identity,
) -> Result<Vec<CardPayment>, Error> {
    let store_id = Some(identity.enrolment.store.store_id);
    let rows = log::open_rows(connection, LogKind::CardPayment, store_id).await?;
    let payments = rows.into_iter().filter_map(LogState::into_card_payment);
    Ok(payments.collect())
}

/// Those among them that a till's terminal was asked for.
pub(crate) async fn open_of(
    connection: &mut SqliteConnection,
    identity: &Identity,
    device_id: DeviceId,
) -> Result<Vec<CardPayment>, Error> {
    let mut open = open(connection, identity).await?;
    open.retain(|payment| payment.device_id == device_id);
    Ok(open)
}

/// Those of this till.
pub(crate) async fn own_open(
    connection: &mut SqliteConnection,
    identity: &Identity,
) -> Result<Vec<CardPayment>, Error> {
    open_of(connection, identity, identity.device_id()).await
}

/// The last ones that have ended, newest first.
pub(crate) async fn recent(
    connection: &mut SqliteConnection,
    identity: &Identity,
    limit: u32,
) -> Result<Vec<CardPayment>, Error> {
    let store_id = Some(identity.enrolment.store.store_id);
    let rows = log::latest(connection, LogKind::CardPayment, store_id, limit).await?;
    let payments = rows.into_iter().filter_map(LogState::into_card_payment);
    Ok(payments.filter(|one| !one.state.is_open()).collect())
}
