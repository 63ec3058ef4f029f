//! Search as one types: every prefix of words of real names, one word and two.

use std::time::Instant;

use anyhow::{Result, ensure};
use domain::contract::ipc::SearchProducts;
use replica::Till;

use super::{Figure, Shop, catalogue, percentile_ms};

/// 99 % of searches must be answered within this, in milliseconds.
const P99_MS_MAX: f64 = 5.0;

pub(super) async fn figure(shop: &Shop, till: &Till) -> Result<Figure> {
    let texts = texts(shop.size.searches)?;
    let mut samples = Vec::with_capacity(texts.len());
    let mut hits = 0;
    for text in texts {
        let search = SearchProducts {
            text,
            category_id: None,
            offset: 0,
            limit: 50,
        };
        let started = Instant::now();
        let page = till.call(search).await?;
        samples.push(started.elapsed());
        hits += page.hits.len();
    }
    ensure!(hits > samples.len(), "the searches found next to nothing");
    samples.sort();
    let value = percentile_ms(&samples, 0.99);
    let median = percentile_ms(&samples, 0.5);
    Ok(Figure {
        name: "search",
        what: "search as you type, p99".into(),
        value,
        unit: "ms",
        raw: median,
        raw_what: "median of the same searches",
        ratio: value / median,
        bar: P99_MS_MAX,
        holds: value <= P99_MS_MAX,
        conditions: format!(
            "{} products, {} searches, one or two prefixes of words of names, 50 results",
            shop.size.products,
            samples.len()
        ),
    })
}

/// Beginnings of words, one letter to whole, every third with a second word.
fn texts(count: usize) -> Result<Vec<String>> {
    let demo = catalogue::demo_products()?;
    let texts = (0..count).map(|n| {
        let words: Vec<&str> = demo[n * 7 % demo.len()][1]
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        let part = |at: usize, length: usize| -> String {
            words
                .get(at % words.len().max(1))
                .map_or(String::new(), |word| word.chars().take(length).collect())
        };
        let first = part(n, 1 + n % 6);
        if n % 3 == 0 {
            format!("{first} {}", part(n + 1, 2 + n % 4))
        } else {
            first
        }
    });
    Ok(texts.collect())
}
