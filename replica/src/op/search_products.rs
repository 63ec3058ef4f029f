//! Searches the catalogue as one types.

use domain::{
    contract::ipc::{ProductPage, SearchProducts},
    limit::SEARCH_RESULTS_MAX,
};
use sqlx::SqliteConnection;

use crate::{
    error::Error,
    search::{ProductQuery, RANKED_MAX, rank},
    store::{self, catalog::Searched},
    till::Shared,
};

pub(crate) async fn search_products(
    till: &Shared,
    command: SearchProducts,
) -> Result<ProductPage, Error> {
    till.identity()?;
    let limit = command.limit.min(SEARCH_RESULTS_MAX);
    let mut connection = till.db.reader().await?;
    let nothing = ProductPage {
        hits: Vec::new(),
        more: false,
    };
    let words = match ProductQuery::of(&command.text) {
        ProductQuery::Nothing => return Ok(nothing),
        ProductQuery::All => {
            let everything = Searched {
                expression: None,
                category_id: command.category_id,
            };
            return page(&mut connection, everything, command.offset, limit).await;
        }
        ProductQuery::Words(words) => words,
    };
    let Some(expression) = store::catalog::expression(&mut connection, &words).await? else {
        return Ok(nothing);
    };
    let searched = Searched {
        expression: Some(&expression),
        category_id: command.category_id,
    };
    if command.offset >= RANKED_MAX {
        return page(&mut connection, searched, command.offset, limit).await;
    }
    // The ranked hits, of which the page shows a part; what it has room for beyond them follows.
    let mut ranked = store::catalog::candidates(&mut connection, searched, RANKED_MAX + 1).await?;
    let lies_beyond = ranked.len() > index(RANKED_MAX);
    ranked.truncate(index(RANKED_MAX));
    rank(&mut ranked, &words);
    let places: Vec<i64> = ranked
        .iter()
        .skip(index(command.offset))
        .map(|candidate| candidate.n)
        .collect();
    let shown = &places[..places.len().min(index(limit))];
    let mut hits = store::catalog::at_places(&mut connection, shown).await?;
    let mut more = lies_beyond || places.len() > shown.len();
    let room = limit - u32::try_from(shown.len()).unwrap_or(limit);
    if lies_beyond && room > 0 {
        let rest = page(&mut connection, searched, RANKED_MAX, room).await?;
        hits.extend(rest.hits);
        more = rest.more;
    }
    Ok(ProductPage { hits, more })
}

/// A page as the file has it.
async fn page(
    connection: &mut SqliteConnection,
    searched: Searched<'_>,
    offset: u32,
    limit: u32,
) -> Result<ProductPage, Error> {
    // One more than asked for tells whether more follow.
    let mut hits = store::catalog::search(connection, searched, offset, limit + 1).await?;
    let more = hits.len() > index(limit);
    hits.truncate(index(limit));
    Ok(ProductPage { hits, more })
}

fn index(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
