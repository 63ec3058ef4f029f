//! Pushing: what the outbox holds, in order, one request at a time. The answer moves the outbox
//! and nothing else.

use domain::{
    contract::sync_v1::{Expected, Outcome, PushReply, PushRequest},
    id::OpId,
    limit::{PUSH_BYTES_MAX, PUSH_OPS_MAX},
    replication::{
        Envelope,
        plan::{Answer, answer_of},
    },
};
use reqwest::Method;

use super::{
    SyncError,
    http::{Body, HttpError, Server},
};
use crate::{
    clock::computer_ms,
    error::Error,
    store::{self, enrolment::Standing},
    till::Shared,
};

/// Pushes until the outbox is empty.
pub(super) async fn push(till: &Shared) -> Result<(), SyncError> {
    let mut ops_max = PUSH_OPS_MAX;
    while !till.engine.is_stopped() {
        let ops = {
            let mut connection = till.db.reader().await?;
            store::journal::unsent(&mut connection, ops_max, PUSH_BYTES_MAX).await?
        };
        let Some((first_seq, ..)) = ops.first() else {
            return Ok(());
        };
        let first_seq = *first_seq;
        let identity = till.identity()?;
        let server = Server::new(&till.engine, &identity)?;
        let (sent, envelopes): (Vec<(u64, OpId)>, Vec<Envelope>) = ops
            .into_iter()
            .map(|(seq, op_id, envelope)| ((seq, op_id), envelope))
            .unzip();
        let request = PushRequest {
            incarnation: identity.enrolment.incarnation.clone(),
            device_id: identity.device_id(),
            epoch: identity.enrolment.till.epoch,
            first_seq,
            sent_ms: computer_ms(),
            ops: envelopes,
            damaged: Vec::new(),
        };
        let body = Body::gzip(&request)?;
        match server.ask(Method::POST, "push", &[], body).await {
            Ok(reply) => take_reply(till, &sent, reply).await?,
            Err(HttpError::Status { status, .. })
                if answer_of(status) == Answer::Halve && sent.len() > 1 =>
            {
                ops_max = (sent.len() / 2).max(1);
            }
            Err(HttpError::Status { status, failure }) if answer_of(status) == Answer::Resume => {
                let expected = serde_json::to_value(&failure.fields)
                    .and_then(serde_json::from_value::<Expected>);
                match expected {
                    Ok(expected) if expected.expected_seq > first_seq => {
                        skip_known(till, &expected).await?;
                    }
                    _ => return Err(HttpError::Status { status, failure }.into()),
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Moves the outbox by an answer.
async fn take_reply(
    till: &Shared,
    sent: &[(u64, OpId)],
    reply: PushReply,
) -> Result<(), SyncError> {
    let held: Vec<(OpId, u64, String)> = reply
        .outcomes
        .iter()
        .filter(|outcome| outcome.outcome == Outcome::Held)
        .filter_map(|outcome| {
            let (_, op_id) = sent.iter().find(|(seq, _)| *seq == outcome.seq)?;
            Some((*op_id, outcome.seq, outcome.flags.join(",")))
        })
        .collect();
    let standing = Standing {
        is_revoked: reply.revoked,
        is_fenced: reply.fenced,
        keep_days: reply.keep_days,
        kinds: reply.kinds,
        contact_ms: till.clock.now_ms(),
    };
    let identity = till.identity()?;
    let moved = {
        let mut writer = till.db.writer().await;
        let mut transaction = writer.begin().await?;
        let moved = store::outbox::acknowledge(&mut transaction, reply.acked_seq).await?;
        store::outbox::hold(&mut transaction, &held).await?;
        store::enrolment::save_standing(&mut transaction, &standing).await?;
        transaction.commit().await?;
        moved
    };
    let before = &identity.enrolment;
    if (standing.is_revoked, standing.is_fenced) != (before.is_revoked, before.is_fenced) {
        till.reload_identity().await?;
        if standing.is_revoked && till.session().is_some() {
            till.set_session(None);
        }
    }
    for (scope, head) in &reply.heads {
        till.engine.hear_head(scope, *head);
    }
    if moved == 0 && held.is_empty() {
        // Sending the same again at once would spin; the lane's wait applies.
        return Err(HttpError::Protocol("the server acknowledged nothing".into()).into());
    }
    Ok(())
}

/// The server has operations whose answer was lost: they leave the outbox if it speaks of the same
/// ones.
async fn skip_known(till: &Shared, expected: &Expected) -> Result<(), SyncError> {
    let last_known = expected.expected_seq - 1;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    let own = store::journal::own_hash(&mut transaction, last_known).await?;
    if own != Some(expected.expected_prev_hash) {
        return Err(Error::Protocol("the server holds another history of this till".into()).into());
    }
    store::outbox::acknowledge(&mut transaction, last_known).await?;
    transaction.commit().await?;
    Ok(())
}
