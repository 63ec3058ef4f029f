//! How wide a text is in cells, and how it breaks where it is wider than its place. Names come
//! from anywhere: control characters go, and what cannot be broken between words is broken between
//! the characters that a person sees as one.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Characters that make up one visible character; a pile of accents beyond that is vandalism.
const GRAPHEME_CHARS_MAX: usize = 8;

/// Cells that a text takes: none for accents that stand over others, two for wide scripts.
#[must_use]
pub fn cells(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// A text on one line: no control characters, nothing that turns the direction of what follows,
/// one space where several or a line's end were, no piles of accents. A no-break space stays.
#[must_use]
pub fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for grapheme in text.graphemes(true) {
        let first = grapheme.chars().next().unwrap_or(' ');
        if first.is_whitespace() && first != '\u{a0}' {
            if !clean.is_empty() && !clean.ends_with(' ') {
                clean.push(' ');
            }
            continue;
        }
        let visible = grapheme
            .chars()
            .filter(|c| !c.is_control() && !is_invisible(*c))
            .take(GRAPHEME_CHARS_MAX);
        clean.extend(visible);
    }
    clean.truncate(clean.trim_end_matches(' ').len());
    clean
}

/// Characters that show nothing themselves and change what is around them, or break lines.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff0}'..='\u{fffc}'
            | '\u{e0000}'..='\u{e007f}'
            | '\u{e000}'..='\u{f8ff}'
    )
}

/// Breaks a text into lines that are at most so wide, between words where that can be. An empty
/// text is no line.
pub(super) fn wrap(text: &str, width: u16) -> Vec<String> {
    let text = clean(text);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let gap = u16::from(!line.is_empty());
        if cells(&line).saturating_add(gap).saturating_add(cells(word)) <= width {
            if gap > 0 {
                line.push(' ');
            }
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for grapheme in word.graphemes(true) {
            let grapheme = if cells(grapheme) > width {
                "?"
            } else {
                grapheme
            };
            if cells(&line).saturating_add(cells(grapheme)) > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push_str(grapheme);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The text in a place of that many cells, filled up with spaces. What is wider stays as it is.
pub(super) fn pad(text: &str, width: u16, align: super::Align) -> String {
    let room = usize::from(width.saturating_sub(cells(text)));
    let (before, after) = match align {
        super::Align::Left => (0, room),
        super::Align::Center => (room / 2, room - room / 2),
        super::Align::Right => (room, 0),
    };
    format!("{}{text}{}", " ".repeat(before), " ".repeat(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_break_at_spaces_and_long_ones_anywhere() {
        assert_eq!(
            wrap("a white hanging heart", 8),
            ["a white", "hanging", "heart"]
        );
        assert_eq!(wrap("USB-5010-05M x", 6), ["USB-50", "10-05M", "x"]);
        assert_eq!(wrap("  \n\t ", 6), Vec::<String>::new());
        assert_eq!(wrap("12,50\u{a0}€", 20), ["12,50\u{a0}€"]);
    }

    #[test]
    fn wide_scripts_take_two_cells_and_accents_none() {
        assert_eq!(cells("田中さん"), 8);
        assert_eq!(cells("Mun\u{303}oz"), 5);
        assert_eq!(wrap("田中さん", 5), ["田中", "さん"]);
    }

    #[test]
    fn what_shows_nothing_is_gone() {
        assert_eq!(clean("a\u{202e}b\u{0}c\u{200b}\r\nd \u{7} e"), "abc d e");
        let zalgo = format!("Z{}", "\u{336}".repeat(300));
        assert!(clean(&zalgo).chars().count() <= GRAPHEME_CHARS_MAX);
    }
}
