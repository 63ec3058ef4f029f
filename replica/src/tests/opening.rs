//! Opening a till's folder: what it refuses, and that nothing is lost by refusing.

use domain::contract::{
    failure::code,
    ipc::{GetSession, ListStaff},
};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::fixture::{Desk, Folder, NOW_MS, open};
use crate::Clock;

#[tokio::test]
async fn new_till_says_that_it_is_not_enrolled() {
    let folder = Folder::new();
    let till = open(&folder, &Clock::set_to(NOW_MS)).await.unwrap();
    let session = till.call(GetSession {}).await.unwrap();
    assert_eq!((session.place, session.now_ms), (None, NOW_MS));
    let failure = till.call(ListStaff {}).await.unwrap_err();
    assert_eq!(failure.code, code::NOT_ENROLLED);
    till.close().await.unwrap();
}

#[tokio::test]
async fn second_program_on_one_folder_is_refused() {
    let folder = Folder::new();
    let clock = Clock::set_to(NOW_MS);
    let first = open(&folder, &clock).await.unwrap();
    assert_eq!(
        open(&folder, &clock).await.unwrap_err().code,
        code::ALREADY_RUNNING
    );
    first.close().await.unwrap();
    drop(first);
    open(&folder, &clock).await.unwrap().close().await.unwrap();
}

#[tokio::test]
async fn database_of_a_newer_program_is_refused_and_left_alone() {
    let desk = Desk::new().await;
    desk.till.close().await.unwrap();
    let path = desk.folder.0.join("replica-1.db");
    let options = SqliteConnectOptions::new().filename(&path);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'of the future', 1, x'00', 0)",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    drop(desk.till);
    let failure = open(&desk.folder, &desk.clock).await.unwrap_err();
    assert_eq!(failure.code, code::DATABASE_NEWER);
    assert!(path.exists());
}

#[tokio::test]
async fn missing_database_is_told_and_not_replaced_by_an_empty_one() {
    let desk = Desk::new().await;
    desk.till.close().await.unwrap();
    drop(desk.till);
    let path = desk.folder.0.join("replica-1.db");
    std::fs::remove_file(&path).unwrap();
    let failure = open(&desk.folder, &desk.clock).await.unwrap_err();
    assert_eq!(failure.code, code::DATABASE_MISSING);
    assert!(!path.exists());
}

#[tokio::test]
async fn file_that_is_no_database_is_called_damaged() {
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).unwrap();
    std::fs::write(folder.0.join("replica-1.db"), "this is a shopping list").unwrap();
    let failure = open(&folder, &Clock::set_to(NOW_MS)).await.unwrap_err();
    assert_eq!(failure.code, code::DATABASE_DAMAGED);
}

#[tokio::test]
async fn file_is_durable_and_new_enough() {
    let desk = Desk::new().await;
    let mut writer = desk.shared().db.writer().await;
    let mut transaction = writer.begin().await.unwrap();
    let (mode, sync, version): (String, i64, String) = sqlx::query_as(
        "SELECT (SELECT journal_mode FROM pragma_journal_mode),
                (SELECT synchronous FROM pragma_synchronous), sqlite_version()",
    )
    .fetch_one(&mut *transaction)
    .await
    .unwrap();
    assert_eq!((mode.as_str(), sync), ("wal", 2));
    let parts: Vec<u32> = version.split('.').map(|n| n.parse().unwrap()).collect();
    assert!(parts >= vec![3, 51, 3], "{version}");
}
