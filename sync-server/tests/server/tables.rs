//! What the whole database holds, to tell whether a request changed anything in it.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, PgConnection, Row};

use crate::kit::{Server, owner};

/// When and with what clock a till was heard says nothing of its books.
const LEFT_OUT: &str = "'{seen_at,skew_ms}'";

/// Of each table how many rows it has and a digest of them.
pub(crate) type Rows = BTreeMap<String, (i64, String)>;

/// Reads every table there is, with one connection.
pub(crate) struct Tables {
    connection: PgConnection,
    sql: String,
}

impl Tables {
    pub(crate) async fn of(server: &Server, except: &[&str]) -> Self {
        let mut connection = owner(server).await;
        let names: Vec<String> = sqlx::query_scalar(
            "SELECT relname::text FROM pg_class WHERE relkind = 'r'
             AND relnamespace = 'public'::regnamespace ORDER BY relname",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        let names = names.iter().filter(|name| !except.contains(&name.as_str()));
        let parts: Vec<String> = names
            .map(|name| {
                format!(
                    "SELECT '{name}', count(*), md5(coalesce(string_agg(row, '' ORDER BY row), ''))
                     FROM (SELECT (to_jsonb(t) - {LEFT_OUT}::text[])::text AS row FROM \"{name}\" AS t)
                         AS rows"
                )
            })
            .collect();
        assert!(parts.len() > 25, "every table is looked at");
        let sql = parts.join(" UNION ALL ");
        Self { connection, sql }
    }

    /// The tables as they are now.
    pub(crate) async fn read(&mut self) -> Rows {
        let rows = sqlx::query(AssertSqlSafe(self.sql.clone()))
            .fetch_all(&mut self.connection)
            .await
            .unwrap();
        let rows = rows.iter();
        rows.map(|row| (row.get(0), (row.get(1), row.get(2))))
            .collect()
    }
}
