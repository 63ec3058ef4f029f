//! Long runs of process faults: the loop of power cuts for as many rounds as wished, seed after
//! seed, each in a new shop; every round printed with the seed that repeats its choices.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use serde_json::json;
use tests::fault::kills::{Killed, Kills, run};

/// Kills tills and server while they work, and compares the books with what people saw.
#[derive(Debug, Parser)]
#[command(name = "kills")]
struct Args {
    /// SIGKILLs in all.
    #[arg(long, default_value_t = 1_000)]
    rounds: u32,
    /// SIGKILLs in each shop, before its books are compared.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    per_shop: u32,
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=16))]
    tills: u32,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Also write the report here.
    #[arg(long)]
    json: Option<PathBuf>,
}

fn main() -> Result<()> {
    let Args {
        rounds,
        per_shop,
        tills,
        seed,
        json,
    } = Args::parse();
    let mut shops: Vec<Killed> = Vec::new();
    let mut left = rounds;
    let mut seed = seed;
    while left > 0 {
        let kills = Kills {
            rounds: left.min(per_shop),
            server_every: 3,
            tills,
            seed,
        };
        let killed =
            run(kills, |done| eprint!("\rseed {seed}: {done} kills ")).with_context(|| {
                format!(
                    "kills --rounds {} --tills {tills} --seed {seed}",
                    kills.rounds
                )
            })?;
        eprintln!("\rseed {seed}: {}", json!(killed));
        shops.push(killed);
        left -= kills.rounds;
        seed += 1;
    }
    let sum = |of: fn(&Killed) -> u64| -> u64 { shops.iter().map(of).sum() };
    let report = json!({
        "rounds": rounds,
        "till_kills": sum(|shop| shop.till_kills.into()),
        "server_kills": sum(|shop| shop.server_kills.into()),
        "documents": sum(|shop| shop.books.documents),
        "repair_events": sum(|shop| shop.books.repair_events),
        "shops": shops,
    });
    let text = serde_json::to_string_pretty(&report)?;
    println!("{text}");
    if let Some(path) = json {
        std::fs::write(path, text)?;
    }
    Ok(())
}
