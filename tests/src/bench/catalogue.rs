//! A catalogue of any size by variation of the demo shop's real one: colours and revisions of the
//! products that are there.

use std::{fmt::Write, path::Path};

use anyhow::{Context, Result};

const DEMO: &str = include_str!("../../../sync-server/demo/products.csv");
const COLOURS: [&str; 8] = [
    "Black", "White", "Silver", "Blue", "Red", "Green", "Gold", "Grey",
];

/// The demo shop's products: SKU, name, brand, model, category and price.
pub(super) fn demo_products() -> Result<Vec<[String; 6]>> {
    let mut reader = csv::Reader::from_reader(DEMO.as_bytes());
    let header = reader.headers()?.clone();
    let place = |name: &str| {
        header
            .iter()
            .position(|column| column == name)
            .context("no column")
    };
    let columns = [
        place("sku")?,
        place("name")?,
        place("brand")?,
        place("model")?,
        place("category")?,
        place("price")?,
    ];
    reader
        .records()
        .map(|record| {
            let record = record?;
            Ok(columns.map(|column| record.get(column).unwrap_or_default().to_owned()))
        })
        .collect()
}

/// Writes that many products for the server's import.
pub(super) fn write(path: &Path, count: usize) -> Result<()> {
    let demo = demo_products()?;
    let mut text = String::from("sku,name,brand,model,category,price,tax_class\n");
    for n in 0..count {
        let [sku, name, brand, model, category, price] = &demo[n % demo.len()];
        let round = n / demo.len();
        let sku = sku_of(sku, round);
        let name = if round == 0 {
            name.clone()
        } else {
            let colour = COLOURS[round % COLOURS.len()];
            format!("{name} {colour} {round}")
        };
        let fields = [
            &sku,
            &name,
            brand,
            model,
            category,
            price,
            &"standard".to_owned(),
        ];
        let quoted = fields.map(|field| format!("\"{}\"", field.replace('"', "\"\"")));
        writeln!(text, "{}", quoted.join(","))?;
    }
    std::fs::write(path, text)?;
    Ok(())
}

/// The SKUs of that many products.
pub(super) fn skus(count: usize) -> Result<Vec<String>> {
    let demo = demo_products()?;
    let sku = |n: usize| sku_of(&demo[n % demo.len()][0], n / demo.len());
    Ok((0..count).map(sku).collect())
}

/// A product's SKU in one of the rounds through the demo shop's catalogue.
fn sku_of(sku: &str, round: usize) -> String {
    match round {
        0 => sku.to_owned(),
        _ => format!("{sku}-{round}"),
    }
}
