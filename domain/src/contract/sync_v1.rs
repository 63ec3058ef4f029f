//! The wire between till and server, version 1. Golden files hold one of each; a field is added,
//! never changed or taken away.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    customer::Customer,
    hlc::Hlc,
    id::{CustomerId, DeviceId, OpId, OrganizationId, StaffId, StoreId},
    replication::{
        Envelope, Private, Rows,
        chain::{Base64, Digest, PublicKey, SignatureBytes},
        log::{LogEvent, known_events},
        row::{Organization, Store, Till},
        table::Scope,
    },
};

/// Which life of the server's database this is; compared for equality only.
pub type Incarnation = String;

/// `POST /api/v1/sync/enrol`: a one-time code for a place among the tills.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// As shown to the owner: letters and digits, dashes ignored.
    pub code: String,
    pub public_key: PublicKey,
    /// Signature by that key over [`enrol_bytes`].
    pub signature: SignatureBytes,
    /// Hash of the till's last operation when it enrols anew; all zero for a new till.
    pub prev_hash: Digest,
    /// Name of the computer, for the owner's list.
    pub name: String,
    /// The place that the till had: with it the till keeps its device id and begins a new epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
}

/// The bytes that an enrolling till signs, to prove that it holds the private key.
#[must_use]
pub fn enrol_bytes(code: &str, key: &PublicKey) -> Vec<u8> {
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    [
        b"techstore/enrol/1".as_slice(),
        code.to_ascii_uppercase().as_bytes(),
        &key.0,
    ]
    .concat()
}

/// The answer: who the till is from now on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EnrolReply {
    pub organization: Organization,
    pub store: Store,
    pub till: Till,
    pub token: String,
    pub incarnation: Incarnation,
    /// Signed by the server's key: organization, device, key, store, till number, epoch, series.
    pub certificate: Certificate,
    pub server_ms: u64,
}

/// What proves an enrolment to a server that forgot it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// The signed bytes: JSON of [`CertificateBody`].
    pub body: Base64,
    pub server_key: PublicKey,
    pub signature: SignatureBytes,
}

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateBody {
    pub organization_id: OrganizationId,
    pub device_id: DeviceId,
    pub public_key: PublicKey,
    pub store_id: StoreId,
    pub till_number: u32,
    pub epoch: u64,
    pub series: String,
}

/// The server's word that it holds a history up to here, applied or held. Travels in the device's
/// feed; behind it a till may let go of acknowledged envelopes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The signed bytes: JSON of [`CheckpointBody`].
    pub body: Base64,
    pub server_key: PublicKey,
    pub signature: SignatureBytes,
}

/// What a checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointBody {
    pub organization_id: OrganizationId,
    pub device_id: DeviceId,
    pub epoch: u64,
    pub branch: u32,
    pub seq: u64,
    /// Hash of the operation at `seq`.
    pub hash: Digest,
}

/// What makes every server and till forget a person's texts, whenever they arrive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// The signed bytes: JSON of [`ErasureBody`].
    pub body: Base64,
    pub server_key: PublicKey,
    pub signature: SignatureBytes,
}

/// What an erasure says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureBody {
    pub organization_id: OrganizationId,
    pub customer_id: CustomerId,
    /// Private texts of operations ordered before it go.
    pub effective_hlc: Hlc,
}

/// `POST /api/v1/sync/challenge` answers with a nonce to sign.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChallengeRequest {
    pub device_id: DeviceId,
}

/// The nonce; good for one minute and one use.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChallengeReply {
    pub nonce: Base64,
}

/// `POST /api/v1/sync/token`: the signed nonce for an opaque token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TokenRequest {
    pub device_id: DeviceId,
    pub nonce: Base64,
    /// Over [`token_bytes`].
    pub signature: SignatureBytes,
    /// The till's own, for a server that forgot the device or its epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
}

/// The bytes that a till signs for a token.
#[must_use]
pub fn token_bytes(device_id: &DeviceId, nonce: &[u8]) -> Vec<u8> {
    [b"techstore/token/1".as_slice(), device_id.as_bytes(), nonce].concat()
}

/// The token for `Authorization: Bearer`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TokenReply {
    pub token: String,
    pub server_ms: u64,
}

/// `POST /api/v1/sync/push`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PushRequest {
    pub incarnation: Incarnation,
    pub device_id: DeviceId,
    pub epoch: u64,
    pub first_seq: u64,
    /// The till's wall clock as it sends, in milliseconds since 1970.
    pub sent_ms: i64,
    /// In order of `device_seq`, without gaps.
    pub ops: Vec<Envelope>,
    /// Operations whose stored bytes no longer fit their stated hash.
    #[serde(default)]
    pub damaged: Vec<Envelope>,
}

/// What became of one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Applied,
    Held,
}

/// The outcome of one sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeqOutcome {
    pub seq: u64,
    pub outcome: Outcome,
    #[serde(default)]
    pub flags: Vec<String>,
}

/// The answer to a push. It moves the outbox and nothing else.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PushReply {
    pub acked_seq: u64,
    pub outcomes: Vec<SeqOutcome>,
    pub heads: BTreeMap<String, u64>,
    pub server_ms: u64,
    pub incarnation: Incarnation,
    pub keep_days: u32,
    pub kinds: BTreeMap<String, u32>,
    pub fenced: bool,
    pub revoked: bool,
}

/// Fields of a 409 problem: where to send from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    pub expected_seq: u64,
    pub expected_prev_hash: Digest,
}

/// `POST /api/v1/sync/have`: what a till keeps in signed envelopes, its own and other tills'.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct HaveRequest {
    pub ranges: Vec<HaveRange>,
    /// Erasures that the server signed once.
    #[serde(default)]
    pub erasures: Vec<Erasure>,
    /// Enrolments that the server signed once: of every device in `ranges`.
    #[serde(default)]
    pub certificates: Vec<Certificate>,
}

/// Envelopes of one device and epoch, without gaps, each following the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HaveRange {
    pub device_id: DeviceId,
    pub epoch: u64,
    pub from: u64,
    pub to: u64,
    /// Hash of the operation at `to`.
    pub last_hash: Digest,
}

/// What the server lacks of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HaveReply {
    /// Empty when every range is stored or held.
    pub want: Vec<WantRange>,
    /// Operations that are held damaged, or stored without their texts: better copies are welcome,
    /// and nothing waits for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub welcome: Vec<WantRange>,
    pub incarnation: Incarnation,
    pub server_ms: u64,
}

/// Envelopes that are to be relayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantRange {
    pub device_id: DeviceId,
    pub epoch: u64,
    pub from: u64,
    pub to: u64,
    /// As in the range that it answers.
    pub last_hash: Digest,
}

/// `POST /api/v1/sync/relay`: kept envelopes of any device of the organization, each device and
/// epoch in the order of its sequences. Limits as for a push.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RelayRequest {
    pub ops: Vec<Envelope>,
    /// What the first operation of a device and epoch follows is not kept here: where the server
    /// lacks it too, they are to be taken in behind a gap.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub after_gap: bool,
}

/// What became of one relayed operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayOutcome {
    pub op_id: OpId,
    pub outcome: Outcome,
}

/// The answer to a relay, in the order of the request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RelayReply {
    pub outcomes: Vec<RelayOutcome>,
    pub heads: BTreeMap<String, u64>,
    pub incarnation: Incarnation,
    pub server_ms: u64,
}

/// Fields of a relay's 409 problem: from where that device's envelopes are needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayExpected {
    pub device_id: DeviceId,
    pub epoch: u64,
    pub expected_seq: u64,
}

/// `GET /api/v1/sync/pull`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PullQuery {
    pub incarnation: Incarnation,
    /// A [`Scope`] in words.
    pub scope: String,
    /// The last row that the till holds.
    pub after: u64,
    /// The digest after that row, in base64.
    pub digest: String,
    pub limit: Option<u32>,
}

/// Rows of a feed, contiguous after `after`.
#[derive(Debug, Deserialize, Serialize)]
pub struct PullReply {
    pub scope: Scope,
    pub incarnation: Incarnation,
    /// The last row of this page, or `after` when there is none.
    pub to: u64,
    /// The last row of the feed. The till pulls until `to == head`.
    pub head: u64,
    /// The digest after `to`.
    pub digest: Digest,
    pub server_ms: u64,
    pub rows: Vec<FeedRow>,
}

/// One row of a feed. `bytes` is a JSON text, stored, sent and digested as it was written.
#[derive(Debug, Serialize, Deserialize)]
pub struct FeedRow {
    pub seq: u64,
    #[serde(rename = "type")]
    pub row_type: FeedType,
    pub bytes: Box<RawValue>,
    /// Personal data of the row, outside the digest: none, or gone, when it was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<Beside>,
}

/// What travels beside a feed row's digested bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Beside {
    /// Texts of the row's operation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub private: Vec<Private>,
    /// Records as they stand after the row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub customer: Vec<Customer>,
}

impl FeedRow {
    /// The operation of a row of type [`FeedType::Op`], with what travels beside it.
    pub fn op(&self) -> Result<FeedOp, serde_json::Error> {
        let mut op: FeedOp = serde_json::from_str(self.bytes.get())?;
        if let Some(beside) = &self.beside {
            op.envelope.private.extend(beside.private.iter().cloned());
            op.rows.customer.extend(beside.customer.iter().cloned());
        }
        Ok(op)
    }

    /// The rows of a row of another type, with what travels beside them.
    pub fn rows(&self) -> Result<FeedRows, serde_json::Error> {
        let mut rows: FeedRows = serde_json::from_str(self.bytes.get())?;
        if let Some(beside) = &self.beside {
            rows.rows.customer.extend(beside.customer.iter().cloned());
        }
        Ok(rows)
    }
}

/// What a feed row carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedType {
    /// [`FeedOp`]: an operation whose home this scope is.
    Op,
    /// [`FeedRows`]: what an operation of another scope means here.
    Entry,
    /// [`FeedRows`]: an operation of the server itself.
    Server,
    /// [`FeedRows`]: what the server derived (stock elsewhere, flags, prune boundary).
    Derived,
}

impl FeedType {
    /// The name in tables and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Op => "op",
            Self::Entry => "entry",
            Self::Server => "server",
            Self::Derived => "derived",
        }
    }

    /// The type of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Op, Self::Entry, Self::Server, Self::Derived]
            .into_iter()
            .find(|row_type| row_type.name() == name)
    }
}

/// An operation with the rows that it changed, as they stand after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedOp {
    pub envelope: Envelope,
    pub effective_hlc: Hlc,
    /// Which of a forked device's histories it belongs to; 0 for the first.
    pub branch: u32,
    pub rows: Rows,
}

/// Rows that changed without an envelope of this scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedRows {
    pub op_id: Option<OpId>,
    pub effective_hlc: Hlc,
    pub rows: Rows,
    /// What an operation of another scope states here.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "known_events"
    )]
    pub log_events: Vec<LogEvent>,
}

/// `GET /api/v1/sync/snapshot?scope=&chunk=`: chunk 0 is the header.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SnapshotQuery {
    pub scope: String,
    pub chunk: u32,
    /// The snapshot to go on with; none takes the newest.
    pub snapshot: Option<String>,
}

/// What a snapshot holds and where its feed goes on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SnapshotHeader {
    pub snapshot: String,
    pub scope: Scope,
    pub incarnation: Incarnation,
    /// The head at which it was taken.
    pub seq: u64,
    pub digest: Digest,
    pub chunks: u32,
    /// Rows in all chunks, for the progress bar.
    pub rows: u64,
    pub devices: Vec<SnapshotDevice>,
    /// The first of the chunks, which a till needs to sell; the others are history. An older server
    /// does not say: all of them are needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<SnapshotPart>,
    /// Facts stamped before it are not in the snapshot, those of open repairs aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<Hlc>,
}

/// How much of a snapshot a part of it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotPart {
    pub chunks: u32,
    pub rows: u64,
}

impl SnapshotHeader {
    /// What a till needs to sell: so many of the first chunks.
    #[must_use]
    pub fn now(&self) -> SnapshotPart {
        let all = SnapshotPart {
            chunks: self.chunks,
            rows: self.rows,
        };
        self.now.map_or(all, |now| SnapshotPart {
            chunks: now.chunks.min(self.chunks),
            rows: now.rows.min(self.rows),
        })
    }
}

/// How far one device's chain is in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotDevice {
    pub device_id: DeviceId,
    pub epoch: u64,
    pub branch: u32,
    pub last_seq: u64,
    pub last_hash: Digest,
    pub held: Vec<u64>,
    /// From here to before the first operation of this history nothing is in the snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<SeqRange>,
}

/// Sequences of an enrolment, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeqRange {
    pub from: u64,
    pub to: u64,
}

/// One chunk: folded rows, and the operations of documents and events in the feed's order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SnapshotChunk {
    pub snapshot: String,
    pub chunk: u32,
    pub rows: Rows,
    /// Facts of the scope; their folded rows are in `rows` of this or another chunk.
    pub ops: Vec<FeedOp>,
    /// What operations of other scopes state here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<FeedRows>,
}

/// `GET /api/v1/sync/verifiers`: what this till may check PINs against. Kept out of feeds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VerifiersReply {
    pub verifiers: Vec<PinVerifier>,
}

/// An Argon2id hash of one person's PIN, as a PHC string.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinVerifier {
    pub staff_id: StaffId,
    pub phc: String,
}

/// An event of `GET /api/v1/sync/events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadEvent {
    pub scope: Scope,
    pub head: u64,
}
