//! Pushing: what the outbox holds, in order, one request at a time. The answer moves the outbox
//! and nothing else; [`Push`] decides, this loads, sends and stores.

use domain::{
    contract::sync_v1::{Outcome, PushReply, PushRequest},
    id::OpId,
    limit::PUSH_BYTES_MAX,
    replication::{
        Envelope,
        chain::PublicKey,
        plan::{Own, Push, PushAnswer, PushNext},
    },
};
use reqwest::Method;

use super::{
    SyncError, heal,
    http::{Body, HttpError, Server},
};
use crate::{
    store::{self, enrolment::Standing},
    till::Shared,
};

/// Pushes until the outbox is empty.
pub(crate) async fn push(till: &Shared) -> Result<(), SyncError> {
    let mut plan = Push::default();
    #[cfg(feature = "simulation")]
    {
        plan.ops_max = crate::simulation::batch_ops();
    }
    while !till.engine.is_stopped() {
        let ops = {
            let mut connection = till.db.reader().await?;
            store::journal::unsent(&mut connection, plan.ops_max, PUSH_BYTES_MAX).await?
        };
        let Some((first_seq, ..)) = ops.first() else {
            return Ok(());
        };
        let first_seq = *first_seq;
        let identity = till.identity()?;
        let server = Server::new(&till.engine, &identity)?;
        let batch = Batch::of(ops, plan.damaged_seq);
        let request = PushRequest {
            incarnation: identity.enrolment.incarnation.clone(),
            device_id: identity.device_id(),
            epoch: identity.enrolment.till.epoch,
            first_seq,
            sent_ms: till.clock.sent_ms(),
            ops: batch.sound,
            damaged: batch.damaged,
        };
        let body = Body::gzip(&request)?;
        let refusal = match server.ask(Method::POST, "push", &[], body).await {
            Ok(reply) => {
                take_reply(till, &batch.sent, reply).await?;
                plan.taken();
                continue;
            }
            Err(HttpError::Status { status, failure }) => (status, failure),
            Err(error) => {
                #[cfg(feature = "simulation")]
                if crate::simulation::is_broken(crate::simulation::Mutation::ForgetRetry) {
                    skip_to(till, u64::MAX >> 1).await?;
                }
                return Err(error.into());
            }
        };
        let answer = PushAnswer {
            status: refusal.0,
            expected: serde_json::to_value(&refusal.1.fields)
                .and_then(serde_json::from_value)
                .ok(),
            seq: refusal
                .1
                .fields
                .get("seq")
                .and_then(serde_json::Value::as_u64),
        };
        let own = look_up(till, &request, &answer).await?;
        match plan.refused(first_seq, batch.sent.len(), &answer, own) {
            PushNext::Again => {}
            PushNext::SkipTo(seq) => skip_to(till, seq).await?,
            PushNext::RewindTo(seq) => rewind_to(till, seq).await?,
            PushNext::Heal => {
                heal::heal(till).await?;
                let (status, failure) = refusal;
                return Err(HttpError::Status { status, failure }.into());
            }
            PushNext::Wait => {
                let (status, failure) = refusal;
                return Err(HttpError::Status { status, failure }.into());
            }
        }
    }
    Ok(())
}

/// What the plan must know of this till's own journal.
async fn look_up(
    till: &Shared,
    request: &PushRequest,
    answer: &PushAnswer,
) -> Result<Own, SyncError> {
    let identity = till.identity()?;
    let before_expected = match &answer.expected {
        Some(expected) => {
            let mut connection = till.db.reader().await?;
            store::journal::own_hash(&mut connection, expected.expected_seq.saturating_sub(1))
                .await?
        }
        None => None,
    };
    let key = PublicKey(identity.secrets.device_key.verifying_key().to_bytes());
    let is_sound = answer.seq.is_none_or(|seq| {
        (request.first_seq..)
            .zip(&request.ops)
            .all(|(of, op)| of != seq || op.verify(&key).is_ok())
    });
    if !is_sound {
        tracing::error!(seq = ?answer.seq, "the disk has damaged an operation");
    }
    Ok(Own {
        before_expected,
        is_sound,
    })
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
    till.engine
        .hear_clock(reply.server_ms, till.clock.sent_ms());
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
        #[cfg(feature = "simulation")]
        if crate::simulation::is_broken(crate::simulation::Mutation::MergeOnAck) {
            store::outbox::merge_on_ack(&mut transaction, reply.acked_seq).await?;
        }
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

/// The server has operations whose answer was lost: they leave the outbox.
async fn skip_to(till: &Shared, expected_seq: u64) -> Result<(), SyncError> {
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    store::outbox::acknowledge(&mut transaction, expected_seq.saturating_sub(1)).await?;
    transaction.commit().await?;
    Ok(())
}

/// The server has forgotten own operations: they go again.
async fn rewind_to(till: &Shared, expected_seq: u64) -> Result<(), SyncError> {
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    store::outbox::rewind(&mut transaction, expected_seq).await?;
    transaction.commit().await?;
    Ok(())
}
