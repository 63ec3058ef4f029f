//! Our bytes as others read them: a printer that is simulated on the wire (`emupos`) prints our
//! papers, and says what is on them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};

use domain::{
    format::{Language, Locale},
    money::Currency,
    receipt::{Element, Form, Options, PrintFault, lay_out_test},
};
use printing::{
    device::{Address, Reached, send},
    escpos::encode,
};
use serde_json::Value;

/// The emulator, as `cargo xtask setup` installs it.
fn program() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emulator/.venv/bin/emupos");
    assert!(
        path.exists(),
        "run `cargo xtask setup`: there is no {}",
        path.display()
    );
    path
}

/// A simulated printer, which ends with its test.
struct Emulator {
    child: Child,
    folder: PathBuf,
    api: String,
    address: Address,
    /// What it told of what happened.
    told: Arc<Mutex<Vec<String>>>,
}

impl Emulator {
    fn start(profile: &str) -> Emulator {
        let (port, api) = (free_port(), free_port());
        let name = format!("printer-{}-{port}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let config = folder.join("emupos.yaml");
        let text = format!(
            "schema: 1\napi: {{ host: 127.0.0.1, port: {api} }}\ndevices:\n  - id: front\n    \
             type: printer\n    profile: {profile}\n    receipts_dir: {0}\n    connections:\n      \
             - tcp: {{ port: {port} }}\n",
            folder.join("receipts").display()
        );
        std::fs::write(&config, text).unwrap();
        let mut child = Command::new(program())
            .args(["run", "--config"])
            .arg(&config)
            .current_dir(&folder)
            .env("PYTHONUNBUFFERED", "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for line in lines.by_ref() {
            if line.unwrap().contains("Showing events") {
                break;
            }
        }
        let listener = Arc::clone(&told);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                listener.lock().unwrap().push(line);
            }
        });
        Emulator {
            child,
            folder,
            api: format!("http://127.0.0.1:{api}"),
            address: Address::Network {
                host: "127.0.0.1".into(),
                port,
            },
            told,
        }
    }

    fn ask(&self, arguments: &[&str]) -> String {
        let output = Command::new(program())
            .args(arguments)
            .env("EMUPOS_API", &self.api)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// The last paper: its text, and whether it was cut.
    fn paper(&self) -> (String, String) {
        let receipt: Value =
            serde_json::from_str(&self.ask(&["receipt", "show", "--json"])).unwrap();
        let part = |name: &str| receipt[name].as_str().unwrap().to_owned();
        (part("text"), part("boundary"))
    }

    fn told_of(&self, what: &str) -> bool {
        self.told
            .lock()
            .unwrap()
            .iter()
            .any(|line| line.contains(what))
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn narrow() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emulator/narrow.yaml");
    path.display().to_string()
}

fn page(form: Form) -> Vec<Element> {
    let currency = Currency {
        code: "EUR".into(),
        minor_digits: 2,
    };
    let locale = Locale {
        language: Language::Es,
        country: "ES",
        currency: &currency,
    };
    let options = Options {
        kicks_drawer: true,
        has_logo: true,
        ..Options::plain(Language::Es, form)
    };
    lay_out_test(locale, "TechStore · Łódź 田", &options)
}

async fn printed(emulator: &Emulator, form: Form) -> String {
    let bytes = encode(&page(form), form);
    send(&emulator.address, &bytes, |_| {}).await.unwrap();
    let (text, boundary) = emulator.paper();
    assert_eq!(boundary, "cut");
    assert!(emulator.told_of("drawer.opened"));
    assert!(
        !emulator.told_of("command.unknown"),
        "{:?}",
        emulator.told.lock().unwrap()
    );
    text
}

#[tokio::test]
async fn wide_roll_reads_as_it_was_laid_out() {
    let emulator = Emulator::start("epson-tm-t20iii");
    insta::assert_snapshot!(printed(&emulator, Form::Roll(48)).await);
}

#[tokio::test]
async fn narrow_roll_reads_as_it_was_laid_out() {
    let emulator = Emulator::start(&narrow());
    insta::assert_snapshot!(printed(&emulator, Form::Roll(32)).await);
}

#[tokio::test]
async fn printer_without_paper_gets_nothing_until_it_has_some() {
    let emulator = Emulator::start("epson-tm-t20iii");
    let form = Form::Roll(48);
    let bytes = encode(&page(form), form);
    for (fault, expected) in [
        ("paper-out", PrintFault::OutOfPaper),
        ("cover-open", PrintFault::CoverOpen),
    ] {
        emulator.ask(&["fault", "set", "front", fault]);
        let refused = send(&emulator.address, &bytes, |_| {}).await.unwrap_err();
        assert_eq!(
            (refused.fault, refused.reached),
            (expected, Reached::Nothing)
        );
        emulator.ask(&["fault", "clear", "front", fault]);
    }
    assert!(!emulator.told_of("job.completed"));
    send(&emulator.address, &bytes, |_| {}).await.unwrap();
    assert!(emulator.paper().0.contains("TEST12345"));
}
