//! ESC/POS: the language of receipt printers. Every command names its place in Epson's reference
//! (<https://download4.epson.biz/sec_pubs/pos/reference_en/escpos/>). Lines come padded to their
//! cells, so tabs and margins are not needed, and what every printer understands is enough.

use domain::receipt::{Align, Cell, Element, Emphasis, Form, cells};

use crate::code_page;

/// ESC @ (esc_atsign): forget what the last one left.
const INITIALIZE: &[u8] = b"\x1b@";
/// GS a 0 (gs_la): say nothing of the standing unasked, which could be taken for an answer. After
/// ESC @, which brings back what the printer was set up with.
const NOTHING_UNASKED: &[u8] = b"\x1da\x00";
/// FS . (fs_period): bytes above 0x7F are single characters, on printers made for Chinese too.
const NO_KANJI: &[u8] = b"\x1c.";
/// ESC t 19 (esc_lt): code page 858.
const CODE_PAGE: &[u8] = b"\x1bt\x13";
/// ESC E (esc_ce): emphasis.
const STRONG: &[u8] = b"\x1bE\x01";
const NOT_STRONG: &[u8] = b"\x1bE\x00";
/// GS ! (gs_exclamation): once or twice as high.
const HIGH: &[u8] = b"\x1d!\x01";
const NOT_HIGH: &[u8] = b"\x1d!\x00";
/// ESC a (esc_la): in the middle, or at the left.
const CENTER: &[u8] = b"\x1ba\x01";
const LEFT: &[u8] = b"\x1ba\x00";
/// GS h, GS w, GS H (gs_lh, gs_lw, gs_ch): a barcode 8 mm high, narrow bars of two dots, no text.
const BARCODE_SHAPE: &[u8] = b"\x1dh\x40\x1dw\x02\x1dH\x00";
/// GS V 66 0 (gs_cv): feed to the knife and cut, one point left.
const CUT: &[u8] = b"\x1dVB\x00";
/// ESC p 0 (esc_lp): the drawer on pin 2, a pulse of 50 ms.
const DRAWER: &[u8] = b"\x1bp\x00\x19\xfa";
/// Dots of a module of a QR code, so that its smallest is 11 mm wide.
const QR_MODULE_DOTS: u8 = 4;
const LINE: u8 = b'\n';
/// The logo as rows of bits, dark ones set (portable bitmap, P4).
const LOGO: &[u8] = include_bytes!("../../icons/receipt.pbm");

/// The bytes that print a paper.
#[must_use]
pub fn encode(elements: &[Element], form: Form) -> Vec<u8> {
    let mut bytes = [INITIALIZE, NOTHING_UNASKED, NO_KANJI, CODE_PAGE].concat();
    for element in elements {
        match element {
            Element::Line { cells, emphasis } => line(&mut bytes, cells, *emphasis),
            Element::Rule => {
                let rule = "─".repeat(usize::from(form.columns()));
                bytes.extend(code_page::encode(&rule));
                bytes.push(LINE);
            }
            Element::Gap => bytes.push(LINE),
            Element::Logo => centered(&mut bytes, logo),
            Element::Qr(text) => centered(&mut bytes, |bytes| qr(bytes, text)),
            Element::Barcode(text) => centered(&mut bytes, |bytes| barcode(bytes, text)),
            Element::Drawer => bytes.extend(DRAWER),
            Element::Cut => bytes.extend(CUT),
        }
    }
    bytes
}

fn line(bytes: &mut Vec<u8>, all: &[Cell], emphasis: Emphasis) {
    let (before, after): (&[&[u8]], &[&[u8]]) = match emphasis {
        Emphasis::Quiet | Emphasis::Normal => (&[], &[]),
        Emphasis::Strong => (&[STRONG], &[NOT_STRONG]),
        Emphasis::Tall => (&[STRONG, HIGH], &[NOT_HIGH, NOT_STRONG]),
    };
    bytes.extend(before.concat());
    let mut text = Vec::new();
    for cell in all {
        let room = usize::from(cell.width.saturating_sub(cells(&cell.text)));
        let left = match cell.align {
            Align::Left => 0,
            Align::Center => room / 2,
            Align::Right => room,
        };
        text.extend(std::iter::repeat_n(b' ', left));
        text.extend(code_page::encode(&cell.text));
        text.extend(std::iter::repeat_n(b' ', room - left));
    }
    text.truncate(text.trim_ascii_end().len());
    bytes.extend(text);
    bytes.push(LINE);
    bytes.extend(after.concat());
}

fn centered(bytes: &mut Vec<u8>, draw: impl FnOnce(&mut Vec<u8>)) {
    bytes.extend(CENTER);
    draw(bytes);
    bytes.extend(LEFT);
}

/// GS v 0 (gs_lv_0): a raster image, as its rows of bits.
fn logo(bytes: &mut Vec<u8>) {
    let Some((width, height, rows)) = bitmap(LOGO) else {
        return;
    };
    bytes.extend(b"\x1dv0\x00");
    bytes.extend(width.div_ceil(8).to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.extend(rows);
}

/// Width, height and rows of a portable bitmap.
pub(crate) fn bitmap(file: &[u8]) -> Option<(u16, u16, &[u8])> {
    let mut lines = file.splitn(3, |byte| *byte == b'\n');
    let (magic, size, rows) = (lines.next()?, lines.next()?, lines.next()?);
    let (width, height) = std::str::from_utf8(size).ok()?.split_once(' ')?;
    let (width, height): (u16, u16) = (width.parse().ok()?, height.parse().ok()?);
    let is_whole = rows.len() == usize::from(width.div_ceil(8)) * usize::from(height);
    (magic == b"P4" && is_whole).then_some((width, height, rows))
}

/// The logo's dots, dark ones true.
pub(crate) fn logo_dots() -> Vec<Vec<bool>> {
    let Some((width, _, rows)) = bitmap(LOGO) else {
        return Vec::new();
    };
    rows.chunks(usize::from(width.div_ceil(8)))
        .map(|row| {
            (0..usize::from(width))
                .map(|x| row[x / 8] >> (7 - x % 8) & 1 == 1)
                .collect()
        })
        .collect()
}

/// GS ( k (gs_lparen_lk, functions 165, 167, 169, 180, 181): model 2, medium correction.
fn qr(bytes: &mut Vec<u8>, text: &str) {
    let Ok(length) = u16::try_from(text.len() + 3) else {
        return;
    };
    bytes.extend(b"\x1d(k\x04\x00\x31\x41\x32\x00");
    bytes.extend([0x1d, b'(', b'k', 3, 0, 0x31, 0x43, QR_MODULE_DOTS]);
    bytes.extend(b"\x1d(k\x03\x00\x31\x45\x31");
    bytes.extend(b"\x1d(k");
    bytes.extend(length.to_le_bytes());
    bytes.extend(b"\x31\x50\x30");
    bytes.extend(text.bytes());
    bytes.extend(b"\x1d(k\x03\x00\x31\x51\x30");
}

/// GS k 73 (gs_lk, function B): Code 128 in code set B.
fn barcode(bytes: &mut Vec<u8>, text: &str) {
    let Ok(length) = u8::try_from(text.len() + 2) else {
        return;
    };
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return;
    }
    bytes.extend(BARCODE_SHAPE);
    bytes.extend([0x1d, b'k', 73, length]);
    bytes.extend(b"{B");
    bytes.extend(text.bytes());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_logo_fits_the_narrowest_roll() {
        let (width, height, _) = bitmap(LOGO).unwrap();
        assert!(width <= 384 && height <= 255, "{width} x {height}");
        assert_eq!(logo_dots().len(), usize::from(height));
    }

    #[test]
    fn a_line_is_padded_to_its_cells_and_an_amount_keeps_its_sign() {
        let cell = |text: &str, width, align| Cell {
            text: text.into(),
            width,
            align,
            mark: None,
        };
        let elements = [Element::Line {
            cells: vec![
                cell("Cañón", 10, Align::Left),
                cell("−5,00\u{a0}€", 10, Align::Right),
            ],
            emphasis: Emphasis::Strong,
        }];
        let bytes = encode(&elements, Form::Roll(32));
        let text = b"\x1bE\x01Ca\xa4\xa2n        -5,00 \xd5\n\x1bE\x00";
        assert!(bytes.ends_with(text), "{bytes:?}");
    }

    #[test]
    fn a_barcode_holds_letters_and_digits_only() {
        let bytes = encode(&[Element::Barcode("A\x1b@".into())], Form::Roll(32));
        assert!(!bytes.contains(&73));
    }
}
