//! Power cuts in a loop: tills are killed in the middle of what they are asked and while they are
//! filled anew, the server in the middle of whatever it does, again and again, while work goes on.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use sqlx::{Connection, PgConnection};

use super::{
    books::{self, Books},
    chance::Chance,
    clerk::Clerk,
    shop::Shop,
};
use crate::{server::Server, wait};

/// How much is broken.
#[derive(Debug, Clone, Copy)]
pub struct Kills {
    /// SIGKILLs in all.
    pub rounds: u32,
    /// One in so many hits the server.
    pub server_every: u32,
    pub tills: u32,
    pub seed: u64,
}

/// What happened.
#[derive(Debug, Clone, Copy, Default, serde::Serialize)]
pub struct Killed {
    pub till_kills: u32,
    pub server_kills: u32,
    pub seed: u64,
    #[serde(flatten)]
    pub books: Books,
}

/// Runs a loop of kills to its end and compares.
pub fn run(kills: Kills, progress: impl Fn(u32) + Sync) -> Result<Killed> {
    let mut shop = Shop::open()?;
    let address = shop.server.ready.address.clone();
    let mut clerks: Vec<Clerk> = Vec::new();
    for till in 0..kills.tills {
        clerks.push(shop.clerk(&address, kills.seed.wrapping_add(u64::from(till)))?);
    }
    let server_kills = kills.rounds / kills.server_every.max(1);
    let till_kills = kills.rounds - server_kills;
    let done = AtomicU32::new(0);
    let is_server_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let workers: Vec<_> = clerks
            .iter_mut()
            .zip(shares(till_kills, kills.tills))
            .map(|(clerk, share)| {
                let (done, is_server_done, progress) = (&done, &is_server_done, &progress);
                scope.spawn(move || {
                    let killed = || progress(1 + done.fetch_add(1, Ordering::Relaxed));
                    work(clerk, share, is_server_done, killed)
                        .with_context(|| clerk.data.display().to_string())
                })
            })
            .collect();
        let killed = || progress(1 + done.fetch_add(1, Ordering::Relaxed));
        let killing = kill_server(&mut shop.server, server_kills, kills.seed, killed);
        // However it ended, the others must not wait for more.
        is_server_done.store(true, Ordering::Relaxed);
        for worker in workers {
            let ended = worker.join();
            ended.map_err(|_| anyhow!("a clerk's thread panicked"))??;
        }
        killing
    })?;
    let books = books::close(&mut shop, &mut clerks)?;
    Ok(Killed {
        till_kills,
        server_kills,
        seed: kills.seed,
        books,
    })
}

fn work(
    clerk: &mut Clerk,
    kills: u32,
    is_server_done: &AtomicBool,
    killed: impl Fn(),
) -> Result<()> {
    for _ in 0..kills {
        for _ in 0..3 {
            clerk.act()?;
        }
        clerk.act_through_power_cut()?;
        killed();
    }
    while !is_server_done.load(Ordering::Relaxed) {
        clerk.act()?;
    }
    Ok(())
}

fn kill_server(server: &mut Server, kills: u32, seed: u64, killed: impl Fn()) -> Result<()> {
    let mut chance = Chance::new(seed, 2);
    for round in 0..kills {
        // Any moment is as good as another: there is nothing to wait for.
        wait::pause(Duration::from_millis(50 + chance.below(400)));
        if round % 2 == 1 {
            begin_another_life(server)?;
        }
        server.kill()?;
        server.start_again()?;
        killed();
    }
    Ok(())
}

/// Makes the tills believe that the server was restored: each is filled anew into another file while
/// it sells and is killed.
fn begin_another_life(server: &Server) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut owner = PgConnection::connect(&server.ready.owner_database_url).await?;
        sqlx::query("UPDATE incarnation SET counter = counter + 1")
            .execute(&mut owner)
            .await?;
        Ok(owner.close().await?)
    })
}

/// Shares kills out to tills.
fn shares(kills: u32, tills: u32) -> impl Iterator<Item = u32> {
    (0..tills).map(move |till| kills / tills + u32::from(till < kills % tills))
}
