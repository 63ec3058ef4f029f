//! Lists what the shop owes and is owed beside goods: gift cards, store credit and accounts.

use domain::{
    contract::rest::{BalanceListed, BalancesPage},
    id::OrganizationId,
};

use crate::{database::begin_snapshot, state::AppState, store};

/// More are summed, and not listed.
const LISTED_MAX: i64 = 200;

/// The sums, and the largest balances.
pub async fn list_balances(
    state: &AppState,
    organization_id: OrganizationId,
) -> Result<BalancesPage, sqlx::Error> {
    let mut tx = begin_snapshot(&state.pool, organization_id).await?;
    let sums = store::balance::sums(&mut tx, organization_id).await?;
    let largest = store::balance::largest(&mut tx, organization_id, LISTED_MAX).await?;
    tx.commit().await?;
    let balances = largest.into_iter().map(|(balance, customer_name)| {
        let documents = balance.newest.iter().rev();
        let last = documents
            .map(|entry| &entry.number)
            .find(|number| !number.is_empty());
        BalanceListed {
            last_number: last.cloned().unwrap_or_default(),
            customer_name,
            balance_minor: balance.balance_minor,
            limit_minor: balance.limit_minor,
            is_overdrawn: balance.is_overdrawn(),
            of: balance.of,
        }
    });
    Ok(BalancesPage {
        sums,
        balances: balances.collect(),
    })
}
