//! How the drawer stands, and what is needed to count it.

use domain::{
    contract::ipc::{Drawer, GetShift},
    replication::log::{LogKind, LogState},
    sale::TenderCode,
    shift::denominations,
};

use super::shift_report::{open_shift, report};
use crate::{error::Error, store, till::Shared};

/// Shifts among which the last one of this till is looked for.
const LATEST: u32 = 100;

pub(crate) async fn get_shift(till: &Shared, _: GetShift) -> Result<Drawer, Error> {
    let person = till.signed_in()?;
    let identity = till.identity()?;
    let mut connection = till.db.reader().await?;
    let now_ms = till.clock.now_ms();
    let open = open_shift(&mut connection, &identity).await?;
    let shift = match open {
        Some((shift, _)) => Some(report(&mut connection, &identity, &person, shift, now_ms).await?),
        None => None,
    };
    let float_left_minor = if shift.is_some() {
        None
    } else {
        let store_id = Some(identity.enrolment.store.store_id);
        let latest = store::log::latest(&mut connection, LogKind::Shift, store_id, LATEST).await?;
        let shifts = latest.into_iter().filter_map(LogState::into_shift);
        let mut own = shifts.filter(|shift| shift.device_id == identity.device_id());
        own.find_map(|shift| Some(shift.closed?.closing.float_left_minor))
    };
    let place = &identity.place;
    let counted = |tender: &&domain::sale::Tender| tender.is_counted && tender.active;
    Ok(Drawer {
        shift,
        is_required: place.organization.settings.shift_required,
        denominations: denominations(&place.organization.currency),
        countable: (place.tenders.iter())
            .filter(counted)
            .filter(|tender| tender.code != TenderCode::CASH)
            .cloned()
            .collect(),
        float_left_minor,
    })
}
