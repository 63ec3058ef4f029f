//! Giving a server back what it lost: it is told which signed envelopes are kept here, this till's
//! own and others', and is sent those that it wants, with their first signatures, until it wants
//! no more (sync protocol, section 7).

use domain::{
    contract::sync_v1::{
        HaveReply, HaveRequest, RelayExpected, RelayReply, RelayRequest, WantRange,
    },
    limit::{PUSH_BYTES_MAX, PUSH_OPS_MAX},
};
use reqwest::Method;

use super::{
    SyncError,
    http::{Body, HttpError, Server},
};
use crate::{store, till::Shared};

/// How often one turn asks what is wanted; the next turn goes on.
const ROUNDS_MAX: usize = 8;

/// Offers what is kept to this life of the server's database, unless it has been.
pub(super) async fn heal_if_due(till: &Shared) -> Result<(), SyncError> {
    let identity = till.identity()?;
    let enrolment = &identity.enrolment;
    if enrolment.healed_incarnation == enrolment.incarnation {
        return Ok(());
    }
    heal(till).await
}

/// Offers what is kept until the server wants no more of it, or others must help first.
pub(super) async fn heal(till: &Shared) -> Result<(), SyncError> {
    #[cfg(feature = "simulation")]
    {
        use crate::simulation::{Mutation, is_broken};
        if is_broken(Mutation::NoRelay) || is_broken(Mutation::RefillForgetsOwn) {
            return Ok(());
        }
    }
    for _ in 0..ROUNDS_MAX {
        let identity = till.identity()?;
        let server = Server::new(&till.engine, &identity)?;
        let (ranges, (certificates, erasures)) = {
            let mut connection = till.db.reader().await?;
            (
                store::heal::ranges(&mut connection).await?,
                store::vouch::all(&mut connection).await?,
            )
        };
        let request = HaveRequest {
            ranges,
            erasures,
            certificates,
        };
        let body = Body::gzip(&request)?;
        let reply: HaveReply = server.ask(Method::POST, "have", &[], body).await?;
        if reply.want.is_empty() {
            let mut writer = till.db.writer().await;
            let mut transaction = writer.begin().await?;
            store::enrolment::save_healed(&mut transaction, &reply.incarnation).await?;
            transaction.commit().await?;
            drop(writer);
            till.reload_identity().await?;
            return Ok(());
        }
        tracing::info!(
            ranges = reply.want.len(),
            "the server lacks operations kept here"
        );
        let mut has_moved = false;
        for want in &reply.want {
            has_moved |= relay(till, &server, want).await?;
        }
        if !has_moved {
            break;
        }
    }
    Ok(())
}

/// Sends one wanted range; false if its beginning is not here.
async fn relay(till: &Shared, server: &Server<'_>, want: &WantRange) -> Result<bool, SyncError> {
    let mut from = want.from;
    let mut ops_max = PUSH_OPS_MAX;
    let mut has_moved = false;
    let mut rewound_to = want.from;
    while from <= want.to {
        let ops = {
            let mut connection = till.db.reader().await?;
            store::heal::envelopes(&mut connection, want, from, ops_max, PUSH_BYTES_MAX).await?
        };
        let Some((last_seq, _)) = ops.last() else {
            return Ok(has_moved);
        };
        let (last_seq, count) = (*last_seq, ops.len());
        let request = RelayRequest {
            ops: ops.into_iter().map(|(_, envelope)| envelope).collect(),
        };
        let body = Body::gzip(&request)?;
        let answer: Result<RelayReply, HttpError> =
            server.ask(Method::POST, "relay", &[], body).await;
        match answer {
            Ok(reply) => {
                for (scope, head) in &reply.heads {
                    till.engine.hear_head(scope, *head);
                }
                has_moved = true;
                from = last_seq + 1;
            }
            Err(HttpError::Status { status: 413, .. }) if count > 1 => {
                ops_max = (count / 2).max(1);
            }
            Err(HttpError::Status {
                status: 409,
                failure,
            }) => {
                let expected = serde_json::to_value(&failure.fields)
                    .and_then(serde_json::from_value::<RelayExpected>);
                match expected {
                    // It knows less of this device than it thought: once, from further back.
                    Ok(expected) if expected.expected_seq < rewound_to => {
                        from = expected.expected_seq.max(1);
                        rewound_to = from;
                    }
                    // What comes before is not here: another till or the device itself has it.
                    _ => return Ok(has_moved),
                }
            }
            // Nobody knows that device here, or this copy of it is damaged: others may help.
            Err(HttpError::Status {
                status: 404 | 422, ..
            }) => return Ok(has_moved),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(has_moved)
}
