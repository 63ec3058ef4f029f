//! Sessions of the console.

use domain::{
    id::{OrganizationId, StaffId},
    replication::chain::Digest,
};

use crate::database::Tx;

/// Keeps a session; a person's expired ones go.
pub async fn insert(
    tx: &mut Tx,
    organization_id: OrganizationId,
    session_hash: &Digest,
    staff_id: StaffId,
    csrf_token: &str,
    hours: i32,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM session WHERE organization_id = $1 AND expires_at <= now()",
        organization_id.0,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "INSERT INTO session (organization_id, session_hash, staff_id, csrf_token, expires_at)
         VALUES ($1, $2, $3, $4, now() + make_interval(hours => $5))",
        organization_id.0,
        &session_hash.0,
        staff_id.0,
        csrf_token,
        hours,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whose session it is, and its token against forged requests.
pub async fn get(
    tx: &mut Tx,
    organization_id: OrganizationId,
    session_hash: &Digest,
) -> Result<Option<(StaffId, String)>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT staff_id, csrf_token FROM session
         WHERE organization_id = $1 AND session_hash = $2 AND expires_at > now()",
        organization_id.0,
        &session_hash.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (row.staff_id.into(), row.csrf_token)))
}

/// Ends a session.
pub async fn delete(
    tx: &mut Tx,
    organization_id: OrganizationId,
    session_hash: &Digest,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM session WHERE organization_id = $1 AND session_hash = $2",
        organization_id.0,
        &session_hash.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
