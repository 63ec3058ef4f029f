//! The servers of a shop as its tills reach them: one, two that take turns behind a proxy, or one
//! whose database is behind a pooler. Whoever works at the tills cannot tell which.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::{
    fault::proxy::Proxy,
    pooler::Pooler,
    server::{Database, Server},
};

/// What stands between tills and database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Servers {
    #[default]
    One,
    /// Two over one database, each getting a connection in turn.
    Two,
    /// One that reaches its database through PgBouncer in transaction mode.
    Pooled,
}

/// Running servers.
#[derive(Debug)]
pub struct Site {
    /// Owns the database.
    pub server: Server,
    beside: Option<Beside>,
    folder: PathBuf,
}

#[derive(Debug)]
enum Beside {
    Second {
        server: Server,
        proxy: Proxy,
    },
    /// Tills reach this server alone.
    Pooled {
        server: Server,
        pooler: Pooler,
    },
}

impl Site {
    /// Starts everything with its files below a folder.
    pub fn open(servers: Servers, folder: &Path) -> Result<Self> {
        let mut site = Self {
            server: Server::start(&folder.join("server"))?,
            beside: None,
            folder: folder.to_owned(),
        };
        site.beside = match servers {
            Servers::One => None,
            Servers::Two => Some(site.second()?),
            Servers::Pooled => Some(site.pooled()?),
        };
        Ok(site)
    }

    fn second(&self) -> Result<Beside> {
        let server = self.server.start_beside(&self.folder.join("second"))?;
        let proxy = Proxy::start(&[&self.server.ready.address, &server.ready.address], 0)?;
        Ok(Beside::Second { server, proxy })
    }

    fn pooled(&self) -> Result<Beside> {
        let pooler = Pooler::start(&self.folder.join("pooler"), &self.server.ready.database_url)?;
        let database = Database {
            url: pooler.url(),
            owner_url: None,
            pooled_listen_url: Some(self.server.ready.database_url.clone()),
        };
        let server = self
            .server
            .start_over(&self.folder.join("pooled"), database)?;
        Ok(Beside::Pooled { server, pooler })
    }

    /// Where tills reach it.
    #[must_use]
    pub fn address(&self) -> &str {
        match &self.beside {
            None => &self.server.ready.address,
            Some(Beside::Second { proxy, .. }) => &proxy.address,
            Some(Beside::Pooled { server, .. }) => &server.ready.address,
        }
    }

    /// SIGKILL to one server that tills use.
    pub fn kill(&mut self) -> Result<()> {
        match &mut self.beside {
            Some(Beside::Pooled { server, .. }) => server.kill(),
            _ => self.server.kill(),
        }
    }

    /// Ends everything in peace, the database too.
    pub fn stop(&mut self) -> Result<()> {
        match &mut self.beside {
            Some(Beside::Second { server, .. } | Beside::Pooled { server, .. }) => server.stop()?,
            None => {}
        }
        self.server.stop()
    }

    /// Starts what does not run, at the addresses that it had.
    pub fn start_again(&mut self) -> Result<()> {
        if !self.server.is_running() {
            self.server.start_again()?;
        }
        let url = self.server.ready.database_url.clone();
        match &mut self.beside {
            Some(Beside::Second { server, .. }) if !server.is_running() => {
                server.database_at(Database::at(url));
                server.start_again()
            }
            Some(Beside::Pooled { server, pooler }) if !server.is_running() => {
                pooler.lead_to(&url)?;
                server.database_at(Database {
                    url: pooler.url(),
                    owner_url: None,
                    pooled_listen_url: Some(url),
                });
                server.start_again()
            }
            _ => Ok(()),
        }
    }
}
