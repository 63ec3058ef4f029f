//! The real server as its own process, with its own PostgreSQL below a data folder.

use std::{
    io::Write,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::{program, wait};

/// What the server says once it listens.
#[derive(Debug, Clone, Deserialize)]
pub struct Ready {
    pub address: String,
    pub database_url: String,
    /// For reading across organizations: the role that owns the tables. Empty where a server was
    /// given its database.
    #[serde(deserialize_with = "empty_if_none")]
    pub owner_database_url: String,
}

fn empty_if_none<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// A running server. Dropping it kills it; [`Server::stop`] ends it in peace.
#[derive(Debug)]
pub struct Server {
    child: Option<Child>,
    data: PathBuf,
    listen: String,
    console: Option<PathBuf>,
    /// Where this one has none of its own.
    database: Option<Database>,
    tries_per_minute: Option<u32>,
    pub ready: Ready,
}

/// A database that a server is pointed at.
#[derive(Debug, Clone)]
pub struct Database {
    pub url: String,
    /// As the role that owns the tables.
    pub owner_url: Option<String>,
    /// Set where the address is that of a pooler: the one without it, for notifications.
    pub pooled_listen_url: Option<String>,
}

impl Database {
    /// A database that is reached as it is.
    #[must_use]
    pub fn at(url: String) -> Self {
        Self {
            url,
            owner_url: None,
            pooled_listen_url: None,
        }
    }

    fn tell(&self, command: &mut Command) {
        command.env("DATABASE_URL", &self.url);
        if let Some(url) = &self.owner_url {
            command.env("MIGRATION_DATABASE_URL", url);
        }
        if let Some(url) = &self.pooled_listen_url {
            command.env("DATABASE_POOLED", "true");
            command.env("LISTEN_DATABASE_URL", url);
        }
    }
}

/// The longest a server may take to listen, a new PostgreSQL cluster included.
const START_MAX: Duration = Duration::from_secs(120);

impl Server {
    /// Starts a server on a free port of the loopback interface.
    pub fn start(data: &Path) -> Result<Server> {
        Self::start_with_console(data, None)
    }

    /// Starts a server that also serves the console's files.
    pub fn start_with_console(data: &Path, console: Option<&Path>) -> Result<Server> {
        Self::start_on(data, console, None)
    }

    /// Lets one address try that many credentials a minute; the server starts anew with it.
    pub fn allow_tries(&mut self, per_minute: u32) -> Result<()> {
        self.tries_per_minute = Some(per_minute);
        self.kill()?;
        self.start_again()
    }

    /// Starts one more server on this one's database, with the same key.
    pub fn start_beside(&self, data: &Path) -> Result<Server> {
        self.start_over(data, Database::at(self.ready.database_url.clone()))
    }

    /// Starts one more server with the same key on any database.
    pub fn start_over(&self, data: &Path, database: Database) -> Result<Server> {
        std::fs::create_dir_all(data)?;
        std::fs::copy(self.data.join("server.key"), data.join("server.key"))?;
        Self::start_on(data, None, Some(database))
    }

    /// Where the database is from the next start on.
    pub fn database_at(&mut self, database: Database) {
        self.database = Some(database);
    }

    /// Whether it was started and neither stopped nor killed.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.child.is_some()
    }

    fn start_on(data: &Path, console: Option<&Path>, database: Option<Database>) -> Result<Server> {
        let listen = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        std::fs::create_dir_all(data)?;
        let mut server = Server {
            child: None,
            data: data.to_owned(),
            listen,
            console: console.map(Path::to_owned),
            database,
            tries_per_minute: None,
            ready: Ready {
                address: String::new(),
                database_url: String::new(),
                owner_database_url: String::new(),
            },
        };
        server.start_again()?;
        Ok(server)
    }

    /// Starts the server at the address that it had before.
    pub fn start_again(&mut self) -> Result<()> {
        let ready_file = self.data.join("ready.json");
        if ready_file.exists() {
            std::fs::remove_file(&ready_file)?;
        }
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.data.join("server.log"))?;
        let mut command = Command::new(program::find("sync-server")?);
        command
            .arg("serve")
            .arg("--data")
            .arg(&self.data)
            .args(["--listen", &self.listen]);
        command.arg("--ready-file").arg(&ready_file);
        if let Some(console) = &self.console {
            command.arg("--console").arg(console);
        }
        if let Some(tries) = self.tries_per_minute {
            command.args(["--tries-per-minute", &tries.to_string()]);
        }
        if let Some(database) = &self.database {
            database.tell(&mut command);
        }
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let mut child = command.spawn().context("the server cannot be started")?;
        let listening = wait::until("the server listens", START_MAX, || {
            if let Some(status) = child.try_wait()? {
                bail!(
                    "the server ended at once ({status}); see {}/server.log",
                    self.data.display()
                );
            }
            Ok(ready_file.exists().then_some(()))
        });
        if let Err(error) = listening {
            child.kill()?;
            child.wait()?;
            return Err(error);
        }
        self.ready = serde_json::from_slice(&std::fs::read(&ready_file)?)?;
        self.child = Some(child);
        Ok(())
    }

    /// The server's process; none while it is down.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// SIGKILL: what a power cut leaves of a process.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Ends the server as an operator would, and its PostgreSQL with it.
    pub fn stop(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            let pid = child.id().to_string();
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .context("kill is missing")?;
            child.wait()?;
        }
        Ok(())
    }

    /// Runs another command of the server's program on the same data and returns what it printed.
    pub fn command(&self, args: &[&str]) -> Result<String> {
        let mut command = Command::new(program::find("sync-server")?);
        if let Some(database) = &self.database {
            database.tell(&mut command);
        }
        let output = command
            .args(args)
            .arg("--data")
            .arg(&self.data)
            .stdin(Stdio::null())
            .output()?;
        if !output.status.success() {
            std::io::stderr().write_all(&output.stdout)?;
            std::io::stderr().write_all(&output.stderr)?;
            bail!("sync-server {} failed ({})", args.join(" "), output.status);
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// A new one-time code for a till.
    pub fn enrol_code(&self, store: &str, number: u32) -> Result<String> {
        let number = number.to_string();
        let text = self.command(&[
            "till", "enrol", "--store", store, "--till", &number, "--json",
        ])?;
        let reply: serde_json::Value = serde_json::from_str(&text)?;
        reply["code"]
            .as_str()
            .map(str::to_owned)
            .context("the server gave no code")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test that failed must not leave a server and its PostgreSQL behind.
        if let Err(error) = self.stop() {
            eprintln!("the server could not be stopped: {error}");
        }
    }
}
