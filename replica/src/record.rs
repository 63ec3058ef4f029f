//! The one way in which a till records: what was decided becomes a signed operation, its facts,
//! its number, its place in the journal and the outbox, all in the caller's transaction.

use std::collections::BTreeSet;

use domain::{
    id::{DraftId, OpId, StaffId},
    limit::OP_BYTES_MAX,
    replication::{Envelope, Facts, OpBody, OpHeader, Private, apply, table::Scope},
};
use sqlx::SqliteConnection;

use crate::{
    error::Error,
    identity::Identity,
    store::{self, chain::Chain, facts::EventFact, journal::Entry, log::LogFact},
};

/// Who records what, and when.
#[derive(Debug)]
pub(crate) struct Recording<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) op_id: OpId,
    pub(crate) draft_id: DraftId,
    pub(crate) staff_id: StaffId,
    pub(crate) wall_ms: i64,
    pub(crate) body: OpBody,
    pub(crate) private: Vec<Private>,
}

/// Records an operation after the chain's head, whose counters the caller has moved on already.
pub(crate) async fn record(
    connection: &mut SqliteConnection,
    mut chain: Chain,
    recording: Recording<'_>,
) -> Result<Facts, Error> {
    let Recording {
        identity,
        op_id,
        body,
        private,
        wall_ms,
        ..
    } = recording;
    chain.hlc = chain.hlc.tick(u64::try_from(wall_ms).unwrap_or(0));
    chain.device_seq += 1;
    let header = OpHeader {
        op_id,
        device_id: chain.device_id,
        epoch: chain.epoch,
        device_seq: chain.device_seq,
        kind: body.kind().to_owned(),
        kind_version: body.version(),
        hlc: chain.hlc,
        wall_ms,
        store_id: Some(identity.enrolment.store.store_id),
        staff_id: Some(recording.staff_id),
        prev_hash: chain.head_hash,
    };
    let scope = body
        .home_scope(&header)
        .ok_or(Error::Internal("the operation has no home"))?;
    let envelope = Envelope::seal(&header, &body, private, &identity.secrets.device_key)?;
    if envelope.size_bytes() > OP_BYTES_MAX {
        return Err(Error::OperationTooLarge {
            bytes: envelope.size_bytes(),
        });
    }
    if has_nul(&envelope.body.0) || envelope.private.iter().any(|p| p.bytes.0.contains(&0)) {
        return Err(Error::Malformed("a text holds the character U+0000".into()));
    }
    let facts = apply(&header, &body, &envelope.private)
        .map_err(|_| Error::Internal("the operation states nothing"))?;
    chain.head_hash = envelope.hash;

    store::facts::insert_documents(connection, &facts.documents, true).await?;
    store::facts::insert_movements(connection, &facts.movements, true).await?;
    let entry = Entry {
        header: &header,
        envelope: &envelope,
        effective_hlc: None,
        branch: 0,
        is_unread: false,
        is_own: true,
    };
    store::journal::insert(connection, &[entry]).await?;
    let events: Vec<EventFact> = facts
        .repair_events
        .iter()
        .map(|event| EventFact::new(event.clone(), None))
        .collect();
    store::facts::insert_events(connection, &events, true).await?;
    let log_events: Vec<LogFact> = (facts.log_events.iter().cloned())
        .map(|event| LogFact {
            event,
            effective_hlc: None,
        })
        .collect();
    store::log::insert_events(connection, &log_events, true).await?;
    store::shift::add(connection, &facts.documents).await?;
    if !facts.field_writes.is_empty() {
        store::customer::put_pending(connection, &facts.field_writes, header.device_seq).await?;
    }
    store::chain::save(connection, &chain).await?;
    let mut scopes: BTreeSet<Scope> = facts.log_events.iter().map(|e| e.place().scope()).collect();
    scopes.insert(scope);
    store::outbox::put(connection, op_id, header.device_seq, wall_ms, &scopes).await?;
    store::draft::put(connection, recording.draft_id, op_id).await?;
    Ok(facts)
}

/// The chain's head inside a write; every enrolled till has one.
pub(crate) async fn chain_head(connection: &mut SqliteConnection) -> Result<Chain, Error> {
    store::chain::load(connection)
        .await?
        .ok_or(Error::NotEnrolled)
}

/// Whether a JSON text holds U+0000, which no database on the way keeps: `\u0000` behind an even
/// number of backslashes.
fn has_nul(json: &[u8]) -> bool {
    const ESCAPED: &[u8] = br"\u0000";
    json.windows(ESCAPED.len()).enumerate().any(|(at, window)| {
        let before = json[..at].iter().rev().take_while(|byte| **byte == b'\\');
        window == ESCAPED && before.count() % 2 == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_is_told_from_text_that_only_looks_like_it() {
        for (text, expected) in [
            ("a\0b", true),
            ("\0", true),
            ("\\\0", true),
            (r"\u0000", false),
            (r"\\u0000", false),
            ("u0000", false),
            ("", false),
        ] {
            let json = serde_json::to_vec(text).unwrap_or_default();
            assert_eq!(has_nul(&json), expected, "{text:?}");
        }
    }
}
