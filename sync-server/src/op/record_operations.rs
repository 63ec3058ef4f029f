//! Carries decided operations into the tables, in the one order in which every writer takes its
//! locks: (the caller's device row;) facts, then folded rows by table and key, folded by a later
//! statement than their locks, then the feeds' heads. Anything else deadlocks or folds half.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{
    balance::BalanceEvent,
    contract::sync_v1::{Beside, FeedRows, FeedType},
    customer::Customer,
    hlc::Hlc,
    id::{CustomerId, OpId, OrganizationId, RepairId, StoreId},
    money::Money,
    repair::{Repair, RepairEvent, RepairHappening},
    replication::{
        Envelope, Facts, FieldWrite, OpHeader, Rows,
        fold::{FieldStamps, fold_field, fold_log, fold_movement, fold_repair},
        log::{Happening, LogEvent, LogPlace, LogRow, LogState},
        table::Scope,
    },
    serial::UnitStep,
    stock::StockLevel,
};
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    clock,
    database::Tx,
    store::{
        self,
        feed::NewRow,
        operation::NewOperation,
        stock::{LevelKey, lock_order},
    },
};

/// An operation with everything known about it, ready to be written.
#[derive(Debug, Clone, Copy)]
pub struct Decided<'a> {
    pub header: &'a OpHeader,
    pub envelope: &'a Envelope,
    /// The envelope as JSON without private texts, made before any lock is taken.
    pub envelope_json: &'a RawValue,
    pub scope: Scope,
    /// Which of its enrolment's histories it belongs to.
    pub branch: u32,
    pub effective: Hlc,
    pub facts: &'a Facts,
}

/// Why operations could not be recorded. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Somebody else recorded one of them since it was looked up: look again.
    #[error("an operation was recorded by somebody else meanwhile")]
    Raced,
    #[error("a feed row cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Random(#[from] clock::RandomError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// Records operations that are new, in their order; returns the heads that they raised.
pub async fn record_operations(
    tx: &mut Tx,
    organization_id: OrganizationId,
    operations: &[Decided<'_>],
) -> Result<BTreeMap<String, u64>, RecordError> {
    if operations.is_empty() {
        return Ok(BTreeMap::new());
    }
    insert_facts(tx, organization_id, operations).await?;
    let mut rows = vec![Rows::default(); operations.len()];
    let erased = fold_customers(tx, organization_id, operations, &mut rows).await?;
    fold_repairs(tx, organization_id, operations, &mut rows).await?;
    fold_logs(tx, organization_id, operations, &mut rows).await?;
    fold_stock(tx, organization_id, operations, &mut rows).await?;
    tell_shared_numbers(tx, organization_id, operations).await?;
    tell_second_invoices(tx, organization_id, operations, &rows).await?;
    tell_second_sales(tx, organization_id, operations, &rows).await?;
    tell_overdrawn(tx, organization_id, operations, &rows).await?;
    let mut feeds: BTreeMap<String, Vec<NewRow>> = BTreeMap::new();
    for (operation, mut rows) in operations.iter().zip(rows) {
        #[cfg(feature = "simulation")]
        if crate::simulation::is_broken(crate::simulation::Mutation::SilentAdjustment)
            && operation.header.kind == "stock_adjustment"
        {
            continue;
        }
        let elsewhere = take_entries(operation, &mut rows);
        #[cfg(feature = "simulation")]
        let elsewhere = if crate::simulation::is_broken(crate::simulation::Mutation::SilentEntry) {
            BTreeMap::new()
        } else {
            elsewhere
        };
        let scope = operation.scope.to_string();
        let is_erased = erased.contains(&operation.header.op_id);
        feeds
            .entry(scope)
            .or_default()
            .push(feed_row(operation, rows, is_erased)?);
        for (scope, entry) in elsewhere {
            feeds.entry(scope.to_string()).or_default().push(NewRow {
                row_type: FeedType::Entry,
                bytes: serde_json::to_vec(&entry)?,
                beside: None,
            });
        }
    }
    Ok(store::feed::append(tx, organization_id, &feeds).await?)
}

async fn insert_facts(
    tx: &mut Tx,
    organization_id: OrganizationId,
    operations: &[Decided<'_>],
) -> Result<(), RecordError> {
    let new: Vec<_> = operations
        .iter()
        .map(|operation| NewOperation {
            header: operation.header,
            envelope: operation.envelope,
            branch: operation.branch,
            effective: operation.effective,
        })
        .collect();
    let inserted = store::operation::insert(tx, organization_id, &new).await?;
    if usize::try_from(inserted).ok() != Some(operations.len()) {
        return Err(RecordError::Raced);
    }
    let documents: Vec<_> = operations
        .iter()
        .flat_map(|op| {
            op.facts
                .documents
                .iter()
                .map(|document| (document, op.effective))
        })
        .collect();
    store::document::insert(tx, organization_id, &documents).await?;
    let movements: Vec<_> = operations
        .iter()
        .flat_map(|op| &op.facts.movements)
        .collect();
    store::stock::insert_movements(tx, organization_id, &movements).await?;
    let events: Vec<_> = operations
        .iter()
        .flat_map(|op| {
            op.facts
                .repair_events
                .iter()
                .map(|event| (event, op.effective))
        })
        .collect();
    if !events.is_empty() {
        store::repair::insert_events(tx, organization_id, &events).await?;
    }
    let log_events: Vec<_> = (operations.iter())
        .flat_map(|op| {
            op.facts
                .log_events
                .iter()
                .map(|event| (event, op.effective))
        })
        .collect();
    store::log::insert_events(tx, organization_id, &log_events).await?;
    for operation in operations {
        replace_rows(tx, organization_id, &operation.facts.replaced).await?;
    }
    Ok(())
}

async fn replace_rows(
    tx: &mut Tx,
    organization_id: OrganizationId,
    rows: &Rows,
) -> Result<(), sqlx::Error> {
    for organization in &rows.organization {
        store::organization::put(tx, organization).await?;
    }
    store::organization::put_stores(tx, organization_id, &rows.store).await?;
    store::staff::put(tx, organization_id, &rows.staff).await?;
    store::catalogue::put_tax_classes(tx, organization_id, &rows.tax_class).await?;
    store::tender::put(tx, organization_id, &rows.tender).await?;
    store::catalogue::put_categories(tx, organization_id, &rows.category).await?;
    store::promotion::put(tx, organization_id, &rows.promotion).await?;
    store::promotion::put_price_lists(tx, organization_id, &rows.price_list).await?;
    store::catalogue::put_products(tx, organization_id, &rows.product).await
}

/// Folds records; returns the operations whose texts came after their customer was erased, and
/// are dropped.
async fn fold_customers(
    tx: &mut Tx,
    organization_id: OrganizationId,
    operations: &[Decided<'_>],
    rows: &mut [Rows],
) -> Result<BTreeSet<OpId>, sqlx::Error> {
    let mut dropped = BTreeSet::new();
    let ids: BTreeSet<CustomerId> = operations
        .iter()
        .flat_map(|op| op.facts.field_writes.iter().map(|write| write.customer_id))
        .collect();
    if ids.is_empty() {
        return Ok(dropped);
    }
    let ids: Vec<_> = ids.into_iter().collect();
    let mut records: HashMap<CustomerId, (Customer, FieldStamps)> =
        store::customer::lock(tx, organization_id, &ids)
            .await?
            .into_iter()
            .map(|record| (record.0.customer_id, record))
            .collect();
    // Read after the lock: whoever erases holds it too.
    let erased = store::erasure::erased(tx, organization_id, &ids).await?;
    for (operation, rows) in operations.iter().zip(rows) {
        let mut written = BTreeSet::new();
        for write in &operation.facts.field_writes {
            let is_erased = erased
                .get(&write.customer_id)
                .is_some_and(|until| operation.effective < *until);
            let kept = FieldWrite {
                value: write.value.clone().filter(|_| !is_erased),
                ..write.clone()
            };
            if is_erased {
                dropped.insert(write.op_id);
            }
            if let Some((customer, stamps)) = records.get_mut(&write.customer_id) {
                fold_field(customer, stamps, operation.effective, &kept);
                written.insert(write.customer_id);
            }
        }
        let written = written.iter().filter_map(|id| records.get(id));
        rows.customer
            .extend(written.map(|(customer, _)| customer.clone()));
    }
    let records: Vec<_> = records.values().collect();
    store::customer::write(tx, organization_id, &records).await?;
    if !dropped.is_empty() {
        let op_ids: Vec<_> = dropped.iter().copied().collect();
        store::erasure::strip_operations(tx, organization_id, &op_ids).await?;
    }
    Ok(dropped)
}

async fn fold_repairs(
    tx: &mut Tx,
    organization_id: OrganizationId,
    operations: &[Decided<'_>],
    rows: &mut [Rows],
) -> Result<(), sqlx::Error> {
    let repairs: BTreeMap<RepairId, StoreId> = operations
        .iter()
        .flat_map(|op| &op.facts.repair_events)
        .map(|event| (event.repair_id, event.store_id))
        .collect();
    if repairs.is_empty() {
        return Ok(());
    }
    let repairs: Vec<_> = repairs.into_iter().collect();
    store::repair::lock(tx, organization_id, &repairs).await?;
    let ids: Vec<_> = repairs.iter().map(|(id, _)| *id).collect();
    let here: BTreeSet<OpId> = operations.iter().map(|op| op.header.op_id).collect();
    let mut events: HashMap<RepairId, Vec<(Hlc, RepairEvent)>> = HashMap::new();
    for (hlc, event) in store::repair::events(tx, organization_id, &ids).await? {
        #[cfg(feature = "simulation")]
        if crate::simulation::is_broken(crate::simulation::Mutation::FoldAlone) {
            continue;
        }
        if !here.contains(&event.op_id) {
            events
                .entry(event.repair_id)
                .or_default()
                .push((hlc, event));
        }
    }
    let mut folded: BTreeMap<RepairId, Repair> = BTreeMap::new();
    for (operation, rows) in operations.iter().zip(rows) {
        for event in &operation.facts.repair_events {
            let all = events.entry(event.repair_id).or_default();
            all.push((operation.effective, event.clone()));
            if let Some(repair) = fold_repair(all) {
                rows.repair.push(repair.clone());
                folded.insert(event.repair_id, repair);
            }
        }
    }
    let folded: Vec<_> = folded.values().collect();
    store::repair::write(tx, organization_id, &folded).await
}

async fn fold_logs(
    tx: &mut Tx,
    organization_id: OrganizationId,
    operations: &[Decided<'_>],
    rows: &mut [Rows],
) -> Result<(), sqlx::Error> {
    let places: BTreeSet<LogPlace> = operations
        .iter()
        .flat_map(|op| op.facts.log_events.iter().map(LogEvent::place))
        .collect();
    if places.is_empty() {
        return Ok(());
    }
    let places: Vec<_> = places.into_iter().collect();
    store::log::lock(tx, organization_id, &places).await?;
    let here: BTreeSet<OpId> = operations.iter().map(|op| op.header.op_id).collect();
    let mut events: BTreeMap<LogPlace, Vec<(Hlc, LogEvent)>> = BTreeMap::new();
    for (hlc, event) in store::log::events(tx, organization_id, &places).await? {
        if !here.contains(&event.op_id) {
            events.entry(event.place()).or_default().push((hlc, event));
        }
    }
    let mut folded: BTreeMap<LogPlace, LogState> = BTreeMap::new();
    for (operation, rows) in operations.iter().zip(rows) {
        for event in &operation.facts.log_events {
            let place = event.place();
            let all = events.entry(place.clone()).or_default();
            all.push((operation.effective, event.clone()));
            if let Some(state) = fold_log(all) {
                rows.log_row.retain(|row| row.place() != place);
                rows.log_row.push(LogRow::at(&place, state.clone()));
                folded.insert(place, state);
            }
        }
    }
    store::log::write(tx, organization_id, &folded).await
}

async fn fold_stock(
    tx: &mut Tx,
    organization_id: OrganizationId,
    operations: &[Decided<'_>],
    rows: &mut [Rows],
) -> Result<(), sqlx::Error> {
    let mut keys: Vec<LevelKey> = operations
        .iter()
        .flat_map(|op| &op.facts.movements)
        .map(|movement| (movement.store_id, movement.location, movement.product_id))
        .collect();
    if keys.is_empty() {
        return Ok(());
    }
    keys.sort_unstable_by_key(lock_order);
    keys.dedup();
    let mut levels: HashMap<LevelKey, StockLevel> =
        store::stock::lock_levels(tx, organization_id, &keys)
            .await?
            .into_iter()
            .map(|level| ((level.store_id, level.location, level.product_id), level))
            .collect();
    for (operation, rows) in operations.iter().zip(rows) {
        let mut moved: Vec<LevelKey> = Vec::with_capacity(operation.facts.movements.len());
        for movement in &operation.facts.movements {
            let key = (movement.store_id, movement.location, movement.product_id);
            if let Some(level) = levels.get_mut(&key) {
                fold_movement(level, movement);
                #[cfg(feature = "simulation")]
                if crate::simulation::is_broken(crate::simulation::Mutation::DoubleEntry) {
                    fold_movement(level, movement);
                }
                if !moved.contains(&key) {
                    moved.push(key);
                }
            }
        }
        let moved = moved.iter().filter_map(|key| levels.get(key));
        rows.stock_level.extend(moved.cloned());
    }
    let levels: Vec<_> = levels.values().collect();
    store::stock::write_levels(tx, organization_id, &levels).await
}

/// A number that was given out before is told to the owner: two copies of a till count from the same
/// number on.
async fn tell_shared_numbers(
    tx: &mut Tx,
    organization_id: OrganizationId,
    operations: &[Decided<'_>],
) -> Result<(), RecordError> {
    let mut from: HashMap<Uuid, &OpHeader> = HashMap::new();
    let (mut documents, mut repairs) = (Vec::new(), Vec::new());
    for operation in operations {
        let header = operation.header;
        for document in &operation.facts.documents {
            documents.push(document.document_id);
            from.insert(document.document_id.0, header);
        }
        for event in &operation.facts.repair_events {
            if matches!(event.happening, RepairHappening::TakenIn { .. }) {
                repairs.push(event.repair_id);
                from.insert(event.repair_id.0, header);
            }
        }
    }
    #[cfg(feature = "simulation")]
    if crate::simulation::is_broken(crate::simulation::Mutation::SilentNumber) {
        return Ok(());
    }
    if from.is_empty() {
        return Ok(());
    }
    let shared =
        store::exception::shared_numbers(tx, organization_id, &documents, &repairs).await?;
    for (id, number) in shared {
        if let Some(header) = from.get(&id) {
            let place = (header.store_id, header.device_id);
            let id = clock::new_id()?;
            let told = (store::exception::NUMBER_SHARED, number.as_str());
            store::exception::tell_number(tx, organization_id, id, place, told).await?;
        }
    }
    Ok(())
}

/// An invoice of a receipt that had one already is told to the owner: two tills without a network can
/// both issue one, and both are kept.
async fn tell_second_invoices(
    tx: &mut Tx,
    organization_id: OrganizationId,
    operations: &[Decided<'_>],
    rows: &[Rows],
) -> Result<(), RecordError> {
    for (operation, rows) in operations.iter().zip(rows) {
        let header = operation.header;
        let folded = rows.log_row.iter().filter_map(|row| match &row.state {
            LogState::Invoice(invoice) => Some(invoice),
            _ => None,
        });
        // Which of them counts may change with what comes later; that there are two does not.
        for invoice in folded.filter(|invoice| !invoice.again.is_empty()) {
            let mut all = invoice.all();
            let Some(own) = all.find(|one| one.invoice_id == header.op_id) else {
                continue;
            };
            let place = (header.store_id, header.device_id);
            let number = own.invoiced.number.as_str();
            let told = (store::exception::INVOICED_TWICE, number);
            let id = clock::new_id()?;
            store::exception::tell_number(tx, organization_id, id, place, told).await?;
        }
    }
    Ok(())
}

/// A unit that was sold while another sale of it stood is told to the owner: one of the two numbers is
/// mistyped, or it came back and nobody said so.
async fn tell_second_sales(
    tx: &mut Tx,
    organization_id: OrganizationId,
    operations: &[Decided<'_>],
    rows: &[Rows],
) -> Result<(), RecordError> {
    #[cfg(feature = "simulation")]
    if crate::simulation::is_broken(crate::simulation::Mutation::SilentUnit) {
        return Ok(());
    }
    for (operation, rows) in operations.iter().zip(rows) {
        let header = operation.header;
        let folded = rows.log_row.iter().filter_map(|row| match &row.state {
            LogState::Serial(unit) => Some(unit),
            _ => None,
        });
        for unit in folded {
            let mut doubles = unit.doubles();
            let is_of_it = |(one, next): &(&UnitStep, &UnitStep)| {
                [one.document_id, next.document_id].contains(&header.op_id)
            };
            if !doubles.any(|pair| is_of_it(&pair)) {
                continue;
            }
            let place = (header.store_id, header.device_id);
            let told = (store::exception::SERIAL_SOLD_TWICE, unit.serial.as_str());
            let id = clock::new_id()?;
            store::exception::tell_number(tx, organization_id, id, place, told).await?;
        }
    }
    Ok(())
}

/// A document that took more from a balance than there was is told to the owner: two tills that knew
/// nothing of each other spent it, or a manager allowed it.
async fn tell_overdrawn(
    tx: &mut Tx,
    organization_id: OrganizationId,
    operations: &[Decided<'_>],
    rows: &[Rows],
) -> Result<(), RecordError> {
    #[cfg(feature = "simulation")]
    if crate::simulation::is_broken(crate::simulation::Mutation::SilentOverdraft) {
        return Ok(());
    }
    for (operation, rows) in operations.iter().zip(rows) {
        let header = operation.header;
        for row in &rows.log_row {
            let LogState::Balance(balance) = &row.state else {
                continue;
            };
            let mut events = operation.facts.log_events.iter();
            let spent = events.find_map(|event| match &event.happening {
                Happening::Balance(BalanceEvent::Moved {
                    delta_minor,
                    number,
                    ..
                }) if event.key == row.key && *delta_minor < Money::ZERO => Some(number),
                _ => None,
            });
            let Some(number) = spent.filter(|_| balance.is_overdrawn()) else {
                continue;
            };
            let place = (header.store_id, header.device_id);
            let told = (store::exception::BALANCE_OVERDRAWN, number.as_str());
            let id = clock::new_id()?;
            store::exception::tell_number(tx, organization_id, id, place, told).await?;
        }
    }
    Ok(())
}

/// What an operation states in other scopes than its own, with the rows as they now are there.
fn take_entries(operation: &Decided<'_>, rows: &mut Rows) -> BTreeMap<Scope, FeedRows> {
    let mut entries: BTreeMap<Scope, FeedRows> = BTreeMap::new();
    let entry = || FeedRows {
        op_id: Some(operation.header.op_id),
        effective_hlc: operation.effective,
        rows: Rows::default(),
        log_events: Vec::new(),
    };
    for event in &operation.facts.log_events {
        let scope = event.place().scope();
        if scope != operation.scope {
            let elsewhere = entries.entry(scope).or_insert_with(entry);
            elsewhere.log_events.push(event.clone());
        }
    }
    if entries.is_empty() {
        return entries;
    }
    let (here, there): (Vec<_>, Vec<_>) = std::mem::take(&mut rows.log_row)
        .into_iter()
        .partition(|row| row.place().scope() == operation.scope);
    rows.log_row = here;
    for row in there {
        let elsewhere = entries.entry(row.place().scope()).or_insert_with(entry);
        elsewhere.rows.log_row.push(row);
    }
    entries
}

/// [`domain::contract::sync_v1::FeedOp`] as it is written, over bytes that exist already.
#[derive(Serialize)]
struct FeedOpBytes<'a> {
    envelope: &'a RawValue,
    effective_hlc: Hlc,
    branch: u32,
    rows: &'a Rows,
}

fn feed_row(
    operation: &Decided<'_>,
    mut rows: Rows,
    is_erased: bool,
) -> Result<NewRow, serde_json::Error> {
    let replaced = &operation.facts.replaced;
    if !replaced.is_empty() {
        let bytes = serde_json::to_vec(&FeedRows {
            log_events: Vec::new(),
            op_id: Some(operation.header.op_id),
            effective_hlc: operation.effective,
            rows: replaced.clone(),
        })?;
        return Ok(NewRow {
            row_type: FeedType::Server,
            bytes,
            beside: None,
        });
    }
    let mut beside = Beside {
        private: Vec::new(),
        customer: std::mem::take(&mut rows.customer),
    };
    if !is_erased {
        beside.private.clone_from(&operation.envelope.private);
    }
    let bytes = serde_json::to_vec(&FeedOpBytes {
        envelope: operation.envelope_json,
        effective_hlc: operation.effective,
        branch: operation.branch,
        rows: &rows,
    })?;
    Ok(NewRow {
        row_type: FeedType::Op,
        bytes,
        beside: (beside != Beside::default()).then_some(beside),
    })
}
