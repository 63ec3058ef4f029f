//! Refunds give back what was paid, to the cent, and never more.

use domain::{
    money::Money,
    quantity::Quantity,
    sale::{RefundLine, RefundRequest, SaleError, TenderCode, complete_refund},
    stock::Location,
    tax::TaxMode,
};
use proptest::prelude::*;

use crate::{cart_line, context, document, sell};

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
        left: None,
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
        left: None,
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
        left: None,
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

proptest! {
    #[test]
    fn any_sequence_of_partial_refunds_gives_back_exactly_what_was_paid(
        lines in proptest::collection::vec((1_i64..40, 0_i64..500_000, 0_usize..3), 1..6),
        exclusive: bool,
        seed: u64,
    ) {
        let mode = if exclusive { TaxMode::Exclusive } else { TaxMode::Inclusive };
        let cart: Vec<_> = lines
            .iter()
            .map(|(units, price, rate)| cart_line(units * 1_000, *price, [0, 88_750, 210_000][*rate]))
            .collect();
        let sold = sell(&cart, mode);
        let original = document(&sold);
        let mut refunded: Vec<(u32, Quantity)> = Vec::new();
        let (mut money, mut tax, mut random) = (0, 0, seed);
        for _ in 0..400 {
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
                RefundRequest::OfReceipt { original: &original, refunded: &refunded, lines: &lines, left: None };
            let back = complete_refund(context(mode), &request, TenderCode::CASH, &[], "").unwrap();
            money += back.total_minor.minor();
            tax += back.tax_minor.minor();
            prop_assert!(money <= sold.total_minor.minor() + 1);
            refunded.push((n, lines[0].quantity_milli));
        }
        let all: Quantity = original.lines.iter().map(|line| line.quantity_milli).sum();
        let back: Quantity = refunded.iter().map(|(_, quantity)| *quantity).sum();
        if all == back {
            prop_assert_eq!(Money(money), sold.total_minor);
            prop_assert_eq!(Money(tax), sold.tax_minor);
        }
    }
}
