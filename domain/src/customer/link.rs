//! Records that are one customer: a link from the one to the other, written like any field, so that
//! nothing is lost, two tills may merge at once, and a merge can be taken back. Documents keep the
//! id that they were made with; whoever shows a customer shows all records that lead to it.

use std::collections::BTreeSet;

use super::{Customer, CustomerError, CustomerField};
use crate::{id::CustomerId, limit::NOTE_CHARS_MAX};

/// Longest way from a record to the one that stands for it; longer ones are cut there.
pub const LINKS_MAX: usize = 32;

/// The record that this one was merged into.
#[must_use]
pub fn target(customer: &Customer) -> Option<CustomerId> {
    customer
        .merged_into
        .parse()
        .ok()
        .filter(|id| *id != customer.customer_id)
}

/// The record that stands for `start`. Two tills may have merged two records into each other: of a
/// circle the smallest id stands for all.
pub fn resolve(
    start: CustomerId,
    mut target_of: impl FnMut(CustomerId) -> Option<CustomerId>,
) -> CustomerId {
    let mut way = vec![start];
    let mut here = start;
    while let Some(next) = target_of(here) {
        if let Some(place) = way.iter().position(|seen| *seen == next) {
            return way[place..].iter().min().copied().unwrap_or(next);
        }
        if way.len() > LINKS_MAX {
            return next;
        }
        way.push(next);
        here = next;
    }
    here
}

/// Records that somebody said are not this one.
#[must_use]
pub fn apart(customer: &Customer) -> BTreeSet<CustomerId> {
    let ids = customer.apart_from.split(',');
    ids.filter_map(|id| id.parse().ok()).collect()
}

/// Whether somebody said that the two are not one.
#[must_use]
pub fn is_apart(one: &Customer, other: &Customer) -> bool {
    apart(one).contains(&other.customer_id) || apart(other).contains(&one.customer_id)
}

/// The record's text after `other` was told apart from it.
pub fn told_apart(customer: &Customer, other: CustomerId) -> Result<String, CustomerError> {
    let mut ids = apart(customer);
    ids.insert(other);
    let text = ids
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(",");
    if text.len() > NOTE_CHARS_MAX {
        return Err(CustomerError::TextTooLong {
            field: CustomerField::ApartFrom.name(),
            max: NOTE_CHARS_MAX,
        });
    }
    Ok(text)
}

/// What a merge writes into the record that goes: its link. Texts that the kept record lacks are
/// returned for it, so that a telephone known to one of the two is not hidden.
#[must_use]
pub fn taken_over(kept: &Customer, merged: &Customer) -> Vec<(CustomerField, String)> {
    let own = [CustomerField::MergedInto, CustomerField::ApartFrom];
    CustomerField::ALL
        .into_iter()
        .filter(|field| !own.contains(field) && kept.get(*field).is_empty())
        .map(|field| (field, merged.get(field).to_owned()))
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use uuid::Uuid;

    fn id(n: u128) -> CustomerId {
        CustomerId(Uuid::from_u128(n))
    }

    #[test]
    fn a_chain_ends_at_its_last_record_and_a_circle_at_its_smallest() {
        let chain = BTreeMap::from([(id(1), id(2)), (id(2), id(3))]);
        assert_eq!(resolve(id(1), |from| chain.get(&from).copied()), id(3));
        let circle = BTreeMap::from([(id(4), id(9)), (id(9), id(7)), (id(7), id(9))]);
        for start in [4, 7, 9] {
            let end = resolve(id(start), |from| circle.get(&from).copied());
            assert_eq!(end, id(7));
        }
    }

    #[test]
    fn a_merge_fills_gaps_and_overwrites_nothing() {
        let mut kept = Customer::empty(id(1));
        kept.name = "Ada S. McKinley Roseland".into();
        let mut merged = Customer::empty(id(2));
        merged.name = "ADA S. MCKINLEY".into();
        merged.phone = "468-1918".into();
        merged.apart_from = id(3).to_string();
        let over = taken_over(&kept, &merged);
        assert_eq!(over, [(CustomerField::Phone, "468-1918".to_owned())]);
    }

    proptest! {
        #[test]
        fn all_records_of_a_group_resolve_to_one(links in proptest::collection::vec(0_u128..8, 8)) {
            let target = |from: CustomerId| {
                let to = links[from.0.as_u128() as usize];
                (id(to) != from).then(|| id(to))
            };
            for (from, to) in (0_u128..).zip(&links) {
                prop_assert_eq!(resolve(id(from), target), resolve(id(*to), target));
            }
        }
    }
}
