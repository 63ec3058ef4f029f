//! Many rows in few statements: every value is bound, none is read out of JSON, which costs more
//! than the insert itself. The rows of one call are in the table together or, on an error, left to
//! the caller's transaction to undo.

use sqlx::{
    AssertSqlSafe, Execute, Sqlite, SqliteConnection, query::Query, sqlite::SqliteArguments,
};

use crate::error::Error;

/// A statement with the values bound so far.
pub(crate) type Bound<'q> = Query<'q, Sqlite, SqliteArguments>;

/// Rows of one statement; powers of two, so that any count takes few statements and their texts
/// stay in the connection's cache.
const ROWS_MAX: usize = 128;

/// An insert into one table. All three parts are texts of this program, never anybody's input.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Insert {
    /// `table (column, …)`.
    pub(crate) into: &'static str,
    pub(crate) columns: usize,
    /// `ON CONFLICT …`.
    pub(crate) on_conflict: &'static str,
}

impl Insert {
    /// The statements that insert the rows; `bind` binds a row's values in the order of the columns.
    pub(crate) fn rows<T>(
        &self,
        rows: impl IntoIterator<Item = T>,
        bind: impl for<'q> Fn(Bound<'q>, &T) -> Bound<'q>,
    ) -> Result<Statements, Error> {
        let rows: Vec<T> = rows.into_iter().collect();
        let mut statements = Vec::new();
        let mut left = rows.as_slice();
        while !left.is_empty() {
            let size = largest_power_of_two(left.len()).min(ROWS_MAX);
            let (now, later) = left.split_at(size);
            let mut query = sqlx::query("");
            for row in now {
                query = bind(query, row);
            }
            let values = query.take_arguments().map_err(sqlx::Error::Encode)?;
            statements.push((self.sql(size), values.unwrap_or_default()));
            left = later;
        }
        Ok(Statements(statements))
    }

    fn sql(&self, rows: usize) -> String {
        let row = format!("({})", vec!["?"; self.columns].join(","));
        format!(
            "INSERT INTO {} VALUES {} {}",
            self.into,
            vec![row.as_str(); rows].join(","),
            self.on_conflict
        )
    }
}

/// Inserts with their values, ready to run.
#[derive(Debug)]
pub(crate) struct Statements(Vec<(String, SqliteArguments)>);

impl Statements {
    /// Runs them in order.
    pub(crate) async fn execute(self, connection: &mut SqliteConnection) -> Result<(), Error> {
        for (sql, values) in self.0 {
            sqlx::query_with(AssertSqlSafe(sql), values)
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }
}

/// The largest power of two that is not more than a count above zero.
fn largest_power_of_two(count: usize) -> usize {
    1 << count.ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_count_falls_into_powers_of_two() {
        for (count, expected) in [
            (1, 1),
            (2, 2),
            (3, 2),
            (7, 4),
            (8, 8),
            (129, 128),
            (300, 256),
        ] {
            assert_eq!(largest_power_of_two(count), expected, "{count}");
        }
    }

    #[test]
    fn a_statement_has_a_group_of_parameters_for_each_row() {
        let insert = Insert {
            into: "t (a, b)",
            columns: 2,
            on_conflict: "ON CONFLICT DO NOTHING",
        };
        assert_eq!(
            insert.sql(2),
            "INSERT INTO t (a, b) VALUES (?,?),(?,?) ON CONFLICT DO NOTHING"
        );
    }
}
