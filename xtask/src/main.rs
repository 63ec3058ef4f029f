//! `cargo xtask`: every chore of the project behind one command, the same on a desk and in CI.
//!
//! It starts programs and knows none of the product's crates, so it builds while they do not.

mod build_ui;
mod check;
mod database;
mod dev_db;
mod edges;
mod postgres;
mod prepare;
mod process;
mod programs;
mod run;
mod screen;
mod setup;
mod soak;
mod test;
mod wasm;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    about = "Sets up, builds, runs, checks and measures TechStore POS."
)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Install what this machine lacks: system packages, the wasm library, the CSS tools.
    Setup,
    /// Start the server with the demo shop and a till's window; Ctrl-C stops it all.
    Run(run::Options),
    /// Build everything and run every test.
    Test(test::Options),
    /// Formatting, lints, docs, forbidden dependencies, cached queries.
    Check(check::Options),
    /// Compile both browser programs and their style into ui/dist.
    BuildUi(build_ui::Options),
    /// Make the pictures in docs/pictures from the real window and the console.
    Pictures,
    /// Renew the cached data of the checked SQL queries (the .sqlx folders).
    Prepare(prepare::Options),
    /// Start a PostgreSQL and a SQLite file with today's migrations, for checked queries.
    DevDb(dev_db::Options),
    /// Replay real invoices through real tills and the real server (`-- --help` for its options).
    #[command(disable_help_flag = true)]
    Replay(programs::Arguments),
    /// Run the whole system from seeds: tills, network, power and server fail as a seed says
    /// (`-- --help` for its options).
    #[command(disable_help_flag = true)]
    Simulate(programs::Arguments),
    /// Go on with the long runs: 20,000 seeds, 1,000 kills, fuzzers, power loss; writes
    /// docs/soak.md.
    Soak(soak::Options),
    /// Measure every figure beside the raw limit of this machine (`-- --help` for its options).
    #[command(disable_help_flag = true)]
    Bench(programs::Arguments),
}

fn main() -> ExitCode {
    match run_task(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run_task(task: Task) -> anyhow::Result<()> {
    let workspace = Workspace::find()?;
    match task {
        Task::Setup => setup::everything(&workspace),
        Task::Run(options) => run::run(&workspace, &options),
        Task::Test(options) => test::test(&workspace, &options),
        Task::Check(options) => check::check(&workspace, &options),
        Task::BuildUi(options) => {
            setup::for_ui(&workspace)?;
            build_ui::build(&workspace, &options)
        }
        Task::Pictures => programs::pictures(&workspace),
        Task::Prepare(options) => prepare::prepare(&workspace, &options),
        Task::DevDb(options) => dev_db::serve(&workspace, &options),
        Task::Replay(arguments) => programs::replay(&workspace, &arguments),
        Task::Simulate(arguments) => programs::simulate(&workspace, &arguments),
        Task::Soak(options) => soak::soak(&workspace, &options),
        Task::Bench(arguments) => programs::bench(&workspace, &arguments),
    }
}
