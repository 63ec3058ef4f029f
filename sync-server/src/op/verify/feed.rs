//! The feeds: contiguous from their floor to their head, every digest over the one before it, and
//! every applied operation in one of them with the hash that it was signed with.

use std::collections::HashSet;

use domain::{
    id::OpId,
    replication::{
        Envelope,
        chain::{Digest, feed_digest, feed_genesis},
    },
};
use serde::Deserialize;

use super::Check;
use crate::{
    database::Tx,
    store::{
        self,
        verify::{FeedHead, FeedRow},
    },
};

const PAGE: i64 = 500;

/// The part of a feed row that names an operation.
#[derive(Deserialize)]
struct Named {
    envelope: Option<Envelope>,
    op_id: Option<OpId>,
}

impl Check<'_> {
    pub(super) async fn feeds(&mut self, tx: &mut Tx) -> Result<(), sqlx::Error> {
        let mut told = HashSet::new();
        let mut is_whole = true;
        let before = self.report.findings.len();
        for head in store::verify::feeds(tx, self.organization_id).await? {
            is_whole &= head.floor <= 1;
            self.feed(tx, &head, &mut told).await?;
        }
        is_whole &= self.report.findings.len() == before;
        if is_whole {
            let missing: Vec<_> = self
                .operations
                .keys()
                .filter(|op_id| !told.contains(*op_id))
                .copied()
                .collect();
            for op_id in missing {
                self.find(
                    "operation",
                    op_id,
                    "is in no feed, so that no till hears of it",
                );
            }
        }
        Ok(())
    }

    async fn feed(
        &mut self,
        tx: &mut Tx,
        head: &FeedHead,
        told: &mut HashSet<OpId>,
    ) -> Result<(), sqlx::Error> {
        let scope = head.scope.as_str();
        let mut digest = (head.floor <= 1).then(|| feed_genesis(scope));
        let mut at = head.floor.max(1) - 1;
        let mut is_sound = true;
        let mut after = i64::MIN;
        loop {
            let page =
                store::verify::feed_rows(tx, self.organization_id, scope, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.seq.cast_signed();
            for row in page {
                self.report.feed_rows += 1;
                // Rows below the floor are on their way out.
                if row.seq <= at {
                    continue;
                }
                is_sound &= self.feed_row(scope, &row, at, digest.as_ref());
                at = row.seq;
                digest = Digest::try_from(row.digest.as_slice()).ok();
                self.named(scope, &row, told);
            }
        }
        if at != head.head {
            let what = format!("its head says {}, its rows end at {at}", head.head);
            self.find("feed_head", scope, what);
        } else if is_sound && digest.is_some_and(|digest| digest.0 != head.digest.as_slice()) {
            self.find("feed_head", scope, "its digest is not that of its last row");
        }
        Ok(())
    }

    fn feed_row(&mut self, scope: &str, row: &FeedRow, at: u64, before: Option<&Digest>) -> bool {
        let key = format!("{scope}/{}", row.seq);
        if row.seq != at + 1 {
            let missing = format!("{scope}/{}", at + 1);
            self.find(
                "feed",
                missing,
                format!("is missing: the next row is {}", row.seq),
            );
            return false;
        }
        let fits = before.is_none_or(|before| {
            feed_digest(scope, row.seq, before, &row.bytes).0 == row.digest.as_slice()
        });
        if !fits {
            self.find(
                "feed",
                key,
                "its digest does not fit its bytes and the row before it",
            );
        }
        fits
    }

    fn named(&mut self, scope: &str, row: &FeedRow, told: &mut HashSet<OpId>) {
        let Ok(named) = serde_json::from_slice::<Named>(&row.bytes) else {
            let key = format!("{scope}/{}", row.seq);
            return self.find("feed", key, "its bytes cannot be read");
        };
        let Some(envelope) = named.envelope else {
            told.extend(named.op_id);
            return;
        };
        let Ok(header) = envelope.decode_header() else {
            let key = format!("{scope}/{}", row.seq);
            return self.find("feed", key, "its operation cannot be read");
        };
        told.insert(header.op_id);
        match self.operations.get(&header.op_id) {
            None => {
                self.only_in_feed.insert(header.op_id);
                let gap = (header.device_id, header.epoch, header.device_seq);
                if !self.gaps.contains(&gap) {
                    let key = format!("{scope}/{}", row.seq);
                    let what = format!("operation {} is not there", header.op_id);
                    self.find("feed", key, what);
                }
            }
            Some((hash, is_trusted)) if *is_trusted && hash.as_slice() != envelope.hash.0 => {
                let key = format!("{scope}/{}", row.seq);
                self.find(
                    "feed",
                    key,
                    "its operation has another hash than the one recorded",
                );
            }
            Some(_) => {}
        }
    }
}
