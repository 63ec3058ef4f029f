//! The server's program: reads the command line and hands over.

use std::process::ExitCode;

use clap::Parser;
use sync_server::cli::{Cli, run};

fn main() -> ExitCode {
    let cli = Cli::parse();
    sync_server::telemetry::start_logging(cli.log_json);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: no threads to work with: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
