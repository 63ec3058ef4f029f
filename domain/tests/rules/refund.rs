//! Refunds give back what was paid, to the cent, and never more.

use std::collections::BTreeMap;

use domain::{
    catalog::Levy,
    money::{Money, UnitPrice},
    quantity::Quantity,
    replication::body::DocumentBody,
    sale::{
        CartLine, Discount, DocumentLine, RefundLine, RefundRequest, SaleError, TenderCode,
        complete_refund,
    },
    stock::Location,
    tax::{RatePpm, TaxComponent, TaxMode, TaxRounding, TaxScheme},
};
use proptest::prelude::*;

use crate::{cart_line, context, document, sell, sell_at};

fn ask(n: u32, quantity: Quantity) -> RefundLine {
    RefundLine {
        n,
        quantity_milli: quantity,
        location: Location::ShopFloor,
    }
}

#[test]
fn refund_larger_than_what_is_left_is_refused() {
    let original = document(&sell(
        &[cart_line(3_000, 10_000, 200_000)],
        TaxMode::Inclusive,
    ));
    let lines = [ask(1, Quantity::units(2))];
    let refunded = [(1, Quantity::units(2))];
    let request = RefundRequest::OfReceipt {
        original: &original,
        refunded: &refunded,
        lines: &lines,
        balances: &[],
        any_tender: true,
        customer_id: None,
    };
    let result = complete_refund(
        context(TaxMode::Inclusive),
        &request,
        TenderCode::CASH,
        &[],
        "",
    );
    assert_eq!(
        result,
        Err(SaleError::RefundExceedsSale {
            n: 1,
            left: Quantity::ONE
        })
    );
}

#[test]
fn the_same_line_asked_twice_in_one_refund_counts_together() {
    let original = document(&sell(
        &[cart_line(3_000, 10_000, 200_000)],
        TaxMode::Inclusive,
    ));
    let lines = [ask(1, Quantity::units(2)), ask(1, Quantity::units(2))];
    let request = RefundRequest::OfReceipt {
        original: &original,
        refunded: &[],
        lines: &lines,
        balances: &[],
        any_tender: true,
        customer_id: None,
    };
    let result = complete_refund(
        context(TaxMode::Inclusive),
        &request,
        TenderCode::CASH,
        &[],
        "",
    );
    assert_eq!(
        result,
        Err(SaleError::RefundExceedsSale {
            n: 1,
            left: Quantity::ONE
        })
    );
}

#[test]
fn a_line_that_the_receipt_does_not_have_is_refused() {
    let original = document(&sell(&[cart_line(1_000, 10_000, 0)], TaxMode::Inclusive));
    let lines = [ask(9, Quantity::ONE)];
    let request = RefundRequest::OfReceipt {
        original: &original,
        refunded: &[],
        lines: &lines,
        balances: &[],
        any_tender: true,
        customer_id: None,
    };
    let result = complete_refund(
        context(TaxMode::Inclusive),
        &request,
        TenderCode::CASH,
        &[],
        "",
    );
    assert_eq!(result, Err(SaleError::LineUnknown { n: 9 }));
}

/// A line of every sort: three taxes, a percentage off, levies with and without tax, used goods.
fn line_of_sort(sort: usize, units: i64, price_e4: i64) -> CartLine {
    let mut line = cart_line(units * 1_000, price_e4, [0, 88_750, 210_000][sort % 3]);
    if sort % 3 == 1 {
        line.terms.components = [("state", 40_000), ("city", 45_000), ("mctd", 3_750)]
            .map(|(code, ppm)| TaxComponent {
                code: code.into(),
                name: code.into(),
                rate_ppm: RatePpm(ppm),
            })
            .to_vec();
    }
    let levy = |is_taxed| Levy {
        name: "recycling".into(),
        amount_e4: UnitPrice(1_150),
        is_taxed,
    };
    match sort {
        3 => line.terms.discount_ppm = Some(RatePpm(133_333)),
        4 => line.terms.levies = vec![levy(true), levy(false)],
        5 => {
            line.terms.scheme = TaxScheme::Margin;
            line.terms.unit_cost_e4 = Some(UnitPrice(price_e4 / 3));
        }
        _ => {}
    }
    line
}

/// What came back of a line, by everything that it holds.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sum {
    total: i64,
    tax: i64,
    discount: i64,
    components: BTreeMap<String, i64>,
    margin: (i64, i64),
    levies: i64,
}

impl Sum {
    fn add(&mut self, line: &DocumentLine) {
        self.total += line.total_minor.minor();
        self.tax += line.tax_minor.minor();
        self.discount += line.discount_minor.minor();
        for (code, tax) in &line.details.components {
            *self.components.entry(code.clone()).or_default() += tax.minor();
        }
        if let Some(margin) = line.details.margin {
            self.margin.0 += margin.cost_minor.minor();
            self.margin.1 += margin.tax_minor.minor();
        }
        let levies = line.details.levies.iter();
        self.levies += levies.map(|levy| levy.amount_minor.minor()).sum::<i64>();
    }
}

fn sums(bodies: &[&DocumentBody]) -> (i64, i64, BTreeMap<String, i64>) {
    let mut components = BTreeMap::new();
    let all = bodies.iter().flat_map(|body| &body.details.components);
    for part in all {
        *components.entry(part.code.clone()).or_default() += part.tax_minor.minor();
    }
    let total = bodies.iter().map(|body| body.total_minor.minor()).sum();
    let tax = bodies.iter().map(|body| body.tax_minor.minor()).sum();
    (total, tax, components)
}

proptest! {
    #[test]
    fn any_sequence_of_partial_refunds_gives_back_exactly_what_was_paid(
        lines in proptest::collection::vec((1_i64..40, 0_i64..500_000, 0_usize..6), 1..6),
        exclusive: bool,
        per_line: bool,
        cart_discount in proptest::option::of(0_u32..=1_000_000),
        seed: u64,
    ) {
        let mut context = context(if exclusive { TaxMode::Exclusive } else { TaxMode::Inclusive });
        context.terms.discount = cart_discount.map(|ppm| Discount::Percent(RatePpm(ppm)));
        if per_line {
            context.terms.rounding = TaxRounding::PerLine;
        }
        let cart: Vec<_> = lines
            .iter()
            .map(|(units, price, sort)| line_of_sort(*sort, *units, *price))
            .collect();
        let sold = sell_at(&cart, context.clone());
        let original = document(&sold);
        let mut refunded: Vec<(u32, Quantity)> = Vec::new();
        let mut backs: Vec<DocumentBody> = Vec::new();
        let mut random = seed;
        while refunded.iter().map(|(_, quantity)| *quantity).sum::<Quantity>()
            != original.lines.iter().map(|line| line.quantity_milli).sum()
        {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let n = u32::try_from((random >> 33) % original.lines.len() as u64).unwrap() + 1;
            let known: Quantity =
                refunded.iter().filter(|(line, _)| *line == n).map(|(_, q)| *q).sum();
            let left = original.lines[n as usize - 1].quantity_milli - known;
            if left == Quantity::ZERO {
                continue;
            }
            let units = 1 + i64::try_from((random >> 20) % 7).unwrap();
            let lines = [ask(n, Quantity::units(units).min(left))];
            let request =
                RefundRequest::OfReceipt { original: &original, refunded: &refunded, lines: &lines, balances: &[], any_tender: true, customer_id: None };
            let back = complete_refund(context.clone(), &request, TenderCode::CASH, &[], "").unwrap();
            let parts = back.details.components.iter().map(|part| part.tax_minor.minor());
            let taxed = back.lines.iter().filter(|line| !line.details.components.is_empty());
            prop_assert_eq!(
                parts.sum::<i64>(),
                taxed.map(|line| line.tax_minor.minor()).sum::<i64>()
            );
            refunded.push((n, lines[0].quantity_milli));
            backs.push(back);
        }
        prop_assert_eq!(sums(&backs.iter().collect::<Vec<_>>()), sums(&[&sold]));
        for line in &sold.lines {
            let (mut paid, mut back) = (Sum::default(), Sum::default());
            paid.add(line);
            let mine = backs.iter().flat_map(|back| &back.lines);
            mine.filter(|part| part.original_n == Some(line.n)).for_each(|part| back.add(part));
            prop_assert_eq!(paid, back);
        }
    }

    #[test]
    fn a_refund_never_gives_more_than_is_left(
        units in 1_i64..40,
        price in 0_i64..500_000,
        sort in 0_usize..6,
        first in 1_i64..40,
    ) {
        let sold = sell(&[line_of_sort(sort, units, price)], TaxMode::Exclusive);
        let original = document(&sold);
        let lines = [ask(1, Quantity::units(first.min(units)))];
        let request = RefundRequest::OfReceipt { original: &original, refunded: &[], lines: &lines, balances: &[], any_tender: true, customer_id: None };
        let back = complete_refund(context(TaxMode::Exclusive), &request, TenderCode::CASH, &[], "").unwrap();
        prop_assert!(back.total_minor <= sold.total_minor);
        prop_assert!(back.tax_minor <= sold.tax_minor && back.tax_minor >= Money::ZERO);
    }
}
