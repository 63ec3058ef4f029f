//! Finding records that are probably one person or organization. Nothing is merged by this: each
//! pair is offered to somebody who knows. The rules were set on real lists in which it is known which
//! rows are the same (see `domain/tests/rules/duplicates.rs`, which holds their hit rate).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::{Customer, link};
use crate::{
    folding::{digits, fold, words},
    id::CustomerId,
};

/// Why two records are offered as one, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Likeness {
    SameTaxId,
    SameEmail,
    SamePhone,
    SameAddress,
    SameName,
    SimilarName,
}

/// Two records that are probably one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duplicate {
    /// The older id; what a till offers to keep.
    pub first: CustomerId,
    pub second: CustomerId,
    /// Never empty; strongest first.
    pub likeness: Vec<Likeness>,
}

/// Shortest telephone number that is compared: local numbers without an area code have seven.
const PHONE_DIGITS_MIN: usize = 7;
/// Country and trunk prefixes differ by who wrote the number down; the last nine digits do not.
const PHONE_DIGITS_COMPARED: usize = 9;
/// Names with the same telephone: half their pairs of letters need not fit, most lists abbreviate.
const NAME_LIKE_BY_PHONE: f64 = 0.35;
/// Names at the same address, where neighbours live too.
const NAME_LIKE_BY_ADDRESS: f64 = 0.5;
/// A key that so many records share says nothing about any two of them.
const BLOCK_MAX: usize = 60;

/// What of a record is compared.
#[derive(Debug, Clone)]
struct Looks<'a> {
    customer: &'a Customer,
    name: Vec<String>,
    address: Vec<String>,
    phone: String,
    email: String,
    tax_id: String,
}

impl<'a> Looks<'a> {
    fn of(customer: &'a Customer) -> Self {
        let all = digits(&customer.phone);
        let phone = if all.len() < PHONE_DIGITS_MIN {
            String::new()
        } else {
            all[all.len().saturating_sub(PHONE_DIGITS_COMPARED)..].to_owned()
        };
        let email = fold(customer.email.trim());
        Self {
            customer,
            name: words(&customer.name),
            address: words(&customer.address),
            phone,
            email: if email.contains('@') {
                email
            } else {
                String::new()
            },
            tax_id: words(&customer.tax_id).concat(),
        }
    }

    /// Records that share none of these are never compared.
    fn keys(&self) -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        let mut put = |mark: &str, text: &str| {
            if !text.is_empty() {
                keys.insert(format!("{mark}{text}"));
            }
        };
        put("t", &self.tax_id);
        put("e", &self.email);
        if let Some(from) = self.phone.len().checked_sub(PHONE_DIGITS_MIN) {
            put("p", &self.phone[from..]);
        }
        if let [number, street, ..] = &*self.address
            && is_number(number)
        {
            for word in std::iter::once(street).chain(&self.address[2..]) {
                put("a", &format!("{number} {word}"));
            }
        }
        put("n", &self.name.concat());
        keys
    }
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// Why two records are probably one; empty when they are not.
#[must_use]
pub fn likeness(one: &Customer, other: &Customer) -> Vec<Likeness> {
    compare(&Looks::of(one), &Looks::of(other))
}

fn compare(one: &Looks<'_>, other: &Looks<'_>) -> Vec<Likeness> {
    let is_same = |a: &str, b: &str| !a.is_empty() && a == b;
    let same_tax_id = is_same(&one.tax_id, &other.tax_id);
    let same_email = is_same(&one.email, &other.email);
    let same_phone = !one.phone.is_empty()
        && !other.phone.is_empty()
        && (one.phone.ends_with(&other.phone) || other.phone.ends_with(&one.phone));
    let same_address = is_same_address(&one.address, &other.address);
    let same_name = !one.name.is_empty() && one.name == other.name;
    // Two tax numbers that differ are two customers, whatever else is alike.
    if !one.tax_id.is_empty() && !other.tax_id.is_empty() && !same_tax_id {
        return Vec::new();
    }
    let dice = strsim::sorensen_dice(&one.name.join(" "), &other.name.join(" "));
    let is_one = same_tax_id
        || same_email
        || (same_phone
            && (same_address || dice > NAME_LIKE_BY_PHONE || holds(&one.name, &other.name)))
        || (same_address && dice > NAME_LIKE_BY_ADDRESS)
        || (same_name && (one.address.is_empty() || other.address.is_empty() || same_address));
    if !is_one {
        return Vec::new();
    }
    [
        (same_tax_id, Likeness::SameTaxId),
        (same_email, Likeness::SameEmail),
        (same_phone, Likeness::SamePhone),
        (same_address, Likeness::SameAddress),
        (same_name, Likeness::SameName),
        (
            !same_name && dice > NAME_LIKE_BY_PHONE,
            Likeness::SimilarName,
        ),
    ]
    .into_iter()
    .filter_map(|(holds, why)| holds.then_some(why))
    .collect()
}

/// The same house number and a street's word in common: lists write "Ave", "Avenue" and nothing.
fn is_same_address(one: &[String], other: &[String]) -> bool {
    match (one.split_first(), other.split_first()) {
        (Some((number, street)), Some((same, others))) => {
            number == same && is_number(number) && street.iter().any(|word| others.contains(word))
        }
        _ => false,
    }
}

/// Whether all words of the shorter name are in the longer.
fn holds(one: &[String], other: &[String]) -> bool {
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    !short.is_empty() && short.iter().all(|word| long.contains(word))
}

/// All pairs of records that are probably one, by their ids. Records that were merged already, and
/// pairs that somebody told apart, are left out.
#[must_use]
pub fn find_duplicates(customers: &[Customer]) -> Vec<Duplicate> {
    let looks: Vec<Looks<'_>> = customers
        .iter()
        .filter(|customer| link::target(customer).is_none())
        .map(Looks::of)
        .collect();
    let mut blocks: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, one) in looks.iter().enumerate() {
        for key in one.keys() {
            blocks.entry(key).or_default().push(place);
        }
    }
    let mut pairs: BTreeMap<(CustomerId, CustomerId), Vec<Likeness>> = BTreeMap::new();
    for block in blocks.values().filter(|block| block.len() <= BLOCK_MAX) {
        for (place, first) in block.iter().enumerate() {
            for second in &block[place + 1..] {
                let (one, other) = (&looks[*first], &looks[*second]);
                let ids = [one.customer.customer_id, other.customer.customer_id];
                let pair = (ids[0].min(ids[1]), ids[0].max(ids[1]));
                if pair.0 == pair.1
                    || pairs.contains_key(&pair)
                    || link::is_apart(one.customer, other.customer)
                {
                    continue;
                }
                let why = compare(one, other);
                if !why.is_empty() {
                    pairs.insert(pair, why);
                }
            }
        }
    }
    let mut found: Vec<Duplicate> = pairs
        .into_iter()
        .map(|((first, second), likeness)| Duplicate {
            first,
            second,
            likeness,
        })
        .collect();
    found.sort_by(|a, b| (&a.likeness, a.first, a.second).cmp(&(&b.likeness, b.first, b.second)));
    found
}
