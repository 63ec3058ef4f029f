//! Pushing: what the outbox holds, in order, one request at a time. The answer moves the outbox
//! and nothing else.

use domain::{
    contract::sync_v1::{Expected, Outcome, PushReply, PushRequest},
    id::OpId,
    limit::{PUSH_BYTES_MAX, PUSH_OPS_MAX},
    replication::{
        Envelope,
        chain::PublicKey,
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
    // An operation that the server cannot take as it is: sent apart, to be held.
    let mut damaged_seq = None;
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
        let batch = Batch::of(ops, damaged_seq);
        let sent = batch.sent.clone();
        let request = PushRequest {
            incarnation: identity.enrolment.incarnation.clone(),
            device_id: identity.device_id(),
            epoch: identity.enrolment.till.epoch,
            first_seq,
            sent_ms: computer_ms(),
            ops: batch.sound,
            damaged: batch.damaged,
        };
        let body = Body::gzip(&request)?;
        let (status, failure) = match server.ask(Method::POST, "push", &[], body).await {
            Ok(reply) => {
                take_reply(till, &sent, reply).await?;
                continue;
            }
            Err(HttpError::Status { status, failure }) => (status, failure),
            Err(error) => return Err(error.into()),
        };
        match answer_of(status) {
            Answer::Halve if sent.len() > 1 => ops_max = (sent.len() / 2).max(1),
            Answer::Halve if damaged_seq != Some(first_seq) => damaged_seq = Some(first_seq),
            Answer::CheckDisk if damaged_seq.is_none() => {
                damaged_seq = failure
                    .fields
                    .get("seq")
                    .and_then(serde_json::Value::as_u64);
                let key = PublicKey(identity.secrets.device_key.verifying_key().to_bytes());
                let is_damaged =
                    request.ops.iter().zip(&sent).any(|(op, (seq, _))| {
                        Some(*seq) == damaged_seq && op.verify(&key).is_err()
                    });
                if !is_damaged {
                    // What lies on the disk is whole: it was damaged on the way.
                    return Err(HttpError::Status { status, failure }.into());
                }
                tracing::error!(?damaged_seq, "the disk has damaged an operation");
            }
            Answer::Resume => {
                let expected = serde_json::to_value(&failure.fields)
                    .and_then(serde_json::from_value::<Expected>);
                match expected {
                    Ok(expected) if expected.expected_seq > first_seq => {
                        skip_known(till, &expected).await?;
                    }
                    _ => return Err(HttpError::Status { status, failure }.into()),
                }
            }
            _ => return Err(HttpError::Status { status, failure }.into()),
        }
    }
    Ok(())
}

/// One request's operations: sound ones, then at most one that is damaged.
#[derive(Debug, Default)]
struct Batch {
    sent: Vec<(u64, OpId)>,
    sound: Vec<Envelope>,
    damaged: Vec<Envelope>,
}

impl Batch {
    fn of(ops: Vec<(u64, OpId, Envelope)>, damaged_seq: Option<u64>) -> Batch {
        let mut batch = Batch::default();
        for (seq, op_id, envelope) in ops {
            batch.sent.push((seq, op_id));
            if Some(seq) == damaged_seq {
                batch.damaged.push(envelope);
                break;
            }
            batch.sound.push(envelope);
        }
        batch
    }
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
