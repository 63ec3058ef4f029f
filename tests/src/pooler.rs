//! PgBouncer in transaction mode between a server and its PostgreSQL: each transaction gets whichever
//! of a few connections is free, so that nothing which a session remembers may be relied upon.

use std::{
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::wait;

/// So few that transactions of one server must share them.
const CONNECTIONS: u32 = 3;
const SETTINGS: &str = "pgbouncer.ini";
const USERS: &str = "users";
const START_MAX: Duration = Duration::from_secs(30);
/// The account of PostgreSQL; PgBouncer refuses to run as root too.
const ACCOUNT: &str = "postgres";

/// A running pooler; it goes when it is dropped.
#[derive(Debug)]
pub struct Pooler {
    folder: PathBuf,
    port: u16,
    /// Where it leads to.
    target: Target,
    child: Option<Child>,
}

/// The parts of a database's address.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    role: String,
    password: String,
    host: String,
    port: String,
    database: String,
}

impl Target {
    fn of(url: &str) -> Result<Self> {
        let parts = || {
            let (role, rest) = url.strip_prefix("postgres://")?.split_once(':')?;
            let (password, rest) = rest.split_once('@')?;
            let (host, rest) = rest.split_once(':')?;
            let (port, database) = rest.split_once('/')?;
            Some([role, password, host, port, database].map(str::to_owned))
        };
        let [role, password, host, port, database] =
            parts().with_context(|| format!("{url} is no address of a database"))?;
        Ok(Self {
            role,
            password,
            host,
            port,
            database,
        })
    }
}

impl Pooler {
    /// Starts in front of the database at an address.
    pub fn start(folder: &Path, database_url: &str) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        std::fs::create_dir_all(folder)?;
        let mut pooler = Self {
            folder: folder.to_owned(),
            port,
            target: Target::of(database_url)?,
            child: None,
        };
        pooler.run()?;
        Ok(pooler)
    }

    /// Leads somewhere else from now on, at the same address; who is connected stays so.
    pub fn lead_to(&mut self, database_url: &str) -> Result<()> {
        let target = Target::of(database_url)?;
        if target == self.target && self.child.is_some() {
            return Ok(());
        }
        self.target = target;
        let Some(child) = &self.child else {
            return self.run();
        };
        self.write_settings()?;
        let pid = rustix::process::Pid::from_child(child);
        rustix::process::kill_process(pid, rustix::process::Signal::HUP)?;
        Ok(())
    }

    /// Its address for the role that it was started for.
    #[must_use]
    pub fn url(&self) -> String {
        let Target {
            role,
            password,
            database,
            ..
        } = &self.target;
        format!(
            "postgres://{role}:{password}@127.0.0.1:{}/{database}",
            self.port
        )
    }

    /// Starts it at the address that it had.
    pub fn run(&mut self) -> Result<()> {
        let is_root = rustix::process::geteuid().is_root();
        self.write_settings()?;
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.join("pgbouncer.log"))?;
        let mut command = Command::new("setpriv");
        // However the test ends, the pooler ends with it.
        command.args(["--pdeathsig", "TERM"]);
        if is_root {
            command.args(["--reuid", ACCOUNT, "--regid", ACCOUNT, "--init-groups"]);
        }
        let mut child = command
            .arg("--")
            .arg(program())
            .arg(self.folder.join(SETTINGS))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("PgBouncer cannot be started")?;
        let address = ("127.0.0.1", self.port);
        let listening = wait::until("PgBouncer listens", START_MAX, || {
            if let Some(status) = child.try_wait()? {
                bail!(
                    "PgBouncer ended at once ({status}); see {}/pgbouncer.log",
                    self.folder.display()
                );
            }
            Ok(TcpStream::connect(address).ok().map(drop))
        });
        if listening.is_err() {
            child.kill()?;
            child.wait()?;
        } else {
            self.child = Some(child);
        }
        listening
    }

    fn write_settings(&self) -> Result<()> {
        let Target { role, password, .. } = &self.target;
        let users = format!("\"{role}\" \"{password}\"\n");
        std::fs::write(self.folder.join(USERS), users)?;
        std::fs::write(self.folder.join(SETTINGS), self.settings())?;
        Ok(())
    }

    fn settings(&self) -> String {
        let Target {
            host,
            port,
            database,
            ..
        } = &self.target;
        format!(
            "[databases]\n\
             {database} = host={host} port={port}\n\
             [pgbouncer]\n\
             listen_addr = 127.0.0.1\n\
             listen_port = {}\n\
             unix_socket_dir =\n\
             auth_type = scram-sha-256\n\
             auth_file = {}\n\
             pool_mode = transaction\n\
             default_pool_size = {CONNECTIONS}\n\
             max_client_conn = 200\n\
             server_round_robin = 1\n",
            self.port,
            self.folder.join(USERS).display()
        )
    }

    /// SIGKILL: all connections through it break.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        if let Err(error) = self.kill() {
            eprintln!("PgBouncer could not be stopped: {error}");
        }
    }
}

/// Debian keeps it where not everybody's PATH leads.
fn program() -> PathBuf {
    let debian = PathBuf::from("/usr/sbin/pgbouncer");
    if debian.exists() {
        debian
    } else {
        "pgbouncer".into()
    }
}
