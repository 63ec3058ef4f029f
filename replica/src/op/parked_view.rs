//! A parked sale with the names around it, as a list shows it.

use domain::{
    contract::ipc::{ParkedEndView, ParkedSummary},
    sale::{ParkedSale, parked::ParkedEnd},
};
use sqlx::SqliteConnection;

use super::shift_report::till_number;
use crate::{error::Error, identity::Identity, store};

pub(super) async fn summary(
    connection: &mut SqliteConnection,
    identity: &Identity,
    parked: &ParkedSale,
    now_ms: i64,
) -> Result<ParkedSummary, Error> {
    let cart = &parked.cart;
    let customer = match cart.customer_id {
        Some(customer_id) => store::customer::one_shown(connection, customer_id).await?,
        None => None,
    };
    let mut ends = Vec::new();
    for end in parked.ended.iter().chain(&parked.rejected) {
        ends.push(end_view(connection, identity, end).await?);
    }
    let store_id = identity.enrolment.store.store_id;
    Ok(ParkedSummary {
        parked_id: parked.parked_id,
        state: parked.state(),
        business_date: cart.business_date.clone(),
        utc_offset_min: cart.utc_offset_min,
        parked_ms: parked.by.wall_ms,
        is_old: cart.business_date < identity.day(now_ms).date,
        parked_by: store::staff::name(connection, parked.by.staff_id).await?,
        till_number: till_number(connection, identity, parked.device_id).await?,
        customer_name: customer.map(|customer| customer.name).unwrap_or_default(),
        note: cart.note.clone(),
        first_line: (cart.lines.first()).map_or_else(String::new, |line| line.name.clone()),
        lines: u32::try_from(cart.lines.len()).unwrap_or(u32::MAX),
        total_minor: cart.total_minor,
        is_pending: store::parked::is_pending(connection, store_id, parked.parked_id).await?,
        ends,
    })
}

async fn end_view(
    connection: &mut SqliteConnection,
    identity: &Identity,
    end: &ParkedEnd,
) -> Result<ParkedEndView, Error> {
    Ok(ParkedEndView {
        ending: end.ending.clone(),
        staff_name: store::staff::name(connection, end.by.staff_id).await?,
        till_number: till_number(connection, identity, end.device_id).await?,
        wall_ms: end.by.wall_ms,
    })
}
