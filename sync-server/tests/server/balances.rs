//! Gift cards at the server: one sum for all stores, and what two of them overspent is told to the owner.

use domain::{
    balance::{BalanceId, BalanceKind, BalanceUse},
    contract::rest::{BalancesPage, TillsPage},
    money::Money,
    replication::{OpBody, body::PaymentBody},
    sale::TenderCode,
};

use reqwest::{Method, StatusCode};

use crate::{console::sign_in, kit::*};

/// A sale that also moves a card by so much: paid in when it is less than zero.
fn by_card(till: &mut Till, amount: i64) -> OpBody {
    let mut body = till.sale(&[(product(), 1)]);
    if let OpBody::Sale(document) = &mut body {
        document.payments.push(PaymentBody {
            n: 9,
            tender: TenderCode::GIFT_CARD,
            amount_minor: Money(amount),
            tendered_minor: Money(amount),
            change_minor: Money::ZERO,
            reference: "GIFT0001".into(),
        });
        document.details.balances.push(BalanceUse {
            n: 9,
            of: BalanceId::GiftCard {
                code: "GIFT0001".into(),
            },
            left_minor: Money(0),
        });
    }
    body
}

#[tokio::test]
async fn what_two_stores_spend_of_one_card_is_one_sum_and_an_overdraft_is_told() {
    let server = Server::start().await;
    let (organization, _, mut till) = server.shop("Shop").await;
    let branch = server.store(&organization, "M2").await;
    let mut other = server.till(&organization, &branch, 1).await;
    let browser = sign_in(&server, &organization).await;
    let open = "SELECT count(*) FROM exception WHERE kind = 'balance_overdrawn' \
        AND closed_at IS NULL";
    let balance = "SELECT (folded -> 'balance' ->> 'balance_minor')::bigint FROM log_row \
        WHERE kind = 'balance' AND key = 'gift_card:GIFT0001'";
    for amount in [-5_000, 3_000] {
        let body = by_card(&mut till, amount);
        let sale = till.seal(&body);
        till.push(vec![sale]).await.unwrap();
    }
    assert_eq!(number(&server, balance).await, 2_000);
    assert_eq!(number(&server, open).await, 0);

    let body = by_card(&mut other, 2_500);
    let OpBody::Sale(document) = &body else {
        panic!("{body:?}");
    };
    let culprit = document.number.clone();
    let sale = other.seal(&body);
    other.push(vec![sale]).await.unwrap();
    assert_eq!(number(&server, balance).await, -500);
    assert_eq!(number(&server, open).await, 1);
    let page: TillsPage = answer(browser.get("/api/v1/tills")).await.unwrap();
    let mut listed = page.tills.iter().flat_map(|till| &till.exceptions);
    let told = listed.find(|one| one.kind == "balance_overdrawn").unwrap();
    assert_eq!(told.numbers, [culprit]);
    assert!(told.may_close);

    let page: BalancesPage = answer(browser.get("/api/v1/balances")).await.unwrap();
    let sum = page.sums[0];
    assert_eq!((sum.kind, sum.balances), (BalanceKind::GiftCard, 1));
    assert_eq!((sum.credit_minor, sum.owed_minor), (Money(0), Money(500)));
    let listed = &page.balances[0];
    assert_eq!(listed.balance_minor, Money(-500));
    assert!(listed.is_overdrawn);
    assert_eq!(listed.last_number, told.numbers[0]);
    // Only who may see reports sees it, and only with a session.
    let request = server.request(Method::GET, "/api/v1/balances");
    let refused = answer::<BalancesPage>(request).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}
