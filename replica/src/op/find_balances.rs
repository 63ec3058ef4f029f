//! What a gift card holds, or a customer has and owes, as this till knows it.

use domain::{
    balance::{Balance, BalanceId, gift_code},
    contract::ipc::{BalanceView, FindBalances},
    sale::SaleError,
};
use sqlx::SqliteConnection;

use super::balances::{is_pending, known, spending};
use crate::{error::Error, till::Shared};

pub(crate) async fn find_balances(
    till: &Shared,
    command: FindBalances,
) -> Result<Vec<BalanceView>, Error> {
    till.signed_in()?;
    let mut connection = till.db.reader().await?;
    let mut found = Vec::new();
    if let Some(code) = &command.code {
        let code = gift_code(code).map_err(SaleError::Balance)?;
        let of = BalanceId::GiftCard { code };
        if let Some(balance) = known(&mut connection, &of).await? {
            found.push(view(till, &mut connection, balance).await?);
        }
    }
    if let Some(customer_id) = command.customer_id {
        let kinds = [
            BalanceId::Account { customer_id },
            BalanceId::StoreCredit { customer_id },
        ];
        for of in kinds {
            let balance = known(&mut connection, &of).await?;
            let balance = balance.unwrap_or_else(|| Balance::new(of, 0));
            found.push(view(till, &mut connection, balance).await?);
        }
    }
    Ok(found)
}

pub(super) async fn view(
    till: &Shared,
    connection: &mut SqliteConnection,
    balance: Balance,
) -> Result<BalanceView, Error> {
    let spending = spending(till, connection, Some(&balance)).await?;
    Ok(BalanceView {
        allowance_minor: spending.allowance(balance.of.kind()),
        is_in_touch: spending.is_in_touch,
        is_pending: is_pending(connection, &balance.of).await?,
        balance,
    })
}
