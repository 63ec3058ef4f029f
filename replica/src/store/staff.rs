//! The people who work here.

use domain::{
    id::{StaffId, StoreId},
    staff::{Role, Staff},
};
use sqlx::SqliteConnection;

use super::{id, named, optional_id};
use crate::error::Error;

/// Active people of this store and those of every store, by name.
pub(crate) async fn of_store(
    connection: &mut SqliteConnection,
    store_id: StoreId,
) -> Result<Vec<Staff>, Error> {
    let store_id = store_id.0;
    let rows = sqlx::query!(
        r#"SELECT staff_id, name, role, store_id, language, active AS "active: bool" FROM staff
         WHERE active = 1 AND (store_id IS NULL OR store_id = ?1)
         ORDER BY name COLLATE NOCASE, staff_id"#,
        store_id
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Staff {
                staff_id: id(&row.staff_id)?,
                name: row.name,
                role: named(Role::from_name(&row.role))?,
                store_id: optional_id(row.store_id.as_deref())?,
                language: row.language,
                active: row.active,
            })
        })
        .collect()
}

/// A person's name; empty when unknown here.
pub(crate) async fn name(
    connection: &mut SqliteConnection,
    staff_id: Option<StaffId>,
) -> Result<String, Error> {
    let Some(staff_id) = staff_id else {
        return Ok(String::new());
    };
    let staff_id = staff_id.0;
    let name = sqlx::query_scalar!("SELECT name FROM staff WHERE staff_id = ?1", staff_id)
        .fetch_optional(connection)
        .await?;
    Ok(name.unwrap_or_default())
}
