//! What a country's rules say of a tax id while it is being typed.

use domain::country::{TaxIdCheck, TaxIdProblem, check_tax_id, pack};

use crate::{format::Locale, text::fill};

/// What speaks for or against a number: a hint, and a warning that keeps nobody from saving.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaxIdNote {
    pub hint: String,
    pub warning: String,
}

/// Nothing is said of what is empty, nor where a country's rules are not known.
#[must_use]
pub fn tax_id_note(number: &str, locale: &Locale) -> TaxIdNote {
    let words = locale.words().invoice;
    let Some(pack) = pack(&locale.country).filter(|_| !number.trim().is_empty()) else {
        return TaxIdNote::default();
    };
    match check_tax_id(pack, number) {
        Ok(kind) => {
            let language = locale.language.code();
            let known = pack.tax_ids.iter().find(|one| one.kind == kind);
            let name = known.map(|one| one.name.in_language(language));
            let generic = pack.generic_tax_ids.iter().find(|one| one.number == kind);
            let name = name.or(generic.map(|one| one.name.in_language(language)));
            let name = name.unwrap_or(kind);
            // Of a kind that takes any text nothing was checked.
            let is_checked = known.is_some_and(|one| one.check != TaxIdCheck::Free);
            TaxIdNote {
                hint: match is_checked {
                    true => fill(words.tax_id_fits, &[("kind", name)]),
                    false => name.to_owned(),
                },
                warning: String::new(),
            }
        }
        Err(problem) => TaxIdNote {
            hint: String::new(),
            warning: match problem {
                TaxIdProblem::CheckDigit => words.tax_id_digit.to_owned(),
                TaxIdProblem::Shape => words.tax_id_shape.to_owned(),
            },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;

    fn note(country: &str, number: &str) -> TaxIdNote {
        tax_id_note(number, &Locale::of(Language::En, country, "EUR", 2))
    }

    #[test]
    fn a_number_is_judged_by_the_rules_of_its_country_and_keeps_nobody_from_saving() {
        assert_eq!(note("ES", "B-64.717.838").hint, "NIF: looks right");
        assert!(note("ES", "B64717839").warning.contains("check digit"));
        assert_eq!(note("ES", "AB1234567").hint, "Passport or other");
        for nothing in [note("ES", " "), note("??", "12")] {
            assert_eq!(nothing, TaxIdNote::default());
        }
    }
}
