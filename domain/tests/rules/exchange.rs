//! An exchange leaves the shop as a return and a sale would: the same drawer, tax and stock. No money
//! leaves that the tenders of the receipt did not take.

use domain::{
    id::OpId,
    money::Money,
    quantity::Quantity,
    replication::{OpBody, apply, body::DocumentBody},
    sale::{
        CartLine, Document, Payout, RefundLine, RefundRequest, SaleError, SetOff, TenderBalance,
        TenderCode, TenderedPayment, complete_refund, complete_sale, exchange::link, price,
        set_off,
    },
    shift::ShiftTotals,
    stock::{Location, StockMovement},
    tax::TaxMode,
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{cart_line, context, document, header, sell};

fn paid(tender: TenderCode, amount: Money) -> TenderedPayment {
    TenderedPayment {
        tender,
        tendered_minor: amount,
        reference: String::new(),
    }
}

/// Gives so many units of the first line back.
fn give_back(
    original: &Document,
    units: i64,
    tender: TenderCode,
    payouts: &[Payout],
    any_tender: bool,
) -> Result<DocumentBody, SaleError> {
    let lines = [RefundLine {
        n: 1,
        quantity_milli: Quantity::units(units),
        location: Location::ShopFloor,
    }];
    let balances = original.balances();
    let request = RefundRequest::OfReceipt {
        original,
        refunded: &[],
        lines: &lines,
        balances: &balances,
        any_tender,
        customer_id: None,
    };
    complete_refund(context(original.tax_mode), &request, tender, payouts, "")
}

/// Both documents of an exchange, whose difference is cash.
fn exchange(original: &Document, units: i64, cart: &[CartLine]) -> (DocumentBody, DocumentBody) {
    let mode = original.tax_mode;
    let worth = give_back(original, units, TenderCode::EXCHANGE, &[], true).unwrap();
    let sold = price(cart, mode, 2, &context(mode).terms).unwrap().total;
    let set_off = set_off(worth.total_minor, sold);
    let payouts = set_off.payouts(TenderCode::CASH, &[]);
    let mut credit_note =
        give_back(original, units, TenderCode::EXCHANGE, &payouts, false).unwrap();
    let given = (set_off.due > Money::ZERO).then(|| paid(TenderCode::CASH, set_off.due));
    let payments = set_off.payments(given.into_iter().collect());
    let mut receipt = complete_sale(context(mode), None, cart, &payments).unwrap();
    let ids = [1, 2].map(|n| OpId(Uuid::from_u128(n)));
    link((ids[0], &mut credit_note), (ids[1], &mut receipt));
    (credit_note, receipt)
}

fn stated(refund: DocumentBody, sale: DocumentBody) -> (ShiftTotals, Vec<StockMovement>) {
    let refund = apply(&header("refund"), &OpBody::Refund(refund), &[]).unwrap();
    let sale = apply(&header("sale"), &OpBody::Sale(sale), &[]).unwrap();
    let mut totals = ShiftTotals::default();
    totals.add(&refund.documents[0]);
    totals.add(&sale.documents[0]);
    let movements = refund.movements.into_iter().chain(sale.movements);
    (totals, movements.collect())
}

proptest! {
    #[test]
    fn an_exchange_is_a_return_and_a_sale_to_drawer_tax_and_stock(
        bought in 1_i64..5,
        back in 1_i64..5,
        prices in (1_i64..5_000, prop::collection::vec(1_i64..5_000, 1..4)),
        rates in prop::sample::select(vec![0_u32, 88_750, 210_000]),
        is_inclusive in any::<bool>(),
    ) {
        let mode = if is_inclusive { TaxMode::Inclusive } else { TaxMode::Exclusive };
        let original = document(&sell(&[cart_line(bought * 1_000, prices.0 * 100, rates)], mode));
        let units = back.min(bought);
        let cart: Vec<CartLine> =
            prices.1.iter().map(|minor| cart_line(1_000, minor * 100, rates)).collect();

        let (credit_note, receipt) = exchange(&original, units, &cart);
        let (one_step, moved) = stated(credit_note, receipt);
        let refund = give_back(&original, units, TenderCode::CASH, &[], false).unwrap();
        let (two_steps, moved_apart) = stated(refund, sell(&cart, mode));

        prop_assert_eq!(one_step.net_of(TenderCode::CASH), two_steps.net_of(TenderCode::CASH));
        prop_assert_eq!(one_step.net_of(TenderCode::EXCHANGE), Money::ZERO);
        prop_assert_eq!(&one_step.taxes, &two_steps.taxes);
        prop_assert_eq!(one_step.net(), two_steps.net());
        prop_assert_eq!(moved, moved_apart);
    }
}

#[test]
fn the_difference_goes_one_way_only() {
    for (returned, sold, covered, due, back) in [
        (2_000, 3_500, 2_000, 1_500, 0),
        (2_000, 2_000, 2_000, 0, 0),
        (2_000, 500, 500, 0, 1_500),
        (2_000, 0, 0, 0, 2_000),
        (0, 500, 0, 500, 0),
    ] {
        let expected = SetOff {
            covered: Money(covered),
            due: Money(due),
            back: Money(back),
        };
        assert_eq!(set_off(Money(returned), Money(sold)), expected);
    }
}

#[test]
fn both_documents_of_an_exchange_name_each_other() {
    let original = document(&sell(
        &[cart_line(1_000, 200_000, 210_000)],
        TaxMode::Inclusive,
    ));
    let (credit_note, receipt) = exchange(&original, 1, &[cart_line(1_000, 350_000, 210_000)]);
    let named = |body: &DocumentBody| body.details.exchange.clone().unwrap().document_id;
    assert_eq!(named(&credit_note), OpId(Uuid::from_u128(2)));
    assert_eq!(named(&receipt), OpId(Uuid::from_u128(1)));
    // A server that would forget it does not read them.
    assert_eq!(OpBody::Sale(receipt).version(), 3);
    assert_eq!(OpBody::Refund(credit_note).version(), 2);
}

#[test]
fn what_goods_paid_goes_back_as_money_only_where_any_tender_may() {
    let original = document(&sell(&[cart_line(1_000, 200_000, 0)], TaxMode::Inclusive));
    let (_, receipt) = exchange(&original, 1, &[cart_line(1_000, 350_000, 0)]);
    let receipt = document(&receipt);
    let mut taken = receipt.balances();
    taken.sort_by_key(|one| one.tender);
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[1].tender, TenderCode::EXCHANGE);
    assert_eq!(taken[1].left(), Money(2_000));
    // 15.00 came in cash; the other 20.00 did not.
    let left = |result: Result<DocumentBody, SaleError>| match result {
        Err(SaleError::RefundExceedsTender { left, .. }) => left,
        other => panic!("{other:?}"),
    };
    let refused = give_back(&receipt, 1, TenderCode::CASH, &[], false);
    assert_eq!(left(refused), Money(1_500));
    let allowed = give_back(&receipt, 1, TenderCode::CASH, &[], true).unwrap();
    assert_eq!(allowed.payments[0].amount_minor, Money(3_500));
    // Into other goods again it goes without asking anybody.
    let (again, _) = exchange(&receipt, 1, &[cart_line(1_000, 350_000, 0)]);
    assert_eq!(again.payments[0].tender, TenderCode::EXCHANGE);
    let known = TenderBalance::new(TenderCode::CARD);
    assert_eq!(known.left(), Money::ZERO);
}
