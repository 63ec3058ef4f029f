//! Reads a CSV file somebody else made: by the names of its columns, one row at a time, keeping
//! the line and text of every row that cannot be read.

use std::{collections::HashMap, io::Read};

/// A row that was not taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// From 1, the header's line included.
    pub line: u64,
    pub reason: String,
    /// The row's fields as far as they can be read.
    pub text: String,
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadCsvError {
    #[error("the file's first line cannot be read: {0}")]
    Header(#[from] csv::Error),
    #[error("the file has no column {0:?}")]
    ColumnMissing(&'static str),
}

/// Where each column stands.
#[derive(Debug)]
pub struct Columns(HashMap<String, usize>);

impl Columns {
    /// A field's text; empty when the file has no such column.
    #[must_use]
    pub fn get<'a>(&self, row: &'a Row, name: &str) -> &'a str {
        let place = self.0.get(name);
        place.and_then(|place| row.fields.get(*place)).unwrap_or("")
    }
}

/// A readable row.
#[derive(Debug)]
pub struct Row {
    pub line: u64,
    fields: csv::StringRecord,
}

impl Row {
    /// This row as one that was not taken in.
    #[must_use]
    pub fn bad(&self, reason: String) -> BadRow {
        BadRow {
            line: self.line,
            reason,
            text: self.fields.iter().collect::<Vec<_>>().join(","),
        }
    }
}

/// A file's rows.
pub struct Rows<R> {
    pub columns: Columns,
    records: csv::ByteRecordsIntoIter<R>,
    fields: usize,
}

impl<R> std::fmt::Debug for Rows<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows")
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

/// Opens a file that must have these columns.
pub fn rows<R: Read>(file: R, needed: &[&'static str]) -> Result<Rows<R>, ReadCsvError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
    let header = reader.byte_headers()?.clone();
    let columns: HashMap<String, usize> = header
        .iter()
        .enumerate()
        .map(|(place, name)| {
            let name = String::from_utf8_lossy(name);
            (
                name.trim_start_matches('\u{feff}').trim().to_lowercase(),
                place,
            )
        })
        .collect();
    for name in needed {
        if !columns.contains_key(*name) {
            return Err(ReadCsvError::ColumnMissing(name));
        }
    }
    Ok(Rows {
        columns: Columns(columns),
        records: reader.into_byte_records(),
        fields: header.len(),
    })
}

impl<R: Read> Iterator for Rows<R> {
    type Item = Result<Row, BadRow>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = match self.records.next()? {
            Ok(record) => record,
            Err(error) => {
                return Some(Err(BadRow {
                    line: error.position().map_or(0, csv::Position::line),
                    reason: error.to_string(),
                    text: String::new(),
                }));
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        let bad = |reason: &str| {
            let fields: Vec<_> = record.iter().map(String::from_utf8_lossy).collect();
            BadRow {
                line,
                reason: reason.to_owned(),
                text: fields.join(","),
            }
        };
        if record.len() != self.fields {
            let reason = format!("{} fields where {} belong", record.len(), self.fields);
            return Some(Err(bad(&reason)));
        }
        if record.iter().any(|field| field.contains(&0)) {
            return Some(Err(bad("a field holds the character U+0000")));
        }
        Some(match csv::StringRecord::from_byte_record(record.clone()) {
            Ok(fields) => Ok(Row { line, fields }),
            Err(_) => Err(bad("the text is not UTF-8")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_rows_are_told_with_their_line_and_stop_no_other() {
        let file = b"\xef\xbb\xbfSKU,Name\nA1,one\nA2\nA3,\xff\nA4,\"four, or so\"\n".as_slice();
        let mut csv = rows(file, &["sku", "name"]).unwrap();
        let all: Vec<_> = csv.by_ref().collect();
        let good: Vec<_> = all.iter().filter_map(|row| row.as_ref().ok()).collect();
        let names: Vec<_> = good
            .iter()
            .map(|row| csv.columns.get(row, "name"))
            .collect();
        assert_eq!(names, ["one", "four, or so"]);
        let bad: Vec<_> = all.iter().filter_map(|row| row.as_ref().err()).collect();
        assert_eq!(bad.iter().map(|row| row.line).collect::<Vec<_>>(), [3, 4]);
        assert_eq!(bad[1].reason, "the text is not UTF-8");
    }

    #[test]
    fn a_file_without_a_needed_column_is_refused() {
        let refused = rows(b"sku,title\n".as_slice(), &["sku", "name"]).map(|_| ());
        assert!(matches!(refused, Err(ReadCsvError::ColumnMissing("name"))));
    }
}
