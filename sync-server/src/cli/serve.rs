//! `serve`: opens the database, listens, says that it is ready, and stops in order when told to.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use serde::Serialize;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use super::place::{Database, Place};
use crate::{
    app,
    auth::rate::TRIES_PER_MINUTE,
    embedded::{Stay, write_private},
    job, live,
    state::HttpConfig,
};

/// How long requests may take to end once the server is told to stop.
const STOP_TIME_MAX: Duration = Duration::from_secs(10);

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Where to listen; behind a proxy that speaks TLS for anything but the loopback.
    #[arg(long, default_value = "127.0.0.1:7373", env = "TECHSTORE_LISTEN")]
    listen: SocketAddr,
    /// The address that tills and browsers use, where it is not the one listened on.
    #[arg(long, env = "TECHSTORE_PUBLIC_URL")]
    public_url: Option<String>,
    /// Folder of the console's files.
    #[arg(long, value_name = "DIR", env = "TECHSTORE_CONSOLE")]
    console: Option<PathBuf>,
    /// Written once requests are answered: addresses of server and database, as JSON.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Enrolments, tokens and sign-ins that one address may try in a minute; more where many tills
    /// reach the server through one proxy.
    #[arg(long, default_value_t = TRIES_PER_MINUTE, env = "TECHSTORE_TRIES_PER_MINUTE")]
    tries_per_minute: u32,
    /// Leave the private PostgreSQL running when the server stops.
    #[arg(long)]
    keep_postgres: bool,
}

/// What the ready file and `server.json` in the data folder say.
#[derive(Debug, Serialize)]
struct Ready<'a> {
    address: &'a str,
    database_url: &'a str,
    owner_database_url: Option<&'a str>,
}

pub(crate) async fn serve(database: &Database, options: Options) -> Result<()> {
    let secure_cookies = options
        .public_url
        .as_ref()
        .is_some_and(|url| url.starts_with("https://"));
    let http = HttpConfig {
        console: options.console,
        secure_cookies,
        tries_per_minute: options.tries_per_minute,
    };
    let place = Place::open_for(database, Stay::Keep, http).await?;
    let served = answer(
        &place,
        options.listen,
        options.public_url.as_deref(),
        options.ready_file.as_deref(),
    )
    .await;
    place.state.pool.close().await;
    if options.keep_postgres {
        place.leave_running();
    } else {
        place.close()?;
    }
    served
}

async fn answer(
    place: &Place,
    listen: SocketAddr,
    public_url: Option<&str>,
    ready_file: Option<&Path>,
) -> Result<()> {
    let state = place.state.clone();
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}"))?;
    let local = listener.local_addr()?;
    let address = public_url.map_or_else(|| format!("http://{local}"), str::to_owned);
    let background = tokio::spawn({
        let state = state.clone();
        async move {
            tokio::join!(live::run(state.clone()), job::run(state));
        }
    });
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stopping = state.clone();
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        stopping.stopping.send_replace(true);
    };
    let ready = serde_json::to_string(&Ready {
        address: &address,
        database_url: &place.urls.0,
        owner_database_url: place.urls.1.as_deref(),
    })?;
    write_private(&place.folder.join("server.json"), &ready)?;
    if let Some(file) = ready_file {
        write_private(file, &ready)?;
    }
    tracing::info!(address, "ready");
    let service = app(state.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stop);
    let mut told = state.stopping.subscribe();
    let overdue = async move {
        let _ = told.wait_for(|stopping| *stopping).await;
        tokio::time::sleep(STOP_TIME_MAX).await;
    };
    let served = tokio::select! {
        served = serving => served.context("the server broke off"),
        () = overdue => {
            tracing::warn!("requests that did not end are broken off");
            Ok(())
        }
    };
    background.abort();
    served
}
