//! Giving a server back what it lost: it is told which signed envelopes are kept here, this till's
//! own and others', and is sent those that it wants, with their first signatures, until it wants
//! no more (sync protocol, section 7). What lies behind something that is not here follows once
//! others have had time to bring that.

use domain::{
    contract::sync_v1::{
        HaveReply, HaveRequest, Incarnation, RelayExpected, RelayReply, RelayRequest, WantRange,
    },
    id::OpId,
    limit::{HAVE_ITEMS_MAX, PUSH_BYTES_MAX, PUSH_OPS_MAX},
    replication::Envelope,
};
use reqwest::Method;
use serde_json::Value;

use super::{
    SyncError,
    http::{Body, HttpError, Server},
};
use crate::{error::Error, store, till::Shared};

/// How much of each kind one request tells of: the bytes of a request are bound too.
const ITEMS_MAX: usize = HAVE_ITEMS_MAX / 5;

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
    let may_skip = till.engine.waited_for_others();
    for _ in 0..ROUNDS_MAX {
        match offer(till, may_skip).await? {
            Offered::Healed(incarnation) => {
                let mut writer = till.db.writer().await;
                let mut transaction = writer.begin().await?;
                store::enrolment::save_healed(&mut transaction, &incarnation).await?;
                transaction.commit().await?;
                drop(writer);
                till.engine.wait_for_others(false);
                till.reload_identity().await?;
                return Ok(());
            }
            Offered::Moved => {}
            Offered::Stuck => break,
        }
    }
    till.engine.wait_for_others(true);
    Ok(())
}

/// What became of an offer.
enum Offered {
    /// Nothing of it is wanted by this life of the database.
    Healed(Incarnation),
    Moved,
    /// Something is wanted that is not here, or does not join yet.
    Stuck,
}

/// Tells once what is kept, and sends what is wanted of it.
async fn offer(till: &Shared, may_skip: bool) -> Result<Offered, SyncError> {
    let identity = till.identity()?;
    let server = Server::new(&till.engine, &identity)?;
    let (mut lacks, mut has_moved) = (false, false);
    let mut incarnation = None;
    for request in kept(till).await? {
        let body = Body::gzip(&request)?;
        let reply: HaveReply = server.ask(Method::POST, "have", &[], body).await?;
        if !reply.want.is_empty() {
            tracing::info!(
                ranges = reply.want.len(),
                "the server lacks operations kept here"
            );
        }
        for want in &reply.want {
            has_moved |= relay(till, &server, want, may_skip).await?;
        }
        // Better copies of what it has: waited for by nobody.
        for want in &reply.welcome {
            relay(till, &server, want, false).await?;
        }
        // A server that was put back meanwhile is told everything again.
        let is_same = incarnation.get_or_insert_with(|| reply.incarnation.clone());
        lacks |= !reply.want.is_empty() || *is_same != reply.incarnation;
    }
    Ok(match incarnation {
        Some(incarnation) if !lacks => Offered::Healed(incarnation),
        _ if has_moved => Offered::Moved,
        _ => Offered::Stuck,
    })
}

/// All that is kept, in as many requests as it takes.
async fn kept(till: &Shared) -> Result<Vec<HaveRequest>, SyncError> {
    let (ranges, (certificates, erasures)) = {
        let mut connection = till.db.reader().await?;
        (
            store::heal::ranges(&mut connection).await?,
            store::vouch::all(&mut connection).await?,
        )
    };
    let mut certificates = certificates.chunks(ITEMS_MAX);
    let mut erasures = erasures.chunks(ITEMS_MAX);
    let mut ranges = ranges.chunks(ITEMS_MAX);
    let mut requests = Vec::new();
    // Those who vouch come first.
    loop {
        let (certificates, erasures) = (certificates.next(), erasures.next());
        let ranges = ranges.next();
        if certificates.is_none() && erasures.is_none() && ranges.is_none() {
            break;
        }
        requests.push(HaveRequest {
            ranges: ranges.unwrap_or_default().to_vec(),
            erasures: erasures.unwrap_or_default().to_vec(),
            certificates: certificates.unwrap_or_default().to_vec(),
        });
    }
    Ok(requests)
}

/// A wanted range as it was walked back once, so that a long one is not read again for each request.
#[derive(Default)]
struct Walked {
    from: Option<u64>,
    history: Vec<(u64, OpId)>,
}

impl Walked {
    /// The next envelopes from a sequence on, with the sequence of each.
    async fn next(
        &mut self,
        till: &Shared,
        want: &WantRange,
        from: u64,
        ops_max: usize,
    ) -> Result<Vec<(u64, Envelope)>, Error> {
        let mut connection = till.db.reader().await?;
        if self.from.is_none_or(|walked| from < walked) {
            self.history = store::heal::history(&mut connection, want, from).await?;
            self.from = Some(from);
        }
        let start = self.history.partition_point(|(seq, _)| *seq < from);
        let rest = &self.history[start..];
        let some = &rest[..ops_max.min(rest.len())];
        store::heal::envelopes(&mut connection, some, PUSH_BYTES_MAX).await
    }
}

/// Sends one wanted range; false if nothing of it was taken. If the server lacks what comes before
/// and it is not here either, the range goes behind a gap, which whoever keeps that fills later; but
/// others come first, who may have all of it.
async fn relay(
    till: &Shared,
    server: &Server<'_>,
    want: &WantRange,
    may_skip: bool,
) -> Result<bool, SyncError> {
    let mut from = want.from;
    // Below it is what this copy cannot give.
    let mut floor = 1;
    let mut ops_max = PUSH_OPS_MAX;
    let mut has_moved = false;
    let mut after_gap = false;
    let mut walked = Walked::default();
    while from <= want.to {
        let ops = walked.next(till, want, from, ops_max).await?;
        let (Some((first_seq, _)), Some((last_seq, _))) = (ops.first(), ops.last()) else {
            return Ok(has_moved);
        };
        let (first_seq, last_seq, count) = (*first_seq, *last_seq, ops.len());
        let request = RelayRequest {
            ops: ops.into_iter().map(|(_, envelope)| envelope).collect(),
            after_gap,
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
                after_gap = false;
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
                    // It knows less of this device than it thought: from further back, as far as
                    // that is here.
                    Ok(expected) if expected.expected_seq.max(floor) < from => {
                        from = expected.expected_seq.max(floor);
                    }
                    Ok(_) if may_skip && !after_gap => {
                        from = first_seq;
                        after_gap = true;
                    }
                    _ => return Ok(has_moved),
                }
            }
            // This copy of it is damaged, others may have a sound one: on with what lies behind.
            Err(HttpError::Status {
                status: 422,
                failure,
            }) => match failure.fields.get("seq").and_then(Value::as_u64) {
                Some(seq) if (first_seq..=last_seq).contains(&seq) => {
                    has_moved |= seq > first_seq;
                    floor = seq + 1;
                    from = floor;
                    after_gap = false;
                }
                _ => return Ok(has_moved),
            },
            // Nobody vouches for that device.
            Err(HttpError::Status { status: 404, .. }) => return Ok(has_moved),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(has_moved)
}
