//! Whether a page of a feed may be stored: every row follows the one before, and all digests join
//! up to what the server says. Highest row received is not "have all" (invariant 8).

use crate::{
    contract::sync_v1::PullReply,
    replication::{
        chain::{Digest, feed_digest},
        table::Scope,
    },
};

/// Why a page cannot be stored. Nothing of it may be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    #[error("the page is of feed {of}")]
    OtherFeed { of: Scope },
    #[error("rows are missing before row {seq}")]
    Gap { seq: u64 },
    #[error("its digest does not fit its rows")]
    Digest,
    #[error("it ends at {to}, beyond the head {head}")]
    BeyondHead { to: u64, head: u64 },
    #[error("it holds no rows although the head is at {head}")]
    Empty { head: u64 },
}

/// Checks a page against where the till stands; returns the digest after it.
pub fn check_page(
    scope: &str,
    after: u64,
    digest: Digest,
    reply: &PullReply,
) -> Result<Digest, PageError> {
    if reply.scope.to_string() != scope {
        return Err(PageError::OtherFeed { of: reply.scope });
    }
    let (mut seq, mut digest) = (after, digest);
    for row in &reply.rows {
        if row.seq != seq + 1 {
            return Err(PageError::Gap { seq: row.seq });
        }
        digest = feed_digest(scope, row.seq, &digest, row.bytes.get().as_bytes());
        seq = row.seq;
    }
    if seq != reply.to || digest != reply.digest {
        return Err(PageError::Digest);
    }
    if reply.to > reply.head {
        return Err(PageError::BeyondHead {
            to: reply.to,
            head: reply.head,
        });
    }
    if reply.to == after && reply.to < reply.head {
        return Err(PageError::Empty { head: reply.head });
    }
    Ok(digest)
}
