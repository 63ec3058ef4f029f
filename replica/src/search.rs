//! What a typed text asks the search indexes, and in which order its hits are shown. Every word
//! typed is the beginning of one of the product's; both are folded alike (`domain::folding`), and each
//! word is one token of the index, which splits at ASCII signs alone.

use std::{cmp::Reverse, collections::HashSet};

use domain::{
    catalog::Product,
    folding::{fold, words},
    limit::SEARCH_RESULTS_MAX,
};

/// Hits that are ranked; what lies beyond follows in the order of the catalogue. More are never
/// looked at, so that a text that fits half the catalogue costs no more than any other.
pub(crate) const RANKED_MAX: u32 = SEARCH_RESULTS_MAX;
/// Shortest text that the index of three-letter pieces can look up.
const TRIGRAM_CHARS: usize = 3;
/// Longest beginning that the index of products has a list of its own for (see the migrations).
const PREFIX_CHARS_MAX: usize = 2;
/// Words that are looked up one by one for what was typed; a beginning of more is left to the
/// index: so many words are rare ones.
pub(crate) const COMPLETIONS_MAX: u8 = 200;
/// Words beyond these add nothing and cost each.
const WORDS_MAX: usize = 12;

/// A product search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProductQuery {
    /// No text: everything, by name.
    All,
    /// Signs only, which no product is found by.
    Nothing,
    /// Beginnings of words, folded.
    Words(Vec<String>),
}

impl ProductQuery {
    /// The query of a typed text.
    pub(crate) fn of(text: &str) -> ProductQuery {
        let mut words = words(text);
        words.truncate(WORDS_MAX);
        let is_blank = || text.chars().all(|c| c.is_whitespace() || c == '\0');
        if !words.is_empty() {
            ProductQuery::Words(words)
        } else if is_blank() {
            ProductQuery::All
        } else {
            ProductQuery::Nothing
        }
    }
}

/// Whether the index has the beginnings of words of this length in a list of their own.
pub(crate) fn has_prefix_index(word: &str) -> bool {
    word.chars().count() <= PREFIX_CHARS_MAX
}

/// The FTS5 expression of everything that begins with a word.
pub(crate) fn beginning(word: &str) -> String {
    format!("\"{word}\"*")
}

/// The FTS5 expression of any of some words.
pub(crate) fn one_of(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    match quoted.as_slice() {
        [one] => one.clone(),
        many => format!("({})", many.join(" OR ")),
    }
}

/// What a product is found by: each of its words once.
pub(crate) fn product_words(product: &Product) -> String {
    let texts = [&product.name, &product.brand, &product.model, &product.sku];
    let texts = texts.into_iter().chain(&product.barcodes);
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    for text in texts {
        all.extend(
            words(text)
                .into_iter()
                .filter(|word| seen.insert(word.clone())),
        );
    }
    all.join(" ")
}

/// A hit before it is known whether it is shown.
#[derive(Debug)]
pub(crate) struct Candidate {
    /// Its place in the catalogue.
    pub(crate) n: i64,
    pub(crate) name: String,
    pub(crate) sku: String,
    pub(crate) barcodes: Vec<String>,
}

/// Puts what was probably meant first: own codes, then whole words of the name, then its
/// beginning, then any beginning; equals by name.
pub(crate) fn rank(hits: &mut [Candidate], typed: &[String]) {
    hits.sort_by_cached_key(|hit| {
        let name = words(&hit.name);
        let is_code = |word: &String| {
            let mut codes = std::iter::once(&hit.sku).chain(&hit.barcodes);
            codes.any(|code| words(code).concat() == *word)
        };
        let score: u32 = typed
            .iter()
            .map(|word| {
                if is_code(word) {
                    8
                } else if name.contains(word) {
                    4
                } else if name.first().is_some_and(|first| first.starts_with(word)) {
                    3
                } else if name.iter().any(|other| other.starts_with(word)) {
                    2
                } else {
                    1
                }
            })
            .sum();
        (Reverse(score), name, hit.n)
    });
}

/// How a customer is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CustomerQuery {
    /// No text: all, by name.
    All,
    /// An FTS5 expression over pieces of three letters.
    Pieces(String),
    /// A LIKE pattern, for texts too short for the index.
    Pattern(String),
}

/// The query of a typed text; `fold` has been applied to what it is compared with.
pub(crate) fn customer_query(text: &str) -> CustomerQuery {
    let folded = fold(text);
    let words: Vec<&str> = folded.split_whitespace().take(WORDS_MAX).collect();
    if words.is_empty() {
        return CustomerQuery::All;
    }
    let long: Vec<String> = words
        .iter()
        .filter(|word| word.chars().count() >= TRIGRAM_CHARS)
        .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
        .collect();
    if long.is_empty() {
        let escaped: String = words[0]
            .chars()
            .flat_map(|c| match c {
                '%' | '_' | '\\' => vec!['\\', c],
                _ => vec![c],
            })
            .collect();
        CustomerQuery::Pattern(format!("%{escaped}%"))
    } else {
        CustomerQuery::Pieces(long.join(" AND "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_a_beginning_and_every_sign_only_parts_words() {
        let ProductQuery::Words(words) = ProductQuery::of("gal\"axy S2 ch-20W'); --") else {
            unreachable!("there are words in it");
        };
        assert_eq!(words, ["gal", "axy", "s2", "ch", "20w"]);
        assert_eq!(beginning(&words[3]), "\"ch\"*");
        assert_eq!(one_of(&words[3..]), "(\"ch\" OR \"20w\")");
        assert_eq!(one_of(&words[4..]), "\"20w\"");
        assert_eq!(ProductQuery::of(" \0 \t"), ProductQuery::All);
        assert_eq!(ProductQuery::of(" -- "), ProductQuery::Nothing);
    }
}
