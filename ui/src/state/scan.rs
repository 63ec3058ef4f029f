//! Telling a scanner from fingers. A keyboard-wedge scanner types a whole code within
//! milliseconds and ends it with Enter. Keys are read by their place on the keyboard as the US
//! layout names them, because that is what scanners send: so neither a Spanish layout nor Caps
//! Lock changes a code.

/// Longest pause between two keys of a scan, for a window that was busy meanwhile.
pub const PAUSE_MS_MAX: f64 = 150.0;
/// Longest pause on average. Scanners take 1 to 20 ms; quick fingers take 80.
pub const PAUSE_MS_MEAN_MAX: f64 = 45.0;
/// Shortest code: shorter ones are as well typed by hand.
pub const CODE_CHARS_MIN: usize = 4;
/// Longer ones are no codes (a key held down repeats).
pub const CODE_CHARS_MAX: usize = 64;

/// A key as far as a scan knows keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Char(char),
    Enter,
    /// Shift and the like: part of a scan, without a character.
    Silent,
    Other,
}

/// Reads a key by its physical code (UI Events `KeyboardEvent.code`) on the US layout.
#[must_use]
pub fn key_of(code: &str, shift: bool, with_command: bool) -> Key {
    if with_command {
        return Key::Other;
    }
    if let Some(letter) = code.strip_prefix("Key").and_then(single) {
        return Key::Char(if shift {
            letter
        } else {
            letter.to_ascii_lowercase()
        });
    }
    if let Some(digit) = code.strip_prefix("Digit").and_then(single) {
        return Key::Char(if shift { shifted_digit(digit) } else { digit });
    }
    if let Some(digit) = code.strip_prefix("Numpad").and_then(single) {
        return Key::Char(digit);
    }
    let (plain, shifted) = match code {
        "Enter" | "NumpadEnter" => return Key::Enter,
        "ShiftLeft" | "ShiftRight" | "CapsLock" => return Key::Silent,
        "Space" => (' ', ' '),
        "Minus" => ('-', '_'),
        "Equal" => ('=', '+'),
        "Period" => ('.', '>'),
        "Comma" => (',', '<'),
        "Slash" => ('/', '?'),
        "Semicolon" => (';', ':'),
        "Quote" => ('\'', '"'),
        "BracketLeft" => ('[', '{'),
        "BracketRight" => (']', '}'),
        "Backslash" => ('\\', '|'),
        "NumpadSubtract" => ('-', '-'),
        "NumpadAdd" => ('+', '+'),
        "NumpadDecimal" => ('.', '.'),
        "NumpadDivide" => ('/', '/'),
        "NumpadMultiply" => ('*', '*'),
        _ => return Key::Other,
    };
    Key::Char(if shift { shifted } else { plain })
}

/// Whether a key stands for its upper half. Shift says so under Caps Lock, which turns letters
/// round; without it a letter's own case does, because software that types for a person sends
/// capitals without Shift.
#[must_use]
pub fn is_shifted(shift: bool, caps_lock: bool, key: &str) -> bool {
    match single(key).filter(char::is_ascii_alphabetic) {
        Some(letter) if !caps_lock => letter.is_ascii_uppercase(),
        _ => shift,
    }
}

fn single(text: &str) -> Option<char> {
    let mut chars = text.chars();
    let first = chars.next().filter(char::is_ascii_alphanumeric)?;
    chars.next().is_none().then_some(first)
}

const fn shifted_digit(digit: char) -> char {
    match digit {
        '1' => '!',
        '2' => '@',
        '3' => '#',
        '4' => '$',
        '5' => '%',
        '6' => '^',
        '7' => '&',
        '8' => '*',
        '9' => '(',
        _ => ')',
    }
}

/// The keys of what may become a scan.
#[derive(Debug, Clone, Default)]
pub struct Burst {
    text: String,
    first_ms: f64,
    last_ms: f64,
}

/// What a key did to the burst.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pressed {
    /// The first key of what may become a scan: what the focused field holds now is what it must
    /// hold again if it does.
    Started,
    Going,
    Nothing,
    Scanned(String),
}

impl Burst {
    /// Takes one key at that time.
    pub fn press(&mut self, key: Key, at_ms: f64) -> Pressed {
        let in_time = at_ms - self.last_ms <= PAUSE_MS_MAX;
        match key {
            Key::Char(char) => {
                let starts = !in_time || self.text.is_empty();
                if starts {
                    self.text.clear();
                    self.first_ms = at_ms;
                }
                self.last_ms = at_ms;
                if self.text.chars().count() < CODE_CHARS_MAX {
                    self.text.push(char);
                }
                if starts {
                    Pressed::Started
                } else {
                    Pressed::Going
                }
            }
            Key::Silent => Pressed::Nothing,
            Key::Enter => {
                let text = std::mem::take(&mut self.text);
                let count = text.chars().count();
                let pauses = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
                let is_fast = at_ms - self.first_ms <= PAUSE_MS_MEAN_MAX * pauses;
                if in_time && is_fast && (CODE_CHARS_MIN..CODE_CHARS_MAX).contains(&count) {
                    Pressed::Scanned(text.trim().to_owned())
                } else {
                    Pressed::Nothing
                }
            }
            Key::Other => {
                self.text.clear();
                Pressed::Nothing
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn type_keys(burst: &mut Burst, text: &str, start_ms: f64, pause_ms: f64) -> f64 {
        let mut at_ms = start_ms;
        for char in text.chars() {
            burst.press(Key::Char(char), at_ms);
            at_ms += pause_ms;
        }
        at_ms
    }

    #[test]
    fn a_fast_burst_ended_by_enter_is_a_scan() {
        let mut burst = Burst::default();
        let at_ms = type_keys(&mut burst, "843404086511", 1_000.0, 8.0);
        assert_eq!(
            burst.press(Key::Enter, at_ms),
            Pressed::Scanned("843404086511".to_owned())
        );
    }

    #[test]
    fn a_person_who_types_and_presses_enter_scans_nothing() {
        let mut burst = Burst::default();
        let at_ms = type_keys(&mut burst, "843404086511", 1_000.0, 90.0);
        assert_eq!(burst.press(Key::Enter, at_ms), Pressed::Nothing);
    }

    #[test]
    fn a_hiccup_of_the_window_does_not_break_a_scan() {
        let mut burst = Burst::default();
        let at_ms = type_keys(&mut burst, "843404", 1_000.0, 8.0);
        let at_ms = type_keys(&mut burst, "086511", at_ms + 110.0, 8.0);
        assert_eq!(
            burst.press(Key::Enter, at_ms),
            Pressed::Scanned("843404086511".to_owned())
        );
    }

    #[test]
    fn enter_long_after_a_burst_and_short_bursts_scan_nothing() {
        let mut burst = Burst::default();
        let at_ms = type_keys(&mut burst, "843404086511", 1_000.0, 8.0);
        assert_eq!(burst.press(Key::Enter, at_ms + 200.0), Pressed::Nothing);
        let at_ms = type_keys(&mut burst, "123", 5_000.0, 8.0);
        assert_eq!(burst.press(Key::Enter, at_ms), Pressed::Nothing);
    }

    #[test]
    fn what_was_typed_before_the_burst_is_no_part_of_it() {
        let mut burst = Burst::default();
        assert_eq!(burst.press(Key::Char('x'), 500.0), Pressed::Started);
        assert_eq!(burst.press(Key::Char('4'), 1_000.0), Pressed::Started);
        let at_ms = type_keys(&mut burst, "0063813", 1_008.0, 8.0);
        assert_eq!(
            burst.press(Key::Enter, at_ms),
            Pressed::Scanned("40063813".to_owned())
        );
    }

    #[test]
    fn caps_lock_does_not_turn_a_scanned_capital_round() {
        assert!(is_shifted(true, true, "a"));
        assert!(!is_shifted(false, true, "A"));
        assert!(is_shifted(false, false, "S"));
        assert!(!is_shifted(false, false, "s"));
        assert!(is_shifted(true, false, "!"));
    }

    #[test]
    fn keys_are_read_by_place_whatever_the_layout_or_caps_lock() {
        assert_eq!(key_of("KeyA", false, false), Key::Char('a'));
        assert_eq!(key_of("KeyA", true, false), Key::Char('A'));
        assert_eq!(key_of("Digit7", false, false), Key::Char('7'));
        assert_eq!(key_of("Numpad0", false, false), Key::Char('0'));
        // On a Spanish keyboard this key prints an apostrophe.
        assert_eq!(key_of("Minus", false, false), Key::Char('-'));
        assert_eq!(key_of("KeyK", false, true), Key::Other);
        assert_eq!(key_of("NumpadEnter", false, false), Key::Enter);
        assert_eq!(key_of("F9", false, false), Key::Other);
    }
}
