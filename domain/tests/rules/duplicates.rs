//! Duplicates on real lists in which it is known which rows are one organization: 1,598 rows from
//! seven lists of the same place, written by different people (`tests/data/README.md`).

use std::collections::{BTreeMap, HashMap};

use domain::{
    customer::{
        Customer,
        duplicate::{Likeness, find_duplicates, likeness},
    },
    id::CustomerId,
};
use uuid::Uuid;

const LIST: &str = "../tests/data/organizations_messy.csv";

fn customer(n: u128, name: &str, phone: &str, address: &str) -> Customer {
    let mut customer = Customer::empty(CustomerId(Uuid::from_u128(n)));
    customer.name = name.trim().into();
    customer.phone = phone.trim().into();
    customer.address = address.trim().into();
    customer
}

fn real_list() -> (Vec<Customer>, HashMap<CustomerId, String>) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(LIST);
    let bytes = std::fs::read(path).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let (mut customers, mut truth) = (Vec::new(), HashMap::new());
    for (n, row) in (1_u128..).zip(reader.records()) {
        let row = row.unwrap();
        let mut one = customer(n, &row[3], &row[6], &row[4]);
        one.email = row[7].trim().into();
        truth.insert(one.customer_id, row[0].to_owned());
        customers.push(one);
    }
    (customers, truth)
}

#[test]
fn nine_of_ten_real_duplicates_are_found_and_nine_of_ten_offers_are_right() {
    let (customers, truth) = real_list();
    assert_eq!(customers.len(), 1_598);
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for name in truth.values() {
        *sizes.entry(name).or_default() += 1;
    }
    let all: usize = sizes.values().map(|size| size * (size - 1) / 2).sum();
    let offered = find_duplicates(&customers);
    let right = offered
        .iter()
        .filter(|pair| truth[&pair.first] == truth[&pair.second])
        .count();
    let (found, precise) = (
        right as f64 / all as f64,
        right as f64 / offered.len() as f64,
    );
    assert!(found > 0.88, "found {right} of {all}");
    assert!(precise > 0.9, "right {right} of {} offers", offered.len());
}

#[test]
fn likeness_says_why_and_never_overrules_two_tax_numbers() {
    use Likeness as L;
    let ada = customer(
        1,
        "Ada S. McKinley - Roseland",
        "468-1918",
        "11410 S Edbrooke Ave",
    );
    let list = customer(
        2,
        "ADA S. MCKINLEY ROSELAND",
        "(773) 468-1918",
        "11410 S. Edbrooke",
    );
    assert_eq!(
        likeness(&ada, &list),
        [L::SamePhone, L::SameAddress, L::SameName]
    );
    let mut one = customer(3, "Peter", "", "");
    let mut other = customer(4, "Pedro Ruiz", "", "");
    one.email = "P.Ruiz@Example.com".into();
    other.email = "p.ruiz@example.com".into();
    assert_eq!(likeness(&one, &other), [L::SameEmail]);
    one.tax_id = "12345678-Z".into();
    other.tax_id = "12345678z".into();
    assert_eq!(likeness(&one, &other), [L::SameTaxId, L::SameEmail]);
    other.tax_id = "87654321X".into();
    assert!(likeness(&one, &other).is_empty());
}

#[test]
fn what_was_merged_or_told_apart_is_not_offered_again() {
    let one = customer(1, "Altgeld", "535-3250", "1340 W 71st St");
    let mut other = customer(2, "Altgeld", "5353250", "1340 W. 71St");
    let pairs = |other: &Customer| find_duplicates(&[one.clone(), other.clone()]).len();
    assert_eq!(pairs(&other), 1);
    other.apart_from = one.customer_id.to_string();
    assert_eq!(pairs(&other), 0);
    other.apart_from.clear();
    other.merged_into = one.customer_id.to_string();
    assert_eq!(pairs(&other), 0);
}

#[test]
fn empty_and_strange_records_are_like_nobody() {
    let strings = include_str!("../../../tests/data/naughty_strings.txt");
    let mut all: Vec<Customer> = (1_u128..)
        .zip(strings.lines().filter(|line| !line.is_empty()))
        .map(|(n, text)| customer(n, text, text, text))
        .collect();
    let empty = Customer::empty(CustomerId(Uuid::from_u128(0)));
    assert!(likeness(&empty, &empty).is_empty());
    all.push(empty.clone());
    let offered = find_duplicates(&all);
    assert!(offered.iter().all(|pair| pair.first != empty.customer_id));
}
