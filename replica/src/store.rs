//! SQL and nothing else: each file one aggregate, each function on the caller's connection or
//! transaction. Many rows travel into one statement, because a page of the feed holds thousands and
//! a statement each would cost more than the rows: bound one by one into the tables that take the
//! bulk ([`many`]), as JSON into the small ones.

pub(crate) mod balance;
pub(crate) mod bulk;
pub(crate) mod card_payment;
pub(crate) mod carry;
pub(crate) mod catalog;
pub(crate) mod chain;
pub(crate) mod customer;
pub(crate) mod document;
pub(crate) mod draft;
pub(crate) mod enrolment;
pub(crate) mod facts;
pub(crate) mod feed;
pub(crate) mod heal;
pub(crate) mod invoice;
pub(crate) mod journal;
pub(crate) mod log;
mod many;
pub(crate) mod outbox;
pub(crate) mod parked;
pub(crate) mod place;
pub(crate) mod print;
pub(crate) mod promotion;
pub(crate) mod prune;
pub(crate) mod quote;
pub(crate) mod repair;
pub(crate) mod rows;
pub(crate) mod sealed;
pub(crate) mod serial;
pub(crate) mod shift;
pub(crate) mod staff;
pub(crate) mod stock;
pub(crate) mod tender;
pub(crate) mod terminal;
pub(crate) mod vouch;

use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::error::Error;

/// Whether SQLite finds nothing wrong with the file, table by table: a check of the whole file
/// would also take the search indexes apart word by word, and look through what is attached.
pub(crate) async fn is_sound(connection: &mut SqliteConnection) -> Result<bool, Error> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT 'sqlite_schema' UNION ALL
         SELECT name FROM main.sqlite_schema WHERE type = 'table' AND rootpage > 0",
    )
    .fetch_all(&mut *connection)
    .await?;
    for table in tables {
        // A name cannot be a parameter; these are the schema's own.
        let sql = format!("PRAGMA main.quick_check(\"{table}\")");
        let found: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_all(&mut *connection)
            .await?;
        if found != ["ok"] {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Sixteen stored bytes as an id.
pub(crate) fn id<T: From<Uuid>>(bytes: &[u8]) -> Result<T, Error> {
    Uuid::from_slice(bytes)
        .map(T::from)
        .map_err(|_| Error::Unreadable("an id"))
}

/// An id that may be absent.
pub(crate) fn optional_id<T: From<Uuid>>(bytes: Option<&[u8]>) -> Result<Option<T>, Error> {
    bytes.map(id).transpose()
}

/// A name in a table as what it names.
pub(crate) fn named<T>(found: Option<T>) -> Result<T, Error> {
    found.ok_or(Error::Unreadable("a name in a table"))
}

/// A count as SQLite holds it; it never comes near the limit.
pub(crate) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A stored count.
pub(crate) fn count<T: TryFrom<i64>>(value: i64) -> Result<T, Error> {
    T::try_from(value).map_err(|_| Error::Unreadable("a number"))
}

/// Ids as the JSON list of hexadecimal texts that `json_each` and `unhex` read.
pub(crate) fn id_list<'a>(ids: impl Iterator<Item = &'a [u8; 16]>) -> String {
    let mut list = String::from("[");
    for (place, id) in ids.enumerate() {
        if place > 0 {
            list.push(',');
        }
        list.push('"');
        for byte in id {
            list.push(char::from(HEX[usize::from(byte >> 4)]));
            list.push(char::from(HEX[usize::from(byte & 15)]));
        }
        list.push('"');
    }
    list.push(']');
    list
}

const HEX: &[u8; 16] = b"0123456789abcdef";
