//! People, what proves them at the console (password) and at a till (PIN).

use domain::{
    contract::sync_v1::PinVerifier,
    id::{OrganizationId, StaffId, StoreId},
    replication::chain::Digest,
    staff::{PinAttempts, Role, Staff},
};

use super::unreadable;
use crate::database::Tx;

/// Inserts or replaces people.
pub async fn put(
    tx: &mut Tx,
    organization_id: OrganizationId,
    staff: &[Staff],
) -> Result<(), sqlx::Error> {
    for person in staff {
        sqlx::query!(
            "INSERT INTO staff (organization_id, staff_id, name, role, store_id, language, active)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (organization_id, staff_id) DO UPDATE SET name = excluded.name,
                 role = excluded.role, store_id = excluded.store_id,
                 language = excluded.language, active = excluded.active",
            organization_id.0,
            person.staff_id.0,
            person.name,
            person.role.name(),
            person.store_id.map(|id| id.0),
            person.language,
            person.active,
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Everybody, by id.
pub async fn all(tx: &mut Tx, organization_id: OrganizationId) -> Result<Vec<Staff>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT staff_id, name, role, store_id, language, active FROM staff
         WHERE organization_id = $1 ORDER BY staff_id",
        organization_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Staff {
                staff_id: row.staff_id.into(),
                name: row.name,
                role: Role::from_name(&row.role).ok_or_else(|| unreadable("a role"))?,
                store_id: row.store_id.map(Into::into),
                language: row.language,
                active: row.active,
            })
        })
        .collect()
}

/// One person.
pub async fn get(
    tx: &mut Tx,
    organization_id: OrganizationId,
    staff_id: StaffId,
) -> Result<Option<Staff>, sqlx::Error> {
    let staff = all(tx, organization_id).await?;
    Ok(staff.into_iter().find(|person| person.staff_id == staff_id))
}

/// Sets a person's PIN verifier (Argon2id, a PHC string).
pub async fn put_pin(
    tx: &mut Tx,
    organization_id: OrganizationId,
    staff_id: StaffId,
    phc: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO staff_pin (organization_id, staff_id, phc) VALUES ($1, $2, $3)
         ON CONFLICT (organization_id, staff_id) DO UPDATE SET phc = excluded.phc",
        organization_id.0,
        staff_id.0,
        phc,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The verifiers of those who sign in at a store's tills.
pub async fn verifiers(
    tx: &mut Tx,
    organization_id: OrganizationId,
    store_id: StoreId,
) -> Result<Vec<PinVerifier>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT staff_pin.staff_id, staff_pin.phc FROM staff_pin
         JOIN staff ON staff.organization_id = $1 AND staff.staff_id = staff_pin.staff_id
         WHERE staff_pin.organization_id = $1 AND staff.active
           AND (staff.store_id IS NULL OR staff.store_id = $2)
         ORDER BY staff_pin.staff_id",
        organization_id.0,
        store_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| PinVerifier {
            staff_id: row.staff_id.into(),
            phc: row.phc,
        })
        .collect())
}

/// What proves a person at the console.
#[derive(Debug)]
pub struct Credential {
    pub staff_id: StaffId,
    pub password_phc: String,
    pub wrong: u32,
    pub locked_until_ms: Option<i64>,
}

/// Sets a person's password (Argon2id, a PHC string) under an e-mail.
pub async fn put_credential(
    tx: &mut Tx,
    organization_id: OrganizationId,
    email_hash: &Digest,
    staff_id: StaffId,
    password_phc: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO staff_credential (organization_id, email_hash, staff_id, password_phc)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (organization_id, email_hash) DO UPDATE SET staff_id = excluded.staff_id,
             password_phc = excluded.password_phc, wrong = 0, locked_until = NULL",
        organization_id.0,
        &email_hash.0,
        staff_id.0,
        password_phc,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The credential under an e-mail, locked, so that tries are counted one by one.
pub async fn lock_credential(
    tx: &mut Tx,
    organization_id: OrganizationId,
    email_hash: &Digest,
) -> Result<Option<Credential>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT staff_id, password_phc, wrong,
             (extract(epoch FROM locked_until) * 1000)::bigint AS locked_until_ms
           FROM staff_credential WHERE organization_id = $1 AND email_hash = $2 FOR UPDATE"#,
        organization_id.0,
        &email_hash.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Credential {
        staff_id: row.staff_id.into(),
        password_phc: row.password_phc,
        wrong: row.wrong.cast_unsigned(),
        locked_until_ms: row.locked_until_ms,
    }))
}

/// Writes how often a password was wrong in a row.
pub async fn set_attempts(
    tx: &mut Tx,
    organization_id: OrganizationId,
    email_hash: &Digest,
    attempts: PinAttempts,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE staff_credential SET wrong = $3,
             locked_until = CASE WHEN $4::bigint = 0 THEN NULL
                 ELSE to_timestamp($4::bigint / 1000.0) END
         WHERE organization_id = $1 AND email_hash = $2",
        organization_id.0,
        &email_hash.0,
        super::document::place(attempts.wrong)?,
        attempts.locked_until_ms,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
