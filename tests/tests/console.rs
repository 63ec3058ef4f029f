//! The owner's main path in a browser: what a till sold is in the chart, in the list and on its
//! own page. Own server and PostgreSQL, own till, a browser that has never been used.

#![allow(
    clippy::unwrap_used,
    reason = "a test fails where something is missing"
)]

mod browser {
    use domain::contract::ipc::{
        AskedTerms, CompleteSale, DocumentView, Enrol, ListStaff, SaleLine, ScanCode, SignIn,
    };
    use domain::id::DraftId;
    use domain::money::Money;
    use domain::quantity::Quantity;
    use domain::sale::{TenderCode, TenderedPayment};
    use fantoccini::key::Key;
    use serde_json::json;
    use tests::till::HeadlessTill;
    use tests::webdriver::shop::{
        CASHIER, DemoShop, OWNER, OWNER_EMAIL, OWNER_PASSWORD, SCREEN_PROTECTOR,
    };
    use tests::webdriver::{Page, Window};
    use uuid::Uuid;

    const HELD: &str = "SELECT device_seq FROM held_operation WHERE reason = $1";
    const ARRIVED: &str = "SELECT document_id FROM document WHERE number = $1";
    /// How many hours of the chart have sold something.
    const BARS: &str =
        "return [...document.querySelectorAll('[data-test=chart] rect.fill-primary')]
        .filter(bar => bar.height.baseVal.value > 0).length";

    /// A till without a window, with a cashier signed in.
    fn open_till(shop: &DemoShop) -> HeadlessTill {
        let mut till = HeadlessTill::start(&shop.place("till").unwrap(), None).unwrap();
        let enrol = Enrol {
            server: shop.server.ready.address.clone(),
            code: shop.server.enrol_code("S1", 1).unwrap(),
        };
        till.call(&enrol).unwrap().unwrap();
        let staff = loop {
            let names = till.call(&ListStaff {}).unwrap().unwrap();
            let cashier = names
                .into_iter()
                .find(|it| it.name == CASHIER.name && it.can_sign_in);
            if let Some(cashier) = cashier {
                break cashier;
            }
        };
        let sign_in = SignIn {
            staff_id: staff.staff_id,
            pin: CASHIER.pin.to_owned(),
        };
        let session = till.call(&sign_in).unwrap().unwrap();
        till.open_drawer(&session).unwrap();
        till
    }

    /// Two screen protectors and 50 on a gift card, for cash.
    fn sell(till: &mut HeadlessTill, draft: u128) -> DocumentView {
        let scan = ScanCode {
            code: SCREEN_PROTECTOR.barcode.to_owned(),
        };
        let hits = till.call(&scan).unwrap().unwrap();
        let sale = CompleteSale {
            draft_id: DraftId(Uuid::from_u128(draft)),
            lines: vec![SaleLine::of(hits[0].product.product_id, Quantity::units(2))],
            payments: vec![
                TenderedPayment {
                    tender: TenderCode::GIFT_CARD,
                    tendered_minor: Money(-5_000),
                    reference: "GIFT2026".to_owned(),
                },
                TenderedPayment {
                    tender: TenderCode::CASH,
                    tendered_minor: Money(20_000),
                    reference: String::new(),
                },
            ],
            customer_id: None,
            terms: AskedTerms::default(),
            quote_id: None,
            exchange: None,
        };
        till.call(&sale).unwrap().unwrap()
    }

    /// A sale without a network at a till that is revoked before it can send it: the server sets it
    /// aside.
    async fn sell_at_a_revoked_till(shop: &DemoShop, till: &mut HeadlessTill) -> DocumentView {
        till.ask("set_network", &json!({ "online": false }))
            .unwrap();
        let sold = sell(till, 2);
        let device = sold.document.device_id.to_string();
        shop.server
            .command(&["till", "revoke", "--device", &device])
            .unwrap();
        till.ask("set_network", &json!({ "online": true })).unwrap();
        shop.row(HELD, "revoked").await.unwrap();
        sold
    }

    async fn sign_in(page: &Page, password: &str) {
        page.find("page-sign-in").await.unwrap();
        page.fill("email", OWNER_EMAIL).await.unwrap();
        page.fill("password", password).await.unwrap();
        page.press(Key::Enter).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn owner_finds_a_sale_in_the_chart_the_list_and_on_its_page() {
        let shop = DemoShop::open_with_console("console").unwrap();
        let mut till = open_till(&shop);
        let sold = sell(&mut till, 1).document;
        shop.row(ARRIVED, &sold.number).await.unwrap();
        let total_minor = sold.total_minor.minor();
        let place = shop.place("browser").unwrap();
        let window = Window::console(&shop.server.ready.address, &place)
            .await
            .unwrap();
        let page = &window.page;

        sign_in(page, "not the password").await;
        page.find("problem").await.unwrap();
        sign_in(page, OWNER_PASSWORD).await;
        page.find("page-sales").await.unwrap();
        assert_eq!(page.text("person").await.unwrap(), OWNER.name);
        assert_eq!(page.amount_minor("card-gross").await.unwrap(), total_minor);
        assert_eq!(page.text("card-sales").await.unwrap(), "1");
        page.find("chart").await.unwrap();
        assert_eq!(page.script(BARS).await.unwrap(), 1);
        page.picture("console sales").await.unwrap();

        let row = format!("document-{}", sold.number);
        page.find(&row).await.unwrap();
        page.follow(&row).await.unwrap();
        assert_eq!(page.text("document-number").await.unwrap(), sold.number);
        assert_eq!(
            page.amount_minor("document-total").await.unwrap(),
            total_minor
        );
        page.picture("console sale").await.unwrap();

        // Everything has an address: it leads here again.
        page.client().refresh().await.unwrap();
        assert_eq!(page.text("document-number").await.unwrap(), sold.number);
        page.follow("nav-balances").await.unwrap();
        page.text_where("sum-gift_card", |text| text.contains("50.00"))
            .await
            .unwrap();
        assert_eq!(page.count("balances").await.unwrap(), 1);
        page.picture("console balances").await.unwrap();
        page.follow("nav-shifts").await.unwrap();
        page.find("page-shifts").await.unwrap();
        page.picture("console shifts").await.unwrap();
        page.follow("nav-tills").await.unwrap();
        let row = page.text("till-S1-1-1").await.unwrap();
        assert!(row.contains(&sold.series), "{row}");
        page.find("held-none").await.unwrap();
        let last = sell_at_a_revoked_till(&shop, &mut till).await.document;
        page.client().refresh().await.unwrap();
        page.find("held-S1-1-3").await.unwrap();
        page.picture("console tills").await.unwrap();
        page.click("retry-3").await.unwrap();
        page.find("held-none").await.unwrap();
        assert!(!page.text("held-applied").await.unwrap().is_empty());
        shop.row(ARRIVED, &last.number).await.unwrap();

        page.click("sign-out").await.unwrap();
        page.find("page-sign-in").await.unwrap();
        window.close().await.unwrap();
        shop.close().unwrap();
    }
}
