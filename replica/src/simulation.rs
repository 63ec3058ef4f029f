//! What the whole-system simulation needs and no product uses: a till that stands still between
//! steps, time and randomness from a seed, a crash at any point, and switches that break one rule
//! of the protocol to prove that the oracle sees it. Compiled for tests only; all of it belongs to
//! the thread that runs the simulation.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    ffi::OsString,
    future::Future,
    io::ErrorKind,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::SystemTime,
};

use domain::contract::{failure::Failure, ipc::SignedIn};
use sqlx::sqlite::SqliteSynchronous;

use crate::{
    command::Run,
    sync::{self, transport::Transport},
    till::{OpenOptions, Shared, Till},
};

/// One rule of the protocol, broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// Sums take an own operation in again when it comes back in the feed.
    CountTwice,
    /// What comes back stays in the waiting list.
    KeepPending,
    /// What was sent leaves the outbox although no answer came.
    ForgetRetry,
    /// A lane that failed does not try again by itself.
    NoTimer,
    /// The cursor moves in a transaction of its own before the page is stored.
    CursorBeforePage,
    /// An answer to a push settles its operations instead of the feed.
    MergeOnAck,
    /// Nothing is offered to a server that lost its past, and after the refill own operations that
    /// it lacks are forgotten.
    RefillForgetsOwn,
    /// What others hold of a server's lost past is not offered to it.
    NoRelay,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Mutation; 8] = [
        Mutation::CountTwice,
        Mutation::KeepPending,
        Mutation::ForgetRetry,
        Mutation::NoTimer,
        Mutation::CursorBeforePage,
        Mutation::MergeOnAck,
        Mutation::RefillForgetsOwn,
        Mutation::NoRelay,
    ];
}

#[derive(Debug)]
struct World {
    random: u64,
    page_rows: u32,
    batch_ops: usize,
    /// Crash points that may still be passed.
    crash_in: Option<u32>,
    has_crashed: bool,
    is_disk_full: bool,
    /// Transactions that may still begin before one cannot commit.
    refuse_in: Option<u32>,
    /// The disk has refused a commit.
    refused: Arc<AtomicBool>,
    mutation: Option<Mutation>,
}

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

/// Begins a simulation on this thread.
pub fn begin(seed: u64) {
    WORLD.set(Some(World {
        random: seed,
        page_rows: domain::limit::PULL_ROWS_MAX,
        batch_ops: domain::limit::PUSH_OPS_MAX,
        crash_in: None,
        has_crashed: false,
        is_disk_full: false,
        refuse_in: None,
        refused: Arc::default(),
        mutation: None,
    }));
}

/// Ends it: the thread is the product's again.
pub fn end() {
    WORLD.set(None);
}

fn with<T>(use_it: impl FnOnce(&mut World) -> T) -> Option<T> {
    WORLD.with_borrow_mut(|world| world.as_mut().map(use_it))
}

/// Sizes of pages and batches, so that their edges are met often.
pub fn set_sizes(page_rows: u32, batch_ops: usize) {
    with(|world| (world.page_rows, world.batch_ops) = (page_rows, batch_ops));
}

/// Breaks a rule, or none.
pub fn set_mutation(mutation: Option<Mutation>) {
    with(|world| world.mutation = mutation);
}

/// The till stops for good at the crash point after so many more.
pub fn crash_after(points: Option<u32>) {
    with(|world| (world.crash_in, world.has_crashed) = (points, false));
}

/// The till's file cannot grow, or can again.
pub fn set_disk_full(is_full: bool) {
    with(|world| world.is_disk_full = is_full);
}

/// The disk refuses to commit the transaction after so many more.
pub fn refuse_commit_after(transactions: Option<u32>) {
    with(|world| world.refuse_in = transactions);
}

/// Whether the disk has refused a commit since this was asked last.
#[must_use]
pub fn has_refused_commit() -> bool {
    with(|world| world.refused.swap(false, Ordering::Relaxed)).unwrap_or(false)
}

pub(crate) fn is_disk_full() -> bool {
    with(|world| world.is_disk_full).unwrap_or(false)
}

/// Where to note that this transaction's commit was refused, if it is to be.
pub(crate) fn refusal() -> Option<Arc<AtomicBool>> {
    with(|world| match world.refuse_in.as_mut() {
        None => None,
        Some(0) => {
            world.refuse_in = None;
            Some(Arc::clone(&world.refused))
        }
        Some(left) => {
            *left -= 1;
            None
        }
    })
    .flatten()
}

pub(crate) fn is_on() -> bool {
    with(|_| ()).is_some()
}

/// Random bytes from the seed (splitmix64); false outside a simulation.
pub(crate) fn fill(bytes: &mut [u8]) -> bool {
    with(|world| {
        for part in bytes.chunks_mut(8) {
            world.random = world.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = world.random;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            part.copy_from_slice(&(z ^ (z >> 31)).to_be_bytes()[..part.len()]);
        }
    })
    .is_some()
}

static IS_LAZY: AtomicBool = AtomicBool::new(false);

/// Tills of this process do not wait for the disk when they commit, to prove that a test of power
/// loss sees it.
pub fn commit_lazily() {
    IS_LAZY.store(true, Ordering::Relaxed);
}

/// What a commit waits for, where it is not the disk.
pub(crate) fn synchronous() -> Option<SqliteSynchronous> {
    if IS_LAZY.load(Ordering::Relaxed) {
        return Some(SqliteSynchronous::Normal);
    }
    // A simulation loses power between calls of the system, which forget nothing.
    is_on().then_some(SqliteSynchronous::Off)
}

pub(crate) fn page_rows() -> u32 {
    with(|world| world.page_rows).unwrap_or(domain::limit::PULL_ROWS_MAX)
}

pub(crate) fn batch_ops() -> usize {
    with(|world| world.batch_ops).unwrap_or(domain::limit::PUSH_OPS_MAX)
}

pub(crate) fn is_broken(mutation: Mutation) -> bool {
    with(|world| world.mutation == Some(mutation)).unwrap_or(false)
}

/// A moment at which the power may go: before every transaction and around every exchange. What a
/// transaction did not commit is gone with it, so there are no others to tell apart.
pub async fn crash_point() {
    let crashes = with(|world| match world.crash_in.as_mut() {
        None => false,
        Some(0) => {
            world.crash_in = None;
            world.has_crashed = true;
            true
        }
        Some(left) => {
            *left -= 1;
            false
        }
    });
    if crashes == Some(true) {
        std::future::pending::<()>().await;
    }
}

/// The power went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crashed;

/// Runs a step to its end or to its crash.
pub fn until_crash<F: Future>(step: F) -> UntilCrash<F> {
    UntilCrash {
        step: Box::pin(step),
    }
}

/// See [`until_crash`].
#[derive(Debug)]
pub struct UntilCrash<F> {
    step: Pin<Box<F>>,
}

impl<F: Future> Future for UntilCrash<F> {
    type Output = Result<F::Output, Crashed>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.step.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending if with(|world| world.has_crashed) == Some(true) => {
                Poll::Ready(Err(Crashed))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

/// What the engine is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Push,
    Pull,
}

/// A till whose engine moves only when told.
#[derive(Debug)]
pub struct Still {
    till: Till,
}

impl Still {
    /// Opens a till's folder without starting its engine.
    pub async fn open(
        options: OpenOptions,
        transport: Arc<dyn Transport>,
    ) -> Result<Still, Failure> {
        let till = Till::open_still(options, transport).await?;
        Ok(Still { till })
    }

    fn shared(&self) -> &Shared {
        self.till.shared()
    }

    /// Runs a command here and now.
    pub async fn call<C: Run>(&self, command: C) -> Result<C::Reply, Failure> {
        Ok(command.run(self.shared()).await?)
    }

    /// Somebody stands at the till; PINs have tests of their own.
    pub fn stand_in(&self, person: SignedIn) {
        self.shared().set_session(Some(person));
    }

    /// One attempt of a lane.
    pub async fn turn(&self, turn: Turn) -> Result<(), Failure> {
        Ok(sync::turn(self.shared(), turn).await?)
    }

    /// Whether the lane would try by itself, sooner or later.
    #[must_use]
    pub fn will_try(&self, turn: Turn) -> bool {
        self.shared().engine.will_try(turn)
    }

    /// The database file in use.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.shared().file()
    }

    /// Leaves the power on and closes the file.
    pub async fn close(&self) -> Result<(), Failure> {
        self.till.close().await
    }
}

/// What is left of a till's folder when the power goes: the file and its write-ahead log, copied
/// before anything of the old process can touch them again. A file that the lost step alone had
/// open is being closed beside this thread meanwhile: what changed under the copy is copied again.
pub fn copy_as_after_power_loss(from: &Path, to: &Path) -> std::io::Result<()> {
    loop {
        let before = listing(from)?;
        std::fs::create_dir_all(to)?;
        let copied = before.keys().try_for_each(|name| {
            let (from, to) = (from.join(name), to.join(name));
            std::fs::copy(from, to).map(drop)
        });
        match copied {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) if listing(from)? == before => return Ok(()),
            _ => {}
        }
        std::fs::remove_dir_all(to)?;
        std::thread::yield_now();
    }
}

/// The files that a disk keeps, with their sizes and when they changed last.
fn listing(folder: &Path) -> std::io::Result<BTreeMap<OsString, (u64, SystemTime)>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_string_lossy().ends_with("-shm") {
            continue;
        }
        match entry.metadata() {
            Ok(metadata) if metadata.is_file() => {
                files.insert(name, (metadata.len(), metadata.modified()?));
            }
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(files)
}
