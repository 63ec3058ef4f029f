//! Finding products and customers, whatever is typed.

use domain::{
    catalog::Product,
    contract::ipc::{ListCategories, PutCustomer, ScanCode, SearchCustomers, SearchProducts},
    id::CategoryId,
    replication::Rows,
};
use uuid::Uuid;

use super::fixture::{Desk, cable, cable_twin, charger, draft, product};

async fn names(desk: &Desk, text: &str) -> Vec<String> {
    let command = SearchProducts {
        text: text.to_owned(),
        category_id: None,
        offset: 0,
        limit: 50,
    };
    let page = desk.till.call(command).await.unwrap();
    page.hits.into_iter().map(|hit| hit.product.name).collect()
}

#[tokio::test]
async fn words_are_beginnings_in_any_column_without_accents_or_case() {
    let desk = Desk::new().await;
    for (text, expected) in [
        ("rapido", charger().name),
        ("RÁPIDO carg", charger().name),
        ("20w ch", charger().name),
        ("muller usb", cable().name),
        ("gal s24", cable_twin().name),
        ("acme kab", cable().name),
        ("4000000000001", charger().name),
        ("ch-20", charger().name),
    ] {
        assert_eq!(names(&desk, text).await, [expected], "{text}");
    }
    assert_eq!(names(&desk, "85123").await.len(), 2);
    assert_eq!(names(&desk, "").await.len(), 4);
    assert!(names(&desk, "rapido muller").await.is_empty());
    assert!(names(&desk, "apido").await.is_empty());
}

#[tokio::test]
async fn pages_follow_one_another_and_categories_hold_what_is_below_them() {
    let desk = Desk::new().await;
    let mut command = SearchProducts {
        text: String::new(),
        category_id: Some(CategoryId(Uuid::from_u128(0x81))),
        offset: 0,
        limit: 3,
    };
    let first = desk.till.call(command.clone()).await.unwrap();
    assert_eq!((first.hits.len(), first.more), (3, true));
    command.offset = 3;
    let second = desk.till.call(command.clone()).await.unwrap();
    assert_eq!((second.hits.len(), second.more), (1, false));
    command.text = "cable kabel".into();
    assert!(desk.till.call(command).await.unwrap().hits.is_empty());
    assert_eq!(desk.till.call(ListCategories {}).await.unwrap().len(), 2);
}

#[tokio::test]
async fn codes_that_differ_by_case_alone_are_two_products() {
    let desk = Desk::new().await;
    for wanted in [cable(), cable_twin()] {
        let code = wanted.sku.clone();
        let hits = desk.till.call(ScanCode { code }).await.unwrap();
        assert_eq!(hits.len(), 1);
        assert_eq!(hits[0].product, wanted);
    }
    let code = charger().barcodes[0].clone();
    let hits = desk.till.call(ScanCode { code }).await.unwrap();
    assert_eq!(hits[0].product, charger());
    let code = "no such code".to_owned();
    assert!(desk.till.call(ScanCode { code }).await.unwrap().is_empty());
}

#[tokio::test]
async fn renamed_product_is_found_by_its_new_name_only() {
    let mut desk = Desk::new().await;
    desk.org.server(Rows {
        product: vec![Product {
            name: "Netzteil".into(),
            barcodes: vec!["96385074".into()],
            ..charger()
        }],
        ..Rows::default()
    });
    desk.pull().await;
    assert!(names(&desk, "rapido").await.is_empty());
    assert_eq!(names(&desk, "netz").await, ["Netzteil"]);
    let code = charger().barcodes[0].clone();
    assert!(desk.till.call(ScanCode { code }).await.unwrap().is_empty());
    let check = "INSERT INTO product_fts (product_fts) VALUES ('integrity-check')";
    let mut writer = desk.shared().db.writer().await;
    let mut transaction = writer.begin().await.unwrap();
    sqlx::query(check).execute(&mut *transaction).await.unwrap();
}

#[tokio::test]
async fn customers_are_found_by_any_part_before_and_after_they_come_back() {
    let mut desk = Desk::at_work().await;
    let put = PutCustomer {
        draft_id: draft(),
        customer_id: None,
        name: "José Muñoz 100%".into(),
        phone: "+34 600 123 456".into(),
        email: "jose@example.org".into(),
        address: String::new(),
        tax_id: "B12345678".into(),
        notes: String::new(),
        legal_name: String::new(),
        fiscal_address: String::new(),
        consent: String::new(),
    };
    let customer = desk.till.call(put).await.unwrap();
    for _ in 0..2 {
        for text in ["munoz", "OSÉ", "123", "ple.org jos", "0%", "b1", ""] {
            let command = SearchCustomers {
                text: text.into(),
                limit: 10,
            };
            let found = desk.till.call(command).await.unwrap();
            assert_eq!(found, std::slice::from_ref(&customer), "{text}");
        }
        let none = SearchCustomers {
            text: "nobody".into(),
            limit: 10,
        };
        assert!(desk.till.call(none).await.unwrap().is_empty());
        desk.deliver().await;
        desk.pull().await;
    }
}

#[tokio::test]
async fn hostile_texts_neither_break_the_search_nor_the_catalogue() {
    let mut desk = Desk::at_work().await;
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/data/naughty_strings.txt"
    );
    let text = std::fs::read_to_string(file).unwrap();
    let strings: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(strings.len() > 100);
    let products: Vec<Product> = (0_u128..)
        .zip(&strings)
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(n, text)| Product {
            barcodes: vec![(*text).to_owned()],
            ..product(n + 100, &format!("N{n}"), text, 100)
        })
        .collect();
    desk.org.server(Rows {
        product: products.clone(),
        ..Rows::default()
    });
    desk.pull().await;
    for text in &strings {
        names(&desk, text).await;
        let command = SearchCustomers {
            text: (*text).to_owned(),
            limit: 5,
        };
        desk.till.call(command).await.unwrap();
        let code = (*text).to_owned();
        desk.till.call(ScanCode { code }).await.unwrap();
    }
    for wanted in &products {
        let code = wanted.sku.clone();
        let hits = desk.till.call(ScanCode { code }).await.unwrap();
        assert_eq!(hits[0].product, *wanted);
        let ascii = wanted
            .name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == ' ');
        // Shorter ones match more than one page.
        if ascii && wanted.name.trim().len() > 4 {
            assert!(
                names(&desk, &wanted.name).await.contains(&wanted.name),
                "{}",
                wanted.name
            );
        }
    }
}
