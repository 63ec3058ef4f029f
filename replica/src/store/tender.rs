//! Tenders as the owner defined them.

use domain::sale::{Tender, TenderCode, TenderKind, all_tenders};
use sqlx::SqliteConnection;

use super::{count, named, rows::json_of};
use crate::error::Error;

/// Stores rows as the feed brings them.
pub(crate) async fn put(
    connection: &mut SqliteConnection,
    tenders: &[Tender],
) -> Result<(), Error> {
    let Some(json) = json_of(tenders)? else {
        return Ok(());
    };
    sqlx::query!(
        "INSERT INTO tender (code, name, kind, reference_required, opens_drawer, is_refundable,
             is_counted, position, active)
         SELECT value ->> 'code', value ->> 'name', value ->> 'kind',
             value ->> 'reference_required', value ->> 'opens_drawer', value ->> 'is_refundable',
             value ->> 'is_counted', value ->> 'position', value ->> 'active'
         FROM jsonb_each(?1) WHERE true
         ON CONFLICT (code) DO UPDATE SET name = excluded.name, kind = excluded.kind,
             reference_required = excluded.reference_required,
             opens_drawer = excluded.opens_drawer, is_refundable = excluded.is_refundable,
             is_counted = excluded.is_counted, position = excluded.position,
             active = excluded.active",
        json
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Every tender, those that no owner touched among them, in the order of screens.
pub(crate) async fn all(connection: &mut SqliteConnection) -> Result<Vec<Tender>, Error> {
    let rows = sqlx::query!(
        r#"SELECT code, name, kind, reference_required AS "reference_required: bool",
             opens_drawer AS "opens_drawer: bool", is_refundable AS "is_refundable: bool",
             is_counted AS "is_counted: bool", position, active AS "active: bool"
         FROM tender"#
    )
    .fetch_all(connection)
    .await?;
    let owned = rows
        .into_iter()
        .map(|row| {
            Ok(Tender {
                code: named(TenderCode::from_name(&row.code))?,
                name: row.name,
                kind: named(TenderKind::from_name(&row.kind))?,
                reference_required: row.reference_required,
                opens_drawer: row.opens_drawer,
                is_refundable: row.is_refundable,
                is_counted: row.is_counted,
                position: count(row.position)?,
                active: row.active,
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    Ok(all_tenders(&owned))
}
