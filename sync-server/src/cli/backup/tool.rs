//! PostgreSQL's own programs for one database: the dump that a backup holds and the script that a
//! restore runs. The password never stands in an argument, where other accounts could read it.

use std::{
    io::{self, Read, Write},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio},
    thread::JoinHandle,
};

use anyhow::{Context, Result, bail};

use crate::embedded;

/// A database as PostgreSQL's programs reach it.
#[derive(Debug, Clone)]
pub(crate) struct Tools {
    address: String,
    password: Option<String>,
}

impl Tools {
    /// Of the database at an address.
    pub(crate) fn of(url: &str) -> Result<Self> {
        let (address, password) = without_password(url)
            .context("the database's address has a password that cannot be read")?;
        Ok(Self { address, password })
    }

    /// Writes the whole database to its standard output.
    pub(crate) fn dump(&self) -> Result<Running> {
        let mut command = self.command("pg_dump")?;
        command
            .args(["--format=custom", "--compress=3", "--lock-wait-timeout=60s"])
            .arg("--dbname")
            .arg(&self.address)
            .stdin(Stdio::null());
        Running::start("pg_dump", command)
    }

    /// Turns a dump on its standard input into a script on its standard output.
    pub(crate) fn script(&self) -> Result<Running> {
        let mut command = self.command("pg_restore")?;
        command
            .args(["--no-owner", "--file=-"])
            .stdin(Stdio::piped());
        Running::start("pg_restore", command)
    }

    /// Runs the script on its standard input until the first error.
    pub(crate) fn run_script(&self) -> Result<Running> {
        let mut command = self.command("psql")?;
        command
            .args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"])
            .arg("--output=/dev/null")
            .arg("--dbname")
            .arg(&self.address)
            .stdin(Stdio::piped());
        Running::start("psql", command)
    }

    fn command(&self, program: &str) -> Result<Command> {
        let mut command = Command::new(embedded::program(program)?);
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        // Messages are read by this program, too.
        command.env("LC_ALL", "C.UTF-8");
        if let Some(password) = &self.password {
            command.env("PGPASSWORD", password);
        }
        Ok(command)
    }
}

/// A program at work, its complaints gathered.
#[derive(Debug)]
pub(crate) struct Running {
    name: &'static str,
    child: Child,
    complaints: JoinHandle<String>,
}

impl Running {
    fn start(name: &'static str, mut command: Command) -> Result<Self> {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {name}"))?;
        let stderr = child.stderr.take();
        Ok(Self {
            name,
            child,
            complaints: std::thread::spawn(move || gather(stderr)),
        })
    }

    /// Where its output comes from.
    pub(crate) fn output(&mut self) -> Result<ChildStdout> {
        let output = self.child.stdout.take();
        output.with_context(|| format!("{} has no output", self.name))
    }

    /// Where its input goes.
    pub(crate) fn input(&mut self) -> Result<ChildStdin> {
        let input = self.child.stdin.take();
        input.with_context(|| format!("{} has no input", self.name))
    }

    /// Waits for its end; a failure is told in PostgreSQL's words.
    pub(crate) fn finish(mut self) -> Result<()> {
        let status = self.child.wait()?;
        let complaints = self.complaints.join().unwrap_or_default();
        if status.success() {
            return Ok(());
        }
        bail!("{}: {}", self.name, reason(&complaints, &status));
    }

    /// Ends it, whatever it does.
    pub(crate) fn stop(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

fn gather(stderr: Option<ChildStderr>) -> String {
    let mut text = Vec::new();
    if let Some(mut stderr) = stderr {
        // What could be read is what there is to tell.
        let _ = stderr.read_to_end(&mut text);
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// The first complaint that is an error, on one line.
fn reason(complaints: &str, status: &std::process::ExitStatus) -> String {
    let marks = ["FATAL:", "PANIC:", "ERROR:", "error:"];
    let told = complaints
        .lines()
        .find_map(|line| {
            let at = marks
                .iter()
                .find_map(|mark| Some(line.find(mark)? + mark.len()))?;
            Some(line[at..].trim())
        })
        .or_else(|| complaints.lines().find(|line| !line.trim().is_empty()));
    match told {
        Some(told) => told.to_owned(),
        None => format!("ended with {status}"),
    }
}

/// Copies until the end; one that stops listening is no error here, since it says why itself.
/// `progress` hears the sum so far.
pub(crate) fn pour(
    from: &mut dyn Read,
    to: &mut dyn Write,
    mut progress: impl FnMut(u64),
) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        match to.write_all(&buffer[..read]) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
        bytes += read as u64;
        progress(bytes);
    }
}

/// An address without its password, and the password.
fn without_password(url: &str) -> Option<(String, Option<String>)> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Some((url.to_owned(), None));
    };
    let authority_end = rest.find(['/', '?']).unwrap_or(rest.len());
    let Some(at) = rest[..authority_end].rfind('@') else {
        return Some((url.to_owned(), None));
    };
    let (login, place) = rest.split_at(at);
    match login.split_once(':') {
        None => Some((url.to_owned(), None)),
        Some((name, password)) => {
            let password = percent_decoded(password)?;
            Some((format!("{scheme}://{name}{place}"), Some(password)))
        }
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_taken_out_of_an_address() {
        for (url, address, password) in [
            (
                "postgres://owner:p%40ss%2F@db:5432/shop?sslmode=require",
                "postgres://owner@db:5432/shop?sslmode=require",
                Some("p@ss/"),
            ),
            ("postgres://owner@db/shop", "postgres://owner@db/shop", None),
            (
                "postgres:///shop?host=/run/x@y",
                "postgres:///shop?host=/run/x@y",
                None,
            ),
        ] {
            let found = without_password(url);
            let password = password.map(str::to_owned);
            assert_eq!(found, Some((address.to_owned(), password)), "{url}");
        }
        assert_eq!(without_password("postgres://owner:%zz@db/shop"), None);
    }

    #[test]
    fn the_first_error_is_what_is_told() {
        let complaints =
            "psql:<stdin>:3: NOTICE:  gone\npsql:<stdin>:4: ERROR:  no space left\nmore";
        let status = std::process::ExitStatus::default();
        assert_eq!(reason(complaints, &status), "no space left");
    }
}
