//! A person at a till: sells, gives back, takes repairs in and moves them on, and believes only
//! what the till has said. When the power goes, they start it again and ask for the same once more.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use domain::{
    contract::ipc::{self, Command, DocumentView, RepairView},
    id::{DraftId, OpId, ProductId, RepairId},
    money::Money,
    quantity::Quantity,
    repair::{RepairDevice, RepairState},
    sale::{RefundLine, TenderCode, TenderedPayment},
    stock::Location,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    chance::Chance,
    witness::{Seen, Witness},
};
use crate::{till::HeadlessTill, wait};

/// May do everything at a till of the first store.
const STAFF: &str = "James";
const PIN: &str = "271828";
/// The longest that a till may take to send everything and hold everything.
const QUIET_MS_MAX: u64 = 120_000;

/// The way of a repair, one step after another.
const WAY: [RepairState; 5] = [
    RepairState::Diagnosing,
    RepairState::Repairing,
    RepairState::QualityCheck,
    RepairState::Ready,
    RepairState::Delivered,
];

/// A person with their till.
#[derive(Debug)]
pub struct Clerk {
    pub data: PathBuf,
    pub witness: Witness,
    till: Option<HeadlessTill>,
    chance: Chance,
    products: Vec<ProductId>,
    /// Sales of which nothing was given back.
    sold: Vec<OpId>,
    /// Repairs, and how many steps each has gone.
    repairs: Vec<(RepairId, usize)>,
}

/// What a reply becomes when it is seen.
#[derive(Debug, Clone, Copy)]
enum Asked {
    Sale,
    Refund,
    Repair,
}

impl Clerk {
    /// Enrols a till and signs in.
    pub fn start(
        data: &Path,
        witness: &Path,
        server: &str,
        code: &str,
        seed: u64,
    ) -> Result<Clerk> {
        let mut till = HeadlessTill::start(data, None)?;
        till.enrol(server, code)?;
        till.wait_quiet(QUIET_MS_MAX)?;
        till.sign_in(STAFF, PIN)?;
        let search = ipc::SearchProducts {
            text: String::new(),
            category_id: None,
            offset: 0,
            limit: 20,
        };
        let hits = till.call(&search)??.hits;
        Ok(Clerk {
            data: data.to_owned(),
            witness: Witness::open(witness)?,
            till: Some(till),
            chance: Chance::new(seed, 1),
            products: hits.into_iter().map(|hit| hit.product.product_id).collect(),
            sold: Vec::new(),
            repairs: Vec::new(),
        })
    }

    /// The same person at a copy of the till's folder; the till is off. What each has seen goes into
    /// a witness of its own.
    pub fn copy_to(&self, data: &Path, seed: u64) -> Result<Clerk> {
        copy_folder(&self.data, data)?;
        Ok(Clerk {
            data: data.to_owned(),
            witness: Witness::open(&data.with_extension("witness.jsonl"))?,
            till: None,
            chance: Chance::new(seed, 1),
            products: self.products.clone(),
            sold: Vec::new(),
            repairs: Vec::new(),
        })
    }

    /// The till, which is on.
    pub fn till(&mut self) -> Result<&mut HeadlessTill> {
        self.till.as_mut().ok_or_else(|| anyhow!("the till is off"))
    }

    /// Does the next thing and notes what was seen.
    pub fn act(&mut self) -> Result<()> {
        let (asked, name, args) = self.next()?;
        let reply = self.till()?.ask(name, &args)?;
        self.see(asked, reply)
    }

    /// Does the next thing; the power goes before its reply is read, a moment after it was asked.
    pub fn act_through_power_cut(&mut self) -> Result<()> {
        let (asked, name, args) = self.next()?;
        let moment = Duration::from_micros(self.chance.below(12_000));
        self.till()?.send(name, &args)?;
        wait::pause(moment);
        self.lose_power()?;
        let reply = self.till()?.ask(name, &args)?;
        self.see(asked, reply)
    }

    /// The power goes and comes back.
    pub fn lose_power(&mut self) -> Result<()> {
        self.cut_power()?;
        self.switch_on()
    }

    /// The power goes; the till can be switched on again.
    pub fn cut_power(&mut self) -> Result<()> {
        self.till.take().context("the till is off")?.kill()
    }

    /// Starts the till on its folder and signs in.
    pub fn switch_on(&mut self) -> Result<()> {
        self.switch_on_with(HeadlessTill::start(&self.data, None)?)
    }

    /// Goes on at a till that runs.
    pub fn switch_on_with(&mut self, mut till: HeadlessTill) -> Result<()> {
        till.sign_in(STAFF, PIN)?;
        self.till = Some(till);
        Ok(())
    }

    /// Waits until everything is sent and everything has come back.
    pub fn wait_quiet(&mut self) -> Result<Value> {
        self.till()?.wait_quiet(QUIET_MS_MAX)
    }

    /// Ends the till in peace; it can be switched on again.
    pub fn switch_off(&mut self) -> Result<()> {
        self.till.take().context("the till is off")?.quit()
    }

    /// A sale, which is not made yet.
    pub fn sale(&mut self) -> Result<ipc::CompleteSale> {
        let lines = 1 + self.chance.below(3);
        let lines: Option<Vec<_>> = (0..lines)
            .map(|_| {
                let units = 1 + i64::try_from(self.chance.below(3)).ok()?;
                Some(ipc::SaleLine::of(
                    *self.chance.one_of(&self.products)?,
                    Quantity::units(units),
                ))
            })
            .collect();
        Ok(ipc::CompleteSale {
            draft_id: self.draft(),
            lines: lines.context("the catalogue is empty")?,
            payments: vec![TenderedPayment {
                tender: TenderCode::CASH,
                tendered_minor: Money(100_000_000),
                reference: String::new(),
            }],
            customer_id: None,
            terms: ipc::AskedTerms::default(),
            quote_id: None,
            exchange: None,
        })
    }

    /// Sells something and notes the receipt.
    pub fn sell(&mut self) -> Result<DocumentView> {
        let sale = self.sale()?;
        let receipt = self.till()?.call(&sale)??;
        self.note(&receipt)?;
        Ok(receipt)
    }

    /// Notes a receipt that was seen.
    pub fn note(&mut self, receipt: &DocumentView) -> Result<()> {
        self.witness.note(&document(receipt))?;
        self.sold.push(receipt.document.document_id);
        Ok(())
    }

    fn next(&mut self) -> Result<(Asked, &'static str, Value)> {
        let chance = self.chance.below(10);
        if chance >= 8 && !self.sold.is_empty() {
            let place = self.chance.below(self.sold.len() as u64);
            let original = self.sold.swap_remove(usize::try_from(place)?);
            let refund = ipc::CompleteRefund {
                payouts: Vec::new(),
                draft_id: self.draft(),
                original_id: Some(original),
                lines: vec![RefundLine {
                    n: 1,
                    quantity_milli: Quantity::units(1),
                    location: Location::ShopFloor,
                }],
                loose: Vec::new(),
                customer_id: None,
                tender: TenderCode::CASH,
                reason: "Changed their mind".into(),
            };
            return asked(Asked::Refund, &refund);
        }
        match chance {
            0..6 => {
                let sale = self.sale()?;
                asked(Asked::Sale, &sale)
            }
            6 => self.next_of_repair(),
            _ => {
                let intake = ipc::TakeInRepair {
                    draft_id: self.draft(),
                    customer_id: None,
                    device: RepairDevice {
                        kind: "Phone".into(),
                        ..RepairDevice::default()
                    },
                    fault: "Cracked glass".into(),
                    accessories: String::new(),
                    promised_date: None,
                };
                asked(Asked::Repair, &intake)
            }
        }
    }

    fn next_of_repair(&mut self) -> Result<(Asked, &'static str, Value)> {
        let draft_id = self.draft();
        let open = self
            .repairs
            .iter_mut()
            .find(|(_, steps)| *steps < WAY.len());
        if let Some((repair_id, steps)) = open {
            let to = WAY[*steps];
            *steps += 1;
            let repair_id = *repair_id;
            let step = ipc::MoveRepair {
                draft_id,
                repair_id,
                to,
            };
            return asked(Asked::Repair, &step);
        }
        match self.repairs.last() {
            Some((repair_id, _)) => {
                let note = ipc::NoteRepair {
                    draft_id,
                    repair_id: *repair_id,
                    text: "Handed over with the old glass".into(),
                };
                asked(Asked::Repair, &note)
            }
            None => {
                let sale = self.sale()?;
                asked(Asked::Sale, &sale)
            }
        }
    }

    fn see(&mut self, asked: Asked, reply: Value) -> Result<()> {
        let seen = match asked {
            Asked::Sale | Asked::Refund => {
                let view: DocumentView = serde_json::from_value(reply)?;
                if matches!(asked, Asked::Sale) {
                    self.sold.push(view.document.document_id);
                }
                document(&view)
            }
            Asked::Repair => {
                let view: RepairView = serde_json::from_value(reply)?;
                let repair_id = view.repair.repair_id;
                if !self.repairs.iter().any(|(known, _)| *known == repair_id) {
                    self.repairs.push((repair_id, 0));
                }
                Seen::Repair {
                    repair_id,
                    number: view.repair.number,
                }
            }
        };
        self.witness.note(&seen)
    }

    fn draft(&mut self) -> DraftId {
        let (high, low) = (self.chance.number(), self.chance.number());
        DraftId(Uuid::from_u64_pair(high, low))
    }

    /// Cuts or restores the till's network.
    pub fn set_network(&mut self, online: bool) -> Result<()> {
        self.till()?
            .ask("set_network", &json!({ "online": online }))?;
        Ok(())
    }
}

/// Copies a folder's files, as a backup of the computer would.
pub fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to.join(entry.file_name()))?;
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

fn document(view: &DocumentView) -> Seen {
    Seen::Document {
        document_id: view.document.document_id,
        number: view.document.number.clone(),
        total_minor: view.document.total_minor.0,
    }
}

fn asked<C: Command>(asked: Asked, command: &C) -> Result<(Asked, &'static str, Value)> {
    Ok((asked, C::NAME, serde_json::to_value(command)?))
}
