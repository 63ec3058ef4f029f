//! PostgreSQL's own programs: where they are, under which account they run, and how a cluster is
//! made, started, found running and stopped. PostgreSQL refuses to run as root, so a root process
//! hands the cluster to the `postgres` account.

use std::{
    ffi::OsString,
    fs, io,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, postgres::PgConnectOptions};

use super::{APP_ROLE, OWNER_ROLE};

/// The account of the cluster and, run by root, of the machine.
pub(super) const SUPERUSER: &str = "postgres";
/// A socket's whole path fits into 107 bytes (unix(7)); its name takes 20 of them.
const SOCKET_FOLDER_BYTES_MAX: usize = 87;

/// Settings of a cluster that keeps a shop's books: every commit waits for the disk.
pub(super) const SERVER_SETTINGS: [(&str, &str); 5] = [
    ("jit", "off"),
    ("max_connections", "200"),
    ("max_wal_size", "2GB"),
    ("shared_buffers", "256MB"),
    ("wal_compression", "on"),
];

/// Settings of a cluster that is thrown away.
pub(super) const TEMPORARY_SETTINGS: [(&str, &str); 6] = [
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("jit", "off"),
    ("max_connections", "300"),
    ("shared_buffers", "64MB"),
    ("synchronous_commit", "off"),
];

/// Why PostgreSQL does not run.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    #[error(
        "PostgreSQL's programs are not installed (looked in /usr/lib/postgresql and on PATH); on \
         Debian and Ubuntu: apt install postgresql"
    )]
    NotInstalled,
    #[error("cannot run {program}: {source}")]
    Start { program: String, source: io::Error },
    #[error("{program} failed: {output}")]
    Failed { program: String, output: String },
    #[error("cannot use {}: {source}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("no free port on the loopback: {0}")]
    NoPort(io::Error),
    #[error("PostgreSQL started in {} but left no pid file", .0.display())]
    NoPidFile(PathBuf),
}

/// Where a running cluster listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Running {
    pub(super) port: u16,
    socket_folder: PathBuf,
}

impl Running {
    /// Options over the socket, whose folder only this account may enter.
    pub(super) fn options(&self, role: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.socket_folder)
            .port(self.port)
            .username(role)
    }
}

/// The programs and one cluster's folder.
#[derive(Debug, Clone)]
pub(super) struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
}

impl Postgres {
    pub(super) fn find(folder: &Path) -> Result<Self, PostgresError> {
        Ok(Self {
            programs: programs()?,
            folder: folder.to_path_buf(),
        })
    }

    /// The cluster that runs in this folder and takes connections.
    pub(super) fn running(&self) -> Option<Running> {
        match self.look() {
            Some((
                Running {
                    port,
                    socket_folder,
                },
                true,
            )) => Some(Running {
                port,
                socket_folder,
            }),
            _ => None,
        }
    }

    /// Whether a cluster of this folder is on its way up or down.
    pub(super) fn is_changing(&self) -> bool {
        matches!(self.look(), Some((_, false)))
    }

    fn look(&self) -> Option<(Running, bool)> {
        let pid_file = fs::read_to_string(self.folder.join("postmaster.pid")).ok()?;
        let lines: Vec<&str> = pid_file.lines().map(str::trim).collect();
        let [pid, _folder, _start, port, socket_folder, rest @ ..] = &lines[..] else {
            return None;
        };
        // A killed cluster leaves its file behind, and its pid may be another program's by now.
        let program = fs::read_to_string(Path::new("/proc").join(pid).join("comm")).ok()?;
        if program.trim() != "postgres" {
            return None;
        }
        let running = Running {
            port: port.parse().ok()?,
            socket_folder: PathBuf::from(socket_folder),
        };
        Some((running, rest.last() == Some(&"ready")))
    }

    pub(super) fn init_if_missing(&self, password: &str) -> Result<(), PostgresError> {
        if self.folder.join("PG_VERSION").exists() {
            return Ok(());
        }
        let at = |path: &Path| {
            let path = path.to_path_buf();
            move |source| PostgresError::Folder { path, source }
        };
        fs::create_dir_all(&self.folder).map_err(at(&self.folder))?;
        fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o700))
            .map_err(at(&self.folder))?;
        let password_file = self.folder.with_extension("initdb-password");
        super::folder::write_private(&password_file, password).map_err(at(&password_file))?;
        if is_root() {
            open_way(&self.folder).map_err(at(&self.folder))?;
            for path in [&self.folder, &password_file] {
                run(Command::new("chown").arg(SUPERUSER).arg(path))?;
            }
        }
        let made = run(self.command("initdb").args([
            OsString::from("--username").as_os_str(),
            SUPERUSER.as_ref(),
            "--auth-local=trust".as_ref(),
            "--auth-host=scram-sha-256".as_ref(),
            "--pwfile".as_ref(),
            password_file.as_os_str(),
            "--encoding=UTF8".as_ref(),
            "--locale=C.UTF-8".as_ref(),
            "-D".as_ref(),
            self.folder.as_os_str(),
        ]));
        fs::remove_file(&password_file).map_err(at(&password_file))?;
        made
    }

    /// Starts the cluster on a free port and waits until it answers.
    pub(super) fn start(&self, settings: &[(&str, &str)]) -> Result<Running, PostgresError> {
        let socket_folder = self.socket_folder()?;
        let mut options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories='{}' \
             -c unix_socket_permissions=0700",
            free_port()?,
            socket_folder.display()
        );
        for (name, value) in settings {
            options.push_str(&format!(" -c {name}={value}"));
        }
        let log = self.folder.join("server.log");
        run(self
            .command("pg_ctl")
            .args(["start", "--silent", "--wait", "--timeout=120", "-D"])
            .arg(&self.folder)
            .arg("-l")
            .arg(&log)
            .arg("-o")
            .arg(options))?;
        self.running()
            .ok_or_else(|| PostgresError::NoPidFile(self.folder.clone()))
    }

    pub(super) fn stop(&self, mode: &str) -> Result<(), PostgresError> {
        let running = self.running();
        run(self
            .command("pg_ctl")
            .args(["stop", "--silent", "--wait", "-m", mode, "-D"])
            .arg(&self.folder))?;
        if let Some(running) = running
            && running.socket_folder != self.folder
        {
            // Empty by now; whatever else lies there is not ours to remove.
            let _ = fs::remove_dir(&running.socket_folder);
        }
        Ok(())
    }

    /// Stops and removes the cluster once the returned program's standard input closes, which it
    /// does however this process ends.
    pub(super) fn stop_with_this_process(
        &self,
        running: &Running,
        remove: &Path,
    ) -> Result<std::process::Child, PostgresError> {
        // The stop needs the cluster's account, the removal the caller's.
        let script = "cat >/dev/null; \
                      folder=$1 socket=$2 cluster=$3; shift 3; \
                      \"$@\" stop --silent --wait -m immediate -D \"$cluster\"; \
                      rm -rf -- \"$folder\" \"$socket\"";
        let stop = self.command("pg_ctl");
        let mut command = Command::new("setsid");
        command
            .args(["sh", "-c", script, "sh"])
            .arg(remove)
            .arg(&running.socket_folder)
            .arg(&self.folder)
            .arg(stop.get_program())
            .args(stop.get_args());
        command
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| PostgresError::Start {
                program: "sh".to_owned(),
                source,
            })
    }

    /// The cluster's own folder where its path is short enough, else a fresh one nobody can enter.
    fn socket_folder(&self) -> Result<PathBuf, PostgresError> {
        if self.folder.as_os_str().len() <= SOCKET_FOLDER_BYTES_MAX {
            return Ok(self.folder.clone());
        }
        let output = capture(
            self.command("mktemp")
                .args(["--directory", "/tmp/techstore-socket-XXXXXXXX"]),
        )?;
        Ok(PathBuf::from(output.trim_end()))
    }

    /// One of PostgreSQL's programs (or the system's), under the cluster's account.
    fn command(&self, program: &str) -> Command {
        let own = self.programs.join(program);
        let program = if own.exists() { own } else { program.into() };
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid", SUPERUSER, "--regid", SUPERUSER, "--init-groups"])
                .arg("--")
                .arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir("/").stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        command
    }
}

/// Both roles, with the password for connections over the loopback.
pub(super) async fn make_roles(
    superuser: &PgConnectOptions,
    password: &str,
) -> Result<(), sqlx::Error> {
    let mut connection =
        PgConnection::connect_with(&superuser.clone().database("postgres")).await?;
    for (role, rights) in [
        (OWNER_ROLE, "NOSUPERUSER BYPASSRLS NOCREATEDB NOCREATEROLE"),
        (APP_ROLE, "NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE"),
    ] {
        let exists = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS "exists!""#,
            role
        )
        .fetch_one(&mut connection)
        .await?;
        let verb = if exists { "ALTER" } else { "CREATE" };
        // The password is made of hexadecimal digits alone.
        let statement = format!("{verb} ROLE {role} LOGIN {rights} PASSWORD '{password}'");
        connection.execute(AssertSqlSafe(statement)).await?;
    }
    connection.close().await
}

/// The database, owned by the owner role; an existing one stays as it is.
pub(super) async fn make_database(
    superuser: &PgConnectOptions,
    database: &str,
) -> Result<(), sqlx::Error> {
    let mut connection =
        PgConnection::connect_with(&superuser.clone().database("postgres")).await?;
    let exists = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1) AS "exists!""#,
        database
    )
    .fetch_one(&mut connection)
    .await?;
    if !exists {
        let statement = format!("CREATE DATABASE {database} OWNER {OWNER_ROLE}");
        connection.execute(AssertSqlSafe(statement)).await?;
    }
    connection.close().await
}

/// The newest of Debian's installed versions, or whatever is on PATH.
pub(super) fn programs() -> Result<PathBuf, PostgresError> {
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
    let on_path = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|folder| folder.join("initdb").exists())
    };
    versions
        .pop()
        .map(|(_, newest)| newest)
        .or_else(on_path)
        .ok_or(PostgresError::NotInstalled)
}

/// Lets the cluster's account walk to the folder: execute permission, nothing else, on those
/// parents that withhold it.
fn open_way(folder: &Path) -> io::Result<()> {
    for parent in folder.ancestors().skip(1) {
        let metadata = fs::metadata(parent)?;
        if metadata.mode() & 0o001 == 0 {
            let mode = metadata.mode() & 0o7777 | 0o001;
            fs::set_permissions(parent, fs::Permissions::from_mode(mode))?;
        }
    }
    Ok(())
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn free_port() -> Result<u16, PostgresError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(PostgresError::NoPort)
}

fn run(command: &mut Command) -> Result<(), PostgresError> {
    capture(command).map(drop)
}

/// Runs a program to its end. Its output goes through a file: a program that leaves a server
/// behind would keep a pipe open for ever.
fn capture(command: &mut Command) -> Result<String, PostgresError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |source| PostgresError::Start {
        program: program.clone(),
        source,
    };
    let mut output = tempfile().map_err(failed)?;
    let status = command
        .stdout(output.try_clone().map_err(failed)?)
        .stderr(output.try_clone().map_err(failed)?)
        .status()
        .map_err(failed)?;
    let mut text = String::new();
    io::Seek::rewind(&mut output).map_err(failed)?;
    io::Read::read_to_string(&mut output, &mut text).map_err(failed)?;
    if status.success() {
        return Ok(text);
    }
    Err(PostgresError::Failed {
        program: command
            .get_args()
            .find_map(|argument| {
                let name = Path::new(argument).file_name()?.to_str()?;
                matches!(name, "initdb" | "pg_ctl" | "mktemp").then(|| name.to_owned())
            })
            .unwrap_or(program),
        output: text.trim().to_owned(),
    })
}

/// A file without a name, gone with its last handle.
fn tempfile() -> io::Result<fs::File> {
    let random = crate::clock::random_bytes::<8>().map_err(io::Error::other)?;
    let path = std::env::temp_dir().join(format!("techstore-{:016x}", u64::from_be_bytes(random)));
    let file = fs::File::options()
        .create_new(true)
        .read(true)
        .write(true)
        .open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}
