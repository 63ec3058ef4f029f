//! Balances of gift cards, store credit and accounts, for the console.

use domain::{
    balance::{Balance, BalanceKind},
    contract::rest::BalanceSum,
    id::OrganizationId,
    money::Money,
    replication::log::LogState,
};
use sqlx::types::Json;

use super::unreadable;
use crate::database::Tx;

/// Sums by kind over all that are not settled.
pub async fn sums(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Vec<BalanceSum>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT split_part(key, ':', 1) AS "kind!", count(*) AS "balances!",
             coalesce(sum(balance) FILTER (WHERE balance > 0), 0)::bigint AS "credit!",
             coalesce(-sum(balance) FILTER (WHERE balance < 0), 0)::bigint AS "owed!"
           FROM log_row, LATERAL (SELECT (folded #>> '{balance,balance_minor}')::bigint) AS one (balance)
           WHERE organization_id = $1 AND kind = 'balance' AND is_open
           GROUP BY 1 ORDER BY 1"#,
        organization_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let mut kinds = BalanceKind::ALL.into_iter();
            let kind = kinds.find(|kind| kind.tender().name() == row.kind);
            Ok(BalanceSum {
                kind: kind.ok_or_else(|| unreadable("the kind of a balance"))?,
                credit_minor: Money(row.credit),
                owed_minor: Money(row.owed),
                balances: row.balances.cast_unsigned(),
            })
        })
        .collect()
}

/// Those that are not settled with their customers' names, the largest first.
pub async fn largest(
    tx: &mut Tx,
    organization_id: OrganizationId,
    limit: i64,
) -> Result<Vec<(Balance, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT folded AS "folded!: Json<LogState>", coalesce(customer.name, '') AS "name!"
           FROM log_row
           LEFT JOIN customer ON customer.organization_id = $1
               AND customer.customer_id = log_row.subject
           WHERE log_row.organization_id = $1 AND kind = 'balance' AND is_open
           ORDER BY abs((folded #>> '{balance,balance_minor}')::bigint) DESC, key LIMIT $2"#,
        organization_id.0,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let balance = row.folded.0.into_balance();
            let balance = balance.ok_or_else(|| unreadable("a balance"))?;
            Ok((balance, row.name))
        })
        .collect()
}
