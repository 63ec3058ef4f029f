//! Many whole tills on one server, each with its file and its engine, in shops of five: how long
//! until a sale at one is in the files of the other four, and how soon all are back after the
//! server's restart. All of them run on the machine that is measured.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use domain::contract::ipc::{Changed, GetSyncStatus, ProductHit, SearchProducts};
use futures_util::future::try_join_all;
use replica::{Clock, OpenOptions, SecretStore, Till};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::{Figure, Shop, first_fill::wait_filled, percentile_ms, process, sale_commit::sale};

/// Tills of one shop.
const SHOP: usize = 5;
/// Bars in milliseconds: tills, median, 99th percentile. The smallest crowd has to meet the bar of
/// the middle one.
const BARS_MS: [(usize, f64, f64); 2] = [(100, 50.0, 200.0), (usize::MAX, 80.0, 250.0)];
/// A till that nobody pokes asks every half minute: all must be back by the second time.
const BACK_SECONDS_MAX: f64 = 60.0;
const ARRIVAL_MAX: Duration = Duration::from_secs(60);

/// The first till of a shop sells, the others listen.
struct Team {
    seller: Till,
    /// Sales made so far; each makes a draft of its own.
    sold: usize,
    hits: Vec<ProductHit>,
    others: Vec<(Till, Receiver<Changed>)>,
}

pub(super) async fn figures(shop: &mut Shop) -> Result<Vec<Figure>> {
    let mut teams: Vec<Team> = Vec::new();
    let mut figures = Vec::new();
    for count in shop.size.connected {
        while teams.len() * SHOP < count {
            let number = u32::try_from(teams.len())?;
            teams.push(Team::open(shop, 1_000 + number).await?);
        }
        figures.extend(propagation(shop, &mut teams).await?);
    }
    figures.push(reconnection(shop, &mut teams).await?);
    for team in teams {
        team.seller.close().await?;
        for (till, _) in team.others {
            till.close().await?;
        }
    }
    Ok(figures)
}

impl Team {
    async fn open(shop: &Shop, store: u32) -> Result<Team> {
        let mut tills = Vec::new();
        for number in 1..=u32::try_from(SHOP)? {
            let till = Till::open(OpenOptions {
                data_dir: shop.folder.join(format!("connected-{store}-{number}")),
                clock: Clock::system(),
                secrets: SecretStore::File,
                enrol_hint: None,
                papers: None,
            })
            .await?;
            shop.enrol(&till, shop.code(store, number)?).await?;
            wait_filled(&till, shop.size.products as u64).await?;
            tills.push(till);
        }
        let seller = tills.remove(0);
        shop.sign_in(&seller).await?;
        let search = SearchProducts {
            text: String::new(),
            category_id: None,
            offset: 0,
            limit: 200,
        };
        let hits = seller.call(search).await?.hits;
        let others = tills.into_iter().map(|till| {
            let changes = till.changes();
            (till, changes)
        });
        let others = others.collect();
        Ok(Team {
            seller,
            sold: 0,
            hits,
            others,
        })
    }

    /// One sale; returns how long after its beginning it was in each of the other files.
    async fn sell(&mut self) -> Result<Vec<Duration>> {
        for (_, changes) in &mut self.others {
            *changes = changes.resubscribe();
        }
        self.sold += 1;
        let started = Instant::now();
        self.seller.call(sale(self.sold, &self.hits)).await?;
        let arrivals = self.others.iter_mut().map(|(_, changes)| async move {
            loop {
                match changes.recv().await {
                    Ok(Changed::Documents) | Err(RecvError::Lagged(_)) => break,
                    Ok(_) => {}
                    Err(RecvError::Closed) => anyhow::bail!("a till is gone"),
                }
            }
            Ok(started.elapsed())
        });
        tokio::time::timeout(ARRIVAL_MAX, try_join_all(arrivals))
            .await
            .context("a sale did not arrive")?
    }
}

async fn propagation(shop: &Shop, teams: &mut [Team]) -> Result<Vec<Figure>> {
    let count = teams.len() * SHOP;
    // The first sale of each shop finds out whether all its tills listen.
    for team in teams.iter_mut() {
        team.sell().await?;
    }
    let pid = shop.server.pid().context("the server is down")?;
    let cpu = process::cpu_seconds(pid)?;
    let started = Instant::now();
    let mut samples = Vec::new();
    let shops = teams.len();
    for n in 0..shop.size.searches {
        samples.extend(teams[n % shops].sell().await?);
    }
    samples.sort();
    let cpu = (process::cpu_seconds(pid)? - cpu) / started.elapsed().as_secs_f64();
    let (_, p50_max, p99_max) = BARS_MS
        .into_iter()
        .find(|(tills, ..)| count <= *tills)
        .context("no bar")?;
    let trip = round_trip_ms(shop).await?;
    let (p50, p99) = (percentile_ms(&samples, 0.5), percentile_ms(&samples, 0.99));
    let conditions = format!(
        "{count} whole tills in shops of {SHOP} on the same machine, {} sales one after another; \
         server: {cpu:.2} cores, {:.0} MiB",
        shop.size.searches,
        process::resident_mib(pid)?
    );
    let name = |part: &str| -> &'static str { format!("till_to_till_{count}{part}").leak() };
    Ok(vec![
        Figure {
            name: name(""),
            what: "from Pay at one till to the file of another, p50".into(),
            value: p50,
            unit: "ms",
            raw: trip,
            raw_what: "one request without work over loopback, p50",
            ratio: p50 / trip,
            bar: p50_max,
            holds: p50 <= p50_max,
            conditions: conditions.clone(),
        },
        Figure {
            name: name("_p99"),
            what: "the same, p99".into(),
            value: p99,
            unit: "ms",
            raw: p50,
            raw_what: "the p50",
            ratio: p99 / p50,
            bar: p99_max,
            holds: p99 <= p99_max,
            conditions,
        },
    ])
}

/// The server is killed and started again; every till finds its way back by itself.
async fn reconnection(shop: &mut Shop, teams: &mut [Team]) -> Result<Figure> {
    shop.server.kill()?;
    let down_ms = Clock::system().now_ms();
    let starting = Instant::now();
    shop.server.start_again()?;
    let start = starting.elapsed();
    let started = Instant::now();
    let pid = shop.server.pid().context("the server is down")?;
    let tills = teams.iter().flat_map(|team| {
        std::iter::once(&team.seller).chain(team.others.iter().map(|(till, _)| till))
    });
    let backs = try_join_all(tills.map(|till| async move {
        let mut changes = till.changes();
        loop {
            let status = till.call(GetSyncStatus {}).await?;
            if status.is_connected && status.last_contact_ms.is_some_and(|ms| ms > down_ms) {
                return anyhow::Ok(started.elapsed());
            }
            ensure!(started.elapsed() < 4 * ARRIVAL_MAX, "a till stays away");
            // The reason for waking does not matter: the status is asked for again.
            let _ = tokio::time::timeout(Duration::from_millis(500), changes.recv()).await;
        }
    }));
    let mut backs = backs.await?;
    backs.sort();
    let last = percentile_ms(&backs, 1.0) / 1_000.0;
    let median = percentile_ms(&backs, 0.5) / 1_000.0;
    for team in teams.iter_mut() {
        team.sell().await?;
    }
    Ok(Figure {
        name: "reconnect",
        what: "the server killed and started: until the last till is back".into(),
        value: last,
        unit: "s",
        raw: start.as_secs_f64(),
        raw_what: "the server's own start, its PostgreSQL running",
        ratio: last / start.as_secs_f64(),
        bar: BACK_SECONDS_MAX,
        holds: last <= BACK_SECONDS_MAX,
        conditions: format!(
            "{} whole tills, half of them back after {median:.1} s; server: {:.1} s of CPU, {:.0} MiB",
            backs.len(),
            process::cpu_seconds(pid)?,
            process::resident_mib(pid)?
        ),
    })
}

/// The median of requests that do nothing.
async fn round_trip_ms(shop: &Shop) -> Result<f64> {
    let http = reqwest::Client::new();
    let path = format!("{}/health/live", shop.server.ready.address);
    let mut samples = Vec::new();
    for _ in 0..200 {
        let started = Instant::now();
        http.get(&path).send().await?.error_for_status()?;
        samples.push(started.elapsed());
    }
    samples.sort();
    Ok(percentile_ms(&samples, 0.5))
}
