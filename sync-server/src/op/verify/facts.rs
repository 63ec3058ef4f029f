//! Facts against the operations that state them: nothing missing, nothing changed, nothing more,
//! and every document's lines, taxes and payments adding up to its total.

use domain::{
    id::OpId,
    money::Money,
    replication::{OpBody, apply, chain::decode_header, fold::fold_field},
    sale::Document,
    stock::StockMovement,
    tax::TaxMode,
};

use super::{Check, chain::Trusted};
use crate::{
    database::Tx,
    store::{self, verify::Stored},
};

impl Check<'_> {
    pub(super) async fn facts(
        &mut self,
        tx: &mut Tx,
        trusted: &[Trusted],
    ) -> Result<(), sqlx::Error> {
        if trusted.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = trusted.iter().map(|one| one.stored.op_id.0).collect();
        let documents = store::verify::documents(tx, self.organization_id, &ids).await?;
        let movements = store::verify::movements(tx, self.organization_id, &ids).await?;
        let events = store::verify::events_of(tx, self.organization_id, &ids).await?;
        let log_events = store::log::events_of(tx, self.organization_id, &ids).await?;
        for one in trusted {
            let (op_id, effective) = (one.stored.op_id, one.stored.effective);
            for stated in &one.facts.documents {
                self.report.documents += 1;
                match documents.get(&op_id) {
                    None => self.find(
                        "document",
                        op_id,
                        "is missing, though its operation is here",
                    ),
                    Some((_, stamp)) if *stamp != effective => {
                        self.find("document", op_id, "its stamp is not its operation's");
                    }
                    Some((found, _)) => self.document(stated, found),
                }
            }
            let found = movements.get(&op_id).map_or(&[][..], Vec::as_slice);
            self.movements(op_id, &one.facts.movements, found);
            for stated in &one.facts.repair_events {
                let what = match events.get(&op_id) {
                    None => "is missing, though its operation is here",
                    Some((found, _)) if found != stated => "is not what its operation says",
                    Some((_, stamp)) if *stamp != effective => "its stamp is not its operation's",
                    Some(_) => continue,
                };
                self.doubted_repairs.insert(stated.repair_id);
                if let Some((found, _)) = events.get(&op_id) {
                    self.doubted_repairs.insert(found.repair_id);
                }
                self.find("repair_event", op_id, what);
            }
            for stated in &one.facts.log_events {
                let found = log_events.get(&(op_id, stated.n));
                let what = match found {
                    None => "is missing, though its operation is here",
                    Some((found, _)) if found != stated => "is not what its operation says",
                    Some((_, stamp)) if *stamp != effective => "its stamp is not its operation's",
                    Some(_) => continue,
                };
                self.doubted_logs.insert(stated.place());
                self.doubted_logs
                    .extend(found.map(|(found, _)| found.place()));
                self.find("log_event", op_id, what);
            }
            for write in &one.facts.field_writes {
                let (customer, stamps) =
                    self.customers.entry(write.customer_id).or_insert_with(|| {
                        let empty = domain::customer::Customer::empty(write.customer_id);
                        (empty, Default::default())
                    });
                fold_field(customer, stamps, effective, write);
            }
        }
        Ok(())
    }

    fn document(&mut self, stated: &Document, found: &Document) {
        let (id, number) = (stated.document_id, &stated.number);
        if head(stated) != head(found) {
            let what = format!("{number} is not what its operation says");
            return self.find("document", id, what);
        }
        let differing = |stated: usize, found: usize| stated != found;
        let line = stated
            .lines
            .iter()
            .zip(&found.lines)
            .find(|(stated, found)| stated != found);
        if let Some((line, _)) = line {
            let what = format!("line {} of {number} is not what its operation says", line.n);
            return self.find("document_line", id, what);
        }
        if differing(stated.lines.len(), found.lines.len()) {
            let what = counted("lines", number, stated.lines.len(), found.lines.len());
            return self.find("document_line", id, what);
        }
        let mut taxes = stated.taxes.clone();
        taxes.sort_by_key(|tax| tax.rate_ppm.0);
        if taxes != found.taxes {
            let what = format!("the taxes of {number} are not what its operation says");
            return self.find("document_tax", id, what);
        }
        if stated.payments != found.payments {
            let what = format!("the payments of {number} are not what its operation says");
            return self.find("payment", id, what);
        }
        if let Some(what) = wrong_sum(found) {
            self.find("document", id, format!("{number}: {what}"));
        }
    }

    fn movements(&mut self, op_id: OpId, stated: &[StockMovement], found: &[StockMovement]) {
        let mut stated = stated.to_vec();
        stated.sort_by_key(|movement| movement.n);
        self.report.movements += stated.len() as u64;
        if stated == found {
            return;
        }
        let all = || stated.iter().chain(found);
        self.doubted_levels
            .extend(all().map(|m| (m.store_id, m.location, m.product_id)));
        let wrong = all()
            .find(|one| !(stated.contains(one) && found.contains(one)))
            .map_or(0, |one| one.n);
        let what = match (
            stated.iter().any(|one| one.n == wrong),
            found.iter().any(|one| one.n == wrong),
        ) {
            (true, false) => "is missing, though its operation is here",
            (false, true) => "is not in its operation",
            _ => "is not what its operation says",
        };
        self.find("stock_movement", format!("{op_id}/{wrong}"), what);
    }

    /// Remembers what an operation that cannot be trusted may have changed, as far as it can still
    /// be read.
    pub(super) fn doubt(&mut self, stored: &Stored) {
        let read = decode_header(&stored.header).ok().and_then(|header| {
            let body = OpBody::from_bytes(&header.kind, header.kind_version, &stored.body).ok()?;
            apply(&header, &body, &stored.private).ok()
        });
        let Some(facts) = read else {
            self.is_any_unreadable = true;
            return;
        };
        let customers = facts.field_writes.iter().map(|write| write.customer_id);
        self.doubted_customers.extend(customers);
    }

    /// Facts and feed rows whose operation is not there. One that a gap in its chain explains was
    /// told with the gap.
    pub(super) async fn orphans(&mut self, tx: &mut Tx) -> Result<(), sqlx::Error> {
        let orphans = store::verify::orphans(tx, self.organization_id).await?;
        for (op_id, table) in orphans {
            if self.only_in_feed.contains(&op_id) {
                continue;
            }
            let table = match table.as_str() {
                "document" => "document",
                "document_line" => "document_line",
                "document_tax" => "document_tax",
                "payment" => "payment",
                "repair_event" => "repair_event",
                "log_event" => "log_event",
                _ => "stock_movement",
            };
            self.find(table, op_id, "its operation is not there");
        }
        Ok(())
    }
}

fn head(document: &Document) -> Document {
    Document {
        lines: Vec::new(),
        taxes: Vec::new(),
        payments: Vec::new(),
        ..document.clone()
    }
}

fn counted(what: &str, number: &str, stated: usize, found: usize) -> String {
    format!("{number} has {found} {what}, its operation {stated}")
}

/// What does not add up in a document.
fn wrong_sum(document: &Document) -> Option<String> {
    let sum = |amounts: &mut dyn Iterator<Item = Money>| -> i128 {
        amounts.map(|amount| i128::from(amount.0)).sum()
    };
    let total = i128::from(document.total_minor.0);
    let tax = i128::from(document.tax_minor.0);
    let rounding = i128::from(document.rounding_minor.0);
    let added = match document.tax_mode {
        TaxMode::Inclusive => 0,
        TaxMode::Exclusive => tax,
    };
    let lines = sum(&mut document.lines.iter().map(|line| line.total_minor)) + added;
    let line_taxes = sum(&mut document.lines.iter().map(|line| line.tax_minor));
    let payments = sum(&mut document.payments.iter().map(|payment| payment.amount_minor));
    let gross = sum(&mut document.taxes.iter().map(|tax| tax.gross_minor));
    let taxes = sum(&mut document.taxes.iter().map(|tax| tax.tax_minor));
    [
        ("its lines add up to", lines, total),
        ("its payments add up to", payments, total + rounding),
        ("its taxes are of", gross, total),
        ("its taxes add up to", taxes, tax),
        ("its lines hold a tax of", line_taxes, tax),
    ]
    .into_iter()
    .find(|(_, is, should)| is != should)
    .map(|(what, is, should)| format!("{what} {is} instead of {should}"))
}
