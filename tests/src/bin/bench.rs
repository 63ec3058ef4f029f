//! Measures the published figures and says which hold.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Parser;
use tests::bench::{NAMES, Size, measure};

/// Measures the product beside the physical limits of the machine.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Args {
    /// Only the figure of this name.
    #[arg(long)]
    only: Option<String>,
    /// A small size, for a look on the way.
    #[arg(long)]
    quick: bool,
    /// Also write the figures here.
    #[arg(long)]
    json: Option<PathBuf>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let names: Vec<&str> = match &args.only {
        None => NAMES.to_vec(),
        Some(name) if NAMES.contains(&name.as_str()) => vec![name],
        Some(name) => bail!("no figure is called {name}: {}", NAMES.join(", ")),
    };
    let size = if args.quick { Size::QUICK } else { Size::FULL };
    if rustls::crypto::ring::default_provider()
        .install_default()
        .is_err()
    {
        bail!("another TLS provider is installed");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let figures = runtime.block_on(measure(&names, size))?;
    for figure in &figures {
        let verdict = if figure.holds { "holds" } else { "misses" };
        println!(
            "{:<16} {:>12.2} {:<7} {:<62} {:>12.2} raw  ratio {:>6.2}  bar {:>8.2}  {verdict}",
            figure.name,
            figure.value,
            figure.unit,
            figure.what,
            figure.raw,
            figure.ratio,
            figure.bar
        );
        println!("{:<16} {}; raw: {}", "", figure.conditions, figure.raw_what);
    }
    if let Some(path) = args.json {
        std::fs::write(path, serde_json::to_string_pretty(&figures)?)?;
    }
    Ok(())
}
