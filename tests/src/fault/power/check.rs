//! Records a till at work, then cuts the power after every call of the system that it made and
//! looks at what is left.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use domain::id::{OpId, RepairId};
use replica::{Clock, OpenOptions, SecretStore, Till};
use serde_json::Value;
use sqlx::{Connection, Row, SqliteConnection};
use uuid::Uuid;

use super::{
    disk::{Disk, Luck},
    trace::{self, Event},
};
use crate::{
    fault::{chance::Chance, clerk::Clerk, shop::Shop},
    figures::open_to_read,
    program,
    till::HeadlessTill,
};

/// What is done, and how closely it is looked at.
#[derive(Debug, Clone)]
pub struct Power {
    /// The till's program.
    pub program: String,
    /// What the person at the till does.
    pub acts: u32,
    pub seed: u64,
    /// One cut in so many is looked at; those right after an answer always are.
    pub cut_every: u64,
    /// Kinds of luck tried at each cut, besides none at all.
    pub lucks: usize,
}

/// What was found.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Powerless {
    pub seed: u64,
    /// Calls of the system that changed the till's folder.
    pub calls: u64,
    /// How often the till waited for the disk.
    pub syncs: u64,
    pub answers: u64,
    pub cuts: u64,
    /// States of the disk that were opened, by the disk's luck.
    pub images: BTreeMap<String, u64>,
    /// Something that was answered is gone.
    pub lost: Vec<Cut>,
    /// The till does not open, or its books do not hold.
    pub broken: Vec<Cut>,
}

/// A state of the disk that must not be.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Cut {
    /// The power went after so many calls.
    pub after_calls: u64,
    pub luck: Luck,
    pub what: String,
}

/// What somebody was told is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    Document(OpId),
    Repair(RepairId),
}

/// Records a till, cuts its power everywhere and tells what was lost.
pub fn run(power: &Power, progress: impl Fn(u64)) -> Result<Powerless> {
    let mut shop = Shop::open()?;
    let (before, events) = record(power, &mut shop)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let folder = shop.folder.join("cut");
    runtime.block_on(cut_everywhere(power, before, &events, &folder, progress))
}

/// Lets a person work at a till whose every call is written down.
fn record(power: &Power, shop: &mut Shop) -> Result<(Disk, Vec<Event>)> {
    let address = shop.server.ready.address.clone();
    let mut clerk = shop.clerk(&address, power.seed)?;
    clerk.act()?;
    clerk.wait_quiet()?;
    clerk.switch_off()?;
    let before = Disk::of(&clerk.data)?;
    let written = shop.folder.join("trace");
    let program = program::find(&power.program)?;
    let till = HeadlessTill::start_by(trace::recorded(&program, &written), &clerk.data, None)?;
    clerk.switch_on_with(till)?;
    work(&mut clerk, power.acts)?;
    clerk.switch_off()?;
    let events = trace::read(&written, &clerk.data)?;
    check_model(before.clone(), &events, &clerk.data)?;
    Ok((before, events))
}

/// The first half without network; then everything is sent and comes back.
fn work(clerk: &mut Clerk, acts: u32) -> Result<()> {
    clerk.set_network(false)?;
    for act in 0..acts {
        if act == acts / 2 {
            clerk.set_network(true)?;
        }
        clerk.act()?;
    }
    clerk.wait_quiet()?;
    Ok(())
}

/// A till that ended in peace has left what the model says: no write was overlooked.
fn check_model(mut disk: Disk, events: &[Event], folder: &Path) -> Result<()> {
    for event in events {
        disk.happen(event)?;
    }
    ensure!(
        disk.all()? == Disk::of(folder)?.all()?,
        "the recorded calls do not add up to the till's files"
    );
    Ok(())
}

async fn cut_everywhere(
    power: &Power,
    mut disk: Disk,
    events: &[Event],
    folder: &Path,
    progress: impl Fn(u64),
) -> Result<Powerless> {
    let mut chance = Chance::new(power.seed, 7);
    let mut found = Powerless {
        seed: power.seed,
        ..Powerless::default()
    };
    let mut told = BTreeSet::new();
    for event in events {
        disk.happen(event)?;
        let mut is_answer = false;
        match event {
            Event::Said { bytes } => {
                let news = answers(bytes)?;
                is_answer = !news.is_empty();
                found.answers += news.len() as u64;
                told.extend(news);
            }
            Event::Sync { .. } => (found.calls, found.syncs) = (found.calls + 1, found.syncs + 1),
            _ => found.calls += 1,
        }
        if !is_answer && chance.below(power.cut_every) > 0 {
            continue;
        }
        found.cuts += 1;
        progress(found.calls);
        for luck in lucks(power.lucks, &mut chance) {
            let image = Image {
                folder: folder.join(format!("{}", found.images.values().sum::<u64>())),
                opens: found.cuts.is_multiple_of(25),
            };
            disk.leave(&image.folder, luck, &mut chance)?;
            *found.images.entry(format!("{luck:?}")).or_default() += 1;
            let cut = |what| Cut {
                after_calls: found.calls,
                luck,
                what,
            };
            match image.check(&told).await {
                Ok(lost) if lost.is_empty() => {}
                Ok(lost) => found.lost.push(cut(format!("{lost:?}"))),
                Err(error) => found.broken.push(cut(format!("{error:#}"))),
            }
            std::fs::remove_dir_all(&image.folder)?;
        }
    }
    ensure!(
        found.answers > 0 && found.cuts > found.answers,
        "nothing was recorded: {found:?}"
    );
    Ok(found)
}

/// No luck at all, always, and some others.
fn lucks(others: usize, chance: &mut Chance) -> Vec<Luck> {
    let mut lucks: Vec<Luck> = Luck::ALL
        .into_iter()
        .filter(|luck| *luck != Luck::None)
        .collect();
    while lucks.len() > others {
        let length = lucks.len() as u64;
        lucks.swap_remove(usize::try_from(chance.below(length)).unwrap_or(0));
    }
    lucks.push(Luck::None);
    lucks
}

/// What lines on standard output told a person.
fn answers(bytes: &[u8]) -> Result<Vec<Told>> {
    let mut told = Vec::new();
    for line in bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let reply: Value = serde_json::from_slice(line).context("an answer said in parts")?;
        let reply = &reply["ok"];
        if let Some(id) = reply["document"]["document_id"].as_str() {
            told.push(Told::Document(OpId(id.parse()?)));
        } else if let Some(id) = reply["repair"]["repair_id"].as_str() {
            told.push(Told::Repair(RepairId(id.parse()?)));
        }
    }
    Ok(told)
}

/// What the power left.
struct Image {
    folder: PathBuf,
    /// Whether the till is started on it, too.
    opens: bool,
}

impl Image {
    /// What is gone of what people were told.
    async fn check(&self, told: &BTreeSet<Told>) -> Result<Vec<Told>> {
        let report = replica::verify::verify(&self.folder).await?;
        ensure!(report.findings.is_empty(), "{:?}", report.findings);
        if self.opens {
            let options = OpenOptions {
                data_dir: self.folder.clone(),
                clock: Clock::system(),
                secrets: SecretStore::File,
                enrol_hint: None,
                papers: None,
            };
            let till = Till::open(options).await.context("it does not open")?;
            till.close().await?;
        }
        let mut file = open_to_read(&self.folder).await?;
        let kept = kept(&mut file).await;
        file.close().await?;
        Ok(told.difference(&kept?).copied().collect())
    }
}

async fn kept(file: &mut SqliteConnection) -> Result<BTreeSet<Told>> {
    let rows = sqlx::query(
        "SELECT 0, document_id FROM document UNION SELECT 1, repair_id FROM repair_event",
    )
    .fetch_all(file)
    .await?;
    rows.iter()
        .map(|row| {
            let id = Uuid::from_slice(row.get(1))?;
            Ok(if row.get::<i64, _>(0) == 0 {
                Told::Document(OpId(id))
            } else {
                Told::Repair(RepairId(id))
            })
        })
        .collect()
}
