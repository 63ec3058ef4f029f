//! Who this till is to its server: one row, written at enrolment and by the server's answers.

use std::collections::BTreeMap;

use domain::{
    contract::sync_v1::Certificate,
    replication::row::{Organization, Store, Till},
};
use sqlx::SqliteConnection;

use super::count;
use crate::error::Error;

/// The row.
#[derive(Debug, Clone)]
pub(crate) struct Enrolment {
    pub(crate) server: String,
    pub(crate) organization: Organization,
    pub(crate) store: Store,
    pub(crate) till: Till,
    pub(crate) certificate: Certificate,
    pub(crate) incarnation: String,
    pub(crate) secret_name: String,
    pub(crate) key_in_file: bool,
    pub(crate) is_revoked: bool,
    pub(crate) is_fenced: bool,
    pub(crate) last_contact_ms: Option<i64>,
    /// The life of the server's database that has been offered everything kept here.
    pub(crate) healed_incarnation: String,
    /// How long envelopes are kept for a server that may have to be given them back.
    pub(crate) keep_days: u32,
}

/// The row; none before enrolment.
pub(crate) async fn load(connection: &mut SqliteConnection) -> Result<Option<Enrolment>, Error> {
    let Some(row) = sqlx::query!(
        r#"SELECT server, organization, store, till, certificate, incarnation, secret_name,
             key_in_file AS "key_in_file: bool", is_revoked AS "is_revoked: bool",
             is_fenced AS "is_fenced: bool", last_contact_ms, healed_incarnation,
             keep_days
         FROM enrolment"#
    )
    .fetch_optional(connection)
    .await?
    else {
        return Ok(None);
    };
    Ok(Some(Enrolment {
        server: row.server,
        organization: serde_json::from_str(&row.organization)?,
        store: serde_json::from_str(&row.store)?,
        till: serde_json::from_str(&row.till)?,
        certificate: serde_json::from_str(&row.certificate)?,
        incarnation: row.incarnation,
        secret_name: row.secret_name,
        key_in_file: row.key_in_file,
        is_revoked: row.is_revoked,
        is_fenced: row.is_fenced,
        last_contact_ms: row.last_contact_ms,
        healed_incarnation: row.healed_incarnation,
        keep_days: count(row.keep_days)?,
    }))
}

/// Writes the row at enrolment; a new one takes the old one's place.
pub(crate) async fn put(
    connection: &mut SqliteConnection,
    enrolment: &Enrolment,
) -> Result<(), Error> {
    let organization = serde_json::to_string(&enrolment.organization)?;
    let store = serde_json::to_string(&enrolment.store)?;
    let till = serde_json::to_string(&enrolment.till)?;
    let certificate = serde_json::to_string(&enrolment.certificate)?;
    sqlx::query!(
        "INSERT INTO enrolment (one, server, organization, store, till, certificate, incarnation,
             secret_name, key_in_file, is_revoked, is_fenced, last_contact_ms, healed_incarnation)
         VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (one) DO UPDATE SET server = excluded.server,
             organization = excluded.organization, store = excluded.store, till = excluded.till,
             certificate = excluded.certificate, incarnation = excluded.incarnation,
             secret_name = excluded.secret_name, key_in_file = excluded.key_in_file,
             is_revoked = excluded.is_revoked, is_fenced = excluded.is_fenced,
             last_contact_ms = excluded.last_contact_ms,
             healed_incarnation = excluded.healed_incarnation",
        enrolment.server,
        organization,
        store,
        till,
        certificate,
        enrolment.incarnation,
        enrolment.secret_name,
        enrolment.key_in_file,
        enrolment.is_revoked,
        enrolment.is_fenced,
        enrolment.last_contact_ms,
        enrolment.healed_incarnation
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What an answer to a push says about this till.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) is_revoked: bool,
    pub(crate) is_fenced: bool,
    pub(crate) keep_days: u32,
    pub(crate) kinds: BTreeMap<String, u32>,
    pub(crate) contact_ms: i64,
}

/// Takes an answer's word about this till.
pub(crate) async fn save_standing(
    connection: &mut SqliteConnection,
    standing: &Standing,
) -> Result<(), Error> {
    let kinds = serde_json::to_string(&standing.kinds)?;
    sqlx::query!(
        "UPDATE enrolment SET is_revoked = ?1, is_fenced = max(is_fenced, ?2), keep_days = ?3, kinds = ?4,
             last_contact_ms = ?5",
        standing.is_revoked,
        standing.is_fenced,
        standing.keep_days,
        kinds,
        standing.contact_ms
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Marks the till as a copy: it must enrol anew, and sells meanwhile.
pub(crate) async fn fence(connection: &mut SqliteConnection) -> Result<(), Error> {
    sqlx::query!("UPDATE enrolment SET is_fenced = 1")
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes the life of the server's database that wants nothing more of what is kept here.
pub(crate) async fn save_healed(
    connection: &mut SqliteConnection,
    incarnation: &str,
) -> Result<(), Error> {
    sqlx::query!("UPDATE enrolment SET healed_incarnation = ?1", incarnation)
        .execute(connection)
        .await?;
    Ok(())
}

/// Marks the till as withdrawn.
pub(crate) async fn revoke(connection: &mut SqliteConnection) -> Result<(), Error> {
    sqlx::query!("UPDATE enrolment SET is_revoked = 1")
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes the server's life and the last contact with it.
pub(crate) async fn save_contact(
    connection: &mut SqliteConnection,
    incarnation: &str,
    contact_ms: i64,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE enrolment SET incarnation = ?1, last_contact_ms = ?2",
        incarnation,
        contact_ms
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// How many products the catalogue holds.
pub(crate) async fn products(connection: &mut SqliteConnection) -> Result<u64, Error> {
    let products = sqlx::query_scalar!(r#"SELECT count(*) AS "products!: i64" FROM product"#)
        .fetch_one(connection)
        .await?;
    count(products)
}
