//! Gift cards, store credit and accounts on a real file: sold, spent, refused, allowed by a manager,
//! and printed.

use domain::{
    balance::{BalanceId, BalanceKind},
    contract::{
        failure::{Failure, code},
        ipc::{
            Approve, AskedTerms, BalanceView, ChangeBalance, CompleteRefund, CompleteSale,
            DocumentView, FindBalances, PutCustomer,
        },
    },
    format::Language,
    id::{CustomerId, DeviceId, uuid_v7},
    money::Money,
    quantity::Quantity,
    receipt::{Form, Options, Receipt, lay_out, plain_text},
    replication::{
        body::BalanceChange,
        row::{Rows, Till},
    },
    sale::{RefundLine, TenderCode, TenderedPayment},
    staff::Permission,
    stock::Location,
};

use super::fixture::{
    CASHIER, Desk, MANAGER, PIN, cable, cash, draft, line, organization, till_row,
};

const CODE: &str = "GIFT0001";

fn by(tender: TenderCode, minor: i64, reference: &str) -> TenderedPayment {
    TenderedPayment {
        tender,
        tendered_minor: Money(minor),
        reference: reference.into(),
    }
}

/// So many cables, and what is paid.
fn sale(cables: i64, payments: Vec<TenderedPayment>, of: Option<CustomerId>) -> CompleteSale {
    let lines = (cables > 0).then(|| line(&cable(), cables));
    CompleteSale {
        draft_id: draft(),
        lines: lines.into_iter().collect(),
        payments,
        customer_id: of,
        terms: AskedTerms::default(),
        quote_id: None,
        exchange: None,
    }
}

async fn load(desk: &Desk, minor: i64) -> DocumentView {
    let payments = vec![by(TenderCode::GIFT_CARD, -minor, "gift-0001"), cash(minor)];
    desk.till.call(sale(0, payments, None)).await.unwrap()
}

async fn known(desk: &Desk, code: &str) -> Option<BalanceView> {
    let command = FindBalances {
        code: Some(code.to_owned()),
        customer_id: None,
    };
    desk.till.call(command).await.unwrap().pop()
}

async fn customer(desk: &Desk) -> CustomerId {
    let command: PutCustomer = serde_json::from_value(serde_json::json!({
        "draft_id": draft(), "customer_id": null, "name": "Carmen Ruiz", "phone": "", "email": "",
        "address": "", "tax_id": "", "notes": "", "legal_name": "", "fiscal_address": "",
        "consent": "",
    }))
    .unwrap();
    desk.till.call(command).await.unwrap().customer_id
}

async fn of_customer(desk: &Desk, customer_id: CustomerId, kind: BalanceKind) -> BalanceView {
    let command = FindBalances {
        code: None,
        customer_id: Some(customer_id),
    };
    let views = desk.till.call(command).await.unwrap();
    let found = views
        .into_iter()
        .find(|view| view.balance.of.kind() == kind);
    found.unwrap()
}

fn price() -> i64 {
    let desk_price = cable().price_e4.0;
    desk_price / 100
}

/// Another till that could spend the same balance at the same time.
async fn second_till(desk: &mut Desk) {
    let other = Till {
        device_id: DeviceId(uuid_v7(1, [9; 10])),
        number: 2,
        ..till_row()
    };
    desk.org.server(Rows {
        till: vec![other],
        ..Rows::default()
    });
    desk.pull().await;
}

#[tokio::test]
async fn a_gift_card_is_sold_spent_and_never_overspent() {
    let desk = Desk::at_work().await;
    assert!(known(&desk, CODE).await.is_none());
    let sold = load(&desk, 5_000).await;
    assert!(sold.document.lines.is_empty());
    assert_eq!(sold.document.details.balances[0].left_minor, Money(5_000));
    let view = known(&desk, "GIFT 0001").await.unwrap();
    assert_eq!(view.allowance_minor, Money(5_000));
    assert!(view.is_pending);
    let price = price();
    let rest = 5_000 - price;
    let payments = vec![by(TenderCode::GIFT_CARD, price, CODE)];
    let spent = desk.till.call(sale(1, payments, None)).await.unwrap();
    assert_eq!(spent.document.details.balances[0].left_minor, Money(rest));
    // This is the only till, so what is not there is not there.
    let payments = vec![by(TenderCode::GIFT_CARD, rest + 1, CODE), cash(10_000_000)];
    let refused = desk.till.call(sale(99, payments, None)).await.unwrap_err();
    assert_eq!(refused.code, code::BALANCE_SHORT);
    assert_eq!(refused.fields["left_minor"], rest);
    let unknown = vec![by(TenderCode::GIFT_CARD, 100, "NOBODY1"), cash(10_000_000)];
    let refused = desk.till.call(sale(1, unknown, None)).await.unwrap_err();
    assert_eq!(refused.code, code::BALANCE_SHORT);
    assert_eq!(known(&desk, CODE).await.unwrap().balance.entries, 2);
    // The same card twice on one receipt is one sum.
    let twice = vec![
        by(TenderCode::GIFT_CARD, rest, CODE),
        by(TenderCode::GIFT_CARD, 1, "gift 0001"),
        cash(10_000_000),
    ];
    let refused = desk.till.call(sale(99, twice, None)).await.unwrap_err();
    assert_eq!(refused.code, code::BALANCE_SHORT);
}

async fn allow(desk: &Desk, command: &CompleteSale, given: i64) -> Result<(), Failure> {
    let command = Approve {
        draft_id: command.draft_id,
        permission: Permission::OverdrawBalance,
        given_minor: Some(Money(given)),
        staff_id: MANAGER,
        pin: PIN.to_owned(),
    };
    desk.till.call(command).await.map(drop)
}

#[tokio::test]
async fn out_of_touch_a_card_that_others_could_spend_asks_a_manager() {
    let mut desk = Desk::at_work().await;
    load(&desk, 5_000).await;
    second_till(&mut desk).await;
    desk.sign_in(CASHIER).await.unwrap();
    let view = known(&desk, CODE).await.unwrap();
    assert_eq!(view.allowance_minor, Money::ZERO);
    assert!(!view.is_in_touch);
    let payments = vec![by(TenderCode::GIFT_CARD, price(), CODE)];
    let command = sale(1, payments, None);
    let refused = desk.till.call(command.clone()).await.unwrap_err();
    assert_eq!(refused.code, code::PERMISSION_DENIED);
    assert_eq!(refused.fields["permission"], "overdraw_balance");
    allow(&desk, &command, price()).await.unwrap();
    let sold = desk.till.call(command).await.unwrap();
    let approved = &sold.document.details.approvals[0];
    assert_eq!(approved.permission, Permission::OverdrawBalance);
    assert_eq!(approved.staff_id, MANAGER);
}

#[tokio::test]
async fn an_account_is_charged_to_its_limit_and_settled_beside_goods() {
    let desk = Desk::at_work().await;
    let carmen = customer(&desk).await;
    let of = BalanceId::Account {
        customer_id: carmen,
    };
    let limit = ChangeBalance {
        draft_id: draft(),
        of: of.clone(),
        change: BalanceChange::Limit {
            limit_minor: Money(price()),
        },
    };
    let first = desk.till.call(limit.clone()).await.unwrap();
    // The same entry again is the same limit.
    assert_eq!(desk.till.call(limit).await.unwrap(), first);
    desk.sign_in(CASHIER).await.unwrap();
    let on_account = |n: i64| {
        let payments = vec![by(TenderCode::ACCOUNT, n * price(), "")];
        sale(n, payments, Some(carmen))
    };
    desk.till.call(on_account(1)).await.unwrap();
    let refused = desk.till.call(on_account(1)).await.unwrap_err();
    assert_eq!(refused.code, code::PERMISSION_DENIED);
    let view = of_customer(&desk, carmen, BalanceKind::Account).await;
    assert_eq!(view.balance.balance_minor, Money(-price()));
    // Without a customer there is no account.
    let payments = vec![by(TenderCode::ACCOUNT, price(), "")];
    let refused = desk.till.call(sale(1, payments, None)).await.unwrap_err();
    assert_eq!(refused.code, code::BALANCE_CUSTOMER_MISSING);
    // Part of the debt and a cable, in one payment.
    let payments = vec![by(TenderCode::ACCOUNT, -500, ""), cash(price() + 500)];
    let paid = desk
        .till
        .call(sale(1, payments, Some(carmen)))
        .await
        .unwrap();
    assert_eq!(paid.document.total_minor, Money(price()));
    let view = of_customer(&desk, carmen, BalanceKind::Account).await;
    assert_eq!(view.balance.balance_minor, Money(500 - price()));
    // Whoever may not, sets no limit.
    let command = ChangeBalance {
        draft_id: draft(),
        of,
        change: BalanceChange::Limit {
            limit_minor: Money(1),
        },
    };
    let refused = desk.till.call(command).await.unwrap_err();
    assert_eq!(refused.code, code::PERMISSION_DENIED);
}

#[tokio::test]
async fn what_makes_no_sense_changes_nothing() {
    let desk = Desk::at_work().await;
    let carmen = customer(&desk).await;
    let account = BalanceId::Account {
        customer_id: carmen,
    };
    let card = |code: &str| BalanceId::GiftCard { code: code.into() };
    let limit = |minor| BalanceChange::Limit {
        limit_minor: Money(minor),
    };
    let adjust = |minor, reason: &str| BalanceChange::Adjust {
        delta_minor: Money(minor),
        reason: reason.into(),
    };
    for (of, change, refused) in [
        (account.clone(), limit(-1), code::CREDIT_LIMIT_INVALID),
        (card(CODE), limit(100), code::CREDIT_LIMIT_INVALID),
        (
            account.clone(),
            adjust(0, "nothing"),
            code::ADJUSTMENT_INVALID,
        ),
        (account.clone(), adjust(5, " "), code::ADJUSTMENT_INVALID),
        (
            account.clone(),
            adjust(5, &"x".repeat(5_000)),
            code::TEXT_TOO_LONG,
        ),
        (
            card("a b"),
            adjust(5, "typed wrong"),
            code::GIFT_CODE_INVALID,
        ),
        (
            BalanceId::StoreCredit {
                customer_id: CustomerId(uuid_v7(1, [5; 10])),
            },
            adjust(5, "of nobody"),
            code::CUSTOMER_UNKNOWN,
        ),
    ] {
        let command = ChangeBalance {
            draft_id: draft(),
            of,
            change,
        };
        let failure = desk.till.call(command).await.unwrap_err();
        assert_eq!(failure.code, refused);
    }
    let events = "SELECT count(*) FROM log_event WHERE kind = 'balance'";
    assert_eq!(desk.number(events).await, 0);
}

#[tokio::test]
async fn a_refund_stays_in_the_shop_as_store_credit_and_pays_the_next_sale() {
    let desk = Desk::at_work().await;
    let carmen = customer(&desk).await;
    let sold = desk.sell(vec![line(&cable(), 2)]).await.unwrap();
    let refund = |customer_id| CompleteRefund {
        draft_id: draft(),
        original_id: Some(sold.document.document_id),
        lines: vec![RefundLine {
            n: 1,
            quantity_milli: Quantity::ONE,
            location: Location::ShopFloor,
        }],
        loose: Vec::new(),
        customer_id,
        tender: TenderCode::STORE_CREDIT,
        payouts: Vec::new(),
        reason: "too short".into(),
    };
    let refused = desk.till.call(refund(None)).await.unwrap_err();
    assert_eq!(refused.code, code::BALANCE_CUSTOMER_MISSING);
    let credit = desk.till.call(refund(Some(carmen))).await.unwrap();
    assert_eq!(credit.document.customer_id, Some(carmen));
    let view = of_customer(&desk, carmen, BalanceKind::StoreCredit).await;
    assert_eq!(view.balance.balance_minor, Money(price()));
    let payments = vec![by(TenderCode::STORE_CREDIT, price(), "")];
    desk.till
        .call(sale(1, payments, Some(carmen)))
        .await
        .unwrap();
    let view = of_customer(&desk, carmen, BalanceKind::StoreCredit).await;
    assert!(view.balance.balance_minor.is_zero());
    assert_eq!(view.balance.newest.len(), 2);
    // A restart knows the same.
    let desk = desk.restart().await;
    desk.sign_in(MANAGER).await.unwrap();
    let again = of_customer(&desk, carmen, BalanceKind::StoreCredit).await;
    assert_eq!(again, view);
}

#[tokio::test]
async fn the_paper_of_a_card_is_a_card_and_its_spending_shows_no_code() {
    let desk = Desk::at_work().await;
    let sold = load(&desk, 5_000).await;
    let payments = vec![by(TenderCode::GIFT_CARD, 1_000, CODE), cash(10_000_000)];
    let spent = desk.till.call(sale(99, payments, None)).await.unwrap();
    let organization = organization();
    for form in [Form::Roll(32), Form::Roll(48), Form::Sheet] {
        let options = Options::plain(Language::En, form);
        let paper = |view| {
            let receipt = Receipt {
                organization: &organization,
                tenders: &[],
                view,
                options: &options,
            };
            plain_text(&lay_out(&receipt), form)
        };
        let (sold, spent) = (paper(&sold), paper(&spent));
        assert!(
            sold.contains("GIFT 0001") && sold.contains("TO PAY"),
            "{sold}"
        );
        assert!(spent.contains("*0001") && !spent.contains(CODE), "{spent}");
    }
}
