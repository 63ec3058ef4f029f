//! The cashier's main path in the till's real window, by the keyboard alone, up to the server's
//! tables. Nothing stands in for anything: own server and PostgreSQL, own window, own screen.

#![allow(
    clippy::unwrap_used,
    reason = "a test fails where something is missing"
)]

mod window {
    use fantoccini::key::Key;
    use sqlx::Row;
    use sqlx::postgres::PgRow;
    use tests::webdriver::shop::{
        CAR_CHARGER, CASHIER, DemoShop, MANAGER, OWNER, PHONE, SCREEN_PROTECTOR, TECHNICIAN,
    };
    use tests::webdriver::{Page, Window};

    const DOCUMENT: &str = "
        SELECT d.kind, d.total_minor, staff.name AS staff,
            (SELECT count(*) FROM document_line AS l WHERE l.document_id = d.document_id) AS lines,
            (SELECT sum(l.quantity_milli)::bigint FROM document_line AS l
                WHERE l.document_id = d.document_id) AS quantity_milli,
            (SELECT sum(p.amount_minor)::bigint FROM payment AS p
                WHERE p.document_id = d.document_id AND p.tender = 'cash') AS cash_minor
        FROM document AS d LEFT JOIN staff USING (organization_id, staff_id)
        WHERE d.number = $1";

    /// What changes hands in cash: the demo shop is in New York, where no cents are coined any more.
    const fn in_cash(total_minor: i64) -> i64 {
        (total_minor + 2) / 5 * 5
    }

    /// Two of one thing and one of another, for cash: the receipt's number and total.
    async fn sell(window: &Window) -> (String, i64) {
        let page = &window.page;
        page.find("page-sell").await.unwrap();
        window.scan_until(SCREEN_PROTECTOR, "1").await.unwrap();
        window.scan_until(SCREEN_PROTECTOR, "2").await.unwrap();
        window.scan_until(CAR_CHARGER, "1").await.unwrap();
        let total_minor = page.amount_minor("cart-total").await.unwrap();
        let number = page.pay_cash("100").await.unwrap();
        let change_minor = page.amount_minor("change-due").await.unwrap();
        assert_eq!(change_minor, 10_000 - in_cash(total_minor));
        assert_eq!(
            page.amount_minor("receipt-total").await.unwrap(),
            total_minor
        );
        (number, total_minor)
    }

    async fn arrives(shop: &DemoShop, number: &str, total_minor: i64) {
        let row = shop.row(DOCUMENT, number).await.unwrap();
        assert_eq!(row.get::<String, _>("kind"), "receipt");
        assert_eq!(row.get::<String, _>("staff"), CASHIER.name);
        assert_eq!(row.get::<i64, _>("total_minor"), total_minor);
        assert_eq!(row.get::<i64, _>("lines"), 2);
        assert_eq!(row.get::<i64, _>("quantity_milli"), 3_000);
        assert_eq!(row.get::<i64, _>("cash_minor"), in_cash(total_minor));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn sale_in_the_window_arrives_in_postgresql() {
        let shop = DemoShop::open("window-sale").unwrap();
        let window = shop.open_new_till(1).await.unwrap();
        let page = &window.page;
        page.enrol().await.unwrap();
        page.picture("window sign in").await.unwrap();
        page.sign_in(CASHIER).await.unwrap();
        page.open_drawer().await.unwrap();

        let (number, total_minor) = sell(&window).await;
        page.picture("window receipt").await.unwrap();
        arrives(&shop, &number, total_minor).await;
        page.attribute_is("sync-light", "data-state", "synced")
            .await
            .unwrap();

        // The next sale is one key away and starts empty.
        page.focused("new-sale").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.gone("page-done").await.unwrap();
        page.gone("cart-lines").await.unwrap();
        window.close().await.unwrap();
        shop.close().unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn sale_made_while_the_server_is_down_arrives_when_it_is_back() {
        let mut shop = DemoShop::open("window-offline").unwrap();
        let window = shop.open_new_till(1).await.unwrap();
        window.page.enrol().await.unwrap();
        window.page.sign_in(CASHIER).await.unwrap();
        window.page.open_drawer().await.unwrap();
        window
            .page
            .attribute_is("sync-light", "data-waiting", "0")
            .await
            .unwrap();
        window
            .page
            .attribute_is("sync-light", "data-state", "synced")
            .await
            .unwrap();

        shop.server.stop().unwrap();
        window
            .page
            .attribute_is("sync-light", "data-state", "offline")
            .await
            .unwrap();
        let (number, total_minor) = sell(&window).await;
        window
            .page
            .attribute_is("sync-light", "data-waiting", "1")
            .await
            .unwrap();
        window
            .page
            .attribute_is("done-saved", "data-pending", "true")
            .await
            .unwrap();
        window.page.picture("window offline").await.unwrap();

        // The power goes: what the cashier saw as done is on the disk.
        drop(window);
        let window = shop.open_till(1).await.unwrap();
        window.page.sign_in(CASHIER).await.unwrap();
        window
            .page
            .attribute_is("sync-light", "data-waiting", "1")
            .await
            .unwrap();

        shop.server.start_again().unwrap();
        arrives(&shop, &number, total_minor).await;
        window
            .page
            .attribute_is("sync-light", "data-state", "synced")
            .await
            .unwrap();
        window
            .page
            .attribute_is("sync-light", "data-waiting", "0")
            .await
            .unwrap();
        window.close().await.unwrap();
        shop.close().unwrap();
    }

    const CREDIT: &str = "
        SELECT credit.total_minor + credit.rounding_minor AS given_minor,
            receipt.number AS original FROM document AS credit
        JOIN document AS receipt ON receipt.document_id = credit.original_id
        WHERE credit.kind = 'credit_note' AND credit.number = $1";
    const ON_HAND: &str = "
        SELECT s.on_hand_milli FROM stock_level AS s JOIN product AS p USING (product_id)
        JOIN store USING (store_id)
        WHERE p.sku = $1 AND s.location = 'shop_floor' AND store.code = 'S1'";

    /// Opens the receipt for a return, by the scanner.
    async fn open_return(window: &Window, number: &str) {
        let page = &window.page;
        page.press(Key::F8).await.unwrap();
        page.focused("refund-number").await.unwrap();
        window.scan(number).unwrap();
        page.text_where("refund-of", |text| text == number)
            .await
            .unwrap();
    }

    /// Confirms the return: its credit note's number and amount.
    async fn give_back(page: &Page) -> (String, i64) {
        let amount_minor = page.amount_minor("refund-total").await.unwrap();
        page.click("refund-confirm").await.unwrap();
        page.find("page-done").await.unwrap();
        let number = page.text("receipt-number").await.unwrap();
        page.focused("new-sale").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.gone("page-done").await.unwrap();
        (number, amount_minor)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn goods_come_back_in_two_parts_and_onto_the_shelf() {
        let shop = DemoShop::open("window-return").unwrap();
        let window = shop.open_new_till(1).await.unwrap();
        let page = &window.page;
        page.enrol().await.unwrap();
        // The owner's language is Spanish: the same path in the other language.
        page.sign_in(OWNER).await.unwrap();
        page.text_where("language", |text| text.trim() == "ES")
            .await
            .unwrap();
        page.open_drawer().await.unwrap();
        let before = shop.row(ON_HAND, SCREEN_PROTECTOR.sku).await.unwrap();
        let (number, total_minor) = sell(&window).await;
        page.press(Key::Enter).await.unwrap();
        page.gone("page-done").await.unwrap();

        open_return(&window, &number).await;
        page.click("refund-1-more").await.unwrap();
        let (first, first_minor) = give_back(page).await;
        open_return(&window, &number).await;
        page.click("refund-all").await.unwrap();
        page.picture("window return").await.unwrap();
        let (second, second_minor) = give_back(page).await;
        assert_eq!(first_minor + second_minor, in_cash(total_minor));
        for (credit, amount_minor) in [(first, first_minor), (second, second_minor)] {
            let row = shop.row(CREDIT, &credit).await.unwrap();
            assert_eq!(row.get::<i64, _>("given_minor"), amount_minor);
            assert_eq!(row.get::<String, _>("original"), number);
        }
        let after = shop.row(ON_HAND, SCREEN_PROTECTOR.sku).await.unwrap();
        let on_hand = |row: &PgRow| row.get::<i64, _>("on_hand_milli");
        assert_eq!(on_hand(&after), on_hand(&before));
        window.close().await.unwrap();
        shop.close().unwrap();
    }

    const UNIT: &str = "
        SELECT line.details ->> 'serial' AS serial FROM document JOIN document_line AS line
            USING (organization_id, document_id) WHERE document.number = $1";

    #[tokio::test(flavor = "multi_thread")]
    async fn a_phone_is_sold_by_its_imei_and_found_again_by_scanning_it() {
        const IMEI: &str = "490154203237518";
        let shop = DemoShop::open("window-unit").unwrap();
        let window = shop.open_new_till(1).await.unwrap();
        let page = &window.page;
        page.enrol().await.unwrap();
        page.sign_in(CASHIER).await.unwrap();
        page.open_drawer().await.unwrap();
        page.find("page-sell").await.unwrap();
        window.scan(PHONE.barcode).unwrap();
        page.focused("serial").await.unwrap();
        // A digit mistyped: said, and mended.
        page.type_keys("490154203237519").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.attribute_is("serial-add", "data-doubted", "true")
            .await
            .unwrap();
        page.picture("window unit doubted").await.unwrap();
        window.scan(IMEI).unwrap();
        page.gone("dialog-serial").await.unwrap();
        page.text_where("line-serial", |text| text.contains(IMEI))
            .await
            .unwrap();
        page.picture("window unit in cart").await.unwrap();
        let number = page.pay_cash("100").await.unwrap();
        page.picture("window unit receipt").await.unwrap();
        let row = shop.row(UNIT, &number).await.unwrap();
        assert_eq!(row.get::<String, _>("serial"), IMEI);
        page.press(Key::Enter).await.unwrap();
        page.gone("page-done").await.unwrap();

        window.scan(IMEI).unwrap();
        page.find("unit-warranty").await.unwrap();
        page.text_where("unit-open", |text| text.contains(&number))
            .await
            .unwrap();
        page.picture("window unit found").await.unwrap();
        page.click("unit-return").await.unwrap();
        page.text_where("refund-of", |text| text == number)
            .await
            .unwrap();
        page.click("refund-all").await.unwrap();
        give_back(page).await;
        window.scan(IMEI).unwrap();
        page.text_where("unit-state", |text| text.contains("In the shop"))
            .await
            .unwrap();
        page.press(Key::Escape).await.unwrap();
        page.gone("dialog-unit").await.unwrap();

        // Two of it, each by its own number; the hands stay on the keys.
        page.focused("search").await.unwrap();
        window.scan(&format!("2*{}", PHONE.barcode)).unwrap();
        for (imei, n) in [("356938035643809", "1 of 2"), (IMEI, "2 of 2")] {
            page.text_where("serial-count", |text| text.contains(n))
                .await
                .unwrap();
            page.focused("serial").await.unwrap();
            page.type_keys(imei).await.unwrap();
            page.press(Key::Enter).await.unwrap();
        }
        page.gone("dialog-serial").await.unwrap();
        assert_eq!(page.count("line-serial").await.unwrap(), 2);
        window.close().await.unwrap();
        shop.close().unwrap();
    }

    const BALANCE: &str = "
        SELECT d.total_minor, p.amount_minor, p.tender,
            (SELECT r.folded -> 'balance' ->> 'balance_minor' FROM log_row AS r
                WHERE r.key = CASE p.tender WHEN 'gift_card' THEN 'gift_card:' || p.reference
                    ELSE 'account:' || d.customer_id END)::bigint AS balance_minor,
            d.details->'approvals'->0->>'permission' AS permission
        FROM document AS d JOIN payment AS p USING (organization_id, document_id)
        WHERE d.number = $1 AND p.tender IN ('gift_card', 'account')";

    #[tokio::test(flavor = "multi_thread")]
    async fn a_gift_card_is_sold_and_spent_by_the_keyboard() {
        const CODE: &str = "GIFT2026";
        let shop = DemoShop::open("window-balance").unwrap();
        let window = shop.open_new_till(1).await.unwrap();
        let page = &window.page;
        page.enrol().await.unwrap();
        page.sign_in(CASHIER).await.unwrap();
        page.open_drawer().await.unwrap();
        page.find("page-sell").await.unwrap();
        page.press_with(Key::Control, 'g').await.unwrap();
        page.focused("gift-code").await.unwrap();
        page.type_keys("gift-2026").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.focused("gift-amount").await.unwrap();
        page.type_keys("50").await.unwrap();
        page.picture("window gift card").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.gone("dialog-gift-card").await.unwrap();
        window.scan_until(CAR_CHARGER, "1").await.unwrap();
        let goods_minor = page.amount_minor("cart-total").await.unwrap();
        assert_eq!(
            page.amount_minor("cart-due").await.unwrap(),
            goods_minor + 5_000
        );
        page.picture("window gift card in cart").await.unwrap();
        let number = page.pay_cash("200").await.unwrap();
        page.picture("window gift card receipt").await.unwrap();
        let row = shop.row(BALANCE, &number).await.unwrap();
        assert_eq!(row.get::<i64, _>("total_minor"), goods_minor);
        assert_eq!(row.get::<i64, _>("amount_minor"), -5_000);
        assert_eq!(row.get::<i64, _>("balance_minor"), 5_000);
        page.press(Key::Enter).await.unwrap();
        page.gone("page-done").await.unwrap();

        // It pays, and its code opens what is left.
        window.scan_until(CAR_CHARGER, "1").await.unwrap();
        page.press(Key::F9).await.unwrap();
        page.focused("amount").await.unwrap();
        page.click("tender-gift_card").await.unwrap();
        page.focused("pay-gift-code").await.unwrap();
        page.type_keys(CODE).await.unwrap();
        page.text_where("pay-balance", |text| text.contains("50.00"))
            .await
            .unwrap();
        page.picture("window gift card pays").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.find("page-done").await.unwrap();
        let number = page.text("receipt-number").await.unwrap();
        let row = shop.row(BALANCE, &number).await.unwrap();
        let left_minor = 5_000 - goods_minor;
        assert_eq!(row.get::<i64, _>("amount_minor"), goods_minor);
        assert_eq!(row.get::<i64, _>("balance_minor"), left_minor);
        page.press(Key::Enter).await.unwrap();
        page.gone("page-done").await.unwrap();
        window.scan(CODE).unwrap();
        page.text_where("gift-state", |text| text.contains("Balance"))
            .await
            .unwrap();
        page.press(Key::Escape).await.unwrap();
        page.gone("dialog-gift-card").await.unwrap();
        window.close().await.unwrap();
        shop.close().unwrap();
    }

    /// The first customer whom a part of the name finds becomes the cart's.
    async fn choose_customer(page: &Page, name: &str) {
        page.press(Key::F4).await.unwrap();
        page.focused("picker-search").await.unwrap();
        page.type_keys(name).await.unwrap();
        page.attribute_is("picker", "data-found", name)
            .await
            .unwrap();
        page.press(Key::Enter).await.unwrap();
        page.gone("dialog-customer").await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_account_is_charged_if_a_manager_agrees_and_is_settled() {
        let shop = DemoShop::open("window-account").unwrap();
        let window = shop.open_new_till(1).await.unwrap();
        let page = &window.page;
        page.enrol().await.unwrap();
        page.sign_in(CASHIER).await.unwrap();
        page.open_drawer().await.unwrap();
        page.find("page-sell").await.unwrap();
        window.scan_until(CAR_CHARGER, "1").await.unwrap();
        let goods_minor = page.amount_minor("cart-total").await.unwrap();
        choose_customer(page, "Albany").await;
        page.press(Key::F9).await.unwrap();
        page.focused("amount").await.unwrap();
        page.click("tender-account").await.unwrap();
        page.focused("amount").await.unwrap();
        let typed = format!("{}.{:02}", goods_minor / 100, goods_minor % 100);
        page.type_keys(&typed).await.unwrap();
        page.picture("window account").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.focused("approval-pin").await.unwrap();
        page.click(&format!("approver-{}", MANAGER.name))
            .await
            .unwrap();
        page.type_keys(MANAGER.pin).await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.find("page-done").await.unwrap();
        let number = page.text("receipt-number").await.unwrap();
        let row = shop.row(BALANCE, &number).await.unwrap();
        assert_eq!(row.get::<i64, _>("balance_minor"), -goods_minor);
        assert_eq!(row.get::<String, _>("permission"), "overdraw_balance");
        page.press(Key::Enter).await.unwrap();
        page.gone("page-done").await.unwrap();
        choose_customer(page, "Albany").await;
        page.text_where("cart-balances", |text| text.contains("Owes"))
            .await
            .unwrap();
        page.click("collect").await.unwrap();
        page.focused("collect-amount").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.gone("dialog-collect").await.unwrap();
        page.picture("window account collected").await.unwrap();
        assert_eq!(page.amount_minor("cart-due").await.unwrap(), goods_minor);
        let number = page.pay_cash("100").await.unwrap();
        let row = shop.row(BALANCE, &number).await.unwrap();
        assert_eq!(row.get::<i64, _>("balance_minor"), 0);
        window.close().await.unwrap();
        shop.close().unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_return_stays_as_store_credit_and_a_manager_sets_a_limit() {
        const A_CUSTOMER: &str = "ul [data-test^='customer-']";
        let shop = DemoShop::open("window-credit").unwrap();
        let window = shop.open_new_till(1).await.unwrap();
        let page = &window.page;
        page.enrol().await.unwrap();
        page.sign_in(MANAGER).await.unwrap();
        page.open_drawer().await.unwrap();
        let (number, total_minor) = sell(&window).await;
        page.press(Key::Enter).await.unwrap();
        page.gone("page-done").await.unwrap();
        open_return(&window, &number).await;
        page.click("refund-all").await.unwrap();
        page.click("refund-tender-store_credit").await.unwrap();
        page.click("refund-customer").await.unwrap();
        page.focused("picker-search").await.unwrap();
        page.type_keys("Albany").await.unwrap();
        page.attribute_is("picker", "data-found", "Albany")
            .await
            .unwrap();
        page.press(Key::Enter).await.unwrap();
        page.gone("dialog-customer").await.unwrap();
        page.text_where("refund-customer", |text| text.contains("Albany"))
            .await
            .unwrap();
        page.picture("window store credit").await.unwrap();
        // Nothing is coined, so nothing is rounded.
        assert_eq!(give_back(page).await.1, total_minor);

        page.click("rail-customers").await.unwrap();
        page.fill("customer-search", "Albany").await.unwrap();
        page.click_at(A_CUSTOMER).await.unwrap();
        assert_eq!(
            page.amount_minor("held-store_credit").await.unwrap(),
            total_minor
        );
        page.click("set-limit").await.unwrap();
        page.focused("balance-amount").await.unwrap();
        page.type_keys("-5").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.picture("window limit refused").await.unwrap();
        page.fill("balance-amount", "500").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.gone("dialog-balance").await.unwrap();
        page.text_where("credit-limit", |text| text.contains("500"))
            .await
            .unwrap();
        page.picture("window balances").await.unwrap();
        window.close().await.unwrap();
        shop.close().unwrap();
    }

    const EXCHANGED: &str = "
        SELECT credit.number AS credit, credit.total_minor AS worth_minor,
            (SELECT sum(p.amount_minor)::bigint FROM payment AS p
                WHERE p.document_id = receipt.document_id AND p.tender = 'exchange') AS set_off_minor,
            (SELECT sum(p.amount_minor)::bigint FROM payment AS p
                WHERE p.document_id = receipt.document_id AND p.tender = 'cash') AS paid_minor,
            (SELECT sum(p.amount_minor)::bigint FROM payment AS p
                WHERE p.document_id = credit.document_id AND p.tender = 'cash') AS given_minor
        FROM document AS receipt JOIN document AS credit
            ON credit.document_id = (receipt.details -> 'exchange' ->> 'document_id')::uuid
            AND receipt.document_id = (credit.details -> 'exchange' ->> 'document_id')::uuid
        WHERE receipt.number = $1";

    /// Puts all goods of the receipt into the cart as coming back, by the scanner and the keys.
    async fn take_back(window: &Window, number: &str) {
        let page = &window.page;
        open_return(window, number).await;
        page.click("refund-all").await.unwrap();
        page.enabled("refund-exchange").await.unwrap();
        page.press(Key::F9).await.unwrap();
        page.gone("dialog-refund").await.unwrap();
        page.text_where("cart-exchange", |text| text.contains(number))
            .await
            .unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn goods_are_exchanged_for_dearer_ones_and_for_as_much() {
        let shop = DemoShop::open("window-exchange").unwrap();
        let window = shop.open_new_till(1).await.unwrap();
        let page = &window.page;
        page.enrol().await.unwrap();
        page.sign_in(CASHIER).await.unwrap();
        page.open_drawer().await.unwrap();
        let (number, total_minor) = sell(&window).await;
        page.press(Key::Enter).await.unwrap();
        page.gone("page-done").await.unwrap();

        take_back(&window, &number).await;
        page.picture("window exchange begun").await.unwrap();
        for units in ["1", "2", "3", "4"] {
            window.scan_until(CAR_CHARGER, units).await.unwrap();
        }
        let new_minor = page.amount_minor("cart-total").await.unwrap();
        let due_minor = page.amount_minor("cart-difference").await.unwrap();
        assert_eq!(due_minor, new_minor - total_minor);
        page.picture("window exchange").await.unwrap();
        // A cart with an exchange goes nowhere else.
        page.press(Key::F10).await.unwrap();
        page.find("exchange-first").await.unwrap();
        page.press(Key::Escape).await.unwrap();
        page.gone("exchange-first").await.unwrap();
        let receipt = page.pay_cash("100").await.unwrap();
        page.picture("window exchange done").await.unwrap();
        let row = shop.row(EXCHANGED, &receipt).await.unwrap();
        assert_eq!(row.get::<i64, _>("worth_minor"), total_minor);
        assert_eq!(row.get::<i64, _>("set_off_minor"), total_minor);
        assert_eq!(row.get::<i64, _>("paid_minor"), in_cash(due_minor));
        page.focused("new-sale").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.gone("page-done").await.unwrap();

        // The same goods again: nothing to pay, one key.
        take_back(&window, &receipt).await;
        for units in ["1", "2", "3", "4"] {
            window.scan_until(CAR_CHARGER, units).await.unwrap();
        }
        assert_eq!(page.amount_minor("cart-difference").await.unwrap(), 0);
        page.press(Key::F9).await.unwrap();
        page.focused("exchange-confirm").await.unwrap();
        page.find("exchange-even").await.unwrap();
        page.picture("window exchange even").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.find("page-done").await.unwrap();
        let even = page.text("receipt-number").await.unwrap();
        let row = shop.row(EXCHANGED, &even).await.unwrap();
        assert_eq!(row.get::<i64, _>("set_off_minor"), new_minor);
        assert_eq!(row.get::<Option<i64>, _>("paid_minor"), None);
        page.focused("new-sale").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.gone("page-done").await.unwrap();

        // For less: the rest goes back in cash.
        take_back(&window, &even).await;
        window.scan_until(CAR_CHARGER, "1").await.unwrap();
        let kept_minor = page.amount_minor("cart-total").await.unwrap();
        page.press(Key::F9).await.unwrap();
        page.focused("exchange-confirm").await.unwrap();
        page.picture("window exchange back").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        // What goods paid for becomes money only with a manager.
        page.focused("approval-pin").await.unwrap();
        page.type_keys(MANAGER.pin).await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.find("page-done").await.unwrap();
        let cheaper = page.text("receipt-number").await.unwrap();
        let row = shop.row(EXCHANGED, &cheaper).await.unwrap();
        assert_eq!(row.get::<i64, _>("set_off_minor"), kept_minor);
        let given_minor = in_cash(new_minor - kept_minor);
        assert_eq!(row.get::<i64, _>("given_minor"), given_minor);
        window.close().await.unwrap();
        shop.close().unwrap();
    }

    const INVOICED: &str = "
        SELECT folded #>> '{invoice,issued,receipt_number}' AS receipt,
            folded #>> '{invoice,issued,billed_to,name}' AS billed_to,
            (folded #>> '{invoice,issued,total_minor}')::bigint AS total_minor,
            (SELECT count(*) FROM document) AS documents
        FROM log_row WHERE kind = 'invoice' AND folded #>> '{invoice,issued,number}' = $1";

    #[tokio::test(flavor = "multi_thread")]
    async fn a_receipt_becomes_an_invoice_by_the_keyboard() {
        let shop = DemoShop::open("window-invoice").unwrap();
        let window = shop.open_new_till(1).await.unwrap();
        let page = &window.page;
        page.enrol().await.unwrap();
        page.sign_in(CASHIER).await.unwrap();
        page.open_drawer().await.unwrap();
        let (receipt, total_minor) = sell(&window).await;
        page.picture("window receipt to invoice").await.unwrap();
        page.press_with(Key::Control, 'i').await.unwrap();
        page.find("dialog-invoice").await.unwrap();
        page.focused("picker-search").await.unwrap();
        page.type_keys("Albany").await.unwrap();
        page.attribute_is("picker", "data-found", "Albany")
            .await
            .unwrap();
        page.press(Key::Enter).await.unwrap();
        page.focused("invoice-tax-id").await.unwrap();
        page.picture("window invoice form").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.gone("dialog-invoice").await.unwrap();
        let number = page
            .text_where("receipt-number", |text| text.contains("F0"))
            .await
            .unwrap();
        page.picture("window invoice").await.unwrap();
        let row = shop.row(INVOICED, &number).await.unwrap();
        assert_eq!(row.get::<String, _>("receipt"), receipt);
        assert_eq!(row.get::<i64, _>("total_minor"), total_minor);
        assert_eq!(row.get::<i64, _>("documents"), 1);
        let billed_to = row.get::<String, _>("billed_to");
        assert!(billed_to.contains("Albany"), "{billed_to}");

        // The invoice's own code opens it, and its receipt is a key away.
        page.press(Key::Escape).await.unwrap();
        page.gone("page-done").await.unwrap();
        window.scan(&number).unwrap();
        page.text_where("receipt-number", |text| text == number)
            .await
            .unwrap();
        page.press_with(Key::Control, 'i').await.unwrap();
        page.text_where("receipt-number", |text| text == receipt)
            .await
            .unwrap();
        window.close().await.unwrap();
        shop.close().unwrap();
    }

    const APPROVED: &str = "
        SELECT d.total_minor, d.details->'approvals'->0->>'permission' AS permission,
            by_whom.name AS approver, seller.name AS seller,
            (SELECT count(*) FROM document_line AS l WHERE l.document_id = d.document_id
                AND l.details->'steps' @> '[{\"kind\": \"line_discount\"}]') AS discounted
        FROM document AS d
        JOIN staff AS by_whom
            ON by_whom.staff_id = (d.details->'approvals'->0->>'staff_id')::uuid
        JOIN staff AS seller ON seller.staff_id = d.staff_id
        WHERE d.number = $1";

    #[tokio::test(flavor = "multi_thread")]
    async fn a_large_discount_takes_a_manager_s_pin_and_names_both_people() {
        let shop = DemoShop::open("window-approval").unwrap();
        let window = shop.open_new_till(1).await.unwrap();
        let page = &window.page;
        page.enrol().await.unwrap();
        page.sign_in(CASHIER).await.unwrap();
        page.find("page-sell").await.unwrap();
        page.open_drawer().await.unwrap();
        window.scan_until(CAR_CHARGER, "1").await.unwrap();
        let full_minor = page.amount_minor("cart-total").await.unwrap();
        page.press(Key::F3).await.unwrap();
        page.focused("line-quantity").await.unwrap();
        page.fill("line-discount", "50%").await.unwrap();
        page.picture("window line").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.gone("dialog-line").await.unwrap();
        page.text_where("price-steps", |text| text.contains("50%"))
            .await
            .unwrap();
        let half_minor = page.amount_minor("cart-total").await.unwrap();
        assert!(half_minor < full_minor);

        // Closing the question gives the cart back as it was.
        page.press(Key::F9).await.unwrap();
        page.focused("approval-pin").await.unwrap();
        page.press(Key::Escape).await.unwrap();
        page.gone("dialog-approval").await.unwrap();
        assert_eq!(page.amount_minor("cart-total").await.unwrap(), half_minor);

        page.press(Key::F9).await.unwrap();
        page.focused("approval-pin").await.unwrap();
        page.click(&format!("approver-{}", MANAGER.name))
            .await
            .unwrap();
        page.type_keys("000000").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.find("problem").await.unwrap();
        page.picture("window approval").await.unwrap();
        page.focused("approval-pin").await.unwrap();
        page.type_keys(MANAGER.pin).await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.gone("dialog-approval").await.unwrap();
        page.focused("amount").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.find("page-done").await.unwrap();
        let number = page.text("receipt-number").await.unwrap();

        let row = shop.row(APPROVED, &number).await.unwrap();
        assert_eq!(row.get::<i64, _>("total_minor"), half_minor);
        assert_eq!(row.get::<String, _>("permission"), "exceed_discount");
        assert_eq!(row.get::<String, _>("approver"), MANAGER.name);
        assert_eq!(row.get::<String, _>("seller"), CASHIER.name);
        assert_eq!(row.get::<i64, _>("discounted"), 1);
        window.close().await.unwrap();
        shop.close().unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_sale_is_printed_and_a_reprint_says_copy() {
        let shop = DemoShop::open("window-print").unwrap();
        let window = shop.open_new_till(1).await.unwrap();
        let page = &window.page;
        page.enrol().await.unwrap();
        page.sign_in(MANAGER).await.unwrap();
        page.find("page-sell").await.unwrap();
        page.open_drawer().await.unwrap();
        page.click("rail-printer").await.unwrap();
        page.find("page-printer").await.unwrap();
        // A folder that is not there is a printer that cannot be reached.
        let folder = shop.place("printer").unwrap();
        let (gone, file) = (folder.join("off").join("paper"), folder.join("paper"));
        page.click("printer-file").await.unwrap();
        page.fill("printer-address", &gone.display().to_string())
            .await
            .unwrap();
        page.click("printer-save").await.unwrap();
        page.enabled("printer-test").await.unwrap();
        page.picture("window printer").await.unwrap();

        page.click("rail-sell").await.unwrap();
        page.find("page-sell").await.unwrap();
        let (number, _) = sell(&window).await;
        page.attribute_is("print-light", "data-wrong", "true")
            .await
            .unwrap();
        page.press(Key::Enter).await.unwrap();
        page.gone("page-done").await.unwrap();
        page.click("print-light").await.unwrap();
        page.find("print-fault-unreachable").await.unwrap();
        page.picture("window print queue").await.unwrap();

        std::fs::create_dir(folder.join("off")).unwrap();
        page.click("print-retry").await.unwrap();
        page.gone("print-light").await.unwrap();
        let original = std::fs::read(&gone).unwrap();
        assert!(holds(&original, number.as_bytes()));
        assert!(!holds(&original, b"COPY"));

        page.fill("printer-address", &file.display().to_string())
            .await
            .unwrap();
        page.click("printer-save").await.unwrap();
        page.find("printer-saved").await.unwrap();
        page.click("rail-sell").await.unwrap();
        page.find("page-sell").await.unwrap();
        page.press(Key::F7).await.unwrap();
        page.find("receipt-panel").await.unwrap();
        page.press_with(Key::Control, 'p').await.unwrap();
        page.find("receipt-queued").await.unwrap();
        page.gone("print-light").await.unwrap();
        assert!(holds(&std::fs::read(&file).unwrap(), b"COPY"));
        window.close().await.unwrap();
        shop.close().unwrap();
    }

    fn holds(bytes: &[u8], part: &[u8]) -> bool {
        bytes.windows(part.len()).any(|window| window == part)
    }

    const CLOSED: &str = "
        SELECT (folded #>> '{shift,closed,closing,difference_minor}')::bigint AS difference_minor,
            (folded #>> '{shift,closed,closing,totals,sales}')::bigint AS sales
        FROM log_row WHERE kind = 'shift' AND state = $1";

    #[tokio::test(flavor = "multi_thread")]
    async fn drawer_is_opened_counted_and_closed() {
        let shop = DemoShop::open("window-drawer").unwrap();
        let window = shop.open_new_till(1).await.unwrap();
        let page = &window.page;
        page.enrol().await.unwrap();
        page.sign_in(CASHIER).await.unwrap();
        page.open_drawer().await.unwrap();
        let (_, total_minor) = sell(&window).await;
        page.press(Key::Enter).await.unwrap();
        page.gone("page-done").await.unwrap();

        page.press_with(Key::Alt, '5').await.unwrap();
        // A cashier counts blind.
        page.find("report-blind").await.unwrap();
        page.picture("window shift").await.unwrap();
        page.click("shift-close").await.unwrap();
        page.fill("pieces-10000", "1").await.unwrap();
        page.click("close-next").await.unwrap();
        page.find("close-counted").await.unwrap();
        page.click("close-confirm").await.unwrap();
        page.find("report-z").await.unwrap();
        assert_eq!(page.amount_minor("shift-net").await.unwrap(), total_minor);
        page.picture("window shift report").await.unwrap();
        let row = shop.row(CLOSED, "closed").await.unwrap();
        assert_eq!(row.get::<i64, _>("sales"), 1);
        // What was taken is missing: only the float was counted.
        assert_eq!(row.get::<i64, _>("difference_minor"), -in_cash(total_minor));
        page.click("z-done").await.unwrap();
        page.find("shift-float").await.unwrap();
        window.close().await.unwrap();
        shop.close().unwrap();
    }

    const CARD: &str = "
        SELECT (SELECT sum(p.amount_minor)::bigint FROM payment AS p
                WHERE p.document_id = d.document_id AND p.tender = 'card') AS card_minor,
            d.total_minor,
            (SELECT count(*) FROM log_row WHERE kind = 'card_payment' AND state = 'used') AS used,
            (SELECT count(*) FROM log_row WHERE kind = 'card_payment' AND is_open) AS open
        FROM document AS d WHERE d.number = $1";

    #[tokio::test(flavor = "multi_thread")]
    async fn a_card_is_declined_is_in_doubt_and_pays_at_last() {
        let shop = DemoShop::open("window-card").unwrap();
        let window = shop.open_new_till(1).await.unwrap();
        let page = &window.page;
        page.enrol().await.unwrap();
        page.sign_in(MANAGER).await.unwrap();
        page.open_drawer().await.unwrap();
        page.click("rail-printer").await.unwrap();
        page.click("terminal-save").await.unwrap();
        page.find("terminal-answer").await.unwrap();
        behaves(page, "Decline").await;

        page.click("rail-sell").await.unwrap();
        page.find("page-sell").await.unwrap();
        window.scan_until(SCREEN_PROTECTOR, "1").await.unwrap();
        page.press(Key::F9).await.unwrap();
        page.find("dialog-pay").await.unwrap();
        page.press_with(Key::Alt, '2').await.unwrap();
        page.enabled("charge-card").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.find("card-declined").await.unwrap();
        page.picture("window card declined").await.unwrap();
        page.press(Key::Escape).await.unwrap();
        page.gone("dialog-pay").await.unwrap();

        page.click("rail-printer").await.unwrap();
        behaves(page, "DropCharged").await;
        page.click("rail-sell").await.unwrap();
        page.find("page-sell").await.unwrap();
        page.press(Key::F9).await.unwrap();
        page.find("dialog-pay").await.unwrap();
        page.press_with(Key::Alt, '2').await.unwrap();
        page.enabled("charge-card").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.find("card-doubtful").await.unwrap();
        page.picture("window card in doubt").await.unwrap();
        page.click("card-settle").await.unwrap();
        page.find("dialog-settle-card").await.unwrap();
        page.click("slip-charged").await.unwrap();
        page.fill("slip-reference", "004217").await.unwrap();
        page.picture("window card settled").await.unwrap();
        page.click("slip-record").await.unwrap();
        page.find("card-charged").await.unwrap();
        page.enabled("confirm-payment").await.unwrap();
        page.picture("window card charged").await.unwrap();
        page.click("confirm-payment").await.unwrap();
        page.find("page-done").await.unwrap();
        let number = page.text("receipt-number").await.unwrap();
        let row = shop.row(CARD, &number).await.unwrap();
        assert_eq!(
            row.get::<i64, _>("card_minor"),
            row.get::<i64, _>("total_minor")
        );
        assert_eq!(row.get::<i64, _>("used"), 1);
        assert_eq!(row.get::<i64, _>("open"), 0);
        page.press(Key::Enter).await.unwrap();
        page.gone("page-done").await.unwrap();
        page.press_with(Key::Alt, '5').await.unwrap();
        page.attribute_is("card-payments", "data-open", "0")
            .await
            .unwrap();
        page.picture("window card payments").await.unwrap();
        window.close().await.unwrap();
        shop.close().unwrap();
    }

    /// Tells the simulated terminal how to behave from now on, without making anybody wait.
    async fn behaves(page: &Page, answer: &str) {
        page.find("terminal-answer").await.unwrap();
        let choose = format!(
            "const list = document.querySelector('[data-test=terminal-answer]');
             list.value = '{answer}';
             list.dispatchEvent(new Event('change', {{ bubbles: true }}));"
        );
        page.script(&choose).await.unwrap();
        page.fill("terminal-answers-after", "0").await.unwrap();
        page.click("terminal-save").await.unwrap();
        page.find("terminal-saved").await.unwrap();
    }

    const SOLD: &str = "
        SELECT state, folded #>> '{quote,ended,number}' AS receipt FROM log_row
        WHERE kind = 'quote' AND folded #>> '{quote,quoted,number}' = $1 AND state = 'accepted'";

    /// Puts the cart aside with a note: how much the till says it is.
    async fn park(page: &Page, note: &str) {
        page.press(Key::F5).await.unwrap();
        page.focused("park-note").await.unwrap();
        page.type_keys(note).await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.gone("dialog-park").await.unwrap();
        page.gone("cart-lines").await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_cart_is_parked_taken_up_after_a_restart_and_paid() {
        let shop = DemoShop::open("window-park").unwrap();
        let window = shop.open_new_till(1).await.unwrap();
        let page = &window.page;
        page.enrol().await.unwrap();
        page.sign_in(CASHIER).await.unwrap();
        page.open_drawer().await.unwrap();
        window.scan_until(SCREEN_PROTECTOR, "1").await.unwrap();
        window.scan_until(SCREEN_PROTECTOR, "2").await.unwrap();
        let total_minor = page.amount_minor("cart-total").await.unwrap();
        page.press(Key::F5).await.unwrap();
        page.focused("park-note").await.unwrap();
        page.picture("window park").await.unwrap();
        page.press(Key::Escape).await.unwrap();
        page.gone("dialog-park").await.unwrap();
        park(page, "went to the cash machine").await;

        // The window goes as a power cut takes it: what was parked is on the disk.
        drop(window);
        let window = shop.open_till(1).await.unwrap();
        let page = &window.page;
        page.sign_in(CASHIER).await.unwrap();
        page.find("page-sell").await.unwrap();
        page.text_where("open-parked", |text| text.contains("(1)"))
            .await
            .unwrap();
        // With another cart in hand, that one is parked first.
        window.scan_until(CAR_CHARGER, "1").await.unwrap();
        page.press(Key::F10).await.unwrap();
        page.text_where("parked-row", |text| text.contains("cash machine"))
            .await
            .unwrap();
        page.focused("parked-row").await.unwrap();
        page.picture("window parked").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.focused("park-first").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.gone("dialog-parked").await.unwrap();
        page.text_where("open-parked", |text| text.contains("(1)"))
            .await
            .unwrap();
        assert_eq!(page.amount_minor("cart-total").await.unwrap(), total_minor);
        page.pay_cash("100").await.unwrap();
        page.focused("new-sale").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.gone("page-done").await.unwrap();

        // The other one is let go of, with the reason.
        page.press(Key::F5).await.unwrap();
        page.focused("parked-row").await.unwrap();
        page.press(Key::Delete).await.unwrap();
        page.focused("let-go-reason").await.unwrap();
        page.type_keys("typed by mistake").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.gone("parked-row").await.unwrap();
        page.press(Key::Escape).await.unwrap();
        page.gone("dialog-parked").await.unwrap();
        window.close().await.unwrap();
        shop.close().unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_quote_is_made_found_by_its_code_and_sold() {
        let shop = DemoShop::open("window-quote").unwrap();
        let window = shop.open_new_till(1).await.unwrap();
        let page = &window.page;
        page.enrol().await.unwrap();
        page.sign_in(CASHIER).await.unwrap();
        page.open_drawer().await.unwrap();
        window.scan_until(CAR_CHARGER, "1").await.unwrap();
        let total_minor = page.amount_minor("cart-total").await.unwrap();
        page.press(Key::F11).await.unwrap();
        page.focused("quote-days").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.find("dialog-quotes").await.unwrap();
        page.find("receipt-panel").await.unwrap();
        let number = page.text("receipt-number").await.unwrap();
        page.picture("window quote").await.unwrap();
        page.press(Key::Escape).await.unwrap();
        page.gone("dialog-quotes").await.unwrap();
        page.gone("cart-lines").await.unwrap();

        window.scan(&number).unwrap();
        page.find("dialog-quotes").await.unwrap();
        page.find("quote-sell").await.unwrap();
        page.press(Key::F9).await.unwrap();
        page.text_where("cart-quoted", |text| text.contains(&number))
            .await
            .unwrap();
        assert_eq!(page.amount_minor("cart-total").await.unwrap(), total_minor);
        page.picture("window quote in the cart").await.unwrap();
        let receipt = page.pay_cash("100").await.unwrap();
        let row = shop.row(SOLD, &number).await.unwrap();
        assert_eq!(row.get::<String, _>("receipt"), receipt);
        window.close().await.unwrap();
        shop.close().unwrap();
    }

    const PASSED_ON: &str = "
        SELECT staff.name AS staff, seller.name AS seller FROM document AS d
        JOIN staff USING (organization_id, staff_id)
        JOIN document_line AS l USING (organization_id, document_id)
        LEFT JOIN staff AS seller ON seller.staff_id = (l.details ->> 'seller_id')::uuid
        WHERE d.number = $1 ORDER BY l.n";

    #[tokio::test(flavor = "multi_thread")]
    async fn a_cart_passes_to_who_signs_in_next_and_an_idle_till_locks() {
        let shop = DemoShop::open("window-lock").unwrap();
        let window = shop.open_new_till(1).await.unwrap();
        let page = &window.page;
        page.enrol().await.unwrap();
        page.sign_in(CASHIER).await.unwrap();
        page.open_drawer().await.unwrap();
        window.scan_until(CAR_CHARGER, "1").await.unwrap();
        page.press_with(Key::Control, 'l').await.unwrap();
        page.find("page-pin").await.unwrap();
        page.find("cart-waits").await.unwrap();
        page.picture("window locked").await.unwrap();
        page.sign_in(MANAGER).await.unwrap();
        page.find("page-sell").await.unwrap();
        page.text_where(&format!("quantity-{}", CAR_CHARGER.sku), |text| text == "1")
            .await
            .unwrap();
        let number = page.pay_cash("100").await.unwrap();
        let row = shop.row(PASSED_ON, &number).await.unwrap();
        assert_eq!(row.get::<String, _>("staff"), MANAGER.name);
        assert_eq!(row.get::<String, _>("seller"), CASHIER.name);
        page.focused("new-sale").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.gone("page-done").await.unwrap();

        // Nobody comes for a quarter of an hour.
        let later = "const now = Date.now; Date.now = () => now() + 900000;";
        page.script(later).await.unwrap();
        page.find("page-pin").await.unwrap();
        page.gone("cart-waits").await.unwrap();
        window.close().await.unwrap();
        shop.close().unwrap();
    }

    const REPAIR: &str = "
        SELECT r.state, count(*) AS events,
            bool_or(e.happening::text LIKE '%the screen flickers%') AS has_note
        FROM repair AS r JOIN repair_event AS e USING (organization_id, repair_id)
        WHERE r.number = $1 GROUP BY r.repair_id, r.state HAVING count(*) >= 3";

    #[tokio::test(flavor = "multi_thread")]
    async fn device_is_taken_in_moved_on_and_noted() {
        let shop = DemoShop::open("window-repair").unwrap();
        let window = shop.open_new_till(1).await.unwrap();
        let page = &window.page;
        page.enrol().await.unwrap();
        page.sign_in(TECHNICIAN).await.unwrap();
        page.press_with(Key::Alt, '2').await.unwrap();
        page.find("page-repairs").await.unwrap();
        page.press(Key::F2).await.unwrap();
        page.focused("picker-search").await.unwrap();
        page.type_keys("Albany").await.unwrap();
        page.find("customer-Albany Park Community Center - Uptown")
            .await
            .unwrap();
        page.press(Key::Enter).await.unwrap();
        page.click("kind-phone").await.unwrap();
        page.focused("intake-brand").await.unwrap();
        page.type_keys("Fairphone").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.fill("intake-fault", "does not charge").await.unwrap();
        page.picture("window intake").await.unwrap();
        page.click("intake-finish").await.unwrap();

        let number = page.text("ticket-number").await.unwrap();
        page.attribute_is("ticket-state", "data-state", "received")
            .await
            .unwrap();
        page.text_where("ticket-customer", |text| text.contains("Albany"))
            .await
            .unwrap();
        page.click("move-diagnosing").await.unwrap();
        page.attribute_is("ticket-state", "data-state", "diagnosing")
            .await
            .unwrap();
        page.fill("note", "under load the screen flickers")
            .await
            .unwrap();
        page.click("note-add").await.unwrap();
        page.text_where("timeline", |text| text.contains("flickers"))
            .await
            .unwrap();
        assert_eq!(page.count("event").await.unwrap(), 3);

        let row = shop.row(REPAIR, &number).await.unwrap();
        assert_eq!(row.get::<String, _>("state"), "diagnosing");
        assert_eq!(row.get::<i64, _>("events"), 3);
        assert!(row.get::<bool, _>("has_note"));
        window.close().await.unwrap();
        shop.close().unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn wrong_pin_is_refused_and_a_till_that_cannot_be_opened_says_why() {
        let shop = DemoShop::open("window-refusals").unwrap();
        let window = shop.open_new_till(1).await.unwrap();
        let page = &window.page;
        page.enrol().await.unwrap();
        let tile = format!("staff-{}", CASHIER.name);
        page.enabled(&tile).await.unwrap();
        page.click(&tile).await.unwrap();
        page.attribute_is(&tile, "aria-pressed", "true")
            .await
            .unwrap();
        page.type_keys("1111").await.unwrap();
        page.press(Key::Enter).await.unwrap();
        page.find("problem").await.unwrap();
        page.picture("window wrong pin").await.unwrap();
        page.sign_in(CASHIER).await.unwrap();

        // Which language a window of nobody's speaks depends on when the other one's browser wrote
        // down its own.
        let other = shop.open_till(1).await.unwrap();
        let said = other.page.text("problem").await.unwrap();
        let is_said = ["open on this computer already", "ya está abierta"];
        assert!(is_said.iter().any(|text| said.contains(text)), "{said}");
        other.close().await.unwrap();
        window.close().await.unwrap();

        let folder = shop.place("till-1").unwrap();
        let file = std::fs::read_to_string(folder.join("current")).unwrap();
        for log in ["-wal", "-shm"] {
            let log = folder.join(format!("{file}{log}"));
            if log.exists() {
                std::fs::remove_file(log).unwrap();
            }
        }
        std::fs::write(folder.join(&file), "not a database".repeat(1_000)).unwrap();
        let damaged = shop.open_till(1).await.unwrap();
        let said = damaged.page.text("problem").await.unwrap();
        let is_said = ["data are damaged", "están dañados"];
        assert!(is_said.iter().any(|text| said.contains(text)), "{said}");
        damaged.close().await.unwrap();
        shop.close().unwrap();
    }
}
