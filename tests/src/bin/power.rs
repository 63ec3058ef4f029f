//! Power loss at every step of a till's work, seed after seed, for as long as wished.

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use clap::Parser;
use serde_json::json;
use tests::fault::power::{Luck, Power, Powerless, is_possible, run};

/// Cuts the power after every call of the system that a till makes, and looks at what is left.
#[derive(Debug, Parser)]
#[command(name = "power")]
struct Args {
    /// The till's program.
    #[arg(long, default_value = "till-headless")]
    till: String,
    /// The till loses answers on purpose: fail unless that is seen.
    #[arg(long)]
    must_lose: bool,
    /// What is done at the till in each shop.
    #[arg(long, default_value_t = 60)]
    acts: u32,
    /// Looks at one cut in so many; those right after an answer always.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    cut_every: u64,
    /// Shops, each with a seed of its own.
    #[arg(long, default_value_t = 1)]
    shops: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Begins no further shop after so many minutes.
    #[arg(long)]
    minutes: Option<u64>,
    /// Also write the report here.
    #[arg(long)]
    json: Option<PathBuf>,
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    if !is_possible() {
        let why = "strace may not watch programs here";
        if args.must_lose {
            // What nothing looks at need not be proven to be seen.
            println!("{why}: left out");
            return Ok(ExitCode::SUCCESS);
        }
        bail!(why);
    }
    let (started, mut shops) = (Instant::now(), Vec::new());
    for seed in args.seed..args.seed.saturating_add(args.shops) {
        let limit = args
            .minutes
            .map(|minutes| Duration::from_secs(60 * minutes));
        if limit.is_some_and(|limit| started.elapsed() >= limit) {
            break;
        }
        let power = Power {
            program: args.till.clone(),
            acts: args.acts,
            seed,
            cut_every: args.cut_every,
            lucks: Luck::ALL.len() - 1,
        };
        let found = run(&power, |calls| eprint!("\rseed {seed}: {calls} calls "))?;
        let (lost, broken) = (found.lost.len(), found.broken.len());
        eprintln!(
            "\rseed {seed}: {} cuts, {lost} lost, {broken} broken",
            found.cuts
        );
        shops.push(found);
    }
    let sum = |of: fn(&Powerless) -> u64| -> u64 { shops.iter().map(of).sum() };
    let lost: u64 = sum(|shop| shop.lost.len() as u64);
    let broken: u64 = sum(|shop| shop.broken.len() as u64);
    let report = json!({
        "till": args.till,
        "shops": shops.len(),
        "answers": sum(|shop| shop.answers),
        "cuts": sum(|shop| shop.cuts),
        "images": sum(|shop| shop.images.values().sum()),
        "lost": lost,
        "broken": broken,
        "failed": shops.iter().filter(|shop| shop.lost.len() + shop.broken.len() > 0)
            .map(|shop| shop.seed).collect::<Vec<_>>(),
        "first": shops.iter().flat_map(|shop| shop.broken.iter().chain(&shop.lost)).next(),
        "seconds": started.elapsed().as_secs_f64(),
    });
    println!("{report:#}");
    if let Some(path) = args.json {
        std::fs::write(path, format!("{report:#}\n"))?;
    }
    Ok(if (lost > 0) == args.must_lose && broken == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
