//! The till's own payment terminal.

use domain::terminal::TerminalSettings;
use sqlx::SqliteConnection;

use crate::error::Error;

/// The terminal; none before it is set up.
pub(crate) async fn settings(
    connection: &mut SqliteConnection,
) -> Result<Option<TerminalSettings>, Error> {
    let found = sqlx::query_scalar!("SELECT settings FROM terminal")
        .fetch_optional(connection)
        .await?;
    Ok(found
        .map(|settings| serde_json::from_str(&settings))
        .transpose()?)
}

/// Sets the terminal up, or takes it away.
pub(crate) async fn put_settings(
    connection: &mut SqliteConnection,
    settings: Option<&TerminalSettings>,
) -> Result<(), Error> {
    let Some(settings) = settings else {
        sqlx::query!("DELETE FROM terminal")
            .execute(connection)
            .await?;
        return Ok(());
    };
    let settings = serde_json::to_string(settings)?;
    sqlx::query!(
        "INSERT INTO terminal (one, settings) VALUES (1, ?1)
         ON CONFLICT (one) DO UPDATE SET settings = excluded.settings",
        settings
    )
    .execute(connection)
    .await?;
    Ok(())
}
