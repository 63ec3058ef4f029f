//! `soak`: goes on with the long runs where they were left, several pieces at a time, until enough
//! is done or the time is up; then writes the report.

use std::{
    path::PathBuf,
    process::ExitCode,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};
use clap::Parser;
use tests::soak::{
    fault::FAULTS,
    part::{Part, Runner},
    record::{Piece, Record},
    report,
};

/// Runs for long what the tests run for short.
#[derive(Debug, Parser)]
#[command(name = "soak")]
struct Args {
    /// Only this part.
    #[arg(long)]
    part: Option<Part>,
    /// Begins nothing after so many minutes.
    #[arg(long)]
    minutes: Option<u64>,
    /// Pieces of seeds that run side by side; the other parts take the whole machine.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    jobs: u32,
    /// What was done so far.
    #[arg(long)]
    record: PathBuf,
    /// Where what failed leaves its output.
    #[arg(long)]
    folder: PathBuf,
    /// The checkout.
    #[arg(long)]
    root: PathBuf,
    /// The report, written anew.
    #[arg(long)]
    report: PathBuf,
    /// The executable of the fuzzers' tests.
    #[arg(long)]
    fuzz: Option<PathBuf>,
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    std::fs::create_dir_all(&args.folder)?;
    let record = Mutex::new(Record::open(&args.record)?);
    let runner = Runner {
        folder: args.folder.clone(),
        commit: report::commit(&args.root)?,
        fuzz: args.fuzz.clone(),
    };
    let limit = args
        .minutes
        .map(|minutes| Duration::from_secs(60 * minutes));
    let deadline = limit.map(|limit| Instant::now() + limit);
    let parts = args.part.map_or(Part::ALL.to_vec(), |part| vec![part]);
    let mut failed = 0;
    for part in parts {
        let jobs = if part == Part::Seeds { args.jobs } else { 1 };
        failed += run(&runner, &record, part, jobs, deadline)?;
    }
    let record = record.into_inner().unwrap_or_else(PoisonError::into_inner);
    report::write(&record, &args.root, &FAULTS, &args.report)?;
    println!("{}", args.report.display());
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs pieces of a part until there are no more or the time is up; tells how many things failed.
fn run(
    runner: &Runner,
    record: &Mutex<Record>,
    part: Part,
    jobs: u32,
    deadline: Option<Instant>,
) -> Result<usize> {
    let under_way: Mutex<Vec<Piece>> = Mutex::default();
    let work = || -> Result<usize> {
        let mut failed = 0;
        while deadline.is_none_or(|deadline| Instant::now() < deadline) {
            let Some(piece) = take(record, &under_way, part) else {
                break;
            };
            let (first, target) = (piece.first, piece.target.clone());
            let done = runner.run(piece)?;
            let (count, seconds) = (done.done, done.seconds);
            println!(
                "{part:?} {target} {first}: {count} in {seconds:.0} s, {} failed",
                done.failures.len()
            );
            for failure in &done.failures {
                println!("  {failure}");
            }
            failed += done.failures.len();
            let mut under_way = under_way.lock().unwrap_or_else(PoisonError::into_inner);
            under_way.retain(|one| (one.first, &one.target) != (first, &target));
            record
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .add(done)?;
        }
        Ok(failed)
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        let mut failed = 0;
        for worker in workers {
            failed += worker.join().map_err(|_| anyhow!("a worker panicked"))??;
        }
        Ok(failed)
    })
}

/// The next piece that is neither done nor under way, which it is from now on.
fn take(record: &Mutex<Record>, under_way: &Mutex<Vec<Piece>>, part: Part) -> Option<Piece> {
    let mut under_way = under_way.lock().unwrap_or_else(PoisonError::into_inner);
    let record = record.lock().unwrap_or_else(PoisonError::into_inner);
    let piece = part.next(record.of(part).chain(&*under_way))?;
    under_way.push(piece.clone());
    Some(piece)
}
