//! The codes of a paper as dark and light modules, for whatever draws them itself.

use barcoders::sym::code128::Code128;
use qrcodegen::{QrCode, QrCodeEcc};

/// Light modules that a scanner wants around a QR code (ISO/IEC 18004, 9.1).
pub const QR_QUIET_MODULES: usize = 4;
/// Light modules that it wants beside a Code 128 (ISO/IEC 15417, 4.4).
pub const BARCODE_QUIET_MODULES: usize = 10;

/// A QR code of medium error correction, row by row, dark modules true; none when the text is
/// longer than such a code can be.
#[must_use]
pub fn qr(text: &str) -> Option<Vec<Vec<bool>>> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let side = 0..code.size();
    Some(
        side.clone()
            .map(|y| side.clone().map(|x| code.get_module(x, y)).collect())
            .collect(),
    )
}

/// A Code 128 in code set B, dark modules true; none for a text that it cannot hold.
#[must_use]
pub fn barcode(text: &str) -> Option<Vec<bool>> {
    // The crate takes the code set as a leading character: Ɓ is B.
    let code = Code128::new(format!("\u{181}{text}")).ok()?;
    Some(code.encode().into_iter().map(|bar| bar == 1).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_number_of_ours_fits_the_smallest_codes() {
        let qr = qr("S1T3R0A000004").unwrap();
        assert_eq!(qr.len(), 21, "version 1");
        assert!(qr.iter().all(|row| row.len() == 21));
        // Start, 13 characters, check, 11 modules each, and a stop of 13.
        assert_eq!(barcode("S1T3R0A000004").unwrap().len(), 15 * 11 + 13);
        assert_eq!(barcode("ñ"), None);
    }
}
