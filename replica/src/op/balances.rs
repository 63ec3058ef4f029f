//! What documents do to balances: who may spend how much at this till, and what each has left.

use std::collections::BTreeMap;

use domain::{
    balance::{Asks, Balance, BalanceId, Spending, delta, together},
    contract::ipc::SignedIn,
    customer::link,
    id::{CustomerId, DraftId},
    money::Money,
    replication::body::DocumentBody,
    sale::{DocumentKind, SaleError, name_balances},
    staff::Permission,
};
use sqlx::SqliteConnection;

use crate::{error::Error, store, till::Shared};

/// A balance as this till knows it: of a customer that of all records which are one person.
pub(super) async fn known(
    connection: &mut SqliteConnection,
    of: &BalanceId,
) -> Result<Option<Balance>, Error> {
    let Some(customer_id) = of.customer_id() else {
        return store::balance::shown(connection, of).await;
    };
    let mut parts = Vec::new();
    for one in group(connection, customer_id).await? {
        let of = of_customer(of, one);
        parts.extend(store::balance::shown(connection, &of).await?);
    }
    Ok((!parts.is_empty()).then(|| together(of.clone(), parts)))
}

/// Whether an entry of it, or of a record that is the same person, has yet to come back.
pub(super) async fn is_pending(
    connection: &mut SqliteConnection,
    of: &BalanceId,
) -> Result<bool, Error> {
    let Some(customer_id) = of.customer_id() else {
        return store::balance::is_pending(connection, of).await;
    };
    for one in group(connection, customer_id).await? {
        if store::balance::is_pending(connection, &of_customer(of, one)).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The records that are one person.
async fn group(
    connection: &mut SqliteConnection,
    customer_id: CustomerId,
) -> Result<Vec<CustomerId>, Error> {
    let links = store::customer::links(connection).await?;
    let root = |id| link::resolve(id, |from| links.get(&from).copied());
    let kept = root(customer_id);
    let merged = links.keys().copied().filter(|id| *id != kept);
    let merged = merged.filter(|id| root(*id) == kept);
    Ok(std::iter::once(kept).chain(merged).collect())
}

fn of_customer(of: &BalanceId, customer_id: CustomerId) -> BalanceId {
    match of {
        BalanceId::Account { .. } => BalanceId::Account { customer_id },
        BalanceId::StoreCredit { .. } => BalanceId::StoreCredit { customer_id },
        BalanceId::GiftCard { .. } => of.clone(),
    }
}

/// What this till may let somebody spend of a balance.
pub(super) async fn spending(
    till: &Shared,
    connection: &mut SqliteConnection,
    balance: Option<&Balance>,
) -> Result<Spending, Error> {
    Ok(Spending {
        spendable: balance.map_or(Money::ZERO, Balance::spendable),
        is_in_touch: till.engine.live().is_connected,
        tills: store::place::tills_in_use(connection).await?,
    })
}

/// Makes a document name the balances that its payments move, and checks that each holds what is
/// spent of it or that somebody allowed more.
pub(super) async fn name(
    till: &Shared,
    connection: &mut SqliteConnection,
    (person, draft_id): (&SignedIn, DraftId),
    body: &mut DocumentBody,
    kind: DocumentKind,
) -> Result<(), Error> {
    let mut moved: BTreeMap<BalanceId, Money> = BTreeMap::new();
    for payment in &body.payments {
        let (tender, reference) = (payment.tender, payment.reference.as_str());
        let of = BalanceId::of_payment(tender, reference, body.customer_id);
        if let Some(of) = of.map_err(SaleError::Balance)? {
            let sum = moved.entry(of).or_default();
            *sum = *sum + delta(kind, payment);
        }
    }
    let mut before = BTreeMap::new();
    for (of, delta) in moved {
        let balance = known(connection, &of).await?;
        if delta < Money::ZERO {
            let spending = spending(till, connection, balance.as_ref()).await?;
            if let Asks::Manager { over } = spending.decide(of.kind(), -delta)? {
                let permission = Permission::OverdrawBalance;
                let allowed = till.permit(person, permission, draft_id, over)?;
                body.details.approvals.extend(allowed);
            }
        }
        let left = balance.map_or(Money::ZERO, |balance| balance.balance_minor);
        before.insert(of, left);
    }
    let left = |of: &BalanceId| before.get(of).copied().unwrap_or(Money::ZERO);
    name_balances(body, kind, left).map_err(SaleError::Balance)?;
    Ok(())
}
