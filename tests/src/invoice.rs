//! Invoices from CSV: which rows are good, and what each invoice asks of a till. A bad row goes to
//! the error file with its line and reason, and everything else goes on.

use std::{collections::HashMap, io::Read, path::Path};

use anyhow::{Context, Result, bail};
use domain::{
    money::UnitPrice,
    quantity::{QUANTITY_MAX, Quantity},
};
use jiff::{civil::DateTime, tz::TimeZone};

/// The columns, in order.
pub const HEADER: [&str; 8] = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
];

/// The zone of the invoices' times.
pub const TIME_ZONE: &str = "Europe/London";

/// A good row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub stock_code: String,
    /// Whole units, never zero.
    pub units: i64,
    pub unit_price_e4: UnitPrice,
}

/// The good rows of one InvoiceNo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    pub number: String,
    /// Of the first good row, in milliseconds since 1970.
    pub at_ms: i64,
    pub customer: Option<String>,
    pub rows: Vec<Row>,
}

impl Invoice {
    /// Whether the invoice gives goods back.
    #[must_use]
    pub fn is_cancellation(&self) -> bool {
        self.number.starts_with('C')
    }
}

/// A row that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Line of the file, from 1, on which the row starts.
    pub line: u64,
    pub text: String,
    pub reason: String,
}

/// A file's invoices in the order of their first good rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invoices {
    pub invoices: Vec<Invoice>,
    pub bad_rows: Vec<BadRow>,
    /// Every StockCode of a good row with its first description that is not blank.
    pub products: Vec<(String, String)>,
}

/// Reads a `.csv` or `.csv.gz` file.
pub fn read_file(path: &Path) -> Result<Invoices> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        flate2::read::MultiGzDecoder::new(bytes.as_slice())
            .read_to_end(&mut plain)
            .with_context(|| format!("{} is not whole gzip", path.display()))?;
        return read(&plain);
    }
    read(&bytes)
}

/// Reads the text of a file.
pub fn read(bytes: &[u8]) -> Result<Invoices> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = Reader {
        bytes,
        at: 0,
        line: 1,
    };
    let header = reader
        .next_record()
        .map(|record| record.fields)
        .unwrap_or_default();
    if header != HEADER.map(|name| name.as_bytes().to_vec()) {
        bail!("the first line must be {}", HEADER.join(","));
    }
    let zone = TimeZone::get(TIME_ZONE).context("the time zone of the invoices is unknown")?;
    let mut gathered = Gathered::default();
    while let Some(record) = reader.next_record() {
        match parse_row(&record.fields, &zone) {
            Ok(parsed) => gathered.add(parsed),
            Err(reason) => {
                let text = reader.give_back_after_first_line(&record);
                gathered.invoices.bad_rows.push(BadRow {
                    line: record.line,
                    text,
                    reason,
                });
            }
        }
    }
    Ok(gathered.invoices)
}

#[derive(Default)]
struct Gathered {
    invoices: Invoices,
    place_of_invoice: HashMap<String, usize>,
    place_of_product: HashMap<String, usize>,
}

struct ParsedRow {
    number: String,
    description: String,
    at_ms: i64,
    customer: Option<String>,
    row: Row,
}

impl Gathered {
    fn add(&mut self, parsed: ParsedRow) {
        let products = &mut self.invoices.products;
        let code = &parsed.row.stock_code;
        let place = *self
            .place_of_product
            .entry(code.clone())
            .or_insert_with(|| {
                products.push((code.clone(), String::new()));
                products.len() - 1
            });
        if products[place].1.is_empty() {
            products[place].1 = parsed.description;
        }
        let invoices = &mut self.invoices.invoices;
        let place = *self
            .place_of_invoice
            .entry(parsed.number.clone())
            .or_insert_with(|| {
                invoices.push(Invoice {
                    number: parsed.number,
                    at_ms: parsed.at_ms,
                    customer: parsed.customer.clone(),
                    rows: Vec::new(),
                });
                invoices.len() - 1
            });
        invoices[place].rows.push(parsed.row);
    }
}

fn parse_row(fields: &[Vec<u8>], zone: &TimeZone) -> Result<ParsedRow, String> {
    let [
        number,
        code,
        description,
        quantity,
        date,
        price,
        customer,
        _country,
    ] = fields
    else {
        return Err(format!(
            "{} fields instead of {}",
            fields.len(),
            HEADER.len()
        ));
    };
    let number = text("InvoiceNo", number)?;
    let code = text("StockCode", code)?;
    if number.is_empty() {
        return Err("InvoiceNo is missing".into());
    }
    if code.is_empty() {
        return Err("StockCode is missing".into());
    }
    let quantity = text("Quantity", quantity)?;
    let units: i64 = quantity
        .parse()
        .map_err(|_| format!("Quantity {quantity:?} is not a whole number"))?;
    if units == 0 {
        return Err("Quantity is zero".into());
    }
    if units.unsigned_abs() > (QUANTITY_MAX.milli() / Quantity::ONE.milli()).unsigned_abs() {
        return Err(format!(
            "Quantity {quantity} is larger than a document can carry"
        ));
    }
    let price = text("UnitPrice", price)?;
    let unit_price_e4 =
        UnitPrice::parse(price).map_err(|error| format!("UnitPrice {price:?}: {error}"))?;
    if unit_price_e4 < UnitPrice(0) {
        return Err(format!("UnitPrice {price} is negative"));
    }
    let date = text("InvoiceDate", date)?;
    let at = parse_date(date).ok_or_else(|| format!("InvoiceDate {date:?} is not a date"))?;
    let at_ms = zone
        .to_ambiguous_zoned(at)
        .compatible()
        .map_err(|error| format!("InvoiceDate {date:?}: {error}"))?
        .timestamp()
        .as_millisecond();
    if number.starts_with('C') && units > 0 {
        return Err("a cancellation cannot have a positive Quantity".into());
    }
    let customer = text("CustomerID", customer)?;
    let customer = customer.strip_suffix(".0").unwrap_or(customer);
    Ok(ParsedRow {
        number: number.to_owned(),
        description: String::from_utf8_lossy(description).trim().to_owned(),
        at_ms,
        customer: (!customer.is_empty()).then(|| customer.to_owned()),
        row: Row {
            stock_code: code.to_owned(),
            units,
            unit_price_e4,
        },
    })
}

fn text<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str, String> {
    std::str::from_utf8(bytes)
        .map(str::trim)
        .map_err(|_| format!("{name} is not valid UTF-8"))
}

/// `Y-m-d H:M:S`, `m/d/yy H:M` or `m/d/Y H:M`.
fn parse_date(text: &str) -> Option<DateTime> {
    let (date, time) = text.split_once(' ')?;
    let (year, month, day, seconds) = if let Some((year, rest)) = date.split_once('-') {
        let (month, day) = rest.split_once('-')?;
        (number(year, 4..=4)?, month, day, true)
    } else {
        let mut parts = date.split('/');
        let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
        let year = match year.len() {
            // POSIX strptime: 69 to 99 are of the last century.
            2 => number(year, 2..=2).map(|y| if y < 69 { 2_000 + y } else { 1_900 + y })?,
            _ => number(year, 4..=4)?,
        };
        parts.next().is_none().then_some(())?;
        (year, month, day, false)
    };
    let mut parts = time.split(':');
    let (hour, minute) = (number(parts.next()?, 1..=2)?, number(parts.next()?, 1..=2)?);
    let second = if seconds {
        number(parts.next()?, 1..=2)?
    } else {
        0
    };
    parts.next().is_none().then_some(())?;
    let small = |value: i16| i8::try_from(value).ok();
    DateTime::new(
        year,
        small(number(month, 1..=2)?)?,
        small(number(day, 1..=2)?)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
        0,
    )
    .ok()
}

fn number(text: &str, digits: std::ops::RangeInclusive<usize>) -> Option<i16> {
    let is_number = digits.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

/// RFC 4180 over bytes, knowing where each record started so that a broken one costs one line.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

struct Record {
    fields: Vec<Vec<u8>>,
    line: u64,
    start: usize,
    end: usize,
}

impl Reader<'_> {
    /// The next record that is not an empty line.
    fn next_record(&mut self) -> Option<Record> {
        loop {
            let rest = &self.bytes[self.at..];
            if rest.is_empty() {
                return None;
            }
            let skipped = rest
                .iter()
                .take_while(|byte| matches!(byte, b'\n' | b'\r'))
                .count();
            if skipped > 0 {
                self.advance(skipped);
                continue;
            }
            return Some(self.read_record());
        }
    }

    fn read_record(&mut self) -> Record {
        let (start, line) = (self.at, self.line);
        let mut core = csv_core::Reader::new();
        let rest = &self.bytes[self.at..];
        let (mut out, mut ends) = (vec![0; 1_024], vec![0; 16]);
        let (mut read, mut written, mut ended) = (0, 0, 0);
        loop {
            let (result, nin, nout, nend) =
                core.read_record(&rest[read..], &mut out[written..], &mut ends[ended..]);
            read += nin;
            written += nout;
            ended += nend;
            match result {
                csv_core::ReadRecordResult::OutputFull => out.resize(out.len() * 2, 0),
                csv_core::ReadRecordResult::OutputEndsFull => ends.resize(ends.len() * 2, 0),
                csv_core::ReadRecordResult::InputEmpty => {}
                csv_core::ReadRecordResult::Record | csv_core::ReadRecordResult::End => break,
            }
        }
        let mut from = 0;
        let mut fields = Vec::with_capacity(ended);
        for end in &ends[..ended] {
            fields.push(out[from..*end].to_vec());
            from = *end;
        }
        self.advance(read);
        Record {
            fields,
            line,
            start,
            end: start + read,
        }
    }

    /// Goes on after the first line of a record that could not be used, and returns that line.
    fn give_back_after_first_line(&mut self, record: &Record) -> String {
        let bytes = &self.bytes[record.start..record.end];
        let length = bytes
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(bytes.len(), |at| at + 1);
        (self.at, self.line) = (record.start, record.line);
        self.advance(length);
        String::from_utf8_lossy(&bytes[..length])
            .trim_end()
            .to_owned()
    }

    fn advance(&mut self, count: usize) {
        let passed = &self.bytes[self.at..self.at + count];
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.at += count;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn data(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("data")
            .join(name)
    }

    #[test]
    fn broken_rows_are_the_ones_that_an_independent_reading_names() {
        let invoices = read_file(&data("invoices_broken.csv")).unwrap();
        let expected = std::fs::read(data("expected_broken.json")).unwrap();
        let expected: serde_json::Value = serde_json::from_slice(&expected).unwrap();
        let lines: Vec<u64> = expected["bad"]
            .as_array()
            .unwrap()
            .iter()
            .map(|b| b["line"].as_u64().unwrap())
            .collect();
        assert_eq!(
            invoices
                .bad_rows
                .iter()
                .map(|row| row.line)
                .collect::<Vec<_>>(),
            lines
        );
    }

    #[test]
    fn an_unclosed_quote_costs_its_own_line_only() {
        let text = format!(
            "{}\n1,A,\"open,1,2011-01-01 09:00:00,1,,UK\n1,B,shut,1,2011-01-01 09:00:00,1,,UK\n",
            HEADER.join(",")
        );
        let invoices = read(text.as_bytes()).unwrap();
        assert_eq!(
            invoices
                .bad_rows
                .iter()
                .map(|row| row.line)
                .collect::<Vec<_>>(),
            [2]
        );
        assert_eq!(invoices.invoices[0].rows[0].stock_code, "B");
    }

    #[test]
    fn all_three_forms_of_a_date_are_read() {
        for text in ["2010-12-01 08:26:00", "12/1/10 8:26", "12/1/2010 8:26"] {
            assert_eq!(
                parse_date(text),
                Some(jiff::civil::date(2010, 12, 1).at(8, 26, 0, 0))
            );
        }
        for text in [
            "2010-12-01",
            "1.12.2010 8:26",
            "13/1/10 8:26",
            "2010-02-30 08:00:00",
            "",
        ] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn a_file_with_another_header_is_refused() {
        let error = read(b"a,b,c\n1,2,3\n").unwrap_err().to_string();
        assert!(error.contains("InvoiceNo"), "{error}");
    }
}
