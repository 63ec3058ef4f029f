//! One till of a simulation with the person at it: what they do is chosen by the seed, and what
//! they saw as done is remembered.

mod aside;
mod papers;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use domain::{
    contract::{
        failure::{Failure, code},
        ipc::{
            AdjustLine, AdjustStock, AskedTerms, CloseShift, CompleteRefund, CompleteSale, Enrol,
            LooseRefundLine, MoveCash, MoveRepair, NoteRepair, OpenShift, PutCustomer, SaleLine,
            SignedIn, TakeInRepair,
        },
    },
    id::{CustomerId, DraftId, OpId, ProductId, RepairId},
    money::Money,
    quantity::Quantity,
    repair::{RepairDevice, RepairState},
    sale::{RefundLine, TenderCode, TenderedPayment},
    shift::{CashMovementKind, Pieces},
    stock::{Location, MovementReason},
};
use replica::{
    Clock, OpenOptions, Run, SecretStore,
    simulation::{self, Crashed, Still, Turn, copy_as_after_power_loss, until_crash},
};
use sqlx::{Connection, SqliteConnection};
use uuid::Uuid;

use super::{
    network::{Link, Network, Weather},
    random::Random,
};
use crate::figures::open_replica;

/// Nobody types an address: the network of a simulation knows one server.
const SERVER: &str = "http://127.0.0.1:1";

const STATES: [RepairState; 6] = [
    RepairState::Diagnosing,
    RepairState::AwaitingApproval,
    RepairState::Approved,
    RepairState::Repairing,
    RepairState::Ready,
    RepairState::Delivered,
];

/// A till's folder as the program leaves it when it was opened and closed once: every till of a
/// simulation begins with a copy of it.
pub(super) async fn make_blank(folder: &Path) -> Result<()> {
    let options = OpenOptions {
        data_dir: folder.to_owned(),
        clock: Clock::set_to(0),
        secrets: SecretStore::File,
        enrol_hint: None,
        papers: None,
    };
    let link = Network::new(0, Weather::default()).link();
    Still::open(options, Arc::new(link)).await?.close().await?;
    Ok(())
}

/// What people at a till also do. What a seed does stays what it was before there were such things.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Habits {
    /// They open, count and close the drawer.
    pub(super) has_drawer: bool,
    /// They park carts and make quotes.
    pub(super) sets_aside: bool,
    /// They exchange goods and make invoices of receipts.
    pub(super) makes_papers: bool,
    /// Some of what they sell has serial numbers, of which there are so few that units meet again.
    pub(super) sells_units: bool,
    /// They load gift cards, of which there are few, and pay with them.
    pub(super) keeps_balances: bool,
}

/// A till and its folder.
#[derive(Debug)]
pub(super) struct Counter {
    pub(super) name: String,
    pub(super) store: usize,
    /// The till's number in its shop.
    pub(super) place: u32,
    pub(super) clock: Clock,
    pub(super) link: Link,
    person: SignedIn,
    base: PathBuf,
    generation: u32,
    still: Option<Still>,
    eye: Option<SqliteConnection>,
    /// There is no room on the disk.
    pub(super) is_disk_full: bool,
    /// The file that the eye looks at.
    seen: Option<PathBuf>,
    /// How often a filled file took the place of another in a turn.
    pub(super) switches: u64,
    /// What somebody saw as done.
    pub(super) witnessed: BTreeSet<OpId>,
    pub(super) habits: Habits,
}

/// How a step at a till ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Done,
    Refused,
    Crashed,
}

impl Counter {
    /// Opens a new till and enrols it.
    pub(super) async fn enrol(
        (blank, base): (&Path, PathBuf),
        (store, place): (usize, u32),
        now_ms: i64,
        person: SignedIn,
        link: Link,
        code: String,
    ) -> Result<Counter> {
        let mut counter = Counter {
            name: place.to_string(),
            store,
            place,
            clock: Clock::set_to(now_ms),
            link,
            person,
            base,
            generation: 0,
            still: None,
            eye: None,
            is_disk_full: false,
            seen: None,
            switches: 0,
            witnessed: BTreeSet::new(),
            habits: Habits::default(),
        };
        copy_as_after_power_loss(blank, &counter.folder())?;
        counter.open().await?;
        let server = SERVER.to_owned();
        counter.still()?.call(Enrol { server, code }).await?;
        Ok(counter)
    }

    /// Enrols anew by a code for the same place.
    pub(super) async fn enrol_again(&mut self, code: String) -> Result<Ended> {
        let server = SERVER.to_owned();
        simulation::set_disk_full(self.is_disk_full);
        match until_crash(self.still()?.call(Enrol { server, code })).await {
            Ok(Ok(_)) => Ok(Ended::Done),
            Ok(Err(failure)) => self.refused(&failure),
            Err(Crashed) => {
                self.lose_power().await?;
                Ok(Ended::Crashed)
            }
        }
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.base.join(self.generation.to_string())
    }

    async fn open(&mut self) -> Result<()> {
        let options = OpenOptions {
            data_dir: self.folder(),
            clock: self.clock.clone(),
            secrets: SecretStore::File,
            enrol_hint: None,
            papers: None,
        };
        // Room or none is felt by transactions; opening is not what fills a disk.
        simulation::set_disk_full(false);
        let still = Still::open(options, Arc::new(self.link.clone())).await?;
        still.stand_in(self.person.clone());
        self.still = Some(still);
        self.seen = None;
        self.look_at_file().await?;
        Ok(())
    }

    fn still(&self) -> Result<&Still> {
        self.still.as_ref().context("the till is closed")
    }

    pub(super) fn eye(&mut self) -> Result<&mut SqliteConnection> {
        self.eye.as_mut().context("the till is closed")
    }

    /// After a turn the till may work with another file: a fill has switched.
    async fn look_at_file(&mut self) -> Result<bool> {
        let file = self.still()?.file();
        if self.seen.as_ref() == Some(&file) {
            return Ok(false);
        }
        self.eye = Some(open_replica(&self.folder()).await?);
        Ok(self.seen.replace(file).is_some())
    }

    /// Closes the till as a person does.
    pub(super) async fn close(&mut self) -> Result<()> {
        if let Some(eye) = self.eye.take() {
            eye.close().await?;
        }
        if let Some(still) = self.still.take() {
            still.close().await?;
        }
        Ok(())
    }

    /// The power goes and comes back: what had reached the disk is all there is.
    async fn lose_power(&mut self) -> Result<()> {
        let left = self.folder();
        self.generation += 1;
        copy_as_after_power_loss(&left, &self.folder())?;
        self.eye = None;
        self.still = None;
        std::fs::remove_dir_all(&left).ok();
        self.open().await
    }

    /// Kills and starts the program between two steps.
    pub(super) async fn restart(&mut self) -> Result<()> {
        self.lose_power().await
    }

    /// A copy of the till's folder as a disk image would hold it.
    pub(super) fn keep_copy(&self) -> Result<PathBuf> {
        let copy = self.base.join("copy");
        std::fs::remove_dir_all(&copy).ok();
        copy_as_after_power_loss(&self.folder(), &copy)?;
        Ok(copy)
    }

    /// A second computer made from this one's disk: the same till twice.
    pub(super) async fn clone_as(&self, name: String, link: Link) -> Result<Counter> {
        let mut clone = Counter {
            name: name.clone(),
            store: self.store,
            place: self.place,
            clock: Clock::set_to(self.clock.now_ms()),
            link,
            person: self.person.clone(),
            base: self.base.with_file_name(format!("till-{name}")),
            generation: 0,
            still: None,
            eye: None,
            is_disk_full: false,
            seen: None,
            switches: 0,
            witnessed: BTreeSet::new(),
            habits: self.habits,
        };
        copy_as_after_power_loss(&self.folder(), &clone.folder())?;
        clone.open().await?;
        Ok(clone)
    }

    /// The disk is replaced by an old copy.
    pub(super) async fn restore(&mut self, copy: &Path) -> Result<()> {
        self.close().await?;
        self.generation += 1;
        copy_as_after_power_loss(copy, &self.folder())?;
        self.open().await
    }

    /// Lets the engine try a lane once.
    pub(super) async fn turn(&mut self, turn: Turn) -> Result<Ended> {
        simulation::set_disk_full(self.is_disk_full);
        let ended = until_crash(self.still()?.turn(turn)).await;
        if ended.is_ok() && self.look_at_file().await? {
            self.switches += 1;
        }
        match ended {
            Ok(Ok(())) => Ok(Ended::Done),
            Ok(Err(failure)) => {
                tracing::debug!(till = self.name, ?turn, %failure, "the exchange failed");
                self.refused(&failure)
            }
            Err(Crashed) => {
                self.lose_power().await?;
                Ok(Ended::Crashed)
            }
        }
    }

    /// Whether the lane would try again without anybody's help.
    pub(super) fn will_try(&self, turn: Turn) -> bool {
        self.still
            .as_ref()
            .is_some_and(|still| still.will_try(turn))
    }

    fn refused(&self, failure: &Failure) -> Result<Ended> {
        // SQLite says of a refused commit only that it was undone.
        let is_refused = simulation::has_refused_commit();
        if is_refused {
            self.link.count("commit refused");
        } else if failure.code == code::DISK_FULL {
            self.link.count("disk full");
        } else if failure.code == code::INTERNAL {
            bail!("till {}: {failure}", self.name);
        }
        Ok(Ended::Refused)
    }

    async fn call<C: Run>(&mut self, command: C) -> Result<Ended> {
        simulation::set_disk_full(self.is_disk_full);
        match until_crash(self.still()?.call(command)).await {
            Ok(Ok(_)) => {
                let newest: Vec<u8> = sqlx::query_scalar(
                    "SELECT op_id FROM journal JOIN chain USING (device_id, epoch, device_seq)
                     ORDER BY op_id DESC",
                )
                .fetch_one(self.eye()?)
                .await?;
                self.witnessed.insert(OpId(Uuid::from_slice(&newest)?));
                Ok(Ended::Done)
            }
            Ok(Err(failure)) => self.refused(&failure),
            Err(Crashed) => {
                self.lose_power().await?;
                Ok(Ended::Crashed)
            }
        }
    }

    /// Somebody does something.
    pub(super) async fn work(&mut self, random: &mut Random) -> Result<Ended> {
        if self.habits.sets_aside && random.below(4) == 0 {
            return self.set_aside(random).await;
        }
        if self.habits.makes_papers && random.below(4) == 0 {
            return self.make_of_receipt(random).await;
        }
        if self.habits.has_drawer && random.below(5) == 0 {
            return self.run_drawer(random).await;
        }
        match random.below(10) {
            0..=3 => self.sell(random).await,
            4 => self.refund(random).await,
            5 => self.adjust(random).await,
            6 => self.put_customer(random).await,
            7 => self.take_in(random).await,
            _ => self.work_on_repair(random).await,
        }
    }

    /// Whatever a drawer can do now; most of it is refused while none is open.
    async fn run_drawer(&mut self, random: &mut Random) -> Result<Ended> {
        let draft_id = draft(random);
        match random.below(4) {
            0 => {
                let float_minor = Money(random.between(0, 20_000));
                let open = OpenShift {
                    draft_id,
                    float_minor,
                };
                self.call(open).await
            }
            1 | 2 => {
                let kinds = CashMovementKind::ALL;
                let movement = *random.one_of(&kinds).context("no kind")?;
                let amount_minor = match movement {
                    CashMovementKind::NoSale => Money(0),
                    _ => Money(random.between(1, 5_000)),
                };
                self.call(MoveCash {
                    draft_id,
                    movement,
                    amount_minor,
                    reason: "change".to_owned(),
                })
                .await
            }
            _ => {
                let pieces = vec![Pieces {
                    value_minor: Money(1_000),
                    count: u32::try_from(random.between(0, 30))?,
                }];
                self.call(CloseShift {
                    draft_id,
                    shift_id: None,
                    pieces,
                    others: Vec::new(),
                    float_left_minor: Money(0),
                    note: String::new(),
                })
                .await
            }
        }
    }

    async fn ids(&mut self, sql: &'static str) -> Result<Vec<Uuid>> {
        let rows: Vec<Vec<u8>> = sqlx::query_scalar(sql).fetch_all(self.eye()?).await?;
        rows.iter().map(|row| Ok(Uuid::from_slice(row)?)).collect()
    }

    async fn lines(&mut self, random: &mut Random) -> Result<Vec<SaleLine>> {
        let products = self
            .ids("SELECT product_id FROM product ORDER BY product_id")
            .await?;
        let mut lines = Vec::new();
        for _ in 0..random.between(1, 4) {
            let Some(product_id) = random.one_of(&products).copied().map(ProductId) else {
                continue;
            };
            if self.habits.sells_units && random.happens(500) {
                let serial = format!("UNIT{}", random.below(4));
                lines.push(SaleLine {
                    serial: Some(serial),
                    ..SaleLine::of(product_id, Quantity::ONE)
                });
                continue;
            }
            let quantity = Quantity::units(random.between(1, 9));
            lines.push(SaleLine::of(product_id, quantity));
        }
        Ok(lines)
    }

    async fn sell(&mut self, random: &mut Random) -> Result<Ended> {
        let lines = self.lines(random).await?;
        let customers = self
            .ids("SELECT customer_id FROM customer ORDER BY 1")
            .await?;
        let customer_id = random.one_of(&customers).copied().map(CustomerId);
        let mut payments = Vec::new();
        if self.habits.keeps_balances && random.happens(600) {
            let amount = random.between(1, 3_000);
            let pays_in = random.happens(500);
            payments.push(TenderedPayment {
                tender: TenderCode::GIFT_CARD,
                tendered_minor: Money(if pays_in { -amount } else { amount }),
                reference: format!("GIFT{}000", random.below(3)),
            });
        }
        payments.push(TenderedPayment {
            tender: TenderCode::CASH,
            tendered_minor: Money(1_000_000),
            reference: String::new(),
        });
        self.call(CompleteSale {
            draft_id: draft(random),
            lines,
            payments,
            customer_id,
            terms: AskedTerms::default(),
            quote_id: None,
            exchange: None,
        })
        .await
    }

    async fn refund(&mut self, random: &mut Random) -> Result<Ended> {
        let receipts = self
            .ids("SELECT document_id FROM document WHERE kind = 'receipt' ORDER BY document_id")
            .await?;
        let loose = random.happens(300);
        let original = random
            .one_of(&receipts)
            .copied()
            .map(OpId)
            .filter(|_| !loose);
        let (lines, loose) = match original {
            Some(_) => {
                let line = RefundLine {
                    n: 1,
                    quantity_milli: Quantity::units(1),
                    location: Location::ShopFloor,
                };
                (vec![line], Vec::new())
            }
            None => {
                let location = Location::Faulty;
                let lines = self.lines(random).await?;
                let loose = lines
                    .into_iter()
                    .map(|line| LooseRefundLine { line, location });
                (Vec::new(), loose.collect())
            }
        };
        let mut refund = CompleteRefund {
            payouts: Vec::new(),
            draft_id: draft(random),
            original_id: original,
            lines,
            loose,
            customer_id: None,
            tender: TenderCode::CASH,
            reason: "does not fit".to_owned(),
        };
        if self.habits.keeps_balances && random.happens(500) {
            let customers = self
                .ids("SELECT customer_id FROM customer ORDER BY 1")
                .await?;
            refund.customer_id = random.one_of(&customers).copied().map(CustomerId);
            refund.tender = TenderCode::STORE_CREDIT;
        }
        self.call(refund).await
    }

    async fn adjust(&mut self, random: &mut Random) -> Result<Ended> {
        let products = self
            .ids("SELECT product_id FROM product ORDER BY product_id")
            .await?;
        let Some(product) = random.one_of(&products) else {
            return Ok(Ended::Refused);
        };
        self.call(AdjustStock {
            draft_id: draft(random),
            reason: MovementReason::Received,
            note: String::new(),
            lines: vec![AdjustLine {
                product_id: ProductId(*product),
                location: Location::ShopFloor,
                delta_milli: Quantity::units(random.between(1, 50)),
            }],
        })
        .await
    }

    async fn put_customer(&mut self, random: &mut Random) -> Result<Ended> {
        let known = self
            .ids(
                "SELECT customer_id FROM customer UNION SELECT customer_id FROM pending_field \
                 ORDER BY 1",
            )
            .await?;
        let customer_id = random
            .one_of(&known)
            .copied()
            .filter(|_| random.clone().happens(700));
        let word = |random: &mut Random| format!("{:x}", random.below(1 << 20));
        self.call(PutCustomer {
            draft_id: draft(random),
            customer_id: customer_id.map(CustomerId),
            name: word(random),
            phone: if random.happens(500) {
                "+34600000000".to_owned()
            } else {
                String::new()
            },
            email: String::new(),
            address: word(random),
            tax_id: String::new(),
            notes: String::new(),
            legal_name: String::new(),
            fiscal_address: String::new(),
            consent: String::new(),
        })
        .await
    }

    async fn take_in(&mut self, random: &mut Random) -> Result<Ended> {
        self.call(TakeInRepair {
            draft_id: draft(random),
            customer_id: None,
            device: RepairDevice {
                kind: "phone".to_owned(),
                brand: String::new(),
                model: String::new(),
                serial: String::new(),
            },
            fault: "does not charge".to_owned(),
            accessories: String::new(),
            promised_date: None,
        })
        .await
    }

    async fn work_on_repair(&mut self, random: &mut Random) -> Result<Ended> {
        let repairs = self
            .ids("SELECT DISTINCT repair_id FROM repair_event ORDER BY repair_id")
            .await?;
        let Some(repair_id) = random.one_of(&repairs).copied().map(RepairId) else {
            return self.take_in(random).await;
        };
        let draft_id = draft(random);
        if random.happens(400) {
            let text = "looked at it".to_owned();
            return self
                .call(NoteRepair {
                    draft_id,
                    repair_id,
                    text,
                })
                .await;
        }
        let to = STATES[random.index(STATES.len())];
        self.call(MoveRepair {
            draft_id,
            repair_id,
            to,
        })
        .await
    }
}

fn draft(random: &mut Random) -> DraftId {
    let (high, low) = (u128::from(random.next()), u128::from(random.next()));
    DraftId(Uuid::from_u128((high << 64) | low))
}
