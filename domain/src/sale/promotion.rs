//! Promotions: what the owner gives away by rule, between two days, with a code or without. Each
//! line takes the one that gives it most; a price by hand takes none.

use serde::{Deserialize, Serialize};

use crate::{
    catalog::Category,
    id::{CategoryId, ProductId, PromotionId},
    limit::TEXT_CHARS_MAX,
    money::{Money, MoneyError, UnitPrice, line_amount, share},
    quantity::Quantity,
    sale::CartLine,
    tax::RatePpm,
};

/// Parts per million in a whole.
pub(crate) const WHOLE_PPM: i64 = 1_000_000;

/// Something given away by rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    pub promotion_id: PromotionId,
    pub name: String,
    pub gift: Gift,
    /// Products and categories that it is for; neither means everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub product_ids: Vec<ProductId>,
    /// With the categories below them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub category_ids: Vec<CategoryId>,
    /// First and last business day, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_day: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_day: Option<String>,
    /// Counts only with this code, in capitals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon: Option<String>,
    pub active: bool,
}

/// What it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gift {
    /// Off every unit.
    Percent { off_ppm: RatePpm },
    /// Of every `buy + get` units the `get` cheapest are this much cheaper.
    BuyGet {
        buy: u32,
        get: u32,
        off_ppm: RatePpm,
    },
}

/// Why a promotion cannot be taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PromotionError {
    #[error("a promotion needs a name of at most {TEXT_CHARS_MAX} characters")]
    NameInvalid,
    #[error("a promotion gives more than nothing and at most everything")]
    GiftInvalid,
    #[error("a promotion's days are YYYY-MM-DD, the first not after the last")]
    DaysInvalid,
    #[error("a coupon's code is capital letters and digits, at most 32")]
    CouponInvalid,
}

/// Longest coupon code.
const COUPON_CHARS_MAX: usize = 32;

/// A code as it is compared: capitals, nothing but letters and digits.
#[must_use]
pub fn normalize_coupon(code: &str) -> String {
    let kept = code.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|char| char.to_ascii_uppercase()).collect()
}

/// Checks what every promotion must fulfil, wherever it comes from.
pub fn check_promotion(promotion: &Promotion) -> Result<(), PromotionError> {
    let name = promotion.name.trim();
    if name.is_empty() || name.chars().count() > TEXT_CHARS_MAX {
        return Err(PromotionError::NameInvalid);
    }
    let gives = |off: RatePpm| off.0 > 0 && i64::from(off.0) <= WHOLE_PPM;
    let fits = match promotion.gift {
        Gift::Percent { off_ppm } => gives(off_ppm),
        Gift::BuyGet { buy, get, off_ppm } => {
            gives(off_ppm) && (1..=1_000).contains(&buy) && (1..=1_000).contains(&get)
        }
    };
    if !fits {
        return Err(PromotionError::GiftInvalid);
    }
    let (first, last) = (
        promotion.first_day.as_deref(),
        promotion.last_day.as_deref(),
    );
    let in_order = first.zip(last).is_none_or(|(first, last)| first <= last);
    if !in_order || first.into_iter().chain(last).any(|day| !is_day(day)) {
        return Err(PromotionError::DaysInvalid);
    }
    let coupon = promotion.coupon.as_deref().unwrap_or("A");
    let is_code = !coupon.is_empty() && coupon == normalize_coupon(coupon);
    if !is_code || coupon.len() > COUPON_CHARS_MAX {
        return Err(PromotionError::CouponInvalid);
    }
    Ok(())
}

fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| text[from..to].parse::<u32>().unwrap_or(0);
    bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
        && (1..=12).contains(&number(5, 7))
        && (1..=31).contains(&number(8, 10))
}

impl Promotion {
    /// Whether it counts on a business day with these codes.
    #[must_use]
    pub fn counts(&self, day: &str, coupons: &[String]) -> bool {
        let has_begun = self.first_day.as_deref().is_none_or(|first| first <= day);
        let has_ended = self.last_day.as_deref().is_some_and(|last| last < day);
        let mut codes = coupons.iter();
        let is_called = match &self.coupon {
            Some(coupon) => codes.any(|code| normalize_coupon(code) == *coupon),
            None => true,
        };
        self.active && has_begun && !has_ended && is_called
    }

    /// The same with every category below its own named too, so that pricing needs no tree.
    #[must_use]
    pub fn spread(mut self, categories: &[Category]) -> Promotion {
        let mut next = 0;
        while let Some(above) = self.category_ids.get(next).copied() {
            let below = categories.iter().filter(|one| one.parent_id == Some(above));
            let below: Vec<CategoryId> = below
                .map(|one| one.category_id)
                .filter(|id| !self.category_ids.contains(id))
                .collect();
            self.category_ids.extend(below);
            next += 1;
        }
        self
    }

    fn is_for(&self, line: &CartLine) -> bool {
        let in_category = || {
            let category = line.terms.category_id;
            category.is_some_and(|id| self.category_ids.contains(&id))
        };
        let is_for_all = self.product_ids.is_empty() && self.category_ids.is_empty();
        is_for_all || self.product_ids.contains(&line.product_id) || in_category()
    }

    /// What it takes off each line, of the amounts given.
    fn offs(
        &self,
        lines: &[CartLine],
        amounts: &[Money],
        minor_digits: u8,
    ) -> Result<Vec<Money>, MoneyError> {
        let is_meant = |line: &CartLine| !line.is_overridden() && self.is_for(line);
        match self.gift {
            Gift::Percent { off_ppm } => lines
                .iter()
                .zip(amounts)
                .map(|(line, amount)| match is_meant(line) {
                    true => share(*amount, off_ppm.0.into(), WHOLE_PPM),
                    false => Ok(Money::ZERO),
                })
                .collect(),
            Gift::BuyGet { buy, get, off_ppm } => {
                let mut meant: Vec<usize> = (0..lines.len()).collect();
                meant.retain(|index| is_meant(&lines[*index]));
                meant.sort_by_key(|index| (lines[*index].unit_price_e4, *index));
                let units = |index: &usize| lines[*index].quantity_milli.milli() / 1_000;
                let all: i64 = meant.iter().map(units).sum();
                let mut given = all / i64::from(buy + get) * i64::from(get);
                let mut offs = vec![Money::ZERO; lines.len()];
                for index in &meant {
                    let here = given.min(units(index));
                    given -= here;
                    let price = lines[*index].unit_price_e4;
                    offs[*index] =
                        off_units(here, price, off_ppm, minor_digits)?.min(amounts[*index]);
                }
                Ok(offs)
            }
        }
    }
}

fn off_units(
    units: i64,
    price: UnitPrice,
    off_ppm: RatePpm,
    minor_digits: u8,
) -> Result<Money, MoneyError> {
    let amount = line_amount(Quantity::units(units), price, minor_digits)?;
    share(amount, off_ppm.0.into(), WHOLE_PPM)
}

/// For each line the promotion that takes most off it, the earlier of two that take as much, and
/// how much that is.
pub(crate) fn best<'a>(
    promotions: &'a [Promotion],
    lines: &[CartLine],
    amounts: &[Money],
    minor_digits: u8,
) -> Result<Vec<Option<(&'a Promotion, Money)>>, MoneyError> {
    let mut best: Vec<Option<(&Promotion, Money)>> = vec![None; lines.len()];
    for promotion in promotions {
        let offs = promotion.offs(lines, amounts, minor_digits)?;
        for (held, off) in best.iter_mut().zip(offs) {
            let most = held.map_or(Money::ZERO, |(_, most)| most);
            if off > most {
                *held = Some((promotion, off));
            }
        }
    }
    Ok(best)
}
