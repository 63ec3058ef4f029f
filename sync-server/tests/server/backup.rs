//! Backups as whoever runs a shop's server makes them: by the program, beside a server at work,
//! and back again, with everything that can be wrong with a file told before anything is touched.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use sync_server::{
    clock,
    database::{DatabaseConfig, migrate},
    embedded::{APP_ROLE, Cluster, OWNER_ROLE, Stay},
};

/// A data folder with a small shop in it, gone at the end.
struct Shop(PathBuf);

impl Shop {
    async fn new() -> Self {
        let shop = Self::empty();
        let cluster = shop.cluster(Stay::Keep).await;
        migrate(&cluster.options(OWNER_ROLE)).await.unwrap();
        cluster.close().unwrap();
        run(
            &shop,
            &[
                "organization",
                "create",
                "--name",
                "Corner",
                "--currency",
                "GBP",
                "--tax-mode",
                "inclusive",
                "--country",
                "GB",
            ],
        );
        shop
    }

    fn empty() -> Self {
        let random = u64::from_be_bytes(clock::random_bytes().unwrap());
        let folder = PathBuf::from(format!("/tmp/techstore-backup-{random:016x}"));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    async fn cluster(&self, stay: Stay) -> Cluster {
        Cluster::open(&self.0.join("postgres"), stay).await.unwrap()
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// Names of organizations, and the incarnation's counter.
    async fn holds(&self) -> (Vec<String>, i64) {
        let cluster = self.cluster(Stay::Visit).await;
        let mut app = PgConnection::connect_with(&cluster.options(APP_ROLE))
            .await
            .unwrap();
        let names = sqlx::query_scalar("SELECT name FROM organization ORDER BY name")
            .fetch_all(&mut app)
            .await
            .unwrap();
        let counter = sqlx::query_scalar("SELECT counter FROM incarnation")
            .fetch_one(&mut app)
            .await
            .unwrap();
        app.close().await.unwrap();
        cluster.close().unwrap();
        (names, counter)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        // What is left of a failed test may not be removable; the next one has its own folder.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn program(shop: &Shop, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sync-server"));
    command.args(args).arg("--data").arg(&shop.0);
    for name in [
        "DATABASE_URL",
        "MIGRATION_DATABASE_URL",
        "TECHSTORE_SERVER_KEY",
    ] {
        command.env_remove(name);
    }
    command
}

fn run(shop: &Shop, args: &[&str]) -> String {
    let output = program(shop, args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What a refused command says.
fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8_lossy(&output.stderr);
    let last = text.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap().to_owned()
}

fn refused(shop: &Shop, args: &[&str]) -> String {
    refusal(&program(shop, args).output().unwrap())
}

#[tokio::test]
async fn a_backup_made_beside_a_running_server_comes_back_elsewhere_with_the_key() {
    let shop = Shop::new().await;
    let file = shop.file("corner.backup");
    let server = shop.cluster(Stay::Keep).await;
    run(&shop, &["backup", "--out", &file]);
    assert_eq!(
        refused(&shop, &["restore", "--replace", &file]),
        "a server uses this database; stop it first"
    );
    server.close().unwrap();
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "it holds the server's key");
    assert!(run(&shop, &["verify", &file]).contains("everything holds"));

    let elsewhere = Shop::empty();
    run(&elsewhere, &["restore", &file]);
    assert_eq!(elsewhere.holds().await.0, ["Corner"]);
    let key = |shop: &Shop| fs::read_to_string(shop.0.join("server.key")).unwrap();
    assert_eq!(key(&elsewhere), key(&shop));
    assert!(run(&elsewhere, &["verify"]).contains("everything holds"));

    // A backup of what was restored is as good as the first one.
    let again = elsewhere.file("again.backup");
    run(&elsewhere, &["backup", "--out", &again]);
    run(&shop, &["restore", "--replace", &again]);
    assert!(run(&shop, &["verify"]).contains("everything holds"));
}

#[tokio::test]
async fn a_restore_replaces_only_when_told_to_and_every_one_is_a_new_incarnation() {
    let shop = Shop::new().await;
    let file = shop.file("corner.backup");
    run(&shop, &["backup", "--out", &file]);
    let (_, before) = shop.holds().await;
    run(
        &shop,
        &[
            "organization",
            "create",
            "--name",
            "Later",
            "--currency",
            "EUR",
            "--tax-mode",
            "inclusive",
            "--country",
            "ES",
        ],
    );
    assert_eq!(
        refused(&shop, &["restore", &file]),
        "the database already holds Corner, Later; --replace puts the backup in its place"
    );
    run(&shop, &["restore", "--replace", &file]);
    let (names, first) = shop.holds().await;
    assert_eq!(names, ["Corner"]);
    run(&shop, &["restore", "--replace", &file]);
    let (_, second) = shop.holds().await;
    assert!(
        before < first && first < second,
        "{before} {first} {second}"
    );
}

#[tokio::test]
async fn what_cannot_be_restored_leaves_the_old_database_as_it_was() {
    let shop = Shop::new().await;
    let file = shop.file("corner.backup");
    run(&shop, &["backup", "--out", &file]);
    let whole = fs::read(&file).unwrap();
    let before = shop.holds().await;

    let bad = shop.file("bad.backup");
    let refusal_of = |bytes: &[u8]| {
        fs::write(&bad, bytes).unwrap();
        let said = refused(&shop, &["restore", "--replace", &bad]);
        said.replace(&bad, "FILE")
    };
    assert_eq!(
        refusal_of(&whole[..whole.len() / 2]),
        "FILE is cut short: the backup was not written to its end"
    );
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    assert_eq!(
        refusal_of(&changed),
        "FILE is damaged: database.dump does not fit its checksum"
    );
    assert_eq!(
        refusal_of(b"a list of prices\n".repeat(99).as_slice()),
        "FILE is not a backup of this program"
    );
    assert!(refused(&shop, &["restore", &shop.file("none")]).contains("No such file"));
    assert_eq!(shop.holds().await, before);
}

/// The same program pointed at a database by its addresses alone, over TCP.
fn program_at(cluster: &Cluster, shop: &Shop, args: &[&str]) -> Command {
    let mut command = program(shop, args);
    command.env("DATABASE_URL", cluster.url(APP_ROLE));
    command.env("MIGRATION_DATABASE_URL", cluster.url(OWNER_ROLE));
    command
}

fn run_at(cluster: &Cluster, shop: &Shop, args: &[&str]) -> String {
    let output = program_at(cluster, shop, args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_database_at_an_address_is_backed_up_and_restored_there_and_elsewhere() {
    let shop = Shop::new().await;
    let cluster = shop.cluster(Stay::Keep).await;
    // Its own folder holds the key alone: the database is somewhere else.
    let desk = Shop::empty();
    fs::copy(shop.0.join("server.key"), desk.0.join("server.key")).unwrap();
    let file = desk.file("corner.backup");
    assert!(run_at(&cluster, &desk, &["backup", "--out", &file]).contains("holds everything"));
    let later = [
        "organization",
        "create",
        "--name",
        "Later",
        "--currency",
        "EUR",
        "--tax-mode",
        "inclusive",
        "--country",
        "ES",
    ];
    run_at(&cluster, &desk, &later);
    let restore = ["restore", "--replace", &file];
    let refused_at = |args: &[&str]| refusal(&program_at(&cluster, &desk, args).output().unwrap());
    assert_eq!(
        refused_at(&["restore", &file]),
        "the database already holds Corner, Later; --replace puts the backup in its place"
    );
    let options: PgConnectOptions = cluster.url(APP_ROLE).parse().unwrap();
    let served = DatabaseConfig::new(options).connect().await.unwrap();
    assert_eq!(
        refused_at(&restore),
        "a server uses this database; stop it first"
    );
    served.pool.close().await;
    let said = run_at(&cluster, &desk, &restore);
    assert!(said.contains("restored: Corner"), "{said}");
    assert!(run_at(&cluster, &desk, &["verify"]).contains("everything holds"));
    cluster.close().unwrap();
    let (names, counter) = shop.holds().await;
    assert_eq!(names, ["Corner"]);
    assert!(counter > 1, "another incarnation");
    assert!(!desk.0.join("postgres").exists(), "no database of its own");

    let elsewhere = Shop::empty();
    let cluster = elsewhere.cluster(Stay::Keep).await;
    run_at(&cluster, &desk, &["restore", &file]);
    run_at(&cluster, &desk, &later);
    cluster.close().unwrap();
    assert_eq!(elsewhere.holds().await.0, ["Corner", "Later"]);
}

#[tokio::test]
async fn a_wrong_password_and_a_full_disk_are_told_in_a_sentence() {
    let shop = Shop::new().await;
    let cluster = shop.cluster(Stay::Visit).await;
    let url = cluster.url(OWNER_ROLE);
    let (login, place) = url.split_once('@').unwrap();
    let (owner, _) = login.rsplit_once(':').unwrap();
    let out = shop.file("corner.backup");
    let said = |change: &dyn Fn(&mut Command)| {
        let mut command = program(&shop, &["backup", "--out", &out]);
        change(&mut command);
        refusal(&command.output().unwrap())
    };
    let wrong = format!("{owner}:wrong@{place}");
    let refused = said(&|command| {
        command.env("MIGRATION_DATABASE_URL", &wrong);
    });
    assert!(
        refused.starts_with("cannot use the database: ")
            && refused.contains("password authentication failed"),
        "{refused}"
    );
    let refused = said(&|command| {
        command.env("DATABASE_URL", cluster.url(APP_ROLE));
    });
    assert!(refused.contains("MIGRATION_DATABASE_URL"), "{refused}");
    cluster.close().unwrap();

    // /dev/full takes nothing, as a disk without room.
    let full = Path::new(&out).with_extension("full.part");
    std::os::unix::fs::symlink("/dev/full", &full).unwrap();
    let out = full.with_extension("");
    let out = out.to_str().unwrap();
    let refused = refused_backup(&shop, out);
    assert_eq!(
        refused,
        format!("cannot write {out}: No space left on device (os error 28)")
    );
    assert!(!Path::new(out).exists());
}

fn refused_backup(shop: &Shop, out: &str) -> String {
    refused(shop, &["backup", "--out", out])
}
