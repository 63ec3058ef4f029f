//! Tries held operations again: at every start, because a newer server may read them, and when the
//! owner says so. One that can be applied enters the feed with the stamp that it got when it first
//! arrived, so its place in the order is what it would have been.

use domain::{
    contract::{rest::HeldRetried, sync_v1::Outcome},
    id::OrganizationId,
};

use super::{
    record_operations::{Decided, RecordError, record_operations},
    take_in::{Checked, Verdict, check_one, close_if_none_held},
};
use crate::{
    database::{Tx, begin, is_about_values, is_retryable},
    state::AppState,
    store::{self, chain::DAMAGED, held::HeldKey},
};

/// How often a transaction is repeated that lost a race.
const ATTEMPTS_MAX: u32 = 20;

/// Reasons that only a person can lift: what a till without rights sent.
const FOR_A_PERSON: [&str; 2] = ["revoked", "relayed_by_revoked"];

/// Why a held operation was not tried.
#[derive(Debug, thiserror::Error)]
pub enum RetryError {
    #[error("no such operation is held")]
    Unknown,
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl From<sqlx::Error> for RetryError {
    fn from(error: sqlx::Error) -> Self {
        Self::Record(error.into())
    }
}

/// Tries all of every organization, those aside that wait for a person. One that fails stops no
/// other.
pub async fn retry_all_held(state: &AppState) -> Result<(), sqlx::Error> {
    for (organization_id, _) in store::organization::all(&state.pool).await? {
        let mut tx = begin(&state.pool, organization_id).await?;
        let keys = store::held::waiting(&mut tx, organization_id, &FOR_A_PERSON).await?;
        tx.commit().await?;
        for key in keys {
            match retry_held(state, organization_id, key).await {
                Ok(tried) if tried.outcome == Outcome::Applied => {
                    tracing::info!(%organization_id, ?key, "a held operation is applied");
                }
                Ok(_) | Err(RetryError::Unknown) => {}
                Err(error) => tracing::warn!(%organization_id, ?key, %error, "not tried again"),
            }
        }
    }
    Ok(())
}

/// Tries one, whoever sent it: who asks for it takes the answer for what it says.
pub async fn retry_held(
    state: &AppState,
    organization_id: OrganizationId,
    key: HeldKey,
) -> Result<HeldRetried, RetryError> {
    let mut attempt = 1;
    loop {
        let error = match try_once(state, organization_id, key).await {
            Err(RetryError::Record(error)) => error,
            done => return done,
        };
        match error {
            RecordError::Sql(error) if is_about_values(&error) => {
                let reason = ("not_storable", error.to_string());
                return still_held(state, organization_id, key, reason).await;
            }
            RecordError::Raced if attempt < ATTEMPTS_MAX => attempt += 1,
            RecordError::Sql(error) if is_retryable(&error) && attempt < ATTEMPTS_MAX => {
                attempt += 1;
            }
            other => return Err(other.into()),
        }
    }
}

async fn try_once(
    state: &AppState,
    organization_id: OrganizationId,
    key: HeldKey,
) -> Result<HeldRetried, RetryError> {
    let device_id = key.of.device_id;
    let mut tx = begin(&state.pool, organization_id).await?;
    store::device::lock(&mut tx, organization_id, &[device_id]).await?;
    let held = store::held::get(&mut tx, organization_id, key).await?;
    let held = held.ok_or(RetryError::Unknown)?;
    let enrolments = store::device::enrolments(&mut tx, organization_id, &[device_id]).await?;
    let device = enrolments
        .iter()
        .find(|device| device.enrolment() == key.of);
    let device = device.ok_or(RetryError::Unknown)?;
    let checked = check_one(device, key.seq, held.envelope);
    let (header, envelope_json, scope, facts) = match (&checked.header, &checked.verdict) {
        (
            Some(header),
            Verdict::Sound {
                envelope_json,
                scope,
                facts,
            },
        ) if !is_taken(&mut tx, organization_id, &checked).await? => {
            (header, envelope_json, *scope, facts)
        }
        _ => {
            let reason = why(&checked);
            tx.commit().await?;
            return still_held(state, organization_id, key, reason).await;
        }
    };
    let decided = Decided {
        header,
        envelope: &checked.envelope,
        envelope_json,
        scope,
        branch: key.branch,
        effective: held.effective,
        facts,
    };
    store::held::delete(&mut tx, organization_id, key).await?;
    close_if_none_held(&mut tx, organization_id, device_id).await?;
    let raised = record_operations(&mut tx, organization_id, &[decided]).await?;
    tx.commit().await?;
    state.live.publish(organization_id, &raised);
    Ok(HeldRetried {
        outcome: Outcome::Applied,
        reason: String::new(),
        detail: String::new(),
    })
}

/// Whether another operation has its id.
async fn is_taken(
    tx: &mut Tx,
    organization_id: OrganizationId,
    checked: &Checked,
) -> Result<bool, sqlx::Error> {
    let op_ids: Vec<_> = checked.op_id().into_iter().collect();
    let known = store::operation::known(tx, organization_id, &op_ids).await?;
    Ok(!known.is_empty())
}

fn why(checked: &Checked) -> (&'static str, String) {
    match &checked.verdict {
        Verdict::Hold { reason, detail } => (reason, detail.clone()),
        Verdict::Damaged { reason } => (DAMAGED, reason.clone()),
        Verdict::Sound { .. } => {
            let detail = "its id belongs to another operation".to_owned();
            ("op_id_taken", detail)
        }
    }
}

async fn still_held(
    state: &AppState,
    organization_id: OrganizationId,
    key: HeldKey,
    (reason, detail): (&str, String),
) -> Result<HeldRetried, RetryError> {
    let mut tx = begin(&state.pool, organization_id).await?;
    store::held::explain(&mut tx, organization_id, key, reason, &detail).await?;
    tx.commit().await?;
    Ok(HeldRetried {
        outcome: Outcome::Held,
        reason: reason.to_owned(),
        detail,
    })
}
