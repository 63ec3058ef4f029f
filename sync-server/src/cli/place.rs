//! Where a command works: the database it was pointed at, or the private one in a data folder.

use std::{
    fs,
    path::{Path, PathBuf},
    str::FromStr,
};

use anyhow::{Context, Result, bail};
use base64::{Engine, prelude::BASE64_STANDARD};
use domain::id::OrganizationId;
use sqlx::postgres::PgConnectOptions;

use super::OrganizationArg;
use crate::{
    clock::random_bytes,
    database::{DatabaseConfig, migrate},
    embedded::{APP_ROLE, Cluster, OWNER_ROLE, Stay, write_private},
    state::{AppState, HttpConfig, ServerKey, Shared},
    store,
};

/// Which database.
#[derive(Debug, clap::Args)]
pub struct Database {
    /// Folder of the server's files; without --database-url the database lives there too.
    #[arg(long, global = true, value_name = "DIR", env = "TECHSTORE_DATA")]
    data: Option<PathBuf>,
    /// PostgreSQL to use, as the app role; without it a private one is started.
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// The same database as the role that owns the tables, to bring them up to date.
    #[arg(
        long,
        global = true,
        env = "MIGRATION_DATABASE_URL",
        hide_env_values = true
    )]
    migration_database_url: Option<String>,
    /// --database-url leads to a pooler that gives each transaction another connection.
    #[arg(long, global = true, env = "DATABASE_POOLED")]
    database_pooled: bool,
    /// The same database without the pooler, for notifications between instances; without it they
    /// look every 250 ms.
    #[arg(
        long,
        global = true,
        env = "LISTEN_DATABASE_URL",
        hide_env_values = true
    )]
    listen_database_url: Option<String>,
}

impl Database {
    /// The folder of the server's files.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(super::default_folder)
    }
}

/// An opened database with its tables up to date.
#[derive(Debug)]
pub struct Place {
    pub state: Shared,
    pub folder: PathBuf,
    /// Addresses of the database for other programs: app role, owner role.
    pub urls: (String, Option<String>),
    cluster: Option<Cluster>,
}

impl Place {
    /// Opens the database for a command that passes by.
    pub async fn open(database: &Database) -> Result<Self> {
        Self::open_for(database, Stay::Visit, HttpConfig::default()).await
    }

    /// Opens the database.
    pub async fn open_for(database: &Database, stay: Stay, http: HttpConfig) -> Result<Self> {
        let folder = database.folder();
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the data folder {}", folder.display()))?;
        let folder = folder.canonicalize()?;
        let key = server_key(&folder)?;
        let (options, urls, cluster) = match &database.database_url {
            Some(url) => {
                let options = PgConnectOptions::from_str(url)
                    .context("the database's address cannot be read")?;
                if let Some(owner) = &database.migration_database_url {
                    let owner = PgConnectOptions::from_str(owner)
                        .context("the address for migrations cannot be read")?;
                    migrate(&owner).await?;
                }
                let urls = (url.clone(), database.migration_database_url.clone());
                (options, urls, None)
            }
            None => {
                let cluster = Cluster::open(&folder.join("postgres"), stay).await?;
                migrate(&cluster.options(OWNER_ROLE)).await?;
                let urls = (cluster.url(APP_ROLE), Some(cluster.url(OWNER_ROLE)));
                (cluster.options(APP_ROLE), urls, Some(cluster))
            }
        };
        let mut config = DatabaseConfig::new(options);
        config.is_pooled = database.database_pooled;
        if let Some(url) = &database.listen_database_url {
            let listen = PgConnectOptions::from_str(url)
                .context("the address for notifications cannot be read")?;
            config.listen = Some(listen);
        }
        if stay == Stay::Visit {
            config.connections_max = 4;
        }
        let connected = config.connect().await.context("cannot use the database")?;
        Ok(Self {
            state: AppState::new(connected, key, http),
            folder,
            urls,
            cluster,
        })
    }

    /// Leaves the database as it was found.
    pub fn close(self) -> Result<()> {
        if let Some(cluster) = self.cluster {
            cluster.close()?;
        }
        Ok(())
    }

    /// Leaves a private database running.
    pub fn leave_running(self) {
        if let Some(cluster) = self.cluster {
            cluster.leave_running();
        }
    }

    /// The organization that is meant.
    pub async fn organization(&self, named: &OrganizationArg) -> Result<OrganizationId> {
        let all = store::organization::all(&self.state.pool).await?;
        let Some(named) = &named.organization else {
            return match all[..] {
                [(id, _)] => Ok(id),
                [] => bail!("there is no organization yet; make one with `organization create`"),
                _ => bail!("there are several organizations; name one with --organization"),
            };
        };
        let found: Vec<_> = all
            .iter()
            .filter(|(id, name)| name == named || id.to_string() == *named)
            .collect();
        match found[..] {
            [(id, _)] => Ok(*id),
            [] => bail!("there is no organization {named:?}"),
            _ => bail!("several organizations are called {named:?}; give the id"),
        }
    }
}

/// A database as the role that owns its tables, which stay as they are.
#[derive(Debug)]
pub(super) struct OwnedDatabase {
    pub(super) owner: PgConnectOptions,
    /// The same for other programs.
    pub(super) url: String,
    cluster: Option<Cluster>,
}

impl OwnedDatabase {
    /// Opens the database; a private one is made if `may_make` and there is none.
    pub(super) async fn open(database: &Database, may_make: bool) -> Result<Self> {
        if database.database_url.is_some() || database.migration_database_url.is_some() {
            let url = database.migration_database_url.clone().context(
                "the server's own role cannot read past its organization: give the address of \
                 the role that owns the tables as MIGRATION_DATABASE_URL",
            )?;
            let owner = PgConnectOptions::from_str(&url)
                .context("the address for migrations cannot be read")?;
            return Ok(Self {
                owner,
                url,
                cluster: None,
            });
        }
        let folder = database.folder();
        if !may_make && !folder.join("postgres/cluster/PG_VERSION").exists() {
            bail!("there is no database in {}", folder.display());
        }
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the data folder {}", folder.display()))?;
        let cluster = Cluster::open(&folder.join("postgres"), Stay::Visit).await?;
        Ok(Self {
            owner: cluster.options(OWNER_ROLE),
            url: cluster.url(OWNER_ROLE),
            cluster: Some(cluster),
        })
    }

    /// Whether it is a private database that a server keeps running.
    pub(super) fn is_served(&self) -> bool {
        self.cluster
            .as_ref()
            .is_some_and(|cluster| !cluster.is_own())
    }

    /// Leaves the database as it was found.
    pub(super) fn close(self) -> Result<()> {
        if let Some(cluster) = self.cluster {
            cluster.close()?;
        }
        Ok(())
    }
}

/// Where the key of a server is kept that was not given one.
pub(super) fn key_file(folder: &Path) -> PathBuf {
    folder.join("server.key")
}

/// The text of the server's key: from TECHSTORE_SERVER_KEY, else from the data folder; none when
/// neither has it.
pub(super) fn server_key_text(folder: &Path) -> Result<Option<String>> {
    if let Ok(text) = std::env::var("TECHSTORE_SERVER_KEY") {
        parse_key(&text).context("TECHSTORE_SERVER_KEY is not base64 of 32 bytes")?;
        return Ok(Some(text));
    }
    let path = key_file(folder);
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path)
        .with_context(|| format!("cannot read the server's key in {}", path.display()))?;
    parse_key(&text).with_context(|| format!("{} is damaged", path.display()))?;
    Ok(Some(text))
}

/// The key that a text holds: base64 of 32 bytes.
pub(super) fn parse_key(text: &str) -> Option<ServerKey> {
    let bytes = BASE64_STANDARD.decode(text.trim()).ok()?;
    let seed: [u8; 32] = bytes.try_into().ok()?;
    Some(ServerKey::from_seed(&seed))
}

/// The server's key; one is made for a data folder that has none.
fn server_key(folder: &Path) -> Result<ServerKey> {
    if let Some(text) = server_key_text(folder)? {
        return parse_key(&text).context("the server's key cannot be read");
    }
    let seed = random_bytes::<32>()?;
    write_private(&key_file(folder), &BASE64_STANDARD.encode(seed))?;
    Ok(ServerKey::from_seed(&seed))
}

impl Place {
    /// Where the server of this folder was last reached.
    #[must_use]
    pub fn server_address(&self) -> String {
        fs::read_to_string(self.folder.join("server.json"))
            .ok()
            .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok())
            .and_then(|said| said["address"].as_str().map(str::to_owned))
            .unwrap_or_else(|| "http://127.0.0.1:7373".to_owned())
    }
}
