//! One device's history: dense, every operation after the one before it, every byte vouched for by
//! hash and signature, the held ones among them, and its documents numbered without gaps.

use std::collections::HashMap;

use domain::{
    id::{DeviceId, StoreId},
    replication::{
        Envelope, Facts, OpBody, OpHeader, apply,
        chain::{PublicKey, SignatureBytes, decode_header, op_hash, verify_bytes},
    },
};

use super::{Check, place};
use crate::{
    database::Tx,
    store::{
        self,
        verify::{ChainKey, Held, Stored},
    },
};

const PAGE: i64 = 500;

/// What is carried from one operation of a history to the next.
struct Walk {
    chain: ChainKey,
    key: Option<PublicKey>,
    seq: u64,
    /// Hash of the operation before; none where it is not known.
    hash: Option<Vec<u8>>,
    /// The last number of each kind and series; the server numbers for several stores.
    counts: HashMap<(&'static str, String, Option<StoreId>), u64>,
    /// Operations that cannot be read, each of which may hold a number.
    unread: u64,
}

/// An operation whose bytes can be trusted.
pub(super) struct Trusted {
    pub(super) stored: Stored,
    pub(super) facts: Facts,
}

impl Check<'_> {
    pub(super) async fn chain(&mut self, tx: &mut Tx, chain: ChainKey) -> Result<(), sqlx::Error> {
        let device = self.devices.get(&chain);
        let mut walk = Walk {
            chain,
            key: device.and_then(|device| PublicKey::try_from(device.public_key.as_slice()).ok()),
            // A history that left another one begins where it left.
            seq: device.map_or(0, |device| device.first_seq.saturating_sub(1)),
            hash: device
                .filter(|_| chain.branch == 0)
                .and_then(|device| device.genesis.clone()),
            counts: HashMap::new(),
            unread: 0,
        };
        if device.is_none() {
            let what = "operations are of a device that is not there";
            self.find("device", chain.device_id, what);
        }
        let mut held = store::verify::held(tx, self.organization_id, chain).await?;
        held.reverse();
        loop {
            let page =
                store::verify::operations(tx, self.organization_id, chain, walk.seq, PAGE).await?;
            let is_last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            let mut trusted = Vec::with_capacity(page.len());
            for stored in page {
                while let Some(next) = held.pop_if(|next| next.seq < stored.seq) {
                    self.held(&mut walk, &next);
                }
                trusted.extend(self.applied(&mut walk, stored));
            }
            self.facts(tx, &trusted).await?;
            if is_last {
                break;
            }
        }
        while let Some(next) = held.pop() {
            self.held(&mut walk, &next);
        }
        self.end(&walk);
        Ok(())
    }

    /// The place of an operation in its chain.
    fn follow(&mut self, walk: &mut Walk, table: &'static str, seq: u64, hash: &[u8]) {
        if seq != walk.seq + 1 {
            let missing = walk.seq + 1;
            let what = if missing == seq - 1 {
                "is missing".to_owned()
            } else {
                format!("is missing, and all up to {}", seq - 1)
            };
            self.find(table, place(walk.chain, missing), what);
            let ChainKey {
                device_id, epoch, ..
            } = walk.chain;
            self.gaps
                .extend((missing..seq).map(|gap| (device_id, epoch, gap)));
            walk.unread += seq - missing;
            self.is_any_unreadable = true;
        }
        walk.seq = seq;
        walk.hash = Some(hash.to_vec());
    }

    fn applied(&mut self, walk: &mut Walk, stored: Stored) -> Option<Trusted> {
        self.report.operations += 1;
        let before = if walk.seq + 1 == stored.seq {
            walk.hash.clone()
        } else {
            None
        };
        self.follow(walk, "operation", stored.seq, &stored.hash);
        let judged = judge(walk, &stored, before.as_deref());
        let trust = judged.is_ok();
        self.operations
            .insert(stored.op_id, (stored.hash.clone(), trust));
        match judged {
            Ok((header, body, facts)) => {
                self.number(walk, &header, &body);
                Some(Trusted { stored, facts })
            }
            Err(what) => {
                walk.unread += 1;
                self.find("operation", place(walk.chain, stored.seq), what);
                self.doubt(&stored);
                None
            }
        }
    }

    fn held(&mut self, walk: &mut Walk, held: &Held) {
        self.report.held += 1;
        let before = if walk.seq + 1 == held.seq {
            walk.hash.clone()
        } else {
            None
        };
        self.follow(walk, "held_operation", held.seq, &held.hash);
        match judge_held(walk, held, before.as_deref()) {
            Ok(Some((header, body))) => self.number(walk, &header, &body),
            Ok(None) => walk.unread += 1,
            Err(what) => {
                walk.unread += 1;
                self.find("held_operation", place(walk.chain, held.seq), what);
            }
        }
    }

    /// A document's number must be the next of its kind and series.
    fn number(&mut self, walk: &mut Walk, header: &OpHeader, body: &OpBody) {
        let (kind, series, count, number) = match body {
            OpBody::Sale(document) => (
                "receipt",
                &document.series,
                document.count,
                &document.number,
            ),
            OpBody::Refund(document) => (
                "credit note",
                &document.series,
                document.count,
                &document.number,
            ),
            OpBody::InvoiceMake(invoiced) => (
                "invoice",
                &invoiced.series,
                invoiced.count,
                &invoiced.number,
            ),
            OpBody::RepairIntake(intake) => {
                ("repair", &String::new(), intake.count, &intake.number)
            }
            _ => return,
        };
        let key = (kind, series.clone(), header.store_id);
        let known = walk.counts.get(&key).copied();
        let is_start = known.is_none() && walk.chain.branch > 0;
        let last = known.unwrap_or_default();
        if !is_start && (count <= last || count > last + 1 + walk.unread) {
            let what = format!("{kind} {number} is number {count} and follows number {last}");
            self.find("operation", place(walk.chain, header.device_seq), what);
        }
        walk.counts.insert(key, count);
    }

    /// The history's row must say where it ends.
    fn end(&mut self, walk: &Walk) {
        let chain = walk.chain;
        let Some(device) = self.devices.get(&chain) else {
            return;
        };
        let hash_fits = chain.device_id == DeviceId::SERVER
            || walk
                .hash
                .as_ref()
                .is_none_or(|hash| *hash == device.last_hash);
        if device.last_seq != walk.seq {
            let what = format!(
                "its row says that the chain ends at {}, the operations end at {}",
                device.last_seq, walk.seq
            );
            self.find("chain", place(chain, walk.seq), what);
        } else if !hash_fits {
            let what = format!("its last hash is not that of operation {}", walk.seq);
            self.find("chain", place(chain, walk.seq), what);
        }
    }
}

fn judge(
    walk: &Walk,
    stored: &Stored,
    before: Option<&[u8]>,
) -> Result<(OpHeader, OpBody, Facts), String> {
    if op_hash(&stored.header, &stored.body).0 != stored.hash.as_slice() {
        return Err("its bytes do not fit its hash".to_owned());
    }
    signed(walk, &stored.hash, &stored.signature)?;
    let header = decode_header(&stored.header).map_err(|error| error.to_string())?;
    let chain = walk.chain;
    if header.op_id != stored.op_id {
        return Err(format!("its header names operation {}", header.op_id));
    }
    let is_here = (header.device_id, header.epoch, header.device_seq)
        == (chain.device_id, chain.epoch, stored.seq);
    if !is_here || header.kind != stored.kind {
        return Err(format!(
            "its header says {} {} of device {}, epoch {}",
            header.kind, header.device_seq, header.device_id, header.epoch
        ));
    }
    follows(chain, &header, before)?;
    let body = OpBody::from_bytes(&header.kind, header.kind_version, &stored.body)
        .map_err(|error| error.to_string())?;
    let facts = apply(&header, &body, &stored.private).map_err(|error| error.to_string())?;
    Ok((header, body, facts))
}

fn signed(walk: &Walk, hash: &[u8], signature: &[u8]) -> Result<(), String> {
    let Some(key) = &walk.key else {
        return Ok(());
    };
    let signature = SignatureBytes::try_from(signature)
        .map_err(|_| "its signature has not 64 bytes".to_owned())?;
    verify_bytes(hash, &signature, key).map_err(|error| error.to_string())
}

fn follows(chain: ChainKey, header: &OpHeader, before: Option<&[u8]>) -> Result<(), String> {
    // The server's own operations have no chain.
    if chain.device_id == DeviceId::SERVER {
        return Ok(());
    }
    match before {
        Some(before) if before != header.prev_hash.0 => {
            Err("it does not follow the operation before it".to_owned())
        }
        _ => Ok(()),
    }
}

/// The body of a held operation, if it can be read.
fn judge_held(
    walk: &Walk,
    held: &Held,
    before: Option<&[u8]>,
) -> Result<Option<(OpHeader, OpBody)>, String> {
    let envelope: Envelope = serde_json::from_value(held.envelope.clone())
        .map_err(|error| format!("its envelope cannot be read: {error}"))?;
    if envelope.hash.0 != held.hash.as_slice() {
        return Err("its envelope states another hash than its row".to_owned());
    }
    // Held because its bytes are damaged: the chain goes on from the stated hash.
    if held.reason == "damaged" {
        return Ok(None);
    }
    if op_hash(&envelope.header.0, &envelope.body.0) != envelope.hash {
        return Err("its bytes do not fit its hash".to_owned());
    }
    signed(walk, &held.hash, &envelope.signature.0)?;
    let Ok(header) = envelope.decode_header() else {
        return Ok(None);
    };
    follows(walk.chain, &header, before)?;
    let body = envelope.decode_body(&header).ok();
    Ok(body.map(|body| (header, body)))
}
