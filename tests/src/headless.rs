//! A till without a window: the product's replica behind JSON lines, one command in, one reply
//! out, in order. A till that cannot be opened still answers, always with why.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use clap::Parser;
use domain::contract::{
    failure::{Failure, code},
    ipc::{GetSyncStatus, SyncNow, SyncStatus},
};
use replica::{Clock, OpenOptions, SecretStore, Till};
use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    time::Instant,
};

/// How long `wait_quiet` waits when it is not told.
const QUIET_MS: u64 = 60_000;
/// How often `wait_quiet` asks again when nothing has been announced.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Runs a till without a window: JSON lines on standard input and output.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// The till's folder; made if it is missing.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Where the clock stands: `system`, milliseconds since 1970, or a time such as
    /// 2011-11-25T10:30:00Z.
    #[arg(long, default_value = "system", value_name = "TIME", value_parser = read_clock)]
    clock: Clock,
    /// Check the folder instead of opening it: chain, facts, numbers, waiting lists. Fails if
    /// something is wrong.
    #[arg(long)]
    verify: bool,
    /// With --verify: what was counted and found, as JSON.
    #[arg(long, requires = "verify")]
    json: bool,
}

fn read_clock(text: &str) -> Result<Clock, String> {
    if text == "system" {
        return Ok(Clock::system());
    }
    text.parse::<i64>()
        .or_else(|_| {
            text.parse::<jiff::Timestamp>()
                .map(|time| time.as_millisecond())
        })
        .map(Clock::set_to)
        .map_err(|_| format!("{text:?} is neither `system` nor a time"))
}

/// The whole program.
pub fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(Options::parse()))
}

async fn serve(options: Options) -> Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    if options.verify {
        return verify(&options.data, options.json).await;
    }
    let clock = options.clock;
    let till = Till::open(OpenOptions {
        data_dir: options.data,
        clock: clock.clone(),
        secrets: SecretStore::File,
        enrol_hint: None,
        papers: None,
    })
    .await;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut out = tokio::io::stdout();
    while let Some(line) = lines.next_line().await.context("standard input")? {
        if line.trim().is_empty() {
            continue;
        }
        let (reply, is_last) = answer(&till, &clock, &line).await;
        if is_last && let Ok(till) = &till {
            // The reply says that the folder is free.
            till.close().await?;
        }
        let mut bytes = serde_json::to_vec(&reply)?;
        bytes.push(b'\n');
        out.write_all(&bytes).await?;
        out.flush().await?;
        if is_last {
            return Ok(());
        }
    }
    if let Ok(till) = till {
        till.close().await?;
    }
    Ok(())
}

/// Says what is wrong with a till's folder, a sentence per finding.
async fn verify(folder: &Path, json: bool) -> Result<()> {
    let report = replica::verify::verify(folder).await?;
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{report}");
    }
    if !report.findings.is_empty() {
        std::process::exit(1);
    }
    Ok(())
}

/// The reply to one line, and whether it was the last.
async fn answer(till: &Result<Till, Failure>, clock: &Clock, line: &str) -> (Value, bool) {
    let malformed = |detail: String| Failure::new(code::MALFORMED, detail);
    let mut fields = match serde_json::from_str::<Map<String, Value>>(line) {
        Ok(fields) => fields,
        Err(error) => {
            return (
                reply(None, Err(malformed(format!("not a JSON object: {error}")))),
                false,
            );
        }
    };
    let id = fields.remove("id");
    let Some(Value::String(command)) = fields.remove("command") else {
        return (
            reply(id, Err(malformed("there is no \"command\"".into()))),
            false,
        );
    };
    let is_last = command == "quit";
    let outcome = run(till, clock, &command, fields).await;
    (reply(id, outcome), is_last)
}

fn reply(id: Option<Value>, outcome: Result<Value, Failure>) -> Value {
    let mut fields = Map::new();
    if let Some(id) = id {
        fields.insert("id".into(), id);
    }
    match outcome {
        Ok(value) => fields.insert("ok".into(), value),
        Err(failure) => fields.insert("failure".into(), json!(failure)),
    };
    Value::Object(fields)
}

async fn run(
    till: &Result<Till, Failure>,
    clock: &Clock,
    command: &str,
    arguments: Map<String, Value>,
) -> Result<Value, Failure> {
    let number = |name: &str| {
        arguments.get(name).and_then(Value::as_i64).ok_or_else(|| {
            Failure::new(
                code::MALFORMED,
                format!("{command} needs a number {name:?}"),
            )
        })
    };
    match command {
        "quit" => Ok(Value::Null),
        "set_clock" => {
            clock.set(number("now_ms")?);
            Ok(json!({ "now_ms": clock.now_ms() }))
        }
        "advance_clock" => {
            clock.advance(number("ms")?);
            Ok(json!({ "now_ms": clock.now_ms() }))
        }
        "set_network" => {
            let online = arguments.get("online").and_then(Value::as_bool);
            let online = online.ok_or_else(|| {
                Failure::new(
                    code::MALFORMED,
                    "set_network needs true or false in \"online\"",
                )
            })?;
            till.as_ref().map_err(Clone::clone)?.set_network(online);
            Ok(json!({ "online": online }))
        }
        "wait_quiet" => {
            let timeout_ms = arguments
                .get("timeout_ms")
                .and_then(Value::as_u64)
                .unwrap_or(QUIET_MS);
            let till = till.as_ref().map_err(Clone::clone)?;
            let status = wait_quiet(till, Duration::from_millis(timeout_ms)).await?;
            Ok(json!(status))
        }
        _ => {
            let till = till.as_ref().map_err(Clone::clone)?;
            till.dispatch(command, Value::Object(arguments)).await
        }
    }
}

/// Waits until everything is sent, everything has come back and every feed is read to its head.
/// What the server holds for the owner is not waited for.
async fn wait_quiet(till: &Till, timeout: Duration) -> Result<SyncStatus, Failure> {
    let deadline = Instant::now() + timeout;
    let mut changes = till.changes();
    loop {
        // An exchange that hangs must not hide what is known.
        let attempt = tokio::time::timeout_at(deadline, till.call(SyncNow {})).await;
        let status = match attempt {
            Ok(status) => status?,
            Err(_) => till.call(GetSyncStatus {}).await?,
        };
        if is_quiet(&status) {
            return Ok(status);
        }
        if Instant::now() >= deadline {
            let code = status.last_error.as_deref().unwrap_or(code::INTERNAL);
            let detail = status.last_error_detail.clone().unwrap_or_default();
            return Err(Failure::new(
                code,
                format!("not quiet after {} ms: {detail}", timeout.as_millis()),
            )
            .with("waiting", status.waiting)
            .with("pending", status.pending)
            .with("held", status.held));
        }
        // Either something is announced or it is time to look again; both go round once more.
        let until = deadline.min(Instant::now() + LOOK_AGAIN);
        let _ = tokio::time::timeout_at(until, changes.recv()).await;
        while changes.try_recv().is_ok() {}
    }
}

fn is_quiet(status: &SyncStatus) -> bool {
    status.waiting == 0
        && status.pending <= status.held
        && status.last_error.is_none()
        && status.is_connected
        && status.scopes.iter().all(|scope| {
            scope.cursor == scope.head
                && scope.filling.is_none()
                && scope.refilling.is_none()
                && scope.history.is_none()
        })
}
