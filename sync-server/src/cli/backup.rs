//! `backup`: one file with everything that a lost server cannot be rebuilt without: the database
//! as PostgreSQL's own `pg_dump` sees it at one moment, and the server's key, which no database
//! holds. Reads only, so that it may run beside a server at work.

pub(super) mod archive;
pub(super) mod progress;
pub(super) mod tool;

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sqlx::{Connection, PgConnection};

use self::{
    archive::{DUMP, KEY, MANIFEST, Writer},
    progress::Progress,
    tool::Tools,
};
use super::place::{Database, OwnedDatabase, server_key_text};
use crate::clock;

/// The shape of a backup; a later program reads every earlier one.
pub(super) const FORMAT: u32 = 1;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The file to write; it takes its name only once it is whole.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// What a backup says of itself.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) format: u32,
    /// Of the program that wrote it.
    pub(super) version: String,
    /// When, in seconds since 1970.
    pub(super) made_at_s: u64,
    pub(super) organizations: Vec<String>,
    pub(super) operations: i64,
    pub(super) documents: i64,
}

/// Writes a backup.
pub(crate) async fn backup(database: &Database, options: &Options) -> Result<()> {
    let folder = database.folder();
    let key = server_key_text(&folder)?.with_context(|| {
        format!(
            "there is no server.key in {}: give the server's folder with --data, or its key as \
             TECHSTORE_SERVER_KEY",
            folder.display()
        )
    })?;
    let opened = OwnedDatabase::open(database, false).await?;
    let written = write(&opened, &key, options).await;
    opened.close()?;
    let bytes = written?;
    let size = progress::size(bytes);
    println!("{} holds everything: {size}", options.out.display());
    Ok(())
}

async fn write(opened: &OwnedDatabase, key: &str, options: &Options) -> Result<u64> {
    let manifest = describe(opened).await?;
    let mut writer = Writer::create(&options.out, manifest.made_at_s)?;
    writer.add(MANIFEST, &serde_json::to_vec_pretty(&manifest)?)?;
    writer.add(KEY, key.as_bytes())?;
    let mut dump = Tools::of(&opened.url)?.dump()?;
    let mut progress = Progress::new("backing up");
    let copied = writer.copy(DUMP, &mut dump.output()?, |bytes| progress.tell(bytes));
    progress.end();
    match copied {
        Ok(bytes) => {
            dump.finish()?;
            writer.finish()?;
            Ok(bytes)
        }
        Err(error) => {
            dump.stop()?;
            Err(error.into())
        }
    }
}

async fn describe(opened: &OwnedDatabase) -> Result<Manifest> {
    let mut connection = PgConnection::connect_with(&opened.owner)
        .await
        .context("cannot use the database")?;
    let organizations = sqlx::query_scalar!("SELECT name FROM organization ORDER BY name")
        .fetch_all(&mut connection)
        .await?;
    let counted = sqlx::query!(
        r#"SELECT (SELECT count(*) FROM operation) AS "operations!",
             (SELECT count(*) FROM document) AS "documents!""#
    )
    .fetch_one(&mut connection)
    .await?;
    connection.close().await?;
    Ok(Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at_s: clock::now_ms() / 1_000,
        organizations,
        operations: counted.operations,
        documents: counted.documents,
    })
}
