//! Gift cards, store credit and accounts: what documents do to them, and their sums whatever order
//! the entries are heard in.

use domain::{
    balance::{Balance, BalanceId, together},
    hlc::Hlc,
    id::{CustomerId, OpId},
    money::Money,
    quantity::Quantity,
    replication::{
        OpBody, apply,
        body::{BalanceChange, BalanceChangeBody, DocumentBody},
        log::{LogEvent, LogKind, LogState, fold},
        table::Scope,
    },
    sale::{
        DocumentKind, RefundLine, RefundRequest, SaleError, TenderCode, TenderedPayment,
        complete_refund, complete_sale, name_balances, settle,
    },
    shift::ShiftTotals,
    stock::Location,
    tax::TaxMode,
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{cart_line, context, document, golden, header};

const CODE: &str = "GIFT0001";

fn customer() -> CustomerId {
    CustomerId(Uuid::from_u128(7))
}

fn card() -> BalanceId {
    BalanceId::GiftCard { code: CODE.into() }
}

fn paid(tender: TenderCode, minor: i64, reference: &str) -> TenderedPayment {
    TenderedPayment {
        tender,
        tendered_minor: Money(minor),
        reference: reference.into(),
    }
}

/// Goods of 12.00, sold with these payments to a customer.
fn sell(with_goods: bool, payments: &[TenderedPayment]) -> Result<DocumentBody, SaleError> {
    let cart = [cart_line(1_000, 120_000, 200_000)];
    let cart = if with_goods { &cart[..] } else { &[] };
    let context = context(TaxMode::Inclusive);
    let mut body = complete_sale(context, Some(customer()), cart, payments)?;
    name_balances(&mut body, DocumentKind::Receipt, |_| Money(1_000))?;
    Ok(body)
}

/// What a customer may owe from now on.
pub(crate) fn limit() -> OpBody {
    OpBody::BalanceChange(BalanceChangeBody {
        of: BalanceId::Account {
            customer_id: customer(),
        },
        change: BalanceChange::Limit {
            limit_minor: Money(50_000),
        },
    })
}

#[test]
fn money_for_a_card_is_taken_with_the_goods_and_is_no_turnover() {
    let payments = [
        paid(TenderCode::GIFT_CARD, -5_000, "gift-0001"),
        paid(TenderCode::CASH, 7_000, ""),
    ];
    let body = sell(true, &payments).unwrap();
    assert_eq!(
        (body.total_minor, body.tax_minor),
        (Money(1_200), Money(200))
    );
    let of = |n: usize| (body.payments[n].amount_minor, body.payments[n].change_minor);
    assert_eq!(of(0), (Money(-5_000), Money::ZERO));
    assert_eq!(of(1), (Money(6_200), Money(800)));
    let used = &body.details.balances[0];
    assert_eq!((&used.of, used.left_minor), (&card(), Money(6_000)));
    let body = OpBody::Sale(body);
    assert_eq!(body.version(), 5);
    golden("sale_with_balance_v5", &body);
    let facts = apply(&header("sale"), &body, &[]).unwrap();
    let event = &facts.log_events[0];
    let place = event.place();
    assert_eq!((place.scope(), place.kind), (Scope::Org, LogKind::Balance));
    assert_eq!(place.key.as_str(), "gift_card:GIFT0001");
    // The drawer has all of it, and the card stands beside it.
    let mut totals = ShiftTotals::default();
    totals.add(&facts.documents[0]);
    assert_eq!(totals.sales_minor, Money(1_200));
    assert_eq!(totals.net_of(TenderCode::CASH), Money(6_200));
    assert_eq!(totals.net_of(TenderCode::GIFT_CARD), Money(-5_000));
    assert_eq!(
        totals.tenders.iter().map(|one| one.taken_minor.0).min(),
        Some(0)
    );
}

#[test]
fn a_card_alone_is_sold_and_nothing_at_all_is_not() {
    let payments = [
        paid(TenderCode::GIFT_CARD, -5_000, CODE),
        paid(TenderCode::CARD, 5_000, "004217"),
    ];
    let body = sell(false, &payments).unwrap();
    assert_eq!(body.total_minor, Money::ZERO);
    assert_eq!(sell(false, &[]), Err(SaleError::NoLines));
    let short = sell(false, &payments[..1]);
    assert!(
        matches!(short, Err(SaleError::PaymentShort { .. })),
        "{short:?}"
    );
    // Only a balance is paid into.
    for tender in [TenderCode::CASH, TenderCode::CARD, TenderCode::EXCHANGE] {
        let refused = settle(Money(100), &[paid(tender, -1, "")], None);
        assert_eq!(refused, Err(SaleError::PaymentInvalid));
    }
}

#[test]
fn what_is_in_nobodys_name_pays_nothing() {
    let (mode, cart) = (TaxMode::Inclusive, [cart_line(1_000, 120_000, 200_000)]);
    for (tender, reference) in [
        (TenderCode::ACCOUNT, ""),
        (TenderCode::STORE_CREDIT, ""),
        (TenderCode::GIFT_CARD, "no code!"),
    ] {
        let payments = [paid(tender, 1_200, reference)];
        let mut body = complete_sale(context(mode), None, &cart, &payments).unwrap();
        let named = name_balances(&mut body, DocumentKind::Receipt, |_| Money::ZERO);
        assert!(named.is_err(), "{tender:?}");
    }
}

#[test]
fn a_key_that_no_till_writes_states_nothing() {
    let mut body = sell(true, &[paid(TenderCode::GIFT_CARD, 1_200, CODE)]).unwrap();
    for code in ["", "gift0001", "A B", &"9".repeat(41)] {
        body.details.balances[0].of = BalanceId::GiftCard { code: code.into() };
        let refused = apply(&header("sale"), &OpBody::Sale(body.clone()), &[]);
        assert!(refused.is_err(), "{code}");
    }
}

#[test]
fn money_goes_back_to_the_card_that_paid_or_stays_as_store_credit() {
    let payments = [
        paid(TenderCode::GIFT_CARD, 700, CODE),
        paid(TenderCode::CASH, 500, ""),
    ];
    let original = document(&sell(true, &payments).unwrap());
    let give = |tender, customer_id| {
        let request = RefundRequest::OfReceipt {
            original: &original,
            refunded: &[],
            lines: &[RefundLine {
                n: 1,
                quantity_milli: Quantity(500),
                location: Location::ShopFloor,
            }],
            balances: &original.balances(),
            any_tender: false,
            customer_id,
        };
        let mut body = complete_refund(context(TaxMode::Inclusive), &request, tender, &[], "")?;
        name_balances(&mut body, DocumentKind::CreditNote, |_| Money::ZERO)?;
        Ok::<_, SaleError>(body)
    };
    let body = give(TenderCode::GIFT_CARD, None).unwrap();
    assert_eq!(body.payments[0].reference, CODE);
    assert_eq!(body.details.balances[0].left_minor, Money(600));
    // More than any tender took, and still nobody is asked: the shop goes on owing it.
    let body = give(TenderCode::STORE_CREDIT, None).unwrap();
    let of = BalanceId::StoreCredit {
        customer_id: customer(),
    };
    assert_eq!(body.details.balances[0].of, of);
    let body = OpBody::Refund(body);
    assert_eq!(body.version(), 4);
    golden("refund_with_balance_v4", &body);
    let facts = apply(&header("refund"), &body, &[]).unwrap();
    let credit = folded(&[(Hlc(1), facts.log_events[0].clone())]);
    assert_eq!(credit.balance_minor, Money(600));
    let refused = give(TenderCode::ACCOUNT, None);
    assert!(matches!(
        refused,
        Err(SaleError::RefundExceedsTender { .. })
    ));
}

#[test]
fn a_limit_and_a_correction_make_an_account() {
    let of = BalanceId::Account {
        customer_id: customer(),
    };
    let limit = limit();
    let stated = |body: &OpBody| {
        let facts = apply(&header("balance_change"), body, &[]).unwrap();
        facts.log_events[0].clone()
    };
    let account = folded(&[(Hlc(1), stated(&limit))]);
    assert_eq!((account.spendable(), account.entries), (Money(50_000), 0));
    let correction = OpBody::BalanceChange(BalanceChangeBody {
        of,
        change: BalanceChange::Adjust {
            delta_minor: Money(-60_000),
            reason: "opening balance".into(),
        },
    });
    let account = folded(&[(Hlc(1), stated(&limit)), (Hlc(2), stated(&correction))]);
    assert!(account.is_overdrawn());
    assert_eq!(account.state_name(), "owed");
    assert_eq!(account.newest[0].reason, "opening balance");
    assert_eq!(account.spendable(), Money::ZERO);
}

fn moved(n: u128, minor: i64) -> LogEvent {
    let payments = if minor > 0 {
        vec![
            paid(TenderCode::GIFT_CARD, -minor, CODE),
            paid(TenderCode::CASH, minor, ""),
        ]
    } else {
        vec![
            paid(TenderCode::GIFT_CARD, -minor, CODE),
            paid(TenderCode::CASH, 1_200 + minor, ""),
        ]
    };
    let mut header = header("sale");
    header.op_id = OpId(Uuid::from_u128(n));
    let body = OpBody::Sale(sell(minor <= 0, &payments).unwrap());
    apply(&header, &body, &[]).unwrap().log_events.remove(0)
}

fn folded(events: &[(Hlc, LogEvent)]) -> Balance {
    fold(events).and_then(LogState::into_balance).unwrap()
}

#[test]
fn a_row_keeps_the_newest_entries_and_the_sum_of_all() {
    let events: Vec<_> = (1..=30_u64)
        .map(|n| (Hlc(n), moved(u128::from(n), 100)))
        .collect();
    let card = folded(&events);
    assert_eq!((card.balance_minor, card.entries), (Money(3_000), 30));
    let after: Vec<i64> = card.newest.iter().map(|one| one.after_minor.0).collect();
    assert_eq!((after.len(), after[0], after[19]), (20, 1_100, 3_000));
}

#[test]
fn records_that_are_one_person_have_one_balance() {
    let of = |n| BalanceId::Account {
        customer_id: CustomerId(Uuid::from_u128(n)),
    };
    let mut parts: Vec<Balance> = (1..=2).map(|n| Balance::new(of(n), 5)).collect();
    parts[0].balance_minor = Money(-700);
    parts[1].balance_minor = Money(-300);
    parts[1].limit_minor = Money(2_000);
    let whole = together(of(1), parts);
    assert_eq!(whole.balance_minor, Money(-1_000));
    assert_eq!(whole.spendable(), Money(1_000));
}

proptest! {
    #[test]
    fn every_order_of_hearing_gives_one_sum(
        amounts in prop::collection::vec(-1_200_i64..3_000, 1..12),
        order in any::<prop::sample::Index>(),
    ) {
        let events: Vec<_> = (1_u64..).zip(&amounts)
            .filter(|(_, amount)| **amount != 0)
            .map(|(n, amount)| (Hlc(n), moved(u128::from(n), *amount)))
            .collect();
        prop_assume!(!events.is_empty());
        let mut heard = events.clone();
        let at = order.index(heard.len());
        heard.rotate_left(at);
        heard.reverse();
        prop_assert_eq!(folded(&heard), folded(&events));
        let sum: i64 = amounts.iter().sum();
        prop_assert_eq!(folded(&events).balance_minor.0, sum);
    }
}
