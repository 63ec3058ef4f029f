//! Every word that a person reads, in both languages side by side: a word missing in one of them
//! does not compile.

/// Declares one area's words: a struct of texts, one value per language, and the list that the
/// tests read.
macro_rules! words {
    ($(#[$doc:meta])* $($key:ident: $es:literal, $en:literal;)+) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct Words {
            $(pub $key: &'static str,)+
        }

        pub static ES: Words = Words { $($key: $es,)+ };
        pub static EN: Words = Words { $($key: $en,)+ };

        #[cfg(test)]
        pub(crate) const ALL: &[(&str, &str, &str)] = &[$((stringify!($key), $es, $en),)+];
    };
}

use crate::format::{self, Locale};

pub mod approval;
pub mod balance;
pub mod card;
pub mod common;
pub mod console;
pub mod customer;
pub mod enrol;
pub mod exchange;
pub mod failure;
pub mod invoice;
pub mod park;
pub mod pay;
pub mod pin;
pub mod printing;
pub mod quote;
pub mod repair;
pub mod sell;
pub mod serial;
pub mod shift;
pub mod shop;
pub mod stock;
pub mod sync;
pub mod tills;

/// A language that a person can choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    #[default]
    Es,
    En,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::Es, Self::En];

    /// What its speakers call it.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::Es => "Español",
            Self::En => "English",
        }
    }

    /// The ISO 639-1 code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Es => "es",
            Self::En => "en",
        }
    }

    /// The language of a code such as `es` or `en-GB`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code.get(..2)? {
            "es" => Some(Self::Es),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// The same for `domain`.
    #[must_use]
    pub const fn plain(self) -> domain::format::Language {
        match self {
            Self::Es => domain::format::Language::Es,
            Self::En => domain::format::Language::En,
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Es => Self::En,
            Self::En => Self::Es,
        }
    }

    /// All words of the language.
    #[must_use]
    pub const fn words(self) -> &'static Words {
        match self {
            Self::Es => &ES,
            Self::En => &EN,
        }
    }
}

macro_rules! areas {
    ($($area:ident),+ $(,)?) => {
        /// All words of one language, by area.
        #[derive(Debug)]
        pub struct Words {
            $(pub $area: &'static $area::Words,)+
        }

        static ES: Words = Words { $($area: &$area::ES,)+ };
        static EN: Words = Words { $($area: &$area::EN,)+ };

        #[cfg(test)]
        const ALL: &[(&str, &[(&str, &str, &str)])] = &[$((stringify!($area), $area::ALL),)+];
    };
}

areas!(
    approval, balance, card, common, console, customer, enrol, exchange, invoice, park, pay, pin,
    printing, quote, repair, sell, serial, shift, shop, stock, sync, tills
);

/// Puts values in the place of `{name}`.
#[must_use]
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = text.to_owned();
    for (name, value) in values {
        filled = filled.replace(&format!("{{{name}}}"), value);
    }
    filled
}

/// The text for one thing, or the text for so many of them with their number as `{n}`.
#[must_use]
pub fn counted(one: &str, many: &str, count: impl TryInto<u64>, locale: &Locale) -> String {
    // A count that does not fit is many.
    match count.try_into().unwrap_or(u64::MAX) {
        1 => fill(one, &[("n", "1")]),
        count => fill(many, &[("n", &format::count(count, locale))]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<&str> {
        let mut places: Vec<&str> = text
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
            .collect();
        places.sort_unstable();
        places
    }

    #[test]
    fn every_text_has_the_same_places_in_both_languages_and_is_not_empty() {
        for (area, words) in ALL {
            for (key, es, en) in *words {
                assert!(
                    !es.trim().is_empty() && !en.trim().is_empty(),
                    "{area}.{key}"
                );
                assert_eq!(places(es), places(en), "{area}.{key}");
            }
        }
    }

    /// Every file of pages and parts.
    fn sources(folder: &std::path::Path, files: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, files);
            } else {
                let name = path.display().to_string();
                files.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }

    /// What a page shows comes from here: nothing between braces and no attribute that is read out is
    /// a text of its own. Names of keys are the same in both languages.
    #[test]
    fn no_text_of_a_page_is_hard_coded() {
        const READ_OUT: [&str; 7] = [
            "aria-label=\"",
            "title=\"",
            "placeholder=\"",
            "alt=\"",
            " label=\"",
            "hint=\"",
            "lead=\"",
        ];
        let is_said = |text: &str| {
            let text = text.split('"').next().unwrap_or_default();
            text.chars().filter(|c| c.is_alphabetic()).count() > 1
        };
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = Vec::new();
        for folder in ["page", "component"] {
            sources(&root.join(folder), &mut files);
        }
        assert!(files.len() > 40, "the pages are elsewhere");
        let mut found = Vec::new();
        for (name, source) in &files {
            let pages = source.split("#[cfg(test)]").next().unwrap_or_default();
            for (n, line) in (1..).zip(pages.lines()) {
                // Arms of a match, classes and names for tests are no texts.
                let line = line.trim().replace("=> \"", "");
                let is_code = ["//", "if "].iter().any(|start| line.starts_with(start))
                    || ["class", "data-test"]
                        .iter()
                        .any(|name| line.contains(name));
                let shown = ["{ \"", ">\"", "> \""].iter().filter(|_| !is_code);
                let is_key = line.contains("<Key ");
                let read_out = READ_OUT.iter().filter(|_| !is_key);
                let says = shown
                    .chain(read_out)
                    .any(|start| line.split(start).skip(1).any(is_said));
                if says && !line.starts_with("//") {
                    found.push(format!("{name}:{n}: {line}"));
                }
            }
        }
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn values_take_their_places() {
        assert_eq!(fill("{n} of {all}", &[("n", "2"), ("all", "3")]), "2 of 3");
    }

    #[test]
    fn one_thing_is_not_said_as_many() {
        let locale = Locale::of(Language::En, "US", "USD", 2);
        let said = |count: usize| counted("{n} document", "{n} documents", count, &locale);
        assert_eq!(said(1), "1 document");
        assert_eq!(
            (said(0), said(1_200)),
            ("0 documents".into(), "1,200 documents".into())
        );
    }

    #[test]
    fn a_language_is_known_by_the_start_of_its_tag() {
        assert_eq!(Language::from_code("en-GB"), Some(Language::En));
        assert_eq!(Language::from_code("es"), Some(Language::Es));
        assert_eq!(Language::from_code("f"), None);
    }
}
