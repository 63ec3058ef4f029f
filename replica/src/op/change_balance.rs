//! Sets a customer's credit limit, or puts a balance right with a reason.

use domain::{
    balance::{BalanceError, BalanceId, BalanceKind, gift_code},
    contract::ipc::{BalanceView, ChangeBalance, Changed},
    id::OpId,
    limit::NOTE_CHARS_MAX,
    money::Money,
    replication::{
        OpBody,
        body::{BalanceChange, BalanceChangeBody},
    },
    sale::SaleError,
    staff::Permission,
};

use super::{balances::known, find_balances::view};
use crate::{
    error::Error,
    record::{Recording, chain_head, record},
    store,
    till::Shared,
};

pub(crate) async fn change_balance(
    till: &Shared,
    command: ChangeBalance,
) -> Result<BalanceView, Error> {
    let person = till.authorize(Permission::ManageBalances)?;
    let identity = till.identity()?;
    let body = checked(&command).map_err(SaleError::Balance)?;
    if let BalanceChange::Adjust { reason, .. } = &body.change
        && reason.chars().count() > NOTE_CHARS_MAX
    {
        return Err(Error::TextTooLong {
            field: "reason",
            max: NOTE_CHARS_MAX,
        });
    }
    let of = body.of.clone();
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    if let Some(customer_id) = of.customer_id() {
        store::customer::one_shown(&mut transaction, customer_id)
            .await?
            .ok_or(Error::CustomerUnknown(customer_id))?;
    }
    let recorded = store::draft::find(&mut transaction, command.draft_id).await?;
    if recorded.is_none() {
        let chain = chain_head(&mut transaction).await?;
        let recording = Recording {
            identity: &identity,
            op_id: OpId(till.clock.new_id()),
            draft_id: command.draft_id,
            staff_id: person.staff_id,
            wall_ms: till.clock.now_ms(),
            body: OpBody::BalanceChange(body),
            private: Vec::new(),
        };
        record(&mut transaction, chain, recording).await?;
    }
    let balance = known(&mut transaction, &of).await?;
    let balance = balance.ok_or(Error::Internal("a balance without its change"))?;
    let shown = view(till, &mut transaction, balance).await?;
    transaction.commit().await?;
    drop(writer);
    till.committed(&[Changed::Balances]);
    Ok(shown)
}

/// What is asked for, in the form in which it is kept.
fn checked(command: &ChangeBalance) -> Result<BalanceChangeBody, BalanceError> {
    let of = match &command.of {
        BalanceId::GiftCard { code } => BalanceId::GiftCard {
            code: gift_code(code)?,
        },
        of => of.clone(),
    };
    let change = match &command.change {
        BalanceChange::Limit { limit_minor } => {
            if *limit_minor < Money::ZERO || of.kind() != BalanceKind::Account {
                return Err(BalanceError::LimitInvalid);
            }
            command.change.clone()
        }
        BalanceChange::Adjust {
            delta_minor,
            reason,
        } => {
            let reason = reason.trim().to_owned();
            if delta_minor.is_zero() || reason.is_empty() {
                return Err(BalanceError::AdjustmentInvalid);
            }
            BalanceChange::Adjust {
                delta_minor: *delta_minor,
                reason,
            }
        }
    };
    Ok(BalanceChangeBody { of, change })
}
