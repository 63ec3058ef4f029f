//! A page of a feed, or a chunk of a snapshot, taken apart: exact bytes for the journal, facts for
//! their tables, and of the folded rows the last of each key.

use std::{collections::HashSet, hash::Hash};

use domain::{
    contract::{
        ipc::Changed,
        sync_v1::{FeedOp, FeedRow, FeedRows, FeedType, SnapshotChunk},
    },
    hlc::Hlc,
    id::OpId,
    replication::{Envelope, LogKind, OpHeader, Rows, apply},
    sale::Document,
    stock::StockMovement,
};
use sqlx::SqliteConnection;

use super::signed::keep_signed;
use crate::{
    error::Error,
    identity::Identity,
    store::{
        self,
        facts::{EventFact, Fact},
        id_list,
        journal::Entry,
        log::LogFact,
    },
};

/// What a page brings.
#[derive(Debug, Default)]
pub(super) struct Page {
    ops: Vec<PageOp>,
    documents: Vec<Fact<Document>>,
    movements: Vec<Fact<StockMovement>>,
    events: Vec<EventFact>,
    log_events: Vec<LogFact>,
    /// Operations of other scopes that state something in this one.
    entries: Vec<OpId>,
    touches_customers: bool,
    rows: Rows,
    hlc: Hlc,
    /// Where the feed says that replicas let go, and how many operations and entries of the page come
    /// before.
    boundary: Option<(Hlc, usize, usize)>,
}

#[derive(Debug)]
struct PageOp {
    header: OpHeader,
    envelope: Envelope,
    effective_hlc: Hlc,
    branch: u32,
    is_unread: bool,
}

impl Page {
    /// Reads the rows of a feed.
    pub(super) fn of_feed(rows: &[FeedRow]) -> Result<Page, Error> {
        let mut page = Page::default();
        for row in rows {
            let unreadable =
                |error| Error::Protocol(format!("feed row {} cannot be read: {error}", row.seq));
            match row.row_type {
                FeedType::Op => page.take_op(row.op().map_err(unreadable)?)?,
                FeedType::Entry | FeedType::Server | FeedType::Derived => {
                    let rows = row.rows().map_err(unreadable)?;
                    page.hlc = page.hlc.max(rows.effective_hlc);
                    if let Some(boundary) = rows.rows.boundary.last() {
                        let before = (page.ops.len(), page.entries.len());
                        page.boundary = Some((boundary.before_hlc, before.0, before.1));
                    }
                    page.take_entry(rows);
                }
            }
        }
        page.keep_last();
        Ok(page)
    }

    /// Reads a chunk of a snapshot.
    pub(super) fn of_chunk(chunk: SnapshotChunk) -> Result<Page, Error> {
        let mut page = Page::default();
        for op in chunk.ops {
            page.take_op(op)?;
        }
        for entry in chunk.entries {
            page.take_entry(entry);
        }
        page.take_rows(chunk.rows);
        page.keep_last();
        Ok(page)
    }

    /// Leaves out what the server of this enrolment has not signed.
    pub(super) fn keep_signed(&mut self, identity: &Identity) {
        keep_signed(&mut self.rows, identity);
    }

    fn take_op(&mut self, op: FeedOp) -> Result<(), Error> {
        let header = op
            .envelope
            .decode_header()
            .map_err(|error| Error::Protocol(format!("an operation's header: {error}")))?;
        self.hlc = self.hlc.max(op.effective_hlc);
        self.take_rows(op.rows);
        // A kind that this program does not know is kept raw; its rows count all the same.
        let facts = op
            .envelope
            .decode_body(&header)
            .ok()
            .and_then(|body| apply(&header, &body, &op.envelope.private).ok());
        let is_unread = facts.is_none();
        if let Some(facts) = facts {
            let stamp = op.effective_hlc;
            let documents = facts.documents.into_iter();
            self.documents
                .extend(documents.map(|document| Fact::new(document, stamp)));
            let movements = facts.movements.into_iter();
            self.movements
                .extend(movements.map(|movement| Fact::new(movement, stamp)));
            self.touches_customers |= !facts.field_writes.is_empty();
            self.events.extend(
                facts
                    .repair_events
                    .into_iter()
                    .map(|event| EventFact::new(event, Some(op.effective_hlc))),
            );
            let log_events = facts.log_events.into_iter();
            self.log_events.extend(log_events.map(|event| LogFact {
                event,
                effective_hlc: Some(stamp),
            }));
        }
        self.ops.push(PageOp {
            header,
            envelope: op.envelope,
            effective_hlc: op.effective_hlc,
            branch: op.branch,
            is_unread,
        });
        Ok(())
    }

    /// Rows, and what an operation of another scope states in this one.
    fn take_entry(&mut self, entry: FeedRows) {
        let effective_hlc = Some(entry.effective_hlc);
        if !entry.log_events.is_empty() {
            self.entries.extend(entry.op_id);
        }
        let events = entry.log_events.into_iter();
        self.log_events.extend(events.map(|event| LogFact {
            event,
            effective_hlc,
        }));
        self.take_rows(entry.rows);
    }

    fn take_rows(&mut self, rows: Rows) {
        let all = &mut self.rows;
        all.organization.extend(rows.organization);
        all.store.extend(rows.store);
        all.till.extend(rows.till);
        all.staff.extend(rows.staff);
        all.tax_class.extend(rows.tax_class);
        all.promotion.extend(rows.promotion);
        all.price_list.extend(rows.price_list);
        all.category.extend(rows.category);
        all.product.extend(rows.product);
        all.customer.extend(rows.customer);
        all.stock_elsewhere.extend(rows.stock_elsewhere);
        all.stock_level.extend(rows.stock_level);
        all.repair.extend(rows.repair);
        all.tender.extend(rows.tender);
        all.log_row.extend(rows.log_row);
        all.certificate.extend(rows.certificate);
        all.checkpoint.extend(rows.checkpoint);
        all.erasure.extend(rows.erasure);
    }

    /// Rows come in feed order: of each key the last one stands.
    fn keep_last(&mut self) {
        let rows = &mut self.rows;
        last_of_each(&mut rows.organization, |row| row.organization_id);
        last_of_each(&mut rows.store, |row| row.store_id);
        last_of_each(&mut rows.till, |row| row.device_id);
        last_of_each(&mut rows.staff, |row| row.staff_id);
        last_of_each(&mut rows.tax_class, |row| row.code.clone());
        last_of_each(&mut rows.promotion, |row| row.promotion_id);
        last_of_each(&mut rows.price_list, |row| row.code.clone());
        last_of_each(&mut rows.category, |row| row.category_id);
        last_of_each(&mut rows.product, |row| row.product_id);
        last_of_each(&mut rows.customer, |row| row.customer_id);
        last_of_each(&mut rows.stock_elsewhere, |row| {
            (row.product_id, row.store_id)
        });
        last_of_each(&mut rows.stock_level, |row| {
            (row.product_id, row.location, row.store_id)
        });
        last_of_each(&mut rows.repair, |row| row.repair_id);
        last_of_each(&mut rows.tender, |row| row.code);
        last_of_each(&mut rows.log_row, |row| row.place());
    }

    /// Stores it all; own operations that come back stop being pending in this scope.
    pub(super) async fn store(
        &self,
        connection: &mut SqliteConnection,
        scope: &str,
    ) -> Result<(), Error> {
        let mut own = None;
        if !self.ops.is_empty() {
            let entries: Vec<Entry<'_>> = self
                .ops
                .iter()
                .map(|op| Entry {
                    header: &op.header,
                    envelope: &op.envelope,
                    effective_hlc: Some(op.effective_hlc),
                    branch: op.branch,
                    is_unread: op.is_unread,
                    is_own: false,
                })
                .collect();
            store::journal::insert(connection, &entries).await?;
        }
        if !(self.ops.is_empty() && self.entries.is_empty()) {
            let ops = self.ops.iter().map(|op| op.header.op_id.as_bytes());
            let ids = id_list(ops.chain(self.entries.iter().map(OpId::as_bytes)));
            own = store::outbox::settle(connection, scope, &ids).await?;
        }
        store::facts::insert_documents(connection, &self.documents, false).await?;
        if self.brings_documents() {
            store::print::find_documents(connection).await?;
        }
        store::facts::insert_movements(connection, &self.movements, false).await?;
        store::facts::insert_events(connection, &self.events, false).await?;
        // An operation may state events of other scopes too: those come in their own feeds.
        let is_here = |fact: &&LogFact| fact.event.place().scope().to_string() == scope;
        let log_events = self.log_events.iter().filter(is_here);
        store::log::insert_events(connection, log_events, false).await?;
        #[cfg(feature = "simulation")]
        let own =
            own.filter(|_| !crate::simulation::is_broken(crate::simulation::Mutation::CountTwice));
        if let Some(own) = own {
            if !self.movements.is_empty() {
                store::facts::settle_levels(connection, &own).await?;
            }
            if self.touches_customers {
                store::customer::settle(connection, &own).await?;
            }
        }
        store::vouch::put(connection, &self.rows).await?;
        store::rows::put(connection, &self.rows).await?;
        if let Some((before, ops, entries)) = self.boundary {
            // What comes behind the boundary's row stays until the next one, however old it is.
            let behind = (self.ops.iter().skip(ops)).map(|op| op.header.op_id.as_bytes());
            let entries = self.entries.iter().skip(entries).map(OpId::as_bytes);
            let behind = id_list(behind.chain(entries));
            store::prune::let_go(connection, scope, before, &behind).await?;
        }
        Ok(())
    }

    /// The highest stamp in it.
    pub(super) fn hlc(&self) -> Hlc {
        self.hlc
    }

    /// How many rows it holds, for the progress bar.
    pub(super) fn len(&self) -> u64 {
        let rows = self.rows.len() + self.ops.len() + self.entries.len();
        u64::try_from(rows).unwrap_or(u64::MAX)
    }

    /// Whether who or where this till is may have changed.
    pub(super) fn touches_identity(&self) -> bool {
        let rows = &self.rows;
        !(rows.organization.is_empty()
            && rows.store.is_empty()
            && rows.till.is_empty()
            && rows.tax_class.is_empty()
            && rows.tender.is_empty()
            && rows.promotion.is_empty()
            && rows.price_list.is_empty()
            // A promotion of a category counts for those below it.
            && rows.category.is_empty())
    }

    /// Whether somebody who works here may have changed.
    pub(super) fn touches_staff(&self) -> bool {
        !self.rows.staff.is_empty()
    }

    /// Whether documents are among it, for which papers may wait.
    pub(super) fn brings_documents(&self) -> bool {
        !self.documents.is_empty()
    }

    /// Whether customers' texts are among it.
    pub(super) fn touches_customers(&self) -> bool {
        self.touches_customers
    }

    /// What windows should ask for again.
    pub(super) fn changes(&self) -> Vec<Changed> {
        let rows = &self.rows;
        let catalog = !(rows.product.is_empty() && rows.category.is_empty());
        let stock = !(rows.stock_level.is_empty() && rows.stock_elsewhere.is_empty());
        let customers = self.touches_customers || !rows.customer.is_empty();
        let repairs = !(self.events.is_empty() && rows.repair.is_empty());
        let touches = |kind: LogKind| {
            (self.log_events.iter()).any(|fact| fact.event.happening.kind() == kind)
                || (rows.log_row.iter()).any(|row| row.state.kind() == kind)
        };
        [
            (
                self.touches_identity() || self.touches_staff(),
                Changed::Session,
            ),
            (catalog, Changed::Catalog),
            (stock, Changed::Stock),
            (!self.documents.is_empty(), Changed::Documents),
            (customers, Changed::Customers),
            (repairs, Changed::Repairs),
            (touches(LogKind::CardPayment), Changed::CardPayments),
            (touches(LogKind::Balance), Changed::Balances),
            (touches(LogKind::ParkedSale), Changed::Parked),
            (touches(LogKind::Quote), Changed::Quotes),
            (touches(LogKind::Invoice), Changed::Documents),
            (touches(LogKind::Shift), Changed::Shift),
        ]
        .into_iter()
        .filter_map(|(is_changed, change)| is_changed.then_some(change))
        .collect()
    }
}

fn last_of_each<T, K: Eq + Hash>(rows: &mut Vec<T>, key: impl Fn(&T) -> K) {
    if rows.len() < 2 {
        return;
    }
    let mut seen = HashSet::with_capacity(rows.len());
    let mut last: Vec<T> = rows
        .drain(..)
        .rev()
        .filter(|row| seen.insert(key(row)))
        .collect();
    last.reverse();
    *rows = last;
}
