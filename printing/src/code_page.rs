//! Code page 858, which Spanish needs and receipt printers have: what it lacks is replaced by what
//! is nearest and exactly as wide, so that columns stay columns.

use domain::receipt::cells;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// Its upper half, from 0x80 (IBM code page 850 with the euro sign at 0xD5).
const UPPER: &str = "\
ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒ\
áíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐\
└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈ€ÍÎÏ┘┌█▄¦Ì▀\
ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

/// What stands for characters that the code page lacks, one for one.
const NEAREST: [(&str, u8); 12] = [
    ("\u{2212}‐‑‒–—―", b'-'),
    ("‘’‚‛′`", b'\''),
    ("“”„‟″", b'"'),
    ("…․", b'.'),
    ("•∙●◦", 0xFA),
    ("⁄∕", b'/'),
    ("‹", b'<'),
    ("›", b'>'),
    ("Ł", b'L'),
    ("ł", b'l'),
    ("Œ", b'O'),
    ("œ", b'o'),
];
const UNKNOWN: u8 = b'?';

/// The bytes of a text, one per cell.
pub(crate) fn encode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for grapheme in text.graphemes(true) {
        let width = usize::from(cells(grapheme));
        let Some(first) = grapheme.nfc().next().filter(|_| width > 0) else {
            continue;
        };
        let byte = byte_of(first).unwrap_or(UNKNOWN);
        bytes.push(byte);
        let rest = if byte == UNKNOWN { UNKNOWN } else { b' ' };
        bytes.extend(std::iter::repeat_n(rest, width - 1));
    }
    bytes
}

fn byte_of(c: char) -> Option<u8> {
    if matches!(c, ' '..='~') && c != '`' {
        return u8::try_from(u32::from(c)).ok();
    }
    if c == '\u{a0}' || c.is_whitespace() {
        return Some(b' ');
    }
    if let Some(at) = UPPER.chars().position(|known| known == c) {
        return u8::try_from(0x80 + at).ok();
    }
    let near = NEAREST.iter().find(|(all, _)| all.contains(c));
    near.map(|(_, byte)| *byte).or_else(|| {
        c.nfkd()
            .next()
            .filter(char::is_ascii_graphic)
            .and_then(|base| {
                // The letter without what stands over it, or the plain form of an adorned one.
                u8::try_from(u32::from(base)).ok()
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_whole() {
        assert_eq!(UPPER.chars().count(), 128);
    }

    #[test]
    fn spanish_is_printed_as_it_is_written() {
        assert_eq!(
            encode("¿Ñandú? ¡Sí! 5 €"),
            b"\xa8\xa5and\xa3? \xadS\xa1! 5 \xd5"
        );
        assert_eq!(encode("Mun\u{303}oz"), b"Mu\xa4oz");
    }

    #[test]
    fn what_is_lacking_keeps_its_width() {
        assert_eq!(encode("Łódź — “x” −5…"), b"L\xa2dz - \"x\" -5.");
        assert_eq!(encode("田a"), b"??a");
        assert_eq!(encode("Ａb"), b"A b");
        for text in ["ｆｕｌｌ", "ﷺ", "👩‍👩‍👧", "e\u{301}\u{336}", "Ω≈ç√∫"]
        {
            assert_eq!(encode(text).len(), usize::from(cells(text)), "{text}");
        }
    }
}
