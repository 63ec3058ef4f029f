//! `import`: files that somebody else made, with an error file for the rows left out.

use std::{
    fs::File,
    io::{BufReader, IsTerminal},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use clap::Subcommand;

use super::{OrganizationArg, place::Place};
use crate::op::{
    import_customers::import_customers,
    import_products::{ImportReport, import_products},
    import_stock::import_stock,
};

#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// Products from CSV. Needed columns: sku, name, price. Known ones: barcode, brand, model,
    /// category (`Top > Child`), cost, tax_class, reorder_point, warranty_months, serial_kind
    /// (serial or imei, where units have numbers), stocked, active.
    Products(ImportOptions),
    /// Customers from CSV. Needed column: name. Known ones: phone, email, address, tax_id, notes,
    /// legal_name, fiscal_address, and key, by which a customer is found again (without one, by
    /// all that the row says).
    Customers(ImportOptions),
    /// Counted stock from CSV with the columns sku, store and on_hand.
    Stock(ImportOptions),
}

#[derive(Debug, clap::Args)]
pub(crate) struct ImportOptions {
    #[command(flatten)]
    organization: OrganizationArg,
    file: PathBuf,
    /// Where rows go that were not taken in; FILE.errors.csv if not given.
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// Say what was done as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn import(place: &Place, command: ImportCommand) -> Result<()> {
    let options = match &command {
        ImportCommand::Products(options)
        | ImportCommand::Customers(options)
        | ImportCommand::Stock(options) => options,
    };
    let organization_id = place.organization(&options.organization).await?;
    let file = File::open(&options.file)
        .with_context(|| format!("cannot read {}", options.file.display()))?;
    let file = BufReader::new(file);
    let (state, is_terminal) = (&place.state, std::io::stderr().is_terminal());
    let progress = |rows: u64| {
        if is_terminal {
            eprint!("\r{rows} rows");
        }
    };
    let report = match &command {
        ImportCommand::Products(_) => {
            import_products(state, organization_id, file, progress).await?
        }
        ImportCommand::Customers(_) => {
            import_customers(state, organization_id, file, progress).await?
        }
        ImportCommand::Stock(_) => import_stock(state, organization_id, file, progress).await?,
    };
    if is_terminal {
        eprintln!();
    }
    let errors = options
        .errors
        .clone()
        .unwrap_or_else(|| options.file.with_extension("errors.csv"));
    if !report.bad.is_empty() {
        write_errors(&errors, &report)?;
    }
    if options.json {
        let said = serde_json::json!({
            "created": report.created,
            "updated": report.updated,
            "bad": report.bad.len(),
        });
        println!("{said}");
    } else {
        println!("{} new, {} updated", report.created, report.updated);
        if !report.bad.is_empty() {
            println!(
                "{} rows left out, see {}",
                report.bad.len(),
                errors.display()
            );
        }
    }
    Ok(())
}

fn write_errors(path: &Path, report: &ImportReport) -> Result<()> {
    let mut file =
        csv::Writer::from_path(path).with_context(|| format!("cannot write {}", path.display()))?;
    file.write_record(["line", "reason", "text"])?;
    for bad in &report.bad {
        file.write_record([&bad.line.to_string(), &bad.reason, &bad.text])?;
    }
    file.flush()?;
    Ok(())
}
