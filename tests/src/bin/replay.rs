//! The main job on real input, headless: real tills, the real server, real invoices; at the end
//! every figure is read back by SQL and both sides must agree.

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use tests::{
    replay::{self, Plan},
    site::Servers,
};

/// Replays invoices through tills, server and PostgreSQL, and reconciles both sides.
#[derive(Debug, Parser)]
#[command(name = "replay")]
struct Args {
    /// CSV or CSV.gz: InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country.
    #[arg(long)]
    sales: PathBuf,
    /// How many tills; from three on there are two stores.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=64))]
    tills: u32,
    /// Each till works without network for stretches of its invoices.
    #[arg(long)]
    offline: bool,
    /// Tills and server are killed with SIGKILL in the middle of work, twice each.
    #[arg(long)]
    kill: bool,
    /// Leave PostgreSQL and the files in place and print its address.
    #[arg(long)]
    keep: bool,
    /// Also write the report here.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Where the tills' and the server's data go; a temporary folder if not given.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Where bad rows are listed; beside the data if not given.
    #[arg(long)]
    errors: Option<PathBuf>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let report = replay::run(&Plan {
        sales: args.sales,
        tills: args.tills,
        offline: args.offline,
        kill: args.kill,
        keep: args.keep,
        data: args.data,
        errors: args.errors,
        servers: Servers::One,
    })?;
    let text = serde_json::to_string_pretty(&report)?;
    println!("{text}");
    if let Some(path) = args.json {
        std::fs::write(path, text)?;
    }
    if report["equal"] != true {
        std::process::exit(1);
    }
    Ok(())
}
