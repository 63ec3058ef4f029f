//! The command line: `serve`, and the chores of whoever runs a shop's server. Each command opens
//! the database, makes one call and prints what came of it, as JSON where a program reads it.

mod admin;
mod backup;
mod import;
mod place;
mod restore;
mod serve;
mod verify;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use place::{Database, Place};

use crate::op::create_demo::create_demo;

/// The system of record of TechStore POS.
#[derive(Debug, Parser)]
#[command(name = "sync-server", version)]
pub struct Cli {
    /// Write the log as JSON, a line per event.
    #[arg(long, global = true, env = "TECHSTORE_LOG_JSON")]
    pub log_json: bool,
    #[command(flatten)]
    database: Database,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer tills and browsers until told to stop.
    Serve(serve::Options),
    /// Bring the tables up to date.
    Migrate,
    /// Write the whole database and the server's key into one file; the server may run.
    Backup(backup::Options),
    /// Put a backup in the database's place; the server must not run.
    Restore(restore::Options),
    /// Check every chain, digest, sum and folded row, of the database or of a backup.
    Verify(verify::Options),
    /// The business whose books are kept.
    #[command(subcommand)]
    Organization(admin::OrganizationCommand),
    /// Its shops.
    #[command(subcommand)]
    Store(admin::StoreCommand),
    /// Its people.
    #[command(subcommand)]
    Staff(admin::StaffCommand),
    /// Its tills.
    #[command(subcommand)]
    Till(admin::TillCommand),
    /// Files that somebody else made.
    #[command(subcommand)]
    Import(import::ImportCommand),
    /// The demo shop.
    #[command(subcommand)]
    Demo(DemoCommand),
}

#[derive(Debug, Subcommand)]
enum DemoCommand {
    /// Make the demo shop unless it is there; prints its logins as JSON.
    Create {
        /// On one line.
        #[arg(long)]
        json: bool,
    },
}

/// Which organization is meant, where the database has several.
#[derive(Debug, clap::Args)]
pub struct OrganizationArg {
    /// Id or name of the organization; not needed while there is one.
    #[arg(long)]
    organization: Option<String>,
}

/// Runs a command to its end.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    let Cli {
        database, command, ..
    } = cli;
    match command {
        Command::Serve(options) => serve::serve(&database, options).await,
        Command::Migrate => {
            let place = Place::open(&database).await?;
            println!("the tables are up to date");
            place.close()
        }
        Command::Backup(options) => backup::backup(&database, &options).await,
        Command::Restore(options) => restore::restore(&database, &options).await,
        Command::Verify(options) => verify::verify(&database, &options).await,
        Command::Organization(command) => {
            with(&database, async |place| {
                admin::organization(place, command).await
            })
            .await
        }
        Command::Store(command) => {
            with(&database, async |place| admin::store(place, command).await).await
        }
        Command::Staff(command) => {
            with(&database, async |place| admin::staff(place, command).await).await
        }
        Command::Till(command) => {
            with(&database, async |place| admin::till(place, command).await).await
        }
        Command::Import(command) => {
            with(&database, async |place| {
                import::import(place, command).await
            })
            .await
        }
        Command::Demo(DemoCommand::Create { json }) => {
            with(&database, async |place| {
                let demo = create_demo(&place.state).await?;
                if json {
                    println!("{}", serde_json::to_string(&demo)?);
                } else {
                    println!("{}", serde_json::to_string_pretty(&demo)?);
                }
                Ok(())
            })
            .await
        }
    }
}

/// Opens the database for one command and leaves it as it was found.
async fn with(
    database: &Database,
    command: impl AsyncFnOnce(&Place) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let place = Place::open(database).await?;
    let done = command(&place).await;
    place.close()?;
    done
}

/// The folder for files that stand beside the database.
pub(crate) fn default_folder() -> PathBuf {
    PathBuf::from("data")
}
