//! A private PostgreSQL cluster in a folder, for throw-away databases only: it trusts everybody on
//! this machine's loopback and does not wait for the disk.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

const SUPERUSER: &str = "postgres";
const HOST: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// A running cluster; stopped when dropped unless [`Cluster::leave_running`] was called.
#[derive(Debug)]
pub(crate) struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    stop_on_drop: bool,
}

impl Cluster {
    /// Starts the cluster in this folder, made if it is not there; on the port it used before, if
    /// it runs already.
    pub(crate) fn start(folder: &Path) -> Result<Self> {
        let programs = programs()?;
        let port = match running_port(folder) {
            Some(port) => port,
            None => {
                if !folder.join("PG_VERSION").exists() {
                    init(&programs, folder)?;
                }
                let port = free_port()?;
                let options = format!(
                    "-p {port} -c listen_addresses={HOST} -c unix_socket_directories='{}' \
                     -c fsync=off",
                    folder.display()
                );
                let log = folder.join("log");
                let mut command = as_postgres(&programs.join("pg_ctl"));
                command.args(["start", "--silent", "-w", "-D"]).arg(folder);
                command.arg("-l").arg(log).args(["-o", &options]);
                process::run(command.current_dir("/"))?;
                port
            }
        };
        Ok(Self {
            programs,
            folder: folder.to_path_buf(),
            port,
            stop_on_drop: true,
        })
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}@{HOST}:{}/{database}", self.port)
    }

    /// Makes the database anew: whatever it held is gone.
    pub(crate) fn create_database(&self, database: &str) -> Result<()> {
        process::run_quietly(self.psql("postgres").args([
            "-c",
            &format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)"),
            "-c",
            &format!("CREATE DATABASE {database}"),
        ]))
    }

    /// Runs a file of statements in one transaction.
    pub(crate) fn run_file(&self, database: &str, file: &Path) -> Result<()> {
        process::run_quietly(
            self.psql(database)
                .arg("--single-transaction")
                .arg("-f")
                .arg(file),
        )
    }

    fn psql(&self, database: &str) -> Command {
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1", "-d"]);
        command.arg(self.url(database));
        command
    }

    pub(crate) fn leave_running(mut self) {
        self.stop_on_drop = false;
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if !self.stop_on_drop {
            return;
        }
        let mut command = as_postgres(&self.programs.join("pg_ctl"));
        command
            .args(["stop", "--silent", "-w", "-m", "immediate", "-D"])
            .arg(&self.folder);
        if let Err(error) = process::run(command.current_dir("/")) {
            eprintln!("{error:#}");
        }
    }
}

/// The newest of Debian's installed versions, or whatever is on PATH.
fn programs() -> Result<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, programs)| programs.join("initdb").exists())
        .collect();
    versions.sort();
    if let Some((_, newest)) = versions.pop() {
        return Ok(newest);
    }
    process::find_program(&["initdb"])
        .and_then(|initdb| initdb.parent().map(Path::to_path_buf))
        .context("PostgreSQL is not installed; `cargo xtask setup` installs it")
}

fn init(programs: &Path, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    if is_root() {
        process::run(Command::new("chown").arg(SUPERUSER).arg(folder))?;
    }
    let mut command = as_postgres(&programs.join("initdb"));
    command.args([
        "--username",
        SUPERUSER,
        "--auth",
        "trust",
        "--encoding",
        "UTF8",
    ]);
    command
        .args(["--locale", "C.UTF-8", "--no-sync", "-D"])
        .arg(folder);
    process::run_quietly(command.current_dir("/"))
}

/// PostgreSQL refuses to run as root: then its own user runs it, otherwise the caller does.
fn as_postgres(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args([
            "--reuid",
            SUPERUSER,
            "--regid",
            SUPERUSER,
            "--init-groups",
            "--",
        ])
        .arg(program);
    command
}

/// This folder, or one below /var/tmp in its place when PostgreSQL's own user
/// could not reach it: everything below root's home is closed to others.
pub(crate) fn reachable(folder: PathBuf) -> PathBuf {
    let is_open = |folder: &Path| {
        fs::metadata(folder).map_or(true, |found| found.permissions().mode() & 0o001 != 0)
    };
    let parents_are_open = folder.ancestors().skip(1).all(is_open);
    if !is_root() || parents_are_open {
        return folder;
    }
    let mut name = std::ffi::OsString::from("techstore-pos");
    for part in folder.iter().skip(1) {
        name.push("-");
        name.push(part);
    }
    Path::new("/var/tmp").join(name)
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The port that a live cluster wrote into its pid file: the fourth line.
fn running_port(folder: &Path) -> Option<u16> {
    let pid_file = fs::read_to_string(folder.join("postmaster.pid")).ok()?;
    let mut lines = pid_file.lines();
    let pid = lines.next()?.trim();
    // A cluster that was killed leaves the file behind.
    if !Path::new("/proc").join(pid).exists() {
        return None;
    }
    lines.nth(2)?.trim().parse().ok()
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((HOST, 0)).context("no free port on loopback")?;
    Ok(listener.local_addr()?.port())
}
