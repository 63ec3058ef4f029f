//! The whole system from one seed: real tills over real files, the product's server over
//! PostgreSQL, and a network, clocks, power and disks that fail as the seed says. A seed that
//! failed fails again: nothing in a run depends on anything else.

mod books;
mod counter;
mod network;
mod oracle;
mod random;
mod shop;
mod watch;

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use domain::{
    contract::ipc::SignedIn,
    id::OpId,
    staff::{discount_limit, permissions},
};
use futures_util::FutureExt;
use replica::simulation::{self, Turn};
use sqlx::Row;
use sync_server::embedded::TemporaryCluster;
use uuid::Uuid;

pub use self::watch::Watch;
use self::{
    books::Books,
    counter::{Counter, Ended, Habits},
    network::{Counts, Cut, Network, Weather},
    random::Random,
    shop::Shop,
};

/// 2030-01-01: later than today, so that no code of PostgreSQL's own clock has run out.
const START_MS: i64 = 1_893_456_000_000;
/// Rounds in which everything must be quiet once all is well again.
const ROUNDS_MAX: u32 = 40;
/// How many rounds in a row must be quiet: what lies behind a gap is offered after two turns in which
/// nobody filled it.
const QUIET_ROUNDS: u32 = 4;

/// A rule that is broken on purpose, at the till or at the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    Till(simulation::Mutation),
    Server(sync_server::simulation::Mutation),
}

impl Broken {
    /// All of them.
    pub fn all() -> Vec<Broken> {
        let tills = simulation::Mutation::ALL.into_iter().map(Broken::Till);
        let server = sync_server::simulation::Mutation::ALL.into_iter();
        tills.chain(server.map(Broken::Server)).collect()
    }

    /// As it is called on the command line.
    pub fn name(self) -> String {
        match self {
            Self::Till(mutation) => format!("{mutation:?}"),
            Self::Server(mutation) => format!("{mutation:?}"),
        }
    }

    fn set(broken: Option<Broken>) {
        let (till, server) = match broken {
            Some(Self::Till(mutation)) => (Some(mutation), None),
            Some(Self::Server(mutation)) => (None, Some(mutation)),
            None => (None, None),
        };
        simulation::set_mutation(till);
        sync_server::simulation::set_mutation(server);
    }
}

/// Seeds from this one on also run drawers; the earlier ones do what they always did.
const FIRST_WITH_DRAWERS: u64 = 1_000;
/// Seeds from this one on also lose a till that is alone in its store together with the server: what
/// it sold is in no feed that another till reads, and what it wrote about customers is.
const FIRST_WITH_LONE_TILL: u64 = 2_000;
/// Seeds from this one on also put carts aside and make quotes, which end once.
const FIRST_WITH_ASIDE: u64 = 3_000;
/// Seeds from this one on also exchange goods, which is two documents at once, and make invoices.
const FIRST_WITH_PAPERS: u64 = 4_000;
/// Seeds from this one on also sell units with serial numbers, whose history is everybody's.
const FIRST_WITH_UNITS: u64 = 5_000;
/// Seeds from this one on also pay into and from gift cards and store credit, whose sums are everybody's.
const FIRST_WITH_BALANCES: u64 = 6_000;
/// The place of that till among three.
const LONE_TILL: usize = 2;

/// What one seed did.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    pub operations: u64,
    pub steps: u64,
    pub counts: Counts,
    /// What did not hold.
    pub failure: Option<String>,
}

/// What seeds are played on, made once: the server's database, and a till's folder as it is before
/// anybody enrols.
#[derive(Debug)]
pub struct Stage {
    folder: PathBuf,
    blank: PathBuf,
    books: Books,
    /// An operation that is to be followed.
    pub watch: Watch,
}

impl Stage {
    /// A stage in a folder of its own.
    pub async fn set(cluster: &TemporaryCluster, folder: PathBuf) -> Result<Stage> {
        let blank = folder.join("blank");
        counter::make_blank(&blank).await?;
        Ok(Stage {
            folder,
            blank,
            books: Books::open(cluster).await?,
            watch: Watch::default(),
        })
    }
}

/// Runs one seed.
pub async fn run_seed(stage: &mut Stage, seed: u64, broken: Option<Broken>) -> Outcome {
    let network = Network::new(seed, Weather::default());
    simulation::begin(seed);
    sync_server::simulation::set_seed(Some(seed));
    let mut outcome = Outcome::default();
    let base = stage.folder.join(format!("seed-{seed}"));
    std::fs::remove_dir_all(&base).ok();
    let play = Run::play(stage, &base, seed, broken, &network, &mut outcome);
    let failure = match AssertUnwindSafe(play).catch_unwind().await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(format!("{error:#}")),
        Err(_) => Some("something panicked; what and where stands above".to_owned()),
    };
    outcome.failure = failure;
    outcome.counts = network.counts();
    simulation::end();
    sync_server::simulation::set_seed(None);
    std::fs::remove_dir_all(&base).ok();
    outcome
}

/// A run under way.
struct Run<'b> {
    random: Random,
    now_ms: i64,
    network: Network,
    shop: Shop<'b>,
    tills: Vec<Counter>,
    copies: BTreeMap<usize, PathBuf>,
    clones: u32,
    /// What was seen as done at tills that are gone.
    departed: BTreeSet<OpId>,
    operations: u64,
}

impl<'b> Run<'b> {
    async fn play(
        stage: &'b mut Stage,
        base: &Path,
        seed: u64,
        broken: Option<Broken>,
        network: &Network,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let mut watch = stage.watch.clone();
        let mut run = Run::begin(stage, base, seed, network).await?;
        Broken::set(broken);
        // Most worlds are small, so that there are many; a large one now and then.
        let steps = match run.random.below(100) {
            0..=1 => 600,
            2..=24 => 60 + run.random.below(100),
            _ => 20 + run.random.below(50),
        };
        run.network.set_weather(weather(&mut run.random));
        let mut played = Ok(());
        let doom = (seed >= FIRST_WITH_LONE_TILL).then(|| run.random.below(steps));
        for step in 0..steps {
            outcome.steps = step + 1;
            played = if Some(step) == doom {
                run.lose_the_lone_till().await
            } else {
                run.step().await
            };
            played = played.with_context(|| format!("step {step}"));
            if played.is_err() {
                break;
            }
            run.look(&mut watch, &format!("step {step}")).await?;
        }
        outcome.operations = run.operations;
        let switches: u64 = run.tills.iter().map(|till| till.switches).sum();
        run.network.count_many("file switched", switches);
        let judged = match played {
            Ok(()) => run.settle_and_check(&mut watch).await,
            Err(error) => Err(error),
        };
        Broken::set(None);
        for till in &mut run.tills {
            till.close().await.ok();
        }
        run.shop.close();
        judged
    }

    async fn begin(
        stage: &'b mut Stage,
        base: &Path,
        seed: u64,
        network: &Network,
    ) -> Result<Run<'b>> {
        let mut random = Random::new(seed);
        sync_server::simulation::set_now_ms(START_MS.unsigned_abs());
        let shop = Shop::found(&mut stage.books, network).await?;
        let person = SignedIn {
            staff_id: shop.staff.staff_id,
            name: shop.staff.name.clone(),
            role: shop.staff.role,
            language: "en".to_owned(),
            permissions: permissions(shop.staff.role),
            discount_limit_ppm: discount_limit(shop.staff.role),
        };
        let many = random.happens(50);
        let number = if seed >= FIRST_WITH_LONE_TILL {
            3
        } else if many {
            8
        } else {
            random.between(2, 4).unsigned_abs()
        };
        let mut tills = Vec::new();
        for n in 0..usize::try_from(number)? {
            let (store, place) = (usize::from(n % 3 == 2), u32::try_from(n + 1)?);
            let folder = base.join(format!("till-{}", n + 1));
            let till = Counter::enrol(
                (&stage.blank, folder),
                (store, place),
                START_MS,
                person.clone(),
                network.link(),
                shop.code(store, place).await?,
            );
            let mut till = till.await?;
            till.habits = Habits {
                has_drawer: seed >= FIRST_WITH_DRAWERS,
                sets_aside: seed >= FIRST_WITH_ASIDE,
                makes_papers: seed >= FIRST_WITH_PAPERS,
                sells_units: seed >= FIRST_WITH_UNITS,
                keeps_balances: seed >= FIRST_WITH_BALANCES,
            };
            tills.push(till);
        }
        for till in &mut tills {
            till.turn(Turn::Pull).await?;
        }
        Ok(Run {
            random,
            now_ms: START_MS,
            network: network.clone(),
            shop,
            tills,
            copies: BTreeMap::new(),
            clones: 0,
            departed: BTreeSet::new(),
            operations: 0,
        })
    }

    fn advance(&mut self, ms: i64) {
        self.now_ms += ms;
        sync_server::simulation::set_now_ms(self.now_ms.unsigned_abs());
        for till in &self.tills {
            till.clock.advance(ms);
        }
    }

    /// One thing happens.
    async fn step(&mut self) -> Result<()> {
        let ms = self.random.between(1, 90_000);
        self.advance(ms);
        let at = self.random.index(self.tills.len());
        if self.random.happens(60) {
            // A fill passes many of them before it switches.
            let points = if self.random.happens(300) {
                self.random.below(60)
            } else {
                self.random.below(9)
            };
            simulation::crash_after(u32::try_from(points).ok());
        }
        let what = self.random.below(100);
        tracing::info!(till = self.tills[at].name, what, "step");
        let ended = match what {
            0..=41 => {
                let ended = self.tills[at].work(&mut self.random).await?;
                self.operations += u64::from(ended == Ended::Done);
                ended
            }
            42..=59 => self.tills[at].turn(Turn::Push).await?,
            60..=77 => self.tills[at].turn(Turn::Pull).await?,
            _ => {
                simulation::crash_after(None);
                self.trouble(at).await?;
                Ended::Done
            }
        };
        simulation::crash_after(None);
        if ended == Ended::Crashed {
            self.network.count("power lost in a step");
        }
        let Some(till) = self.tills.get_mut(at) else {
            return Ok(());
        };
        let name = till.name.clone();
        oracle::check_levels(till.eye()?)
            .await
            .with_context(|| format!("till {name}"))
    }

    /// Something goes wrong, or is mended.
    async fn trouble(&mut self, at: usize) -> Result<()> {
        let what = self.random.below(25);
        tracing::info!(what, "trouble");
        match what {
            12 => self.shop.back_up().await?,
            13 | 17 => {
                if self.shop.restore().await? {
                    self.forget_what_nobody_holds().await?;
                }
            }
            18 if self.tills.len() > 2 && self.random.happens(400) => {
                self.network.count("till lost for good");
                self.lose(at).await?;
            }
            24 if self.tills.len() > 2 && self.shop.restore().await? => {
                self.network.count("till and server lost at once");
                self.lose(at).await?;
            }
            24 => self.shop.back_up().await?,
            19 => self.enrol_again(at).await?,
            16 if self.tills.len() < 10 => {
                self.network.count("till cloned");
                self.clones += 1;
                let name = format!("clone-{}", self.clones);
                let clone = self.tills[at].clone_as(name, self.network.link()).await?;
                self.tills.push(clone);
            }
            14 | 15 => {
                if let Some(copy) = self.copies.remove(&at) {
                    self.network.count("till restored");
                    self.tills[at].restore(&copy).await?;
                    self.forget_what_nobody_holds().await?;
                } else {
                    self.copies.insert(at, self.tills[at].keep_copy()?);
                }
            }
            0 => {
                let cut = [Cut::None, Cut::Requests, Cut::Answers][self.random.index(3)];
                match cut {
                    Cut::None => {}
                    Cut::Requests => self.network.count("network cut"),
                    Cut::Answers => self.network.count("network cut one way"),
                }
                self.tills[at].link.set_cut(cut);
            }
            1 => self.tills[at].link.set_cut(Cut::None),
            2 => {
                let weather = weather(&mut self.random);
                self.network.set_weather(weather);
            }
            3 => self.network.deliver_late().await,
            4 => {
                self.network.count("power lost between steps");
                self.tills[at].restart().await?;
            }
            5 => self.shop.kill(),
            6 => {
                let year = 365 * 86_400_000;
                let jump = self.random.between(-1, 1) * year;
                if jump != 0 {
                    self.network.count("clock jumped a year");
                }
                self.tills[at].clock.advance(jump);
            }
            7 => {
                let rows = [1, 2, 3, 7, domain::limit::PULL_ROWS_MAX][self.random.index(5)];
                let ops = [1, 2, 5, domain::limit::PUSH_OPS_MAX][self.random.index(4)];
                simulation::set_sizes(rows, ops);
                self.network.count("page sizes");
            }
            8 => self.shop.run_jobs().await?,
            20 => self.tills[at].is_disk_full = true,
            21 => {
                let ended = self.refuse_a_commit(at).await?;
                self.operations += u64::from(ended == Ended::Done);
            }
            22 => self.tills[at].link.set_old(true),
            23 => {
                self.tills[at].is_disk_full = false;
                self.tills[at].link.set_old(false);
            }
            9 => self.tills[at].link.set_cut(Cut::None),
            _ => {
                let turn = if self.random.happens(500) {
                    Turn::Push
                } else {
                    Turn::Pull
                };
                self.tills[at].turn(turn).await?;
            }
        }
        Ok(())
    }

    /// A till is gone with its disk.
    async fn lose(&mut self, at: usize) -> Result<()> {
        let mut lost = self.tills.remove(at);
        self.copies.clear();
        lost.close().await?;
        self.departed.extend(&lost.witnessed);
        self.forget_what_nobody_holds().await
    }

    /// A till that is alone in its store works and sends; the others read what is everybody's, and
    /// then it burns together with the server, whose backup is older than all that.
    async fn lose_the_lone_till(&mut self) -> Result<()> {
        if self.tills.len() < 3 || self.tills[LONE_TILL].store != 1 {
            return Ok(());
        }
        self.shop.back_up().await?;
        for _ in 0..6 {
            let ended = self.tills[LONE_TILL].work(&mut self.random).await?;
            self.operations += u64::from(ended == Ended::Done);
        }
        for _ in 0..3 {
            self.advance(61_000);
            self.tills[LONE_TILL].turn(Turn::Push).await?;
        }
        for till in &mut self.tills {
            till.turn(Turn::Pull).await?;
        }
        self.shop.restore().await?;
        self.network.count("till and server lost at once");
        self.lose(LONE_TILL).await
    }

    /// The disk refuses a commit of what happens next at a till.
    async fn refuse_a_commit(&mut self, at: usize) -> Result<Ended> {
        let transactions = self.random.below(3);
        simulation::refuse_commit_after(u32::try_from(transactions).ok());
        let till = &mut self.tills[at];
        let ended = match self.random.below(3) {
            0 => till.turn(Turn::Push).await?,
            1 => till.turn(Turn::Pull).await?,
            _ => till.work(&mut self.random).await?,
        };
        simulation::refuse_commit_after(None);
        Ok(ended)
    }

    /// A fenced till gets a new epoch.
    async fn enrol_again(&mut self, at: usize) -> Result<()> {
        let till = &mut self.tills[at];
        let is_fenced: bool = sqlx::query_scalar("SELECT is_fenced FROM enrolment")
            .fetch_one(till.eye()?)
            .await?;
        if !is_fenced {
            return Ok(());
        }
        let code = self.shop.code(till.store, till.place).await?;
        if till.enrol_again(code).await? == Ended::Done {
            self.network.count("till enrolled again");
        }
        Ok(())
    }

    /// What neither the server nor any till holds after a restore is lost, and said to be lost.
    async fn forget_what_nobody_holds(&mut self) -> Result<()> {
        let server = self.shop.owner();
        let mut kept: BTreeSet<OpId> = sqlx::query_scalar(
            "SELECT op_id FROM operation UNION SELECT op_id FROM held_operation \
             WHERE op_id IS NOT NULL",
        )
        .fetch_all(server)
        .await?
        .into_iter()
        .map(OpId)
        .collect();
        for till in &mut self.tills {
            let journal: Vec<Vec<u8>> = sqlx::query_scalar("SELECT op_id FROM journal")
                .fetch_all(till.eye()?)
                .await?;
            for op_id in journal {
                kept.insert(OpId(Uuid::from_slice(&op_id)?));
            }
        }
        for till in &mut self.tills {
            till.witnessed.retain(|op_id| kept.contains(op_id));
        }
        self.departed.retain(|op_id| kept.contains(op_id));
        Ok(())
    }

    /// All faults end; everything must come to rest by itself, and then everything must be right.
    async fn settle_and_check(&mut self, watch: &mut Watch) -> Result<()> {
        self.network.set_weather(Weather::default());
        for till in &mut self.tills {
            till.link.set_cut(Cut::None);
            till.link.set_old(false);
            till.is_disk_full = false;
        }
        simulation::set_sizes(domain::limit::PULL_ROWS_MAX, domain::limit::PUSH_OPS_MAX);
        let (mut round, mut quiet) = (0, 0);
        loop {
            self.advance(61_000);
            self.shop.run_jobs().await?;
            for till in &mut self.tills {
                for turn in [Turn::Push, Turn::Pull] {
                    if till.will_try(turn) {
                        till.turn(turn).await?;
                    }
                }
            }
            self.look(watch, &format!("round {round}")).await?;
            let restless = self.restless().await?;
            match restless {
                None => quiet += 1,
                Some(what) if round >= ROUNDS_MAX => bail!("not quiet: {what}"),
                Some(_) => quiet = 0,
            }
            round += 1;
            if quiet == QUIET_ROUNDS {
                break;
            }
        }
        let server = self.shop.owner();
        oracle::check(&mut self.tills, &self.departed, server).await?;
        oracle::check_feed_operations(server).await
    }

    /// What is not at rest yet.
    async fn restless(&mut self) -> Result<Option<String>> {
        let heads = sqlx::query("SELECT scope, head, digest FROM feed_head")
            .fetch_all(self.shop.owner())
            .await?;
        let heads: BTreeMap<String, (i64, Vec<u8>)> = heads
            .iter()
            .map(|row| (row.get(0), (row.get(1), row.get(2))))
            .collect();
        for till in &mut self.tills {
            let name = till.name.clone();
            let waiting = oracle::waiting(till.eye()?).await?;
            if !waiting.is_empty() {
                return Ok(Some(format!("till {name} waits: {waiting:?}")));
            }
            let filling: i64 = sqlx::query_scalar("SELECT count(*) FROM fill")
                .fetch_one(till.eye()?)
                .await?;
            if filling > 0 {
                return Ok(Some(format!("till {name} lacks a part of the past")));
            }
            let feeds = sqlx::query("SELECT scope, seq, digest FROM feed")
                .fetch_all(till.eye()?)
                .await?;
            for feed in feeds {
                let scope: String = feed.get(0);
                let here: (i64, Vec<u8>) = (feed.get(1), feed.get(2));
                if let Some(there) = heads.get(&scope)
                    && *there != here
                {
                    let (here, there) = (here.0, there.0);
                    return Ok(Some(format!(
                        "till {name} reads {scope} at {here} of {there}"
                    )));
                }
            }
        }
        Ok(None)
    }
}

/// How often things fail differs from seed to seed, so that state also grows.
fn weather(random: &mut Random) -> Weather {
    let scale = [0, 20, 60, 200, 300][random.index(5)];
    Weather {
        lose_request: random.below(scale + 1),
        lose_answer: random.below(scale + 1),
        double: random.below(scale + 1),
        late: random.below(scale + 1),
        cut_answer: random.below(scale / 2 + 1),
        refuse: random.below(scale / 2 + 1),
    }
}
