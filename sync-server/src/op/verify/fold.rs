//! What the server made of the facts: levels are the sums of their movements, customers and repairs
//! what the same fold makes of all that was ever said of them.

use std::collections::HashMap;

use domain::{
    customer::CustomerField,
    id::RepairId,
    repair::Repair,
    replication::{
        fold::{fold_log, fold_repair},
        log::{LogPlace, LogState},
    },
    stock::Location,
};

use super::Check;
use crate::{
    database::Tx,
    store::{self, log::StoredRow, verify::RepairRow},
};

const PAGE: i64 = 500;

impl Check<'_> {
    pub(super) async fn levels(&mut self, tx: &mut Tx) -> Result<(), sqlx::Error> {
        for wrong in store::verify::wrong_levels(tx, self.organization_id).await? {
            let location = Location::from_name(&wrong.location);
            let doubted = location.is_some_and(|location| {
                let key = (wrong.store_id, location, wrong.product_id);
                self.doubted_levels.contains(&key)
            });
            if doubted {
                continue;
            }
            let row = format!("{}/{}/{}", wrong.store_id, wrong.location, wrong.product_id);
            let what = match wrong.on_hand_milli {
                Some(on_hand) => format!(
                    "it says {on_hand} thousandths, its movements add up to {}",
                    wrong.moved_milli
                ),
                None => format!(
                    "is missing, though its movements add up to {} thousandths",
                    wrong.moved_milli
                ),
            };
            self.find("stock_level", row, what);
        }
        Ok(())
    }

    pub(super) async fn customer_rows(&mut self, tx: &mut Tx) -> Result<(), sqlx::Error> {
        let rows = store::customer::all(tx, self.organization_id).await?;
        let mut found: HashMap<_, _> = rows.into_iter().map(|row| (row.customer_id, row)).collect();
        self.report.customers += found.len() as u64;
        let mut folded: Vec<_> = std::mem::take(&mut self.customers).into_values().collect();
        folded.sort_by_key(|(customer, _)| customer.customer_id);
        for (customer, _) in folded {
            let id = customer.customer_id;
            let row = found.remove(&id);
            if self.doubted_customers.contains(&id) || self.is_any_unreadable {
                continue;
            }
            let Some(row) = row else {
                self.find("customer", id, "is missing, though operations write it");
                continue;
            };
            let wrong = CustomerField::ALL
                .into_iter()
                .find(|field| row.get(*field) != customer.get(*field));
            if let Some(field) = wrong {
                let what = format!("its {} is not what was written last", field.name());
                self.find("customer", id, what);
            }
        }
        for id in found.into_keys() {
            if !self.doubted_customers.contains(&id) && !self.is_any_unreadable {
                self.find("customer", id, "no operation writes it");
            }
        }
        Ok(())
    }

    pub(super) async fn repair_rows(&mut self, tx: &mut Tx) -> Result<(), sqlx::Error> {
        let without_row = store::verify::repairs_without_row(tx, self.organization_id).await?;
        for repair_id in without_row {
            if !self.doubted_repairs.contains(&repair_id) {
                self.find("repair", repair_id, "is missing, though it has events");
            }
        }
        let mut after = uuid::Uuid::nil();
        loop {
            let page = store::verify::repairs(tx, self.organization_id, after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.repair_id.0;
            let ids: Vec<RepairId> = page.iter().map(|row| row.repair_id).collect();
            let mut events: HashMap<RepairId, Vec<_>> = HashMap::new();
            for event in store::repair::events(tx, self.organization_id, &ids).await? {
                events.entry(event.1.repair_id).or_default().push(event);
            }
            for row in page {
                self.report.repairs += 1;
                let events = events.remove(&row.repair_id).unwrap_or_default();
                let folded = fold_repair(&events);
                if !self.doubted_repairs.contains(&row.repair_id) && !is_same(&row, folded.as_ref())
                {
                    let what = "it is not what its events make of it";
                    self.find("repair", row.repair_id, what);
                }
            }
        }
    }

    /// Logs of every kind, as the same fold makes them of their events.
    pub(super) async fn log_rows(&mut self, tx: &mut Tx) -> Result<(), sqlx::Error> {
        for (kind, key) in store::log::without_row(tx, self.organization_id).await? {
            if !self
                .doubted_logs
                .iter()
                .any(|place| place.key.as_str() == key)
            {
                let row = format!("{kind} {key}");
                self.find("log_row", row, "is missing, though it has events");
            }
        }
        let mut after: Option<LogPlace> = None;
        loop {
            let page = store::log::stored(tx, self.organization_id, after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.place.clone());
            let places: Vec<LogPlace> = page.iter().map(|row| row.place.clone()).collect();
            let mut events: HashMap<LogPlace, Vec<_>> = HashMap::new();
            for event in store::log::events(tx, self.organization_id, &places).await? {
                events.entry(event.1.place()).or_default().push(event);
            }
            for row in page {
                self.report.logs += 1;
                let folded = fold_log(&events.remove(&row.place).unwrap_or_default());
                if !self.doubted_logs.contains(&row.place) && !is_same_log(&row, folded.as_ref()) {
                    self.find(
                        "log_row",
                        &row.place,
                        "it is not what its events make of it",
                    );
                }
            }
        }
    }
}

fn is_same_log(row: &StoredRow, folded: Option<&LogState>) -> bool {
    let Some(folded) = folded else {
        return row.folded.is_none() && row.index.is_none();
    };
    let stored: Option<LogState> = row
        .folded
        .clone()
        .and_then(|value| serde_json::from_value(value).ok());
    let index = folded.index();
    let stated = (
        index.subject,
        index.state.to_owned(),
        index.is_open,
        index.at_ms,
    );
    stored.as_ref() == Some(folded) && row.index.as_ref() == Some(&stated)
}

fn is_same(row: &RepairRow, folded: Option<&Repair>) -> bool {
    let Some(folded) = folded else {
        return row.folded.is_none() && row.state.is_none() && row.number.is_none();
    };
    let stored: Option<Repair> = row
        .folded
        .clone()
        .and_then(|value| serde_json::from_value(value).ok());
    stored.as_ref() == Some(folded)
        && row.state.as_deref() == Some(folded.state.name())
        && row.number.as_deref() == Some(folded.number.as_str())
}
