//! The paper as plain text: for an e-mail, and for whoever compares two papers.

use super::{Align, Element, Form, width::pad};

/// The elements as lines of text, as wide as the form. Codes and what is no text stand in brackets.
#[must_use]
pub fn plain_text(elements: &[Element], form: Form) -> String {
    let columns = form.columns();
    let mut text = String::new();
    for element in elements {
        let line = match element {
            Element::Line { cells, .. } => cells
                .iter()
                .map(|cell| pad(&cell.text, cell.width, cell.align))
                .collect(),
            Element::Rule => "-".repeat(usize::from(columns)),
            Element::Gap => String::new(),
            Element::Logo => pad("[logo]", columns, Align::Center),
            Element::Qr(data) => pad(&format!("[QR {data}]"), columns, Align::Center),
            Element::Barcode(data) => pad(&format!("[|| {data} ||]"), columns, Align::Center),
            Element::Drawer => "[drawer]".to_owned(),
            Element::Cut => "[cut]".to_owned(),
        };
        text.push_str(line.trim_end_matches(' '));
        text.push('\n');
    }
    text
}
