//! The report of a replay: both sides read back by SQL, and whether they agree.

use std::{collections::BTreeMap, path::Path, str::FromStr};

use anyhow::Result;
use serde_json::{Value, json};
use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};

use super::Place;
use crate::{
    figures::{self, TillFigures, Totals},
    invoice::BadRow,
};

/// Both sides.
pub(super) struct Outcome {
    tills: Vec<TillFigures>,
    totals: Totals,
    server: Totals,
    /// Replicated tables in which two tills differ.
    differing: BTreeMap<String, Vec<&'static str>>,
}

pub(super) async fn connect(url: &str) -> Result<PgConnection> {
    Ok(PgConnectOptions::from_str(url)?.connect().await?)
}

/// Reads every file and the database.
pub(super) async fn reconcile(places: &[Place], url: &str) -> Result<Outcome> {
    let mut tills = Vec::with_capacity(places.len());
    let mut totals = Totals::default();
    for place in places {
        let till = figures::of_till(&place.data, place.till, place.store).await?;
        totals.add(&till.totals);
        tills.push(till);
    }
    let mut differing = BTreeMap::new();
    for (index, one) in tills.iter().enumerate() {
        for other in &tills[index + 1..] {
            let tables = figures::differing_tables(one, other);
            if !tables.is_empty() {
                differing.insert(format!("till {} and till {}", one.till, other.till), tables);
            }
        }
    }
    let server = figures::of_server(&mut connect(url).await?).await?;
    Ok(Outcome {
        tills,
        totals,
        server,
        differing,
    })
}

/// The JSON that the program prints.
pub(super) fn render(outcome: &Outcome, bad_rows: usize, seconds: f64, url: &str) -> Value {
    let sound = outcome
        .tills
        .iter()
        .all(|till| till.dense && till.chain_verified && till.pending == 0);
    let equal = sound && outcome.differing.is_empty() && outcome.totals == outcome.server;
    let documents = outcome.totals.sales + outcome.totals.refunds;
    json!({
        "tills": { "totals": outcome.totals, "each": outcome.tills },
        "server": { "totals": outcome.server },
        "equal": equal,
        "differing_tables": outcome.differing,
        "bad_rows": bad_rows,
        "seconds": seconds,
        "documents_per_second": documents as f64 / seconds,
        "database_url": url,
    })
}

/// The error file: line, reason and text of every bad row.
pub(super) fn write_bad_rows(path: &Path, rows: &[BadRow]) -> Result<()> {
    let mut text = String::from("line,reason,text\n");
    for row in rows {
        text += &format!(
            "{},{},{}\n",
            row.line,
            quoted(&row.reason),
            quoted(&row.text)
        );
    }
    std::fs::write(path, text)?;
    Ok(())
}

/// The catalogue of the replay, for the server's import. A product that nobody described is named
/// by its code.
pub(super) fn write_products(path: &Path, products: &[(String, String)]) -> Result<()> {
    let mut text = String::from("sku,name,price,tax_class\n");
    for (sku, name) in products {
        let name = if name.is_empty() { sku } else { name };
        text += &format!("{},{},0,standard\n", quoted(sku), quoted(name));
    }
    std::fs::write(path, text)?;
    Ok(())
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
