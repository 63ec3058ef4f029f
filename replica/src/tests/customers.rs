//! A customer's page, and records that turn out to be one: merged by link, taken back, told apart,
//! at one till and at two at once.

use domain::{
    contract::{
        failure::code,
        ipc::{
            AskedTerms, CompleteSale, CustomerView, GetCustomer, ListDuplicates, MergeCustomers,
            PutCustomer, SearchCustomers, SplitCustomer, TellCustomersApart,
        },
    },
    customer::Customer,
    id::CustomerId,
    money::Money,
    replication::Rows,
};

use super::fixture::{Desk, cable, cash, draft, line};

fn record(name: &str, phone: &str, email: &str) -> PutCustomer {
    PutCustomer {
        draft_id: draft(),
        customer_id: None,
        name: name.into(),
        phone: phone.into(),
        email: email.into(),
        address: String::new(),
        tax_id: String::new(),
        notes: String::new(),
        legal_name: String::new(),
        fiscal_address: String::new(),
        consent: String::new(),
    }
}

async fn two_records(desk: &Desk) -> (Customer, Customer) {
    let one = record("Ada S. McKinley Roseland", "468-1918", "");
    let other = record(
        "ADA S MCKINLEY ROSELAND",
        "(773) 468-1918",
        "ada@example.com",
    );
    let one = desk.till.call(one).await.unwrap();
    let other = desk.till.call(other).await.unwrap();
    (one, other)
}

async fn page(desk: &Desk, customer_id: CustomerId) -> CustomerView {
    desk.till.call(GetCustomer { customer_id }).await.unwrap()
}

async fn found(desk: &Desk, text: &str) -> Vec<CustomerId> {
    let search = SearchCustomers {
        text: text.into(),
        limit: 10,
    };
    let all = desk.till.call(search).await.unwrap();
    all.iter().map(|one| one.customer_id).collect()
}

async fn pairs(desk: &Desk) -> usize {
    let list = ListDuplicates { limit: 50 };
    desk.till.call(list).await.unwrap().len()
}

#[tokio::test]
async fn merged_records_show_one_page_with_what_both_bought_and_can_be_split() {
    let mut desk = Desk::at_work().await;
    let (one, other) = two_records(&desk).await;
    assert_eq!(pairs(&desk).await, 1);
    assert_eq!(page(&desk, one.customer_id).await.duplicates.len(), 1);
    let sale = CompleteSale {
        draft_id: draft(),
        lines: vec![line(&cable(), 1)],
        payments: vec![cash(100_000)],
        customer_id: Some(other.customer_id),
        terms: AskedTerms::default(),
        quote_id: None,
        exchange: None,
    };
    desk.till.call(sale).await.unwrap();
    let merge = MergeCustomers {
        draft_id: draft(),
        kept: one.customer_id,
        merged: other.customer_id,
    };
    let view = desk.till.call(merge.clone()).await.unwrap();
    // Sent again, it is the same merge.
    assert_eq!(desk.till.call(merge).await.unwrap(), view);
    assert_eq!(view.customer.customer_id, one.customer_id);
    // What only the other knew is known now; what both knew is the kept one's.
    assert_eq!(view.customer.email, "ada@example.com");
    assert_eq!(view.customer.phone, "468-1918");
    assert_eq!((view.documents.len(), view.merged.len()), (1, 1));
    assert!(view.bought_minor > Money::ZERO);
    assert_eq!(pairs(&desk).await, 0);
    // Found by a text that only the merged record has, and shown once.
    assert_eq!(found(&desk, "773").await, [one.customer_id]);
    assert_eq!(found(&desk, "mckinley").await, [one.customer_id]);
    // Pending or confirmed, it is the same page.
    desk.deliver().await;
    desk.pull().await;
    assert_eq!(page(&desk, other.customer_id).await.customer, view.customer);

    let split = SplitCustomer {
        draft_id: draft(),
        customer_id: other.customer_id,
    };
    let apart = desk.till.call(split.clone()).await.unwrap();
    assert_eq!(apart.customer.customer_id, other.customer_id);
    assert_eq!(apart.documents.len(), 1);
    assert_eq!(page(&desk, one.customer_id).await.documents.len(), 0);
    let again = SplitCustomer {
        draft_id: draft(),
        ..split
    };
    let failure = desk.till.call(again).await.unwrap_err();
    assert_eq!(failure.code, code::NOTHING_CHANGED);
}

#[tokio::test]
async fn two_tills_that_merge_in_both_directions_end_with_one_record() {
    let mut desk = Desk::at_work().await;
    let (one, other) = two_records(&desk).await;
    let there = MergeCustomers {
        draft_id: draft(),
        kept: one.customer_id,
        merged: other.customer_id,
    };
    desk.till.call(there).await.unwrap();
    desk.deliver().await;
    desk.pull().await;
    // What another till's operation says meanwhile, as the server folded it.
    let mut back = page(&desk, one.customer_id).await.customer;
    back.merged_into = other.customer_id.to_string();
    desk.org.server(Rows {
        customer: vec![back],
        ..Rows::default()
    });
    desk.pull().await;
    let stands = one.customer_id.min(other.customer_id);
    for id in [one.customer_id, other.customer_id] {
        let view = page(&desk, id).await;
        assert_eq!(view.customer.customer_id, stands);
        assert_eq!(view.merged.len(), 1);
    }
    assert_eq!(found(&desk, "mckinley").await, [stands]);
}

#[tokio::test]
async fn records_told_apart_are_not_offered_again() {
    let desk = Desk::at_work().await;
    let (one, other) = two_records(&desk).await;
    let apart = TellCustomersApart {
        draft_id: draft(),
        customer_id: one.customer_id,
        other_id: other.customer_id,
    };
    let view = desk.till.call(apart).await.unwrap();
    assert!(view.duplicates.is_empty());
    assert_eq!(pairs(&desk).await, 0);
    let unknown = MergeCustomers {
        draft_id: draft(),
        kept: one.customer_id,
        merged: CustomerId(uuid::Uuid::from_u128(99)),
    };
    let failure = desk.till.call(unknown).await.unwrap_err();
    assert_eq!(failure.code, code::CUSTOMER_UNKNOWN);
}
