//! One till at work: enters its invoices one after another, loses the network and its power when
//! told to, and repeats nothing.

use std::{collections::HashMap, time::Duration};

use anyhow::{Context, Result, anyhow};
use domain::{
    contract::ipc,
    id::{DraftId, ProductId},
    money::{Money, line_amount},
    quantity::Quantity,
    sale::{TenderCode, TenderedPayment},
    stock::{Location, MovementReason},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{PIN, Place, Plan, STAFF};
use crate::{
    invoice::{Invoice, Row},
    till::HeadlessTill,
    wait,
};

/// Currency of the invoices: pounds and pence.
const MINOR_DIGITS: u8 = 2;
/// The longest that a till may take to send everything and hold everything.
const QUIET_MS_MAX: u64 = 600_000;

pub(super) struct Cashier {
    pub(super) place: Place,
    till: Option<HeadlessTill>,
    offline: bool,
    kill: bool,
    is_online: bool,
}

/// One command with the draft that makes it happen once.
struct Entry {
    name: &'static str,
    args: Value,
}

impl Cashier {
    pub(super) fn start(place: Place, server: &str, code: &str, plan: &Plan) -> Result<Cashier> {
        let mut till = HeadlessTill::start(&place.data, None)?;
        till.enrol(server, code)?;
        till.wait_quiet(QUIET_MS_MAX)?;
        till.sign_in(STAFF, PIN)?;
        let (offline, kill) = (plan.offline, plan.kill);
        Ok(Cashier {
            place,
            till: Some(till),
            offline,
            kill,
            is_online: true,
        })
    }

    /// Enters the invoices; calls `entered` after each.
    pub(super) fn work(
        &mut self,
        invoices: &[&Invoice],
        products: &HashMap<String, ProductId>,
        entered: impl Fn(),
    ) -> Result<()> {
        let kills = [invoices.len() / 3, invoices.len() * 2 / 3];
        let mut stretch = Stretches::new(&self.place);
        for (index, invoice) in invoices.iter().enumerate() {
            if self.offline && stretch.is_over() {
                self.set_network(!self.is_online)?;
            }
            self.till()?
                .ask("set_clock", &json!({ "now_ms": invoice.at_ms }))?;
            let times = if self.kill {
                kills.iter().filter(|at| **at == index).count()
            } else {
                0
            };
            for entry in entries(invoice, products)? {
                for time in 0..times {
                    self.lose_power_during(&entry, time)?;
                    self.till()?
                        .ask("set_clock", &json!({ "now_ms": invoice.at_ms }))?;
                }
                self.till()?
                    .ask(entry.name, &entry.args)
                    .with_context(|| format!("invoice {}", invoice.number))?;
            }
            entered();
        }
        self.set_network(true)
    }

    /// Sends the entry, cuts the power before the answer is read, and starts again.
    fn lose_power_during(&mut self, entry: &Entry, time: usize) -> Result<()> {
        let mut till = self
            .till
            .take()
            .ok_or_else(|| anyhow!("the till is gone"))?;
        till.send(entry.name, &entry.args)?;
        // The first cut comes at once, a later one while the till is at work.
        wait::pause(Duration::from_millis(3 * time as u64));
        till.kill()?;
        let mut till = HeadlessTill::start(&self.place.data, None)?;
        if !self.is_online {
            till.ask("set_network", &json!({ "online": false }))?;
        }
        till.sign_in(STAFF, PIN)?;
        self.till = Some(till);
        Ok(())
    }

    pub(super) fn set_network(&mut self, online: bool) -> Result<()> {
        self.is_online = online;
        self.till()?
            .ask("set_network", &json!({ "online": online }))?;
        Ok(())
    }

    pub(super) fn wait_quiet(&mut self) -> Result<()> {
        self.till()?.wait_quiet(QUIET_MS_MAX)?;
        Ok(())
    }

    /// How far each feed that others read too has been read.
    pub(super) fn cursors(&mut self) -> Result<Vec<(String, u64)>> {
        let status = self.till()?.call(&ipc::GetSyncStatus {})??;
        let shared = status
            .scopes
            .into_iter()
            .filter(|scope| !scope.scope.starts_with("device:"));
        Ok(shared.map(|scope| (scope.scope, scope.cursor)).collect())
    }

    pub(super) fn quit(self) -> Result<()> {
        self.till.ok_or_else(|| anyhow!("the till is gone"))?.quit()
    }

    fn till(&mut self) -> Result<&mut HeadlessTill> {
        self.till
            .as_mut()
            .ok_or_else(|| anyhow!("the till is gone"))
    }
}

/// What an invoice asks of a till: a refund; or a sale, an adjustment, or one of each.
fn entries(invoice: &Invoice, products: &HashMap<String, ProductId>) -> Result<Vec<Entry>> {
    let product = |row: &Row| {
        products
            .get(&row.stock_code)
            .copied()
            .with_context(|| format!("product {:?} was not imported", row.stock_code))
    };
    let tender = if invoice.customer.is_some() {
        TenderCode::CARD
    } else {
        TenderCode::CASH
    };
    let sale_line = |row: &Row| -> Result<ipc::SaleLine> {
        Ok(ipc::SaleLine {
            unit_price_e4: Some(row.unit_price_e4),
            ..ipc::SaleLine::of(product(row)?, Quantity::units(row.units.abs()))
        })
    };
    if invoice.is_cancellation() {
        let loose = invoice.rows.iter().map(|row| {
            Ok(ipc::LooseRefundLine {
                line: sale_line(row)?,
                location: Location::ShopFloor,
            })
        });
        let refund = ipc::CompleteRefund {
            payouts: Vec::new(),
            draft_id: draft("refund", invoice),
            original_id: None,
            lines: Vec::new(),
            loose: loose.collect::<Result<_>>()?,
            customer_id: None,
            tender,
            reason: String::new(),
        };
        return Ok(vec![entry(&refund)?]);
    }
    let mut entries = Vec::new();
    let sold: Vec<&Row> = invoice.rows.iter().filter(|row| row.units > 0).collect();
    if !sold.is_empty() {
        let mut due = Money::ZERO;
        for row in &sold {
            let amount = line_amount(Quantity::units(row.units), row.unit_price_e4, MINOR_DIGITS)?;
            due = due.checked_add(amount)?;
        }
        let sale = ipc::CompleteSale {
            draft_id: draft("sale", invoice),
            lines: sold.into_iter().map(sale_line).collect::<Result<_>>()?,
            payments: vec![TenderedPayment {
                tender,
                tendered_minor: due,
                reference: String::new(),
            }],
            customer_id: None,
            terms: ipc::AskedTerms::default(),
            quote_id: None,
            exchange: None,
        };
        entries.push(entry(&sale)?);
    }
    let adjusted = invoice.rows.iter().filter(|row| row.units < 0).map(|row| {
        Ok(ipc::AdjustLine {
            product_id: product(row)?,
            location: Location::ShopFloor,
            delta_milli: Quantity::units(row.units),
        })
    });
    let lines = adjusted.collect::<Result<Vec<_>>>()?;
    if !lines.is_empty() {
        let adjustment = ipc::AdjustStock {
            draft_id: draft("adjustment", invoice),
            reason: MovementReason::Correction,
            note: String::new(),
            lines,
        };
        entries.push(entry(&adjustment)?);
    }
    Ok(entries)
}

fn entry<C: ipc::Command>(command: &C) -> Result<Entry> {
    Ok(Entry {
        name: C::NAME,
        args: serde_json::to_value(command)?,
    })
}

/// The same invoice always makes the same draft, so that a till that lost its power is asked again
/// and does nothing twice.
fn draft(kind: &str, invoice: &Invoice) -> DraftId {
    let hash = Sha256::digest(format!("{kind}/{}", invoice.number).as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    DraftId(Uuid::from_bytes(bytes))
}

/// Lengths of the stretches with and without network: 5 to 84 invoices, the same in every run.
struct Stretches {
    random: u64,
    left: u64,
}

impl Stretches {
    fn new(place: &Place) -> Stretches {
        Stretches {
            random: u64::from(place.till),
            left: 10,
        }
    }

    fn is_over(&mut self) -> bool {
        self.left -= 1;
        if self.left > 0 {
            return false;
        }
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        self.left = 5 + (self.random >> 33) % 80;
        true
    }
}
