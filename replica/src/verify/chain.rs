//! The journal: every operation's bytes under its hash, the own ones under the till's signature,
//! each after the one before it, and own documents numbered without gaps.

use domain::{
    id::{DeviceId, OpId},
    replication::{
        OpBody, OpHeader, Private,
        chain::{Digest, SignatureBytes, decode_header, op_hash, verify_bytes},
    },
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{Check, VerifyError, number};
use crate::store::{id, int};

const PAGE: i64 = 500;

/// One history of one enrolment.
#[derive(Debug, Clone, Copy)]
struct Chain {
    device_id: DeviceId,
    epoch: u64,
    branch: i64,
}

/// An operation as the journal has it.
struct Kept {
    op_id: OpId,
    seq: u64,
    header: Vec<u8>,
    body: Vec<u8>,
    hash: Vec<u8>,
    signature: Vec<u8>,
    private: Vec<Private>,
    is_unread: bool,
}

/// An operation whose bytes fit its hash.
pub(super) struct Readable {
    pub(super) header: OpHeader,
    pub(super) body: OpBody,
    pub(super) private: Vec<Private>,
}

/// What is carried from one operation of a chain to the next.
struct Walk {
    chain: Chain,
    is_own: bool,
    seq: u64,
    hash: Option<Vec<u8>>,
    counts: [u64; 3],
}

impl Walk {
    fn place(&self, seq: u64) -> String {
        let Chain {
            device_id, epoch, ..
        } = self.chain;
        format!("{seq} of device {device_id}, epoch {epoch}")
    }
}

impl Check {
    pub(super) async fn journal(
        &mut self,
        connection: &mut SqliteConnection,
    ) -> Result<(), VerifyError> {
        let rows = sqlx::query(
            "SELECT DISTINCT device_id, epoch, branch FROM journal
             ORDER BY device_id, epoch, branch",
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut is_own_seen = false;
        for row in rows {
            let chain = Chain {
                device_id: id(row.get("device_id"))?,
                epoch: number(&row, "epoch")?,
                branch: row.get("branch"),
            };
            let walk = self.walk(connection, chain).await?;
            if walk.is_own && chain.epoch == self.till.epoch {
                is_own_seen = true;
                self.end(&walk);
            }
        }
        if !is_own_seen && self.till.last_seq > 0 {
            let what = format!("operation {} is not in the journal", self.till.last_seq);
            self.find("chain", self.till.device_id, what);
        }
        Ok(())
    }

    async fn walk(
        &mut self,
        connection: &mut SqliteConnection,
        chain: Chain,
    ) -> Result<Walk, VerifyError> {
        let mut walk = Walk {
            chain,
            is_own: chain.device_id == self.till.device_id && chain.branch == 0,
            seq: 0,
            hash: None,
            counts: [0; 3],
        };
        loop {
            let page = page(connection, chain, walk.seq).await?;
            let is_last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            let mut readable = Vec::with_capacity(page.len());
            for kept in page {
                let judged = self.follow(&mut walk, &kept);
                match judged {
                    Ok(Some(header)) => {
                        let body =
                            OpBody::from_bytes(&header.kind, header.kind_version, &kept.body);
                        if let Ok(body) = body {
                            self.numbers(&mut walk, &header, &body);
                            readable.push(Readable {
                                header,
                                body,
                                private: kept.private,
                            });
                        } else if !kept.is_unread {
                            let what = "its body cannot be read, and it is not marked so";
                            self.find("journal", walk.place(kept.seq), what);
                        }
                    }
                    Ok(None) => {}
                    Err(what) => self.find("journal", walk.place(kept.seq), what),
                }
            }
            self.facts(connection, &readable).await?;
            if is_last {
                return Ok(walk);
            }
        }
    }

    /// The place of an operation in its chain, and whether its bytes can be trusted.
    fn follow(&mut self, walk: &mut Walk, kept: &Kept) -> Result<Option<OpHeader>, String> {
        // The server's own operations have no chain, and its feeds carry some of them only.
        let is_server = walk.chain.device_id == DeviceId::SERVER;
        let starts_late = walk.seq == 0 && kept.seq > 1;
        if starts_late {
            // What a till no longer keeps, or never had, comes before.
            self.is_history_whole = false;
        } else if !is_server && kept.seq != walk.seq + 1 {
            if walk.is_own {
                let what = format!("is missing: the next one is {}", kept.seq);
                self.find("journal", walk.place(walk.seq + 1), what);
            }
            // Operations of others that the server holds do not come in a feed.
            walk.hash = None;
        }
        let before = walk.hash.replace(kept.hash.clone());
        walk.seq = kept.seq;
        if walk.is_own && walk.chain.epoch == self.till.epoch {
            self.own_seqs.insert(kept.op_id, kept.seq);
        }
        if walk.is_own {
            self.report.own_operations += 1;
        } else {
            self.report.other_operations += 1;
        }
        if op_hash(&kept.header, &kept.body).0 != kept.hash.as_slice() {
            return Err("its bytes do not fit its hash".to_owned());
        }
        if walk.is_own && walk.chain.epoch == self.till.epoch {
            let signature = SignatureBytes::try_from(kept.signature.as_slice())
                .map_err(|_| "its signature has not 64 bytes".to_owned())?;
            verify_bytes(&kept.hash, &signature, &self.till.key)
                .map_err(|error| error.to_string())?;
        }
        let header = decode_header(&kept.header).map_err(|error| error.to_string())?;
        let is_here = (
            header.op_id,
            header.device_id,
            header.epoch,
            header.device_seq,
        ) == (kept.op_id, walk.chain.device_id, walk.chain.epoch, kept.seq);
        if !is_here {
            return Err(format!(
                "its header says {} of device {}, epoch {}",
                header.device_seq, header.device_id, header.epoch
            ));
        }
        let is_first = kept.seq == 1 && walk.chain.epoch == 1 && !is_server;
        let before = before.or_else(|| is_first.then(|| Digest::default().0.to_vec()));
        if !is_server && before.is_some_and(|before| before != header.prev_hash.0) {
            return Err("it does not follow the operation before it".to_owned());
        }
        Ok(Some(header))
    }

    /// Own documents are numbered one after another; a till never skips a number.
    fn numbers(&mut self, walk: &mut Walk, header: &OpHeader, body: &OpBody) {
        let (kind, count, number) = match body {
            OpBody::Sale(document) => (0, document.count, &document.number),
            OpBody::Refund(document) => (1, document.count, &document.number),
            OpBody::RepairIntake(intake) => (2, intake.count, &intake.number),
            _ => return,
        };
        let last = walk.counts[kind];
        if walk.is_own && self.is_history_whole && count != last + 1 {
            let what = format!("{number} is number {count} and follows number {last}");
            self.find("journal", walk.place(header.device_seq), what);
        }
        walk.counts[kind] = count;
    }

    /// The chain's row must say where the journal ends.
    fn end(&mut self, walk: &Walk) {
        let till = &self.till;
        let device_id = till.device_id;
        if walk.seq != till.last_seq {
            let what = format!(
                "the journal ends at {}, the chain at {}",
                walk.seq, till.last_seq
            );
            return self.find("chain", device_id, what);
        }
        if walk.hash.as_deref() != Some(till.head_hash.0.as_slice()) {
            return self.find(
                "chain",
                device_id,
                "its hash is not that of the last operation",
            );
        }
        for (kind, name) in ["receipts", "credit notes", "repairs"]
            .into_iter()
            .enumerate()
        {
            let (given, found) = (self.till.counts[kind], walk.counts[kind]);
            if given != found && (found > 0 || self.is_history_whole) {
                let what = format!("it has numbered {given} {name}, the journal {found}");
                self.find("chain", device_id, what);
            }
        }
    }
}

async fn page(
    connection: &mut SqliteConnection,
    chain: Chain,
    after_seq: u64,
) -> Result<Vec<Kept>, VerifyError> {
    let rows = sqlx::query(
        "SELECT op_id, device_seq, header, body, hash, signature, private, is_unread
         FROM journal
         WHERE device_id = ? AND epoch = ? AND branch = ? AND device_seq > ?
         ORDER BY device_seq LIMIT ?",
    )
    .bind(chain.device_id.as_bytes().as_slice())
    .bind(int(chain.epoch))
    .bind(chain.branch)
    .bind(int(after_seq))
    .bind(PAGE)
    .fetch_all(connection)
    .await?;
    rows.iter().map(kept).collect()
}

fn kept(row: &SqliteRow) -> Result<Kept, VerifyError> {
    let private: String = row.get("private");
    Ok(Kept {
        op_id: id(row.get("op_id"))?,
        seq: number(row, "device_seq")?,
        header: row.get("header"),
        body: row.get("body"),
        hash: row.get("hash"),
        signature: row.get("signature"),
        private: serde_json::from_str(&private).unwrap_or_default(),
        is_unread: row.get("is_unread"),
    })
}
