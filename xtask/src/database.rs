//! A PostgreSQL database and a SQLite file with all of today's migrations applied, which the
//! checked queries are compiled against. Both are throw-away; neither ever holds a shop's rows.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::postgres::Cluster;
use crate::process;
use crate::workspace::Workspace;

const DATABASE: &str = "techstore";

#[derive(Debug)]
pub(crate) struct DatabasePair {
    cluster: Cluster,
    sqlite_file: PathBuf,
}

impl DatabasePair {
    /// Starts or reuses what is in the folder and applies the migrations from nothing.
    pub(crate) fn start(workspace: &Workspace, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let folder = folder.canonicalize()?;
        let cluster = Cluster::start(&folder.join("postgres"))?;
        let pair = Self {
            cluster,
            sqlite_file: folder.join("replica.sqlite"),
        };
        pair.migrate(workspace)?;
        Ok(pair)
    }

    fn migrate(&self, workspace: &Workspace) -> Result<()> {
        self.cluster.create_database(DATABASE)?;
        for file in migrations(&workspace.path("migrations/postgres"))? {
            self.cluster.run_file(DATABASE, &file)?;
        }
        remove_sqlite(&self.sqlite_file)?;
        for file in migrations(&workspace.path("migrations/sqlite"))? {
            let mut command = Command::new("sqlite3");
            command
                .arg("-bail")
                .arg(&self.sqlite_file)
                .arg(format!(".read '{}'", file.display()));
            process::run_quietly(&mut command)?;
        }
        Ok(())
    }

    /// What `sqlx` reads: the names stand in each crate's sqlx.toml.
    pub(crate) fn variables(&self) -> [(&'static str, String); 3] {
        [
            ("SQLX_OFFLINE", "false".to_owned()),
            (
                "REPLICA_DATABASE_URL",
                format!("sqlite://{}", self.sqlite_file.display()),
            ),
            ("SERVER_DATABASE_URL", self.cluster.url(DATABASE)),
        ]
    }

    pub(crate) fn leave_running(self) {
        self.cluster.leave_running();
    }
}

/// The migration files in the order of their names.
fn migrations(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            files.push(path);
        }
    }
    files.sort();
    ensure!(!files.is_empty(), "no migrations in {}", folder.display());
    Ok(files)
}

fn remove_sqlite(file: &Path) -> Result<()> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        let path = PathBuf::from(name);
        if path.exists() {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}
