//! Balances of gift cards, store credit and accounts: logs of the organization.

use domain::{
    balance::{Balance, BalanceId},
    replication::log::{LogKind, LogPlace, LogState},
};
use sqlx::SqliteConnection;

use super::log;
use crate::error::Error;

fn place(of: &BalanceId) -> LogPlace {
    LogPlace {
        kind: LogKind::Balance,
        home: None,
        key: of.key(),
    }
}

/// A balance as shown; none that nothing is known of here.
pub(crate) async fn shown(
    connection: &mut SqliteConnection,
    of: &BalanceId,
) -> Result<Option<Balance>, Error> {
    let state = log::one_shown(connection, &place(of)).await?;
    Ok(state.and_then(LogState::into_balance))
}

/// Whether an entry has yet to come back from the server.
pub(crate) async fn is_pending(
    connection: &mut SqliteConnection,
    of: &BalanceId,
) -> Result<bool, Error> {
    log::is_pending(connection, &place(of)).await
}
