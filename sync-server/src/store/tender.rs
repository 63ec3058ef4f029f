//! Tenders as the owner defined them.

use domain::{
    id::OrganizationId,
    sale::{Tender, TenderCode, TenderKind},
};

use super::unreadable;
use crate::database::Tx;

/// Inserts or replaces tenders.
pub async fn put(
    tx: &mut Tx,
    organization_id: OrganizationId,
    tenders: &[Tender],
) -> Result<(), sqlx::Error> {
    for tender in tenders {
        sqlx::query!(
            "INSERT INTO tender (organization_id, code, name, kind, reference_required,
                 opens_drawer, is_refundable, is_counted, position, active)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (organization_id, code) DO UPDATE SET name = excluded.name,
                 kind = excluded.kind, reference_required = excluded.reference_required,
                 opens_drawer = excluded.opens_drawer, is_refundable = excluded.is_refundable,
                 is_counted = excluded.is_counted, position = excluded.position,
                 active = excluded.active",
            organization_id.0,
            tender.code.name(),
            tender.name,
            tender.kind.name(),
            tender.reference_required,
            tender.opens_drawer,
            tender.is_refundable,
            tender.is_counted,
            tender.position,
            tender.active,
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// All that the owner defined, by code.
pub async fn all(tx: &mut Tx, organization_id: OrganizationId) -> Result<Vec<Tender>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT code, name, kind, reference_required, opens_drawer, is_refundable, is_counted,
             position, active
         FROM tender WHERE organization_id = $1 ORDER BY code",
        organization_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Tender {
                code: TenderCode::from_name(&row.code).ok_or_else(|| unreadable("a tender"))?,
                name: row.name,
                kind: TenderKind::from_name(&row.kind)
                    .ok_or_else(|| unreadable("a tender's kind"))?,
                reference_required: row.reference_required,
                opens_drawer: row.opens_drawer,
                is_refundable: row.is_refundable,
                is_counted: row.is_counted,
                position: row.position,
                active: row.active,
            })
        })
        .collect()
}
