//! Applied and held operations in their exact bytes.

use std::collections::HashMap;

use domain::{
    hlc::Hlc,
    id::{DeviceId, OpId, OrganizationId},
    replication::{Envelope, OpHeader, Private, chain::Digest},
};
use sqlx::types::Json;

use super::{digest, document::place, unstorable};
use crate::database::Tx;

/// An operation to be written.
#[derive(Debug, Clone, Copy)]
pub struct NewOperation<'a> {
    pub header: &'a OpHeader,
    pub envelope: &'a Envelope,
    pub branch: u32,
    pub effective: Hlc,
}

/// Inserts applied operations; returns how many were new.
pub async fn insert(
    tx: &mut Tx,
    organization_id: OrganizationId,
    operations: &[NewOperation<'_>],
) -> Result<u64, sqlx::Error> {
    let mut op_ids = Vec::with_capacity(operations.len());
    let mut device_ids = Vec::with_capacity(operations.len());
    let mut epochs = Vec::with_capacity(operations.len());
    let mut branches = Vec::with_capacity(operations.len());
    let mut seqs = Vec::with_capacity(operations.len());
    let mut kinds = Vec::with_capacity(operations.len());
    let mut effective = Vec::with_capacity(operations.len());
    let mut hashes: Vec<&[u8]> = Vec::with_capacity(operations.len());
    let mut signatures: Vec<&[u8]> = Vec::with_capacity(operations.len());
    let mut headers: Vec<&[u8]> = Vec::with_capacity(operations.len());
    let mut bodies: Vec<&[u8]> = Vec::with_capacity(operations.len());
    let mut private = Vec::with_capacity(operations.len());
    for operation in operations {
        let NewOperation {
            header, envelope, ..
        } = operation;
        op_ids.push(header.op_id.0);
        device_ids.push(header.device_id.0);
        epochs.push(stored_u64(header.epoch)?);
        branches.push(place(operation.branch)?);
        seqs.push(stored_u64(header.device_seq)?);
        kinds.push(header.kind.as_str());
        effective.push(stored_u64(operation.effective.0)?);
        hashes.push(&envelope.hash.0);
        signatures.push(&envelope.signature.0);
        headers.push(&envelope.header.0);
        bodies.push(&envelope.body.0);
        private.push((!envelope.private.is_empty()).then_some(Json(&envelope.private)));
    }
    let inserted = sqlx::query!(
        "INSERT INTO operation (organization_id, op_id, device_id, epoch, branch, device_seq,
             kind, effective_hlc, hash, signature, header, body, private)
         SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::integer[],
             $6::bigint[], $7::text[], $8::bigint[], $9::bytea[], $10::bytea[], $11::bytea[],
             $12::bytea[], $13::jsonb[])
         ON CONFLICT DO NOTHING",
        organization_id.0,
        &op_ids,
        &device_ids,
        &epochs,
        &branches,
        &seqs,
        &kinds as &[&str],
        &effective,
        &hashes as &[&[u8]],
        &signatures as &[&[u8]],
        &headers as &[&[u8]],
        &bodies as &[&[u8]],
        &private as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(inserted.rows_affected())
}

/// Which of these operations are known, and with which hash.
pub async fn known(
    tx: &mut Tx,
    organization_id: OrganizationId,
    op_ids: &[OpId],
) -> Result<HashMap<OpId, Digest>, sqlx::Error> {
    let ids: Vec<_> = op_ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        "SELECT op_id, hash FROM operation WHERE organization_id = $1 AND op_id = ANY($2)",
        organization_id.0,
        &ids
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| Ok((row.op_id.into(), digest(&row.hash)?)))
        .collect()
}

/// The stamp of an applied operation that is stored without its texts.
pub async fn stamp_without_texts(
    tx: &mut Tx,
    organization_id: OrganizationId,
    op_id: OpId,
) -> Result<Option<Hlc>, sqlx::Error> {
    let stamp = sqlx::query_scalar!(
        "SELECT effective_hlc FROM operation
         WHERE organization_id = $1 AND op_id = $2 AND private IS NULL",
        organization_id.0,
        op_id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(stamp.map(|hlc| Hlc(hlc.cast_unsigned())))
}

/// Stores the texts of an operation that has none.
pub async fn put_texts(
    tx: &mut Tx,
    organization_id: OrganizationId,
    op_id: OpId,
    private: &[Private],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE operation SET private = $3
         WHERE organization_id = $1 AND op_id = $2 AND private IS NULL",
        organization_id.0,
        op_id.0,
        Json(private) as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// An operation that cannot be trusted or read, as it came.
#[derive(Debug, Clone)]
pub struct NewHeld<'a> {
    pub device_id: DeviceId,
    pub epoch: u64,
    pub branch: u32,
    pub device_seq: u64,
    pub op_id: Option<OpId>,
    pub effective: Hlc,
    pub envelope: &'a Envelope,
    pub reason: &'static str,
    pub detail: &'a str,
}

/// Keeps held operations for the owner.
pub async fn hold(
    tx: &mut Tx,
    organization_id: OrganizationId,
    held: &[NewHeld<'_>],
) -> Result<(), sqlx::Error> {
    for one in held {
        sqlx::query!(
            "INSERT INTO held_operation (organization_id, device_id, epoch, branch, device_seq,
                 op_id, effective_hlc, hash, envelope, reason, detail)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            organization_id.0,
            one.device_id.0,
            stored_u64(one.epoch)?,
            place(one.branch)?,
            stored_u64(one.device_seq)?,
            one.op_id.map(|id| id.0),
            stored_u64(one.effective.0)?,
            &one.envelope.hash.0,
            Json(one.envelope) as _,
            one.reason,
            one.detail,
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Sequences, hashes and stamps are below 2^63 wherever this program made them.
pub(crate) fn stored_u64(number: u64) -> Result<i64, sqlx::Error> {
    number.try_into().map_err(|_| unstorable("a number"))
}
