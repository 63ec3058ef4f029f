//! The cashier's main path in the till's real window, by the keyboard alone, up to the server's
//! tables. Nothing stands in for anything: own server and PostgreSQL, own window, own screen.

#![allow(
    clippy::unwrap_used,
    reason = "a test fails where something is missing"
)]

mod window {
    use fantoccini::key::Key;
    use sqlx::Row;
    use tests::webdriver::Window;
    use tests::webdriver::shop::{CAR_CHARGER, CASHIER, DemoShop, SCREEN_PROTECTOR};

    const DOCUMENT: &str = "
        SELECT d.kind, d.total_minor, staff.name AS staff,
            (SELECT count(*) FROM document_line AS l WHERE l.document_id = d.document_id) AS lines,
            (SELECT sum(l.quantity_milli)::bigint FROM document_line AS l
                WHERE l.document_id = d.document_id) AS quantity_milli,
            (SELECT sum(p.amount_minor)::bigint FROM payment AS p
                WHERE p.document_id = d.document_id AND p.tender = 'cash') AS cash_minor
        FROM document AS d LEFT JOIN staff USING (organization_id, staff_id)
        WHERE d.number = $1";

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
        assert_eq!(change_minor, 100_00 - total_minor);
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
        assert_eq!(row.get::<i64, _>("cash_minor"), total_minor);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn sale_in_the_window_arrives_in_postgresql() {
        let shop = DemoShop::open("window-sale").unwrap();
        let window = shop.open_new_till(1).await.unwrap();
        let page = &window.page;
        page.enrol().await.unwrap();
        page.picture("window sign in").await.unwrap();
        page.sign_in(CASHIER).await.unwrap();

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
}
