//! `restore`: puts a backup in the database's place, in one transaction, so that whatever goes
//! wrong leaves the old one untouched. Nothing is begun before every byte of the backup fits its
//! checksum, and the incarnation goes up, so that tills notice that numbers may be given twice.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use sqlx::{Connection, PgConnection};

use super::{
    backup::{
        FORMAT, Manifest,
        archive::{Archive, DUMP, KEY, MANIFEST},
        progress::Progress,
        tool::{Tools, pour},
    },
    place::{Database, OwnedDatabase, key_file, parse_key, server_key_text},
};
use crate::{database::migrate, embedded::write_private};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// A file that `backup` wrote.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Put it in the place of a database that already holds something.
    #[arg(long)]
    replace: bool,
}

/// What goes before the script of a dump. The role is made as the first migration makes it.
const BEFORE: &str = "
BEGIN;
SET LOCAL lock_timeout = '30s';
SET LOCAL client_min_messages = warning;
CREATE TEMPORARY TABLE restore_before (counter bigint) ON COMMIT DROP;
DO $$
BEGIN
    IF to_regclass('public.incarnation') IS NOT NULL THEN
        INSERT INTO restore_before SELECT counter FROM public.incarnation;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'techstore_app') THEN
        CREATE ROLE techstore_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
    END IF;
END
$$;
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
";

/// What goes after it. The counter is never one that was seen before, even where the same backup is
/// restored twice or into another database of the same cluster. What lets somebody in and has been
/// used or taken back since the backup must not come back with it.
const AFTER: &str = "
UPDATE public.incarnation SET counter = greatest(counter + 1,
    (SELECT max(counter) + 1 FROM pg_temp.restore_before),
    extract(epoch FROM clock_timestamp())::bigint);
TRUNCATE public.session, public.challenge, public.enrolment_code;
COMMIT;
";

/// Restores a backup.
pub(crate) async fn restore(database: &Database, options: &Options) -> Result<()> {
    let (archive, manifest) = open(&options.file)?;
    let key = String::from_utf8(archive.small(KEY)?).unwrap_or_default();
    let key_of_backup = parse_key(&key).context("the server's key in the backup cannot be read")?;
    let folder = database.folder();
    let key_there = server_key_text(&folder)?;
    let is_other_key = key_there
        .as_deref()
        .and_then(parse_key)
        .is_some_and(|there| there.public() != key_of_backup.public());
    if is_other_key && std::env::var_os("TECHSTORE_SERVER_KEY").is_some() {
        bail!(
            "TECHSTORE_SERVER_KEY is not the key of this backup: tills would not trust the server; \
             set it to the text of server.key in the backup, or unset it"
        );
    }
    let opened = OwnedDatabase::open(database, true).await?;
    let restored = put(&opened, &archive, options.replace).await;
    let restored = match restored {
        Ok(()) => migrate(&opened.owner).await.map_err(Into::into),
        Err(error) => Err(error),
    };
    opened.close()?;
    restored?;
    if std::env::var_os("TECHSTORE_SERVER_KEY").is_none() {
        put_key(&folder, &key, is_other_key)?;
    }
    println!(
        "restored: {}, {} operations, {} documents",
        manifest.organizations.join(", "),
        manifest.operations,
        manifest.documents
    );
    println!("tills that come back bring what the backup does not hold");
    Ok(())
}

/// Reads and checks a backup.
pub(super) fn open(file: &Path) -> Result<(Archive, Manifest)> {
    let mut progress = Progress::new("checking the backup");
    let archive = Archive::open(file, |bytes, _| progress.tell(bytes));
    progress.end();
    let archive = archive?;
    let manifest: Manifest = serde_json::from_slice(&archive.small(MANIFEST)?)
        .with_context(|| format!("{} does not say what it holds", file.display()))?;
    if manifest.format > FORMAT {
        bail!(
            "{} was written by a newer program ({}): restore it with that one",
            file.display(),
            manifest.version
        );
    }
    Ok((archive, manifest))
}

async fn put(opened: &OwnedDatabase, archive: &Archive, may_replace: bool) -> Result<()> {
    const IN_USE: &str = "a server uses this database; stop it first";
    if opened.is_served() {
        bail!(IN_USE);
    }
    let mut connection = PgConnection::connect_with(&opened.owner)
        .await
        .context("cannot use the database")?;
    let found = sqlx::query!(
        r#"SELECT to_regclass('public.organization') IS NOT NULL AS "has_tables!",
             (SELECT count(*) FROM pg_stat_activity
              WHERE datname = current_database() AND application_name = 'techstore-server')
                 AS "servers!""#
    )
    .fetch_one(&mut connection)
    .await?;
    if found.servers > 0 {
        bail!(IN_USE);
    }
    if found.has_tables && !may_replace {
        let organizations = sqlx::query_scalar!("SELECT name FROM organization ORDER BY name")
            .fetch_all(&mut connection)
            .await?;
        if !organizations.is_empty() {
            bail!(
                "the database already holds {}; --replace puts the backup in its place",
                organizations.join(", ")
            );
        }
    }
    connection.close().await?;
    run(&Tools::of(&opened.url)?, archive)
}

/// Runs a backup's dump as one transaction.
pub(super) fn run(tools: &Tools, archive: &Archive) -> Result<()> {
    let (mut dump, bytes) = archive.member(DUMP)?;
    let mut script = tools.script()?;
    let mut runner = tools.run_script()?;
    let (mut to_script, mut from_script) = (script.input()?, script.output()?);
    let mut to_runner = runner.input()?;
    let feeding = std::thread::spawn(move || {
        let mut progress = Progress::with_end("restoring", bytes);
        let poured = pour(&mut dump, &mut to_script, |bytes| progress.tell(bytes));
        progress.end();
        poured
    });
    let mut start = BEFORE.as_bytes();
    pour(&mut start, &mut to_runner, |_| {})?;
    pour(&mut from_script, &mut to_runner, |_| {})?;
    // Whoever stopped listening must not hold up the one who feeds it.
    drop(from_script);
    let fed = feeding
        .join()
        .map_or_else(|_| bail!("the copy broke off"), |fed| Ok(fed?));
    let made = script.finish();
    if made.is_ok() && fed.is_ok() {
        // Only a whole script is committed; without this line psql's end rolls it back.
        let mut end = AFTER.as_bytes();
        pour(&mut end, &mut to_runner, |_| {})?;
    }
    to_runner.flush().ok();
    drop(to_runner);
    runner
        .finish()
        .context("the backup was not restored, the database is as it was")?;
    made.and(fed)
        .context("the backup was not restored, the database is as it was")
}

/// Puts the backup's key in its place; another one that lies there is kept beside it.
fn put_key(folder: &Path, key: &str, is_other_key: bool) -> Result<()> {
    let path = key_file(folder);
    if is_other_key {
        let old = folder.join("server.key.before-restore");
        fs::rename(&path, &old)
            .with_context(|| format!("cannot keep the old key as {}", old.display()))?;
    }
    fs::create_dir_all(folder)?;
    write_private(&path, key.trim())
        .with_context(|| format!("cannot write the server's key to {}", path.display()))
}
