//! The paper of a document: one layout, decided here, that the printer, the screen and the PDF
//! draw alike. It is measured in cells, the width of one printed character, so that what fits on
//! the narrowest roll fits everywhere.

pub mod code;
mod layout;
mod printer;
mod share;
mod text;
mod width;
mod words;

use serde::{Deserialize, Serialize};

pub use layout::{lay_out, lay_out_test};
pub use printer::{
    COPIES_MAX, PRINTER_PORT, PrintFault, PrinterError, PrinterKind, PrinterSettings,
    RETURN_DAYS_MAX, UNCONFIRMED_MAX, host_and_port, may_open_drawer, wait_ms,
};
pub use share::{chat_link, mail_link, share_text};
pub use text::plain_text;
pub use width::{cells, clean};

use crate::{
    contract::ipc::DocumentView,
    format::{Language, Locale},
    replication::row::Organization,
    sale::TenderCode,
};

/// Cells on a line of the three rolls in use: 58 mm, 80 mm with a small head, 80 mm.
pub const ROLL_COLUMNS: [u16; 3] = [32, 42, 48];
/// Cells on a line of a sheet of A4 or letter paper.
pub const SHEET_COLUMNS: u16 = 96;

/// What the document is drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A roll of this many cells; fewer than [`ROLL_COLUMNS`]' least counts as that.
    Roll(u16),
    /// A page, with its lines in a table.
    Sheet,
}

impl Form {
    /// Cells on a line.
    #[must_use]
    pub fn columns(self) -> u16 {
        match self {
            Self::Roll(columns) => columns.max(ROLL_COLUMNS[0]),
            Self::Sheet => SHEET_COLUMNS,
        }
    }
}

/// What the journal says about the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Of the operation that made it, as hexadecimal digits.
    pub hash: String,
    /// Whether bytes, signature and both neighbours in the chain agree with it; none where this
    /// till does not hold what it takes to tell.
    pub is_sound: Option<bool>,
}

/// How a document is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    pub language: Language,
    pub form: Form,
    /// Days in which goods may come back, if the shop promises any.
    pub return_days: Option<u16>,
    /// The shop's own last words.
    pub footer: String,
    /// The paper has been printed before.
    pub is_copy: bool,
    /// Made for practice, without fiscal value.
    pub is_training: bool,
    pub has_logo: bool,
    /// The drawer opens with it.
    pub kicks_drawer: bool,
}

impl Options {
    /// A paper to look at: nothing on it but the document.
    #[must_use]
    pub const fn plain(language: Language, form: Form) -> Self {
        Self {
            language,
            form,
            return_days: None,
            footer: String::new(),
            is_copy: false,
            is_training: false,
            has_logo: false,
            kicks_drawer: false,
        }
    }
}

/// A document and what its paper needs beside it.
#[derive(Debug, Clone, Copy)]
pub struct Receipt<'a> {
    pub organization: &'a Organization,
    /// What the owner calls the tenders that are not every shop's.
    pub tenders: &'a [(TenderCode, String)],
    pub view: &'a DocumentView,
    pub options: &'a Options,
}

impl Receipt<'_> {
    /// How its numbers are written: in the document's currency, whatever the shop's is now.
    fn locale(&self) -> Locale<'_> {
        Locale {
            language: self.options.language,
            country: &self.organization.country,
            currency: &self.view.document.currency,
        }
    }
}

/// Where a text stands in its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    #[default]
    Left,
    Center,
    Right,
}

/// How loud a line is. None of them makes it wider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Emphasis {
    /// Beside the point: how much of what, where the line above said it.
    Quiet,
    #[default]
    Normal,
    Strong,
    /// Strong and twice as high.
    Tall,
}

/// What a line says, for those who look for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Number,
    Total,
}

/// Some text in its part of a line. It is never wider than that.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    pub text: String,
    /// In cells of the line, all of which add up to the form's columns.
    pub width: u16,
    pub align: Align,
    pub mark: Option<Mark>,
}

/// One piece of a paper, from top to bottom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element {
    /// The shop's logo, in the middle.
    Logo,
    /// One line.
    Line {
        cells: Vec<Cell>,
        emphasis: Emphasis,
    },
    /// A line drawn across.
    Rule,
    /// Some room.
    Gap,
    /// A two-dimensional code of this text, in the middle.
    Qr(String),
    /// A Code 128 of this text, in the middle; capital letters and digits.
    Barcode(String),
    /// Opens the cash drawer.
    Drawer,
    /// The end of the paper.
    Cut,
}
