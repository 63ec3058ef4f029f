//! The journal: every operation's bytes under its hash, the own ones under the till's signature,
//! each after the one before it, and own documents numbered without gaps.

use std::collections::HashMap;

use domain::{
    id::{DeviceId, OpId},
    replication::{
        OpBody, OpHeader, Private,
        chain::{SignatureBytes, decode_header, op_hash, verify_bytes},
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
    /// Of what waits, later than any boundary.
    effective_hlc: i64,
}

/// An operation whose bytes fit its hash.
pub(super) struct Readable {
    pub(super) header: OpHeader,
    pub(super) body: OpBody,
    pub(super) private: Vec<Private>,
    /// Its facts have gone with the past, or have not come yet.
    pub(super) may_lack: bool,
}

/// What is carried from one operation of a chain to the next.
struct Walk {
    chain: Chain,
    seq: u64,
    hash: Option<Vec<u8>>,
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
        self.own_history(connection).await?;
        let rows = sqlx::query(
            "SELECT DISTINCT device_id, epoch, branch FROM journal
             ORDER BY device_id, epoch, branch",
        )
        .fetch_all(&mut *connection)
        .await?;
        for row in rows {
            let chain = Chain {
                device_id: id(row.get("device_id"))?,
                epoch: number(&row, "epoch")?,
                branch: row.get("branch"),
            };
            self.walk(connection, chain).await?;
        }
        self.numbers_are_dense();
        Ok(())
    }

    /// Walks the own chain back from its head. A copied till may hold another history of itself:
    /// its own is the one that its head ends.
    async fn own_history(&mut self, connection: &mut SqliteConnection) -> Result<(), VerifyError> {
        let rows = sqlx::query(
            "SELECT op_id, device_seq, hash, header, body FROM journal
             WHERE device_id = ? AND epoch = ?",
        )
        .bind(self.till.device_id.as_bytes().as_slice())
        .bind(int(self.till.epoch))
        .fetch_all(connection)
        .await?;
        let by_hash: HashMap<Vec<u8>, &SqliteRow> =
            rows.iter().map(|row| (row.get("hash"), row)).collect();
        let mut wanted = self.till.head_hash.0.to_vec();
        let mut expected = self.till.last_seq;
        while expected > 0 {
            let Some(row) = by_hash.get(&wanted) else {
                if self.is_behind_checkpoint(expected, &wanted) {
                    // The server has signed that it holds this one and those before it.
                    return self.take_as_own(&rows, expected);
                }
                if expected == self.till.last_seq {
                    let what = "its hash is that of no operation here";
                    self.find("chain", self.till.device_id, what);
                } else {
                    let what = "is missing: nothing here has the hash that the next one names";
                    self.find("journal", format!("own operation {expected}"), what);
                }
                return self.take_as_own(&rows, expected);
            };
            let seq = number(row, "device_seq")?;
            if seq != expected {
                let what = format!("has sequence {seq}");
                self.find("journal", format!("own operation {expected}"), what);
                return self.take_as_own(&rows, expected);
            }
            self.own_seqs.insert(id(row.get("op_id"))?, seq);
            expected -= 1;
            let header: Vec<u8> = row.get("header");
            let is_whole = op_hash(&header, row.get("body")).0 == wanted.as_slice();
            let before = decode_header(&header).ok().filter(|_| is_whole);
            wanted = match before {
                Some(header) => header.prev_hash.0.to_vec(),
                // Told where its bytes are looked at; the one before it stands beside it.
                None => match beside(&rows, expected)? {
                    Some(hash) => hash,
                    None => return Ok(()),
                },
            };
        }
        self.are_numbers_known = rows.len() == self.own_seqs.len();
        if self
            .till
            .genesis
            .as_ref()
            .is_some_and(|genesis| *genesis != wanted)
        {
            let what = "it does not begin where this enrolment did";
            self.find("chain", self.till.device_id, what);
        }
        Ok(())
    }

    /// Whether own operations up to one may have been let go; the one at the checkpoint itself by
    /// its hash.
    fn is_behind_checkpoint(&self, seq: u64, hash: &[u8]) -> bool {
        self.checkpoints
            .iter()
            .filter(|((epoch, _), _)| *epoch == self.till.epoch)
            .any(|(_, (signed, at))| seq < *signed || (seq == *signed && at.0 == hash))
    }

    /// What comes before a break in the chain is the till's own until the contrary is known.
    fn take_as_own(&mut self, rows: &[SqliteRow], up_to: u64) -> Result<(), VerifyError> {
        for row in rows {
            let seq = number(row, "device_seq")?;
            if seq <= up_to {
                self.own_seqs.insert(id(row.get("op_id"))?, seq);
            }
        }
        Ok(())
    }

    async fn walk(
        &mut self,
        connection: &mut SqliteConnection,
        chain: Chain,
    ) -> Result<(), VerifyError> {
        let mut walk = Walk {
            chain,
            seq: 0,
            hash: None,
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
                            self.take_number(&header, &body);
                            readable.push(Readable {
                                header,
                                body,
                                private: kept.private,
                                may_lack: self.is_filling || kept.effective_hlc < self.boundary,
                            });
                        } else if !kept.is_unread {
                            let what = "its body cannot be read, and it is not marked so";
                            self.find("journal", walk.place(kept.seq), what);
                        }
                    }
                    Ok(None) => {}
                    Err(what) => {
                        // It may hold a number.
                        self.are_numbers_known &= !self.own_seqs.contains_key(&kept.op_id);
                        self.find("journal", walk.place(kept.seq), what);
                    }
                }
            }
            self.facts(connection, &readable).await?;
            if is_last {
                return Ok(());
            }
        }
    }

    /// The place of an operation in its chain, and whether its bytes can be trusted.
    fn follow(&mut self, walk: &mut Walk, kept: &Kept) -> Result<Option<OpHeader>, String> {
        // The server's own operations have no chain, and its feeds carry some of them only.
        let is_server = walk.chain.device_id == DeviceId::SERVER;
        if walk.seq == 0 && kept.seq > 1 && walk.chain.branch == 0 && !is_server {
            // What a till no longer keeps, or never had, comes before.
            self.is_history_whole = false;
        }
        if kept.seq != walk.seq + 1 {
            // Operations of others that the server holds do not come in a feed.
            walk.hash = None;
        }
        let before = walk.hash.replace(kept.hash.clone());
        walk.seq = kept.seq;
        if self.own_seqs.contains_key(&kept.op_id) {
            self.report.own_operations += 1;
        } else {
            self.report.other_operations += 1;
        }
        if op_hash(&kept.header, &kept.body).0 != kept.hash.as_slice() {
            return Err("its bytes do not fit its hash".to_owned());
        }
        let is_signed_here =
            walk.chain.device_id == self.till.device_id && walk.chain.epoch == self.till.epoch;
        if is_signed_here {
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
        if !is_server && before.is_some_and(|before| before != header.prev_hash.0) {
            return Err("it does not follow the operation before it".to_owned());
        }
        Ok(Some(header))
    }

    /// Remembers the number of an own document.
    fn take_number(&mut self, header: &OpHeader, body: &OpBody) {
        let (kind, count, number) = match body {
            OpBody::Sale(document) => (0, document.count, &document.number),
            OpBody::Refund(document) => (1, document.count, &document.number),
            OpBody::RepairIntake(intake) => (2, intake.count, &intake.number),
            OpBody::QuoteMake(quoted) => (3, quoted.count, &quoted.number),
            OpBody::InvoiceMake(invoiced) => (4, invoiced.count, &invoiced.number),
            _ => return,
        };
        if self.own_seqs.contains_key(&header.op_id) {
            let numbered = (kind, count, number.clone());
            self.numbered.insert(header.device_seq, numbered);
        }
    }

    /// Own documents are numbered one after another, and the chain's row counts them. A till that
    /// was copied goes on above the numbers of its other history.
    fn numbers_are_dense(&mut self) {
        if !self.are_numbers_known || !self.is_history_whole {
            return;
        }
        let mut counts = [0; 5];
        for (seq, (kind, count, number)) in std::mem::take(&mut self.numbered) {
            let last = counts[kind];
            if count != last + 1 {
                let what = format!("{number} is number {count} and follows number {last}");
                self.find("journal", format!("own operation {seq}"), what);
            }
            counts[kind] = count;
        }
        for (kind, name) in ["receipts", "credit notes", "repairs", "quotes"]
            .into_iter()
            .enumerate()
        {
            let (given, found) = (self.till.counts[kind], counts[kind]);
            if given != found {
                let what = format!("it has numbered {given} {name}, the journal {found}");
                self.find("chain", self.till.device_id, what);
            }
        }
    }
}

/// Hash of the row with a sequence.
fn beside(rows: &[SqliteRow], seq: u64) -> Result<Option<Vec<u8>>, VerifyError> {
    for row in rows {
        if number(row, "device_seq")? == seq {
            return Ok(Some(row.get("hash")));
        }
    }
    Ok(None)
}

async fn page(
    connection: &mut SqliteConnection,
    chain: Chain,
    after_seq: u64,
) -> Result<Vec<Kept>, VerifyError> {
    let rows = sqlx::query(
        "SELECT op_id, device_seq, header, body, hash, signature, private, is_unread,
             coalesce(effective_hlc, 9223372036854775807) AS effective_hlc
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
        effective_hlc: row.get("effective_hlc"),
    })
}
