//! A server with a large catalogue, and where its tills live.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use domain::id::DraftId;
use replica::{Clock, OpenOptions, SecretStore, Till};
use uuid::Uuid;

use super::{Size, catalogue};
use crate::server::Server;

const STAFF: &str = "Bench";
const PIN: &str = "202612";
const SIGN_IN_MAX: Duration = Duration::from_secs(60);

/// The server of a measurement.
#[derive(Debug)]
pub struct Shop {
    pub(super) server: Server,
    pub(super) folder: PathBuf,
    pub(super) size: Size,
}

impl Shop {
    /// Starts a server and imports the catalogue.
    pub fn open(size: Size) -> Result<Shop> {
        let folder = std::env::temp_dir().join(format!("techstore-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let mut server = Server::start(&folder.join("server"))?;
        // All tills of a measurement come from one address.
        server.allow_tries(1_000_000)?;
        server.command(&[
            "organization",
            "create",
            "--name",
            "Bench",
            "--currency",
            "USD",
            "--tax-mode",
            "exclusive",
            "--country",
            "US",
            "--tax-percent",
            "8.875",
        ])?;
        create_store(&server, "S1")?;
        server.command(&[
            "staff", "create", "--name", STAFF, "--role", "owner", "--pin", PIN,
        ])?;
        let path = folder.join("products.csv");
        catalogue::write(&path, size.products)?;
        let path = path
            .to_str()
            .context("the temporary folder's name is not UTF-8")?;
        server.command(&["import", "products", path])?;
        Ok(Shop {
            server,
            folder,
            size,
        })
    }

    /// A new till, enrolled; its first fill goes on in the background.
    pub(super) async fn till(&self, number: u32) -> Result<Till> {
        let till = self.open_till(number).await?;
        let code = self.server.enrol_code("S1", number)?;
        self.enrol(&till, code).await?;
        Ok(till)
    }

    /// Opens a till's folder, enrolled already or not.
    pub(super) async fn open_till(&self, number: u32) -> Result<Till> {
        Ok(Till::open(OpenOptions {
            data_dir: self.till_folder(number),
            clock: Clock::system(),
            secrets: SecretStore::File,
            enrol_hint: None,
            papers: None,
        })
        .await?)
    }

    pub(super) fn till_folder(&self, number: u32) -> PathBuf {
        self.folder.join(format!("till-{number}"))
    }

    /// A code for a till of a store by its number; the store is opened with its first till.
    pub(super) fn code(&self, store: u32, number: u32) -> Result<String> {
        let code = format!("S{store}");
        if number == 1 {
            create_store(&self.server, &code)?;
        }
        self.server.enrol_code(&code, number)
    }

    pub(super) async fn enrol(&self, till: &Till, code: String) -> Result<()> {
        let server = self.server.ready.address.clone();
        till.call(domain::contract::ipc::Enrol { server, code })
            .await?;
        Ok(())
    }

    pub(super) async fn sign_in(&self, till: &Till) -> Result<()> {
        use domain::contract::{
            failure::code,
            ipc::{ListStaff, SignIn, SyncNow},
        };
        let staff = till.call(ListStaff {}).await?;
        let person = staff.iter().find(|person| person.name == STAFF);
        let staff_id = person.context("nobody is known at the till")?.staff_id;
        let started = Instant::now();
        loop {
            let pin = PIN.to_owned();
            match till.call(SignIn { staff_id, pin }).await {
                Ok(_) => return Ok(()),
                // What checks PINs travels apart from the feeds.
                Err(failure)
                    if failure.code == code::NOT_FOUND && started.elapsed() < SIGN_IN_MAX =>
                {
                    till.call(SyncNow {}).await?;
                }
                Err(failure) => return Err(failure.into()),
            }
        }
    }

    /// Ends the server and deletes everything.
    pub fn close(mut self) -> Result<()> {
        self.server.stop()?;
        std::fs::remove_dir_all(&self.folder)?;
        Ok(())
    }
}

pub(super) fn create_store(server: &Server, code: &str) -> Result<()> {
    server.command(&["store", "create", "--code", code, "--name", code])?;
    Ok(())
}

pub(super) fn draft(n: usize) -> DraftId {
    DraftId(Uuid::from_u128(n as u128 + 1))
}
