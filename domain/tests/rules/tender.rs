//! Money goes back by the tenders that took it, each within what it took.

use domain::{
    money::Money,
    quantity::Quantity,
    replication::body::DocumentBody,
    sale::{
        CashRounding, CashRoundingMode, Payout, RefundLine, RefundRequest, SaleContext, SaleError,
        TenderBalance, TenderCode, TenderedPayment, complete_refund, complete_sale, spread,
    },
    stock::Location,
    tax::TaxMode,
};

use proptest::prelude::*;

use crate::{cart_line, context, document};

const CASH: TenderCode = TenderCode::CASH;
const CARD: TenderCode = TenderCode::CARD;

fn with_rounding(step: i64, mode: CashRoundingMode) -> SaleContext {
    SaleContext {
        cash_rounding: Some(CashRounding {
            step_minor: Money(step),
            mode,
        }),
        ..context(TaxMode::Inclusive)
    }
}

fn paid(tender: TenderCode, minor: i64) -> TenderedPayment {
    TenderedPayment {
        tender,
        tendered_minor: Money(minor),
        reference: String::new(),
    }
}

/// Three units of 5.99, given back unit by unit through whatever tender is said.
fn give_back(
    context: &SaleContext,
    sale: &DocumentBody,
    known: u32,
    balances: &[TenderBalance],
    payouts: &[Payout],
) -> Result<DocumentBody, SaleError> {
    let original = document(sale);
    let refunded = [(1, Quantity::units(i64::from(known)))];
    let lines = [RefundLine {
        n: 1,
        quantity_milli: Quantity::units(1),
        location: Location::ShopFloor,
    }];
    let request = RefundRequest::OfReceipt {
        original: &original,
        refunded: &refunded,
        lines: &lines,
        balances,
        any_tender: false,
        customer_id: None,
    };
    complete_refund(context.clone(), &request, CASH, payouts, "")
}

#[test]
fn cash_never_gives_back_more_than_it_took_however_it_is_rounded() {
    let context = with_rounding(5, CashRoundingMode::Nearest);
    let cart = [cart_line(3_000, 59_900, 200_000)];
    let sale = complete_sale(context.clone(), None, &cart, &[paid(CASH, 2_000)]).unwrap();
    // 17.97 is paid as 17.95.
    assert_eq!(
        (sale.total_minor, sale.rounding_minor),
        (Money(1_797), Money(-2))
    );
    let mut balances = document(&sale).balances();
    let mut given = Vec::new();
    for known in 0..3 {
        let back = give_back(&context, &sale, known, &balances, &[]).unwrap();
        let amount = back.payments[0].amount_minor;
        assert_eq!(amount, back.total_minor + back.rounding_minor);
        balances[0].given_minor = balances[0].given_minor + amount;
        balances[0].given_rounding_minor = balances[0].given_rounding_minor + back.rounding_minor;
        given.push(amount.0);
    }
    // The sums 5.99, 11.98 and 17.97 go to 6.00, 12.00 and what was taken.
    assert_eq!(given, [600, 600, 595]);
    assert_eq!(balances[0].left(), Money::ZERO);
}

proptest! {
    /// However a sale in cash is cut into refunds, and whatever the coins are: each part is one that
    /// coins can pay, and together they are what was taken.
    #[test]
    fn parts_of_a_cash_sale_give_back_what_it_took(
        units in 1_i64..9,
        price_e4 in 1_i64..5_000_000,
        step in prop::sample::select(vec![1_i64, 5, 10, 100]),
        mode in prop::sample::select(vec![
            CashRoundingMode::Nearest, CashRoundingMode::NearestHalfDown, CashRoundingMode::Down,
        ]),
        parts in prop::collection::vec(1_i64..4, 9),
        any_tender: bool,
    ) {
        let context = with_rounding(step, mode);
        let cart = [cart_line(units * 1_000, price_e4, 0)];
        let sale = complete_sale(context.clone(), None, &cart, &[paid(CASH, 100_000_000)]).unwrap();
        let original = document(&sale);
        let mut balances = original.balances();
        let mut known = 0;
        for part in parts {
            let part = part.min(units - known);
            if part == 0 {
                break;
            }
            let refunded = [(1, Quantity::units(known))];
            let lines = [RefundLine { n: 1, quantity_milli: Quantity::units(part), location: Location::ShopFloor }];
            let request = RefundRequest::OfReceipt {
                original: &original, refunded: &refunded, lines: &lines, balances: &balances, any_tender, customer_id: None,
            };
            let back = complete_refund(context.clone(), &request, CASH, &[], "").unwrap();
            let amount = back.payments[0].amount_minor;
            prop_assert!(amount.0 % step == 0 || known + part == units);
            balances[0].given_minor = balances[0].given_minor + amount;
            balances[0].given_rounding_minor = balances[0].given_rounding_minor + back.rounding_minor;
            known += part;
            prop_assert!(balances[0].given_minor <= balances[0].taken_minor);
        }
        if known == units {
            prop_assert_eq!(balances[0].given_minor, balances[0].taken_minor);
        }
    }
}

#[test]
fn a_card_gives_back_what_it_took_and_cash_the_rest() {
    let context = context(TaxMode::Inclusive);
    let cart = [cart_line(3_000, 59_900, 200_000)];
    let payments = [paid(CARD, 200), paid(CASH, 2_000)];
    let sale = complete_sale(context.clone(), None, &cart, &payments).unwrap();
    let left = document(&sale).balances();
    let part = |tender, minor| Payout {
        tender,
        amount_minor: Money(minor),
    };
    let both = [part(CARD, 200), part(CASH, 399)];
    let back = give_back(&context, &sale, 0, &left, &both).unwrap();
    assert_eq!(back.payments.len(), 2);
    let too_much = give_back(&context, &sale, 0, &left, &[part(CARD, 599)]);
    let refused = SaleError::RefundExceedsTender {
        tender: CARD,
        left: Money(200),
    };
    assert_eq!(too_much, Err(refused));
    let short = give_back(&context, &sale, 0, &left, &[part(CARD, 100)]);
    assert!(matches!(short, Err(SaleError::PaymentShort { .. })));
    let twice = [part(CARD, 100), part(CARD, 499)];
    let twice = give_back(&context, &sale, 0, &left, &twice);
    assert_eq!(twice, Err(SaleError::PaymentInvalid));
}

#[test]
fn a_refund_spreads_over_what_the_tenders_took() {
    let left = [(CARD, Money(200)), (CASH, Money(1_597))];
    let spread = |total, left: &[_], first| -> Vec<_> {
        let payouts = spread(Money(total), left, first);
        payouts
            .iter()
            .map(|payout| (payout.tender, payout.amount_minor.0))
            .collect()
    };
    assert_eq!(spread(150, &left, CARD), [(CARD, 150)]);
    assert_eq!(spread(599, &left, CARD), [(CARD, 200), (CASH, 399)]);
    assert_eq!(spread(1_797, &left, CASH), [(CASH, 1_597), (CARD, 200)]);
    // What no tender has left goes back by the one that was asked for.
    assert_eq!(spread(250, &[(CARD, Money(200))], CARD), [(CARD, 250)]);
    assert_eq!(spread(500, &[(CARD, Money(500))], CASH), [(CASH, 500)]);
}
