//! `simulate`: runs the whole system from seeds and prints what failed, with the command that fails
//! again.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode, time::Instant};

use anyhow::{Context, Result};
use clap::Parser;
use domain::id::OpId;
use serde_json::json;
use sync_server::embedded::TemporaryCluster;
use tests::{
    simulate::{Broken, Outcome, Stage, Watch, run_seed},
    soak::fault::FAULTS,
};

/// Simulates tills, network, power and server from seeds.
#[derive(Debug, Parser)]
struct Options {
    /// Which seeds: `7`, `A..B` without B, or several of these parted by commas.
    #[arg(long, default_value = "0..50")]
    seeds: String,
    /// Ends after so many minutes, with what was done by then.
    #[arg(long)]
    minutes: Option<u64>,
    /// Breaks one rule of the protocol; the run must fail then.
    #[arg(long)]
    mutation: Option<String>,
    /// Proves that the oracle sees every broken rule.
    #[arg(long)]
    mutations: bool,
    /// Writes the report as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Says after which steps an operation was at other places than before.
    #[arg(long, value_name = "OP_ID")]
    watch: Option<uuid::Uuid>,
    /// Where tills' files and databases lie; memory by default, if there is enough.
    #[arg(long)]
    folder: Option<PathBuf>,
}

fn main() -> Result<ExitCode> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("SIMULATE_LOG")
                .unwrap_or_else(|_| "off".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(options))
}

/// Memory where the system offers enough of it as a folder, else its folder for temporary files.
fn default_folder() -> PathBuf {
    const MEMORY: &str = "/dev/shm";
    const BYTES_MIN: u64 = 4 << 30;
    let has_room = rustix::fs::statvfs(MEMORY)
        .is_ok_and(|memory| memory.f_bavail.saturating_mul(memory.f_frsize) >= BYTES_MIN);
    if has_room {
        PathBuf::from(MEMORY)
    } else {
        PathBuf::from("/tmp")
    }
}

async fn run(options: Options) -> Result<ExitCode> {
    let base = options.folder.clone().unwrap_or_else(default_folder);
    let cluster = TemporaryCluster::start_in(&base).await?;
    let name = format!("techstore-simulate-{}", std::process::id());
    let folder = base.join(name);
    std::fs::create_dir_all(&folder)?;
    let mut stage = Stage::set(&cluster, folder.clone()).await?;
    if let Some(op_id) = options.watch {
        stage.watch = Watch::of(OpId(op_id));
    }
    let seeds = seeds(&options.seeds)?;
    let good = if options.mutations {
        prove_oracle(&mut stage, seeds).await
    } else {
        let mutation = options.mutation.as_deref().map(mutation).transpose()?;
        simulate(&mut stage, seeds, mutation, &options).await?
    };
    std::fs::remove_dir_all(&folder).ok();
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Seeds and ranges of them, parted by commas.
fn seeds(text: &str) -> Result<Vec<u64>> {
    let mut all = Vec::new();
    for part in text.split(',') {
        match part.split_once("..") {
            Some((first, end)) => all.extend(first.parse::<u64>()?..end.parse()?),
            None => all.push(part.parse().context("a seed is a number")?),
        }
    }
    Ok(all)
}

fn mutation(name: &str) -> Result<Broken> {
    Broken::all()
        .into_iter()
        .find(|broken| broken.name().eq_ignore_ascii_case(name))
        .with_context(|| format!("no such mutation; there are {:?}", Broken::all()))
}

async fn simulate(
    stage: &mut Stage,
    seeds: Vec<u64>,
    mutation: Option<Broken>,
    options: &Options,
) -> Result<bool> {
    let started = Instant::now();
    let mut all = Outcome::default();
    let mut in_seeds: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut done, mut failed) = (0_u64, Vec::new());
    for seed in seeds {
        let minutes = started.elapsed().as_secs() / 60;
        if options.minutes.is_some_and(|limit| minutes >= limit) {
            break;
        }
        let outcome = run_seed(stage, seed, mutation).await;
        done += 1;
        all.operations += outcome.operations;
        all.steps += outcome.steps;
        for (fault, count) in outcome.counts {
            *all.counts.entry(fault).or_default() += count;
            *in_seeds.entry(fault).or_default() += 1;
        }
        if let Some(failure) = outcome.failure {
            println!(
                "seed {seed}: {}",
                failure.chars().take(600).collect::<String>()
            );
            println!("  again: cargo xtask simulate --seeds {seed}");
            failed.push(seed);
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    let rare = rare(done, &in_seeds);
    let report = json!({
        "seeds": done, "failed": failed, "steps": all.steps, "operations": all.operations,
        "faults": all.counts, "seeds_with_fault": in_seeds, "rare": rare, "seconds": seconds,
    });
    println!("{report:#}");
    if let Some(path) = &options.json {
        std::fs::write(path, format!("{report:#}\n"))?;
    }
    Ok(failed.is_empty() && rare.is_empty())
}

/// Faults that hardly happened: a run that proves nothing about them. Too few seeds tell nothing.
fn rare(seeds: u64, in_seeds: &BTreeMap<&str, u64>) -> Vec<&'static str> {
    const SEEDS_MIN: u64 = 200;
    let is_rare = |fault: &&str| in_seeds.get(*fault).copied().unwrap_or(0) * 100 < seeds;
    let faults = FAULTS.into_iter().filter(|_| seeds >= SEEDS_MIN);
    faults.filter(is_rare).collect()
}

/// Each broken rule must make some seed fail.
async fn prove_oracle(stage: &mut Stage, seeds: Vec<u64>) -> bool {
    let mut all_seen = true;
    for mutation in Broken::all() {
        let mut seen = None;
        for &seed in &seeds {
            if let Some(failure) = run_seed(stage, seed, Some(mutation)).await.failure {
                seen = Some((seed, failure));
                break;
            }
        }
        match seen {
            Some((seed, failure)) => {
                let short: String = failure.chars().take(120).collect();
                println!("{}: seen at seed {seed}: {short}", mutation.name());
            }
            None => {
                println!("{}: NOT SEEN in seeds {seeds:?}", mutation.name());
                all_seen = false;
            }
        }
    }
    all_seen
}
