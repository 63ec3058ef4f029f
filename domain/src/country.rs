//! What differs by country, as data: taxes, papers, tax ids, cash, warranty, words and formats. One
//! file each under `country/pack`, every figure with the law or office that it comes from. A pack is
//! where a shop starts; it is no promise that the shop then complies with its law.

pub mod tax_id;

use std::{collections::BTreeMap, sync::LazyLock};

use serde::{Deserialize, Serialize};

use crate::{
    catalog::TaxClass,
    money::{Currency, Money},
    sale::{CashRounding, CashRoundingMode},
    tax::{RatePpm, TaxComponent, TaxMode, TaxRounding, TaxScheme},
};
pub use tax_id::{TaxIdCheck, TaxIdProblem, check_tax_id};

/// A country, or a part of it with taxes of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountryPack {
    /// ISO 3166-1, with the part of ISO 3166-2 where taxes differ within a country.
    pub code: String,
    /// ISO 3166-1 alpha-2; `ZZ` for none.
    pub country: String,
    pub name: Localized,
    pub currency: Currency,
    /// Languages of its papers, the usual one first.
    pub languages: Vec<String>,
    /// IANA name of the zone that most of its shops are in.
    pub time_zone: String,
    pub tax: TaxRules,
    pub documents: Vec<PaperRules>,
    pub tax_ids: Vec<TaxIdKind>,
    /// Numbers that stand for nobody in particular and pass every check.
    pub generic_tax_ids: Vec<GenericTaxId>,
    pub cash: CashRules,
    pub warranty: WarrantyRules,
    /// Whether a deposit is taxed when it is received and deducted from the tax of the sale.
    pub advance_taxed: bool,
    pub format: Formats,
    /// By language.
    pub words: BTreeMap<String, TaxWords>,
}

/// A text in the languages of the product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Localized {
    pub es: String,
    pub en: String,
}

impl Localized {
    /// The text in a language; English for one that the product does not speak.
    #[must_use]
    pub fn in_language(&self, language: &str) -> &str {
        if language == "es" { &self.es } else { &self.en }
    }
}

/// How tax is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxRules {
    pub mode: TaxMode,
    pub rounding: TaxRounding,
    pub classes: Vec<TaxClassRules>,
}

/// A class of products or sales that are taxed alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxClassRules {
    pub code: String,
    pub name: Localized,
    #[serde(default)]
    pub scheme: TaxScheme,
    /// All of them apply; an exempt class has none.
    pub components: Vec<ComponentRules>,
    /// One word for all components, where papers show them as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_as: Option<Localized>,
    /// What a paper must say of such a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Localized>,
    pub source: String,
}

/// One tax of several on the same sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComponentRules {
    pub code: String,
    pub name: Localized,
    /// Oldest first.
    pub rates: Vec<DatedRate>,
}

/// A rate and its first day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatedRate {
    /// `YYYY-MM-DD`.
    pub from: String,
    pub ppm: RatePpm,
}

/// What a paper is to the tax office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaperKind {
    Receipt,
    Invoice,
    CreditNote,
    Advance,
}

/// One kind of paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperRules {
    pub kind: PaperKind,
    pub name: Localized,
    /// Largest total with tax; above it another kind is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_minor: Option<Money>,
    /// Total with tax above which the customer must be named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_customer_above_minor: Option<Money>,
    pub required: Vec<PaperField>,
    pub source: String,
}

/// Something that a paper must show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaperField {
    Number,
    Date,
    IssuerName,
    IssuerTaxId,
    IssuerAddress,
    CustomerName,
    CustomerTaxId,
    CustomerAddress,
    OriginalNumber,
    Reason,
    Goods,
    TaxRate,
    TaxAmount,
    Total,
}

/// A kind of tax id that customers have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxIdKind {
    pub kind: String,
    pub name: Localized,
    pub check: TaxIdCheck,
    pub source: String,
}

/// A number that stands for nobody in particular.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenericTaxId {
    pub number: String,
    pub name: Localized,
    pub source: String,
}

/// Cash: its smallest coin and the most that may be paid with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CashRules {
    /// Smallest coin in minor units; 1 for no rounding.
    pub step_minor: Money,
    pub rounding: CashRoundingMode,
    pub source: String,
    /// From this amount on, cash is not lawful.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_minor: Option<Money>,
    pub limit_source: String,
}

impl CashRules {
    /// What cash is rounded by; none where every amount can be paid in coins.
    #[must_use]
    pub fn cash_rounding(&self) -> Option<CashRounding> {
        (self.step_minor > Money(1)).then_some(CashRounding {
            step_minor: self.step_minor,
            mode: self.rounding,
        })
    }
}

/// How long goods are answered for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WarrantyRules {
    pub months_new: u16,
    pub months_used: u16,
    pub source: String,
}

/// In which order a date's parts stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    Dmy,
    Mdy,
    Ymd,
}

/// How numbers and dates are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Formats {
    pub decimal_mark: char,
    pub group_mark: char,
    pub date_order: DateOrder,
    pub date_mark: char,
}

/// Words of papers in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxWords {
    pub tax: String,
    pub tax_id: String,
    pub tax_included: String,
}

const NEUTRAL: &str = include_str!("country/pack/neutral.json");
const FILES: [&str; 5] = [
    include_str!("country/pack/spain.json"),
    include_str!("country/pack/mexico.json"),
    include_str!("country/pack/peru.json"),
    include_str!("country/pack/new_york.json"),
    NEUTRAL,
];

// A test reads every file, so none is missing here.
static PACKS: LazyLock<Vec<CountryPack>> = LazyLock::new(|| {
    let read = FILES.iter().map(|text| serde_json::from_str(text));
    read.filter_map(Result::ok).collect()
});

/// Every pack, the neutral one last.
#[must_use]
pub fn packs() -> &'static [CountryPack] {
    &PACKS
}

/// The pack of a code, or of a country; none where no pack exists.
#[must_use]
pub fn pack(code: &str) -> Option<&'static CountryPack> {
    let all = packs();
    all.iter()
        .find(|pack| pack.code == code)
        .or_else(|| all.iter().find(|pack| pack.country == code))
}

/// How a country rounds tax; where no pack exists, on the sums of a document.
#[must_use]
pub fn tax_rounding(country: &str) -> TaxRounding {
    pack(country).map_or(TaxRounding::PerRate, |pack| pack.tax.rounding)
}

impl ComponentRules {
    /// The rate on a day, `YYYY-MM-DD`; none before the first.
    #[must_use]
    pub fn rate_on(&self, day: &str) -> Option<RatePpm> {
        let begun = self.rates.iter().rev().find(|rate| *rate.from <= *day);
        begun.map(|rate| rate.ppm)
    }
}

impl TaxClassRules {
    /// The class as a shop keeps it, with the rates of a day, `YYYY-MM-DD`.
    #[must_use]
    pub fn class_on(&self, day: &str, language: &str) -> TaxClass {
        let components: Vec<TaxComponent> = self
            .components
            .iter()
            .map(|component| TaxComponent {
                code: component.code.clone(),
                name: component.name.in_language(language).to_owned(),
                rate_ppm: component.rate_on(day).unwrap_or_default(),
            })
            .collect();
        let note = self.note.as_ref().map(|note| note.in_language(language));
        TaxClass {
            code: self.code.clone(),
            name: self.name.in_language(language).to_owned(),
            rate_ppm: RatePpm(
                components
                    .iter()
                    .map(|component| component.rate_ppm.0)
                    .sum(),
            ),
            // One component says nothing that the class does not.
            components: if components.len() > 1 {
                components
            } else {
                Vec::new()
            },
            scheme: self.scheme,
            note: note.unwrap_or_default().to_owned(),
        }
    }
}

impl CountryPack {
    /// The tax classes of a day, `YYYY-MM-DD`.
    #[must_use]
    pub fn classes_on(&self, day: &str, language: &str) -> Vec<TaxClass> {
        let rules = self.tax.classes.iter();
        rules.map(|rules| rules.class_on(day, language)).collect()
    }

    /// What holds for a kind of paper.
    #[must_use]
    pub fn paper(&self, kind: PaperKind) -> Option<&PaperRules> {
        self.documents.iter().find(|rules| rules.kind == kind)
    }

    /// The paper that a sale of this total gets unless the customer asks for another.
    #[must_use]
    pub fn paper_of_sale(&self, total: Money) -> PaperKind {
        let receipt = self.paper(PaperKind::Receipt);
        let limit = receipt.and_then(|rules| rules.limit_minor);
        if limit.is_some_and(|limit| total > limit) {
            PaperKind::Invoice
        } else {
            PaperKind::Receipt
        }
    }

    /// The words of a language, or of the country's usual one.
    #[must_use]
    pub fn words_in(&self, language: &str) -> Option<&TaxWords> {
        let usual = || self.languages.first().and_then(|code| self.words.get(code));
        self.words.get(language).or_else(usual)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn every_pack_is_read_whole_and_names_its_sources() {
        for text in FILES {
            let read: Result<CountryPack, _> = serde_json::from_str(text);
            assert!(read.is_ok(), "{:?}: {text:.60}", read.err());
        }
        assert_eq!(packs().len(), FILES.len());
        for pack in packs() {
            let code = &pack.code;
            let mut sources = vec![&pack.cash.source, &pack.cash.limit_source];
            sources.push(&pack.warranty.source);
            sources.extend(pack.tax.classes.iter().map(|class| &class.source));
            sources.extend(pack.documents.iter().map(|paper| &paper.source));
            sources.extend(pack.tax_ids.iter().map(|kind| &kind.source));
            sources.extend(pack.generic_tax_ids.iter().map(|id| &id.source));
            assert!(sources.iter().all(|source| source.len() > 8), "{code}");
            assert_eq!(pack.documents.len(), 4, "{code}");
            assert!(pack.words.contains_key("es") && pack.words.contains_key("en"));
            assert!(pack.cash.step_minor > Money::ZERO, "{code}");
        }
    }

    #[test]
    fn classes_have_unique_codes_and_rates_that_follow_in_time() {
        for pack in packs() {
            let mut codes: Vec<_> = pack.tax.classes.iter().map(|class| &class.code).collect();
            codes.sort();
            codes.dedup();
            assert_eq!(codes.len(), pack.tax.classes.len(), "{}", pack.code);
            assert!(
                codes.iter().any(|code| *code == "standard"),
                "{}",
                pack.code
            );
            for class in &pack.tax.classes {
                let is_exempt = class.scheme == TaxScheme::Exempt;
                assert_eq!(class.components.is_empty(), is_exempt, "{}", class.code);
                assert_eq!(class.note.is_some(), class.scheme != TaxScheme::Standard);
                for component in &class.components {
                    assert!(component.rates.is_sorted_by(|a, b| a.from < b.from));
                }
            }
        }
    }

    #[test]
    fn standard_rates_are_those_of_the_law() {
        let cases: [(&str, &str, u32, &[u32]); 6] = [
            ("ES", "2026-11-27", 210_000, &[]),
            ("MX", "2026-11-27", 160_000, &[]),
            ("PE", "2025-12-31", 180_000, &[160_000, 20_000]),
            ("PE", "2026-01-01", 180_000, &[155_000, 25_000]),
            ("PE", "2029-06-01", 180_000, &[140_000, 40_000]),
            ("US", "2026-11-27", 88_750, &[40_000, 45_000, 3_750]),
        ];
        for (country, day, rate, parts) in cases {
            let classes = pack(country).unwrap().classes_on(day, "en");
            let class = classes.iter().find(|class| class.code == "standard");
            let class = class.unwrap();
            assert_eq!(class.rate_ppm, RatePpm(rate), "{country} {day}");
            let of = class.components.iter().map(|part| part.rate_ppm.0);
            assert_eq!(of.collect::<Vec<_>>(), parts, "{country} {day}");
        }
    }

    #[test]
    fn cash_goes_to_the_smallest_coin_that_is_in_use() {
        for (country, amount, cash) in [
            ("ES", 1_798, 1_798),
            ("MX", 1_798, 1_800),
            ("PE", 1_799, 1_790),
            ("US", 1_797, 1_795),
        ] {
            let rule = pack(country).unwrap().cash.cash_rounding();
            let rounded = crate::sale::round_cash(rule.as_ref(), Money(amount));
            assert_eq!(rounded, Money(cash), "{country}");
        }
    }

    #[test]
    fn a_spanish_receipt_ends_at_three_thousand_euros() {
        let spain = pack("ES").unwrap();
        assert_eq!(spain.paper_of_sale(Money(300_000)), PaperKind::Receipt);
        assert_eq!(spain.paper_of_sale(Money(300_001)), PaperKind::Invoice);
        let peru = pack("PE").unwrap();
        assert_eq!(peru.paper_of_sale(Money(10_000_000)), PaperKind::Receipt);
    }

    #[test]
    fn a_country_without_a_pack_has_none_and_rounds_per_rate() {
        assert!(pack("GB").is_none());
        assert_eq!(tax_rounding("GB"), TaxRounding::PerRate);
        assert_eq!(pack("ZZ").unwrap().code, "ZZ");
        assert_eq!(pack("US").unwrap().code, "US-NY");
    }
}
