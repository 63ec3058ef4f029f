//! A second PostgreSQL that follows a server's own by streaming, falls behind, and is promoted when
//! the first one is gone: by PostgreSQL's own programs alone.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use tokio::runtime::Runtime;

use crate::wait;

/// The account of the cluster and, run by root, of the machine.
const SUPERUSER: &str = "postgres";
const CATCH_UP_MAX: Duration = Duration::from_secs(60);
/// A standby that answers reads needs room for all that its primary may have.
const CONNECTIONS_MAX: u32 = 200;

/// A standby, promoted or not; it is stopped when it is dropped.
#[derive(Debug)]
pub struct Standby {
    cluster: PathBuf,
    primary: PathBuf,
    socket: PathBuf,
    port: u16,
    runtime: Runtime,
}

impl Standby {
    /// Copies the cluster that runs in a folder, and follows it from then on.
    pub fn follow(primary: &Path, folder: &Path) -> Result<Self> {
        let (primary_port, primary_socket) = running(primary)?;
        let standby = Self {
            cluster: folder.join("cluster"),
            primary: primary.to_owned(),
            socket: folder.to_owned(),
            port: TcpListener::bind("127.0.0.1:0")?.local_addr()?.port(),
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?,
        };
        std::fs::create_dir_all(folder)?;
        if is_root() {
            run(Command::new("chown").arg(SUPERUSER).arg(folder))?;
        }
        run(program("pg_basebackup")?
            .args(["--write-recovery-conf", "--wal-method=stream"])
            .args(["--checkpoint=fast", "--username", SUPERUSER])
            .args(["--port", &primary_port, "--host"])
            .arg(&primary_socket)
            .arg("--pgdata")
            .arg(&standby.cluster))?;
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories='{}' \
             -c max_connections={CONNECTIONS_MAX}",
            standby.port,
            standby.socket.display()
        );
        run(program("pg_ctl")?
            .args(["start", "--silent", "--wait", "-l"])
            .arg(folder.join("standby.log"))
            .args(["-o", &options, "-D"])
            .arg(&standby.cluster))?;
        Ok(standby)
    }

    /// Waits until everything that the primary has is here too.
    pub fn catch_up(&self) -> Result<()> {
        let (port, socket) = running(&self.primary)?;
        let primary = options(&socket, port.parse()?);
        let written: String = self.ask(&primary, "SELECT pg_current_wal_flush_lsn()::text")?;
        let own = options(&self.socket, self.port);
        wait::until("the standby catches up", CATCH_UP_MAX, || {
            let sql = "SELECT coalesce(pg_last_wal_replay_lsn()::text, '0/0')";
            let replayed: String = self.ask(&own, sql)?;
            Ok((position(&replayed)? >= position(&written)?).then_some(()))
        })
    }

    /// The way to the primary breaks: from here on the standby hears nothing.
    pub fn lose_sight(&self) -> Result<()> {
        let own = options(&self.socket, self.port);
        self.tell(&own, "ALTER SYSTEM SET primary_conninfo = ''")?;
        self.tell(&own, "SELECT pg_reload_conf()")?;
        wait::until("the standby hears nothing more", CATCH_UP_MAX, || {
            let receivers: i64 = self.ask(&own, "SELECT count(*) FROM pg_stat_wal_receiver")?;
            Ok((receivers == 0).then_some(()))
        })
    }

    /// The primary's machine burns.
    pub fn lose_primary(&self) -> Result<()> {
        run(program("pg_ctl")?
            .args(["stop", "--silent", "--wait", "-m", "immediate", "-D"])
            .arg(&self.primary))
    }

    /// It becomes the primary; returns its timeline.
    pub fn promote(&self) -> Result<i32> {
        run(program("pg_ctl")?
            .args(["promote", "--silent", "--wait", "-D"])
            .arg(&self.cluster))?;
        self.ask(
            &options(&self.socket, self.port),
            "SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int",
        )
    }

    /// The address of the same database here.
    pub fn url(&self, primary_url: &str) -> Result<String> {
        let (start, rest) = primary_url
            .rsplit_once(':')
            .with_context(|| format!("{primary_url} has no port"))?;
        let (_, database) = rest
            .split_once('/')
            .with_context(|| format!("{primary_url} has no database"))?;
        Ok(format!("{start}:{}/{database}", self.port))
    }

    fn ask<T>(&self, at: &PgConnectOptions, sql: &'static str) -> Result<T>
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres>
            + sqlx::Type<sqlx::Postgres>
            + Send
            + Unpin
            + 'static,
    {
        self.runtime.block_on(async {
            let mut connection = PgConnection::connect_with(at).await?;
            let found = sqlx::query_scalar(sql).fetch_one(&mut connection).await?;
            connection.close().await?;
            Ok(found)
        })
    }

    fn tell(&self, at: &PgConnectOptions, sql: &'static str) -> Result<()> {
        self.runtime.block_on(async {
            let mut connection = PgConnection::connect_with(at).await?;
            sqlx::query(sql).execute(&mut connection).await?;
            connection.close().await?;
            Ok(())
        })
    }
}

impl Drop for Standby {
    fn drop(&mut self) {
        let stopped = program("pg_ctl").and_then(|mut command| {
            run(command
                .args(["stop", "--silent", "--wait", "-m", "immediate", "-D"])
                .arg(&self.cluster))
        });
        if let Err(error) = stopped {
            eprintln!("the standby could not be stopped: {error}");
        }
    }
}

fn options(socket: &Path, port: u16) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(socket)
        .port(port)
        .username(SUPERUSER)
        .database("postgres")
}

/// A place in the log as a number: `16/B374D848`.
fn position(text: &str) -> Result<u64> {
    let (high, low) = text.split_once('/').context("no place in a log")?;
    Ok((u64::from_str_radix(high, 16)? << 32) + u64::from_str_radix(low, 16)?)
}

/// Port and socket folder of the cluster that runs in a folder.
fn running(cluster: &Path) -> Result<(String, PathBuf)> {
    let file = std::fs::read_to_string(cluster.join("postmaster.pid"))?;
    let mut lines = file.lines().skip(3);
    let port = lines.next().context("the pid file names no port")?;
    let socket = lines.next().context("the pid file names no socket")?;
    Ok((port.trim().to_owned(), PathBuf::from(socket.trim())))
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// One of PostgreSQL's programs, under its account.
fn program(name: &str) -> Result<Command> {
    let versions = std::fs::read_dir("/usr/lib/postgresql");
    let newest = versions
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let path = entry.path().join("bin").join(name);
            path.exists().then_some((version, path))
        })
        .max();
    let path = newest.map_or_else(|| PathBuf::from(name), |(_, path)| path);
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args([
            "--reuid",
            SUPERUSER,
            "--regid",
            SUPERUSER,
            "--init-groups",
            "--",
        ]);
        command.arg(path);
        command
    } else {
        Command::new(path)
    };
    command.current_dir("/");
    Ok(command)
}

/// Runs a program to its end. Nothing is piped: a cluster that it leaves behind would keep the pipe
/// open.
fn run(command: &mut Command) -> Result<()> {
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .with_context(|| format!("{command:?} cannot be started"))?;
    ensure!(status.success(), "{command:?}: {status}");
    Ok(())
}
