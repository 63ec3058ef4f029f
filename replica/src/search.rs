//! What a typed text asks the search indexes. Every word is the beginning of one in the product,
//! in whatever column; quoting makes every character of it plain text.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Shortest word that is ranked by relevance: shorter ones match so much that ranking them all
/// costs more than it tells.
const RANKED_CHARS_MIN: usize = 3;
/// Shortest text that the index of three-letter pieces can look up.
const TRIGRAM_CHARS: usize = 3;
/// Words beyond these add nothing and cost each.
const WORDS_MAX: usize = 12;

/// A product search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProductQuery {
    /// No text: everything, by name.
    All,
    /// Signs only, which no product is found by.
    Nothing,
    /// An FTS5 expression, best matches first.
    Ranked(String),
    /// An FTS5 expression with short beginnings only, by name.
    ByName(String),
}

/// The query of a typed text.
pub(crate) fn product_query(text: &str) -> ProductQuery {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c == '\0')
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .take(WORDS_MAX)
        .collect();
    let expression = words
        .iter()
        .map(|word| format!("\"{}\"*", word.replace('"', "\"\"")))
        .collect::<Vec<_>>()
        .join(" AND ");
    if words.is_empty() {
        if text
            .trim_matches(|c: char| c.is_whitespace() || c == '\0')
            .is_empty()
        {
            ProductQuery::All
        } else {
            ProductQuery::Nothing
        }
    } else if words
        .iter()
        .any(|word| word.chars().count() >= RANKED_CHARS_MIN)
    {
        ProductQuery::Ranked(expression)
    } else {
        ProductQuery::ByName(expression)
    }
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

/// Lower case without accents, so that what is typed without them is found with them.
pub(crate) fn fold(text: &str) -> String {
    text.nfd()
        .filter(|c| !is_combining_mark(*c) && *c != '\0')
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_a_quoted_beginning() {
        assert_eq!(
            product_query("gal\"axy s2"),
            ProductQuery::Ranked("\"gal\"\"axy\"* AND \"s2\"*".into())
        );
        assert_eq!(product_query("s"), ProductQuery::ByName("\"s\"*".into()));
        assert_eq!(product_query(" \0 \t"), ProductQuery::All);
        assert_eq!(product_query(" -- "), ProductQuery::Nothing);
    }

    #[test]
    fn accents_and_case_fold_away() {
        assert_eq!(fold("Müller ÑANDÚ"), "muller nandu");
    }
}
