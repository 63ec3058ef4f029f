//! What waits at this store to be taken up again, and what two tills took up today.

use domain::{
    contract::ipc::{ListParked, ParkedSummary},
    limit::SEARCH_RESULTS_MAX,
    replication::log::{LogKind, LogState},
    sale::{ParkedSale, parked::ParkedSaleState},
};

use super::parked_view::summary;
use crate::{error::Error, store, till::Shared};

/// More than any counter has waiting; the older ones follow as the newer ones go.
const LISTED_MAX: usize = 200;

pub(crate) async fn list_parked(till: &Shared, _: ListParked) -> Result<Vec<ParkedSummary>, Error> {
    till.signed_in()?;
    let identity = till.identity()?;
    let mut connection = till.db.reader().await?;
    let now_ms = till.clock.now_ms();
    let today = identity.day(now_ms).date;
    let store_id = Some(identity.enrolment.store.store_id);
    let kind = LogKind::ParkedSale;
    let found = store::log::open_and_latest(&mut connection, kind, store_id, SEARCH_RESULTS_MAX);
    let found = found.await?;
    let is_listed = |parked: &ParkedSale| {
        let is_today = || identity.day(parked.touched_ms()).date == today;
        parked.state() == ParkedSaleState::Parked || parked.was_resumed_twice() && is_today()
    };
    let parked = found.into_iter().filter_map(LogState::into_parked);
    let shown = parked.filter(is_listed).take(LISTED_MAX);
    let mut listed = Vec::new();
    for parked in shown.collect::<Vec<ParkedSale>>() {
        listed.push(summary(&mut connection, &identity, &parked, now_ms).await?);
    }
    Ok(listed)
}
