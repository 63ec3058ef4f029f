//! Makes the pictures of docs/pictures: the till's real window and the console in a browser, over
//! the demo shop after a day of sales, in both languages. What is pictured is what runs.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use clap::Parser;
use domain::{
    catalog::Product,
    contract::ipc::{AskedTerms, CompleteSale, SaleLine, SearchProducts},
    id::DraftId,
    money::Money,
    quantity::Quantity,
    sale::{TenderCode, TenderedPayment},
};
use fantoccini::key::Key;
use serde_json::json;
use tests::{
    till::HeadlessTill,
    webdriver::{
        Page, Window,
        shop::{
            CAR_CHARGER, DemoShop, MANAGER, OWNER_EMAIL, OWNER_PASSWORD, PHONE, SCREEN_PROTECTOR,
        },
    },
};
use uuid::Uuid;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const QUIET_MS_MAX: u64 = 60_000;
/// How many sales a shop like this makes in each hour from ten in the morning.
const SALES: [u32; 11] = [3, 4, 7, 6, 4, 3, 5, 8, 7, 5, 2];
/// A week before it was a little less, and at other hours.
const SALES_BEFORE: [u32; 11] = [2, 4, 5, 6, 5, 4, 3, 6, 6, 4, 3];
/// What is looked for to fill carts with.
const SHELVES: [&str; 6] = ["galaxy", "case", "cable", "charger", "headphones", "usb"];
const A_REPAIR: &str = "button[data-test^='repair-'][data-state]";
const A_CUSTOMER: &str = "ul [data-test^='customer-']";
const HELD: &str = "SELECT device_seq FROM held_operation WHERE reason = $1";
const LANGUAGES: [&str; 2] = ["en", "es"];

/// Makes the pictures of the documentation.
#[derive(Debug, Parser)]
struct Options {
    /// Where they go.
    #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/pictures"))]
    out: PathBuf,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    fs::create_dir_all(&options.out)?;
    let shop = DemoShop::open_with_console("pictures")?;
    sell_a_day(&shop)?;
    withdraw_a_till(&shop).await?;
    console(&shop, &options.out).await?;
    till(&shop, &options.out).await?;
    shop.close()
}

/// Yesterday and the same day of the week before, at a till of each store.
fn sell_a_day(shop: &DemoShop) -> Result<()> {
    for (store, till, person, pin) in [("S1", 2, "Olivia", "2580"), ("S2", 1, "Mateo", "1470")] {
        let place = shop.place(&format!("headless-{store}"))?;
        let mut till_program = HeadlessTill::start(&place, None)?;
        let code = shop.server.enrol_code(store, till)?;
        till_program.enrol(&shop.server.ready.address, &code)?;
        till_program.wait_quiet(QUIET_MS_MAX)?;
        let session = till_program.sign_in(person, pin)?;
        let goods = shelves(&mut till_program)?;
        let offset_ms = i64::from(session.utc_offset_min) * 60_000;
        let midnight_ms = (session.now_ms + offset_ms).div_euclid(DAY_MS) * DAY_MS - offset_ms;
        let mut chance = Chance(u64::from(till) * 7_919);
        for (day_ms, sales) in [
            (midnight_ms - 8 * DAY_MS, SALES_BEFORE),
            (midnight_ms - DAY_MS, SALES),
        ] {
            for (hour, count) in (10..).zip(sales) {
                for place in 0..i64::from(count) {
                    let minute = place * 60 / i64::from(count) + chance.below(6);
                    let now_ms = day_ms + hour * HOUR_MS + minute * 60_000;
                    till_program.ask("set_clock", &json!({ "now_ms": now_ms }))?;
                    sell(&mut till_program, &goods, &mut chance)?;
                }
            }
        }
        till_program.wait_quiet(QUIET_MS_MAX)?;
        till_program.quit()?;
        println!("sold two days at {store}");
    }
    Ok(())
}

/// A till of the second store that was revoked before its last sale arrived: the server holds it.
async fn withdraw_a_till(shop: &DemoShop) -> Result<()> {
    let mut till = HeadlessTill::start(&shop.place("headless-withdrawn")?, None)?;
    let code = shop.server.enrol_code("S2", 2)?;
    let place = till.enrol(&shop.server.ready.address, &code)?.place;
    let device_id = place
        .context("an enrolled till has a place")?
        .till
        .device_id;
    till.wait_quiet(QUIET_MS_MAX)?;
    till.sign_in("Mateo", "1470")?;
    let goods = shelves(&mut till)?;
    till.ask("set_network", &json!({ "online": false }))?;
    sell(&mut till, &goods, &mut Chance(5))?;
    let device = device_id.to_string();
    shop.server
        .command(&["till", "revoke", "--device", &device])?;
    till.ask("set_network", &json!({ "online": true }))?;
    shop.row(HELD, "revoked").await?;
    till.quit()
}

fn shelves(till: &mut HeadlessTill) -> Result<Vec<Product>> {
    let mut goods = Vec::new();
    for text in SHELVES {
        let search = SearchProducts {
            text: text.to_owned(),
            category_id: None,
            offset: 0,
            limit: 12,
        };
        let page = till.call(&search)?.context("searching")?;
        goods.extend(page.hits.into_iter().map(|hit| hit.product));
    }
    Ok(goods)
}

fn sell(till: &mut HeadlessTill, goods: &[Product], chance: &mut Chance) -> Result<()> {
    let mut lines = Vec::new();
    let mut price_e4 = 0;
    for _ in 0..=chance.below(3) {
        let place = usize::try_from(chance.below(i64::try_from(goods.len())?))?;
        let product = goods.get(place).context("no goods")?;
        price_e4 += product.price_e4.0;
        lines.push(SaleLine::of(product.product_id, Quantity::ONE));
    }
    // Notes of twenty that cover the tax as well.
    let twenties = price_e4 * 11 / 10 / 200_000 + 1;
    let sale = CompleteSale {
        lines,
        draft_id: DraftId(Uuid::from_u128(u128::from(chance.next()))),
        payments: vec![TenderedPayment {
            tender: TenderCode::CASH,
            tendered_minor: Money(twenties * 2_000),
            reference: String::new(),
        }],
        customer_id: None,
        terms: AskedTerms::default(),
        quote_id: None,
        exchange: None,
    };
    till.call(&sale)?.context("selling")?;
    Ok(())
}

/// The same numbers every time, so that pictures change only when pages do.
struct Chance(u64);

impl Chance {
    /// A step of SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: i64) -> i64 {
        i64::try_from(self.next() >> 2).map_or(0, |number| number % end.max(1))
    }
}

/// Pictures of one run, named after program, page and language.
struct Album<'a> {
    page: &'a Page,
    out: &'a Path,
    program: &'static str,
    language: &'static str,
}

impl Album<'_> {
    async fn keep(&self, name: &str) -> Result<()> {
        let parts = [self.program, name, self.language];
        let name: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let file = self.out.join(format!("{}.png", name.join("-")));
        fs::write(&file, self.page.drawn().await?)?;
        println!("{}", file.display());
        if let Err(error) = self.page.judge(&file.display().to_string()).await {
            eprintln!("{error:#}");
        }
        Ok(())
    }

    /// Presses the button that switches languages until it names this one.
    async fn speak(&self) -> Result<()> {
        let wanted = self.language.to_uppercase();
        if self.page.text("language").await?.trim() != wanted {
            self.page.click("language").await?;
        }
        self.page
            .text_where("language", |text| text.trim() == wanted)
            .await?;
        Ok(())
    }
}

async fn console(shop: &DemoShop, out: &Path) -> Result<()> {
    let window = Window::console(&shop.server.ready.address, &shop.place("browser")?).await?;
    let page = &window.page;
    page.client().set_window_size(1366, 1340).await?;
    for (place, language) in LANGUAGES.into_iter().enumerate() {
        let album = Album {
            page,
            out,
            program: "console",
            language,
        };
        if place == 0 {
            page.find("page-sign-in").await?;
            page.fill("email", OWNER_EMAIL).await?;
            page.fill("password", OWNER_PASSWORD).await?;
            page.press(Key::Enter).await?;
        }
        page.find("page-sales").await?;
        page.find("documents").await?;
        album.speak().await?;
        album.keep("").await?;
        page.click("theme").await?;
        album.keep("dark").await?;
        page.click("theme").await?;
        page.follow("documents").await?;
        page.find("page-document").await?;
        album.keep("sale").await?;
        page.follow("nav-tills").await?;
        page.find("tills").await?;
        page.find("held").await?;
        album.keep("tills").await?;
        page.click("theme").await?;
        album.keep("tills-dark").await?;
        page.click("theme").await?;
        page.client().goto(&shop.server.ready.address).await?;
    }
    window.close().await
}

async fn till(shop: &DemoShop, out: &Path) -> Result<()> {
    let window = shop.open_new_till(1).await?;
    let page = &window.page;
    page.find("page-enrol").await?;
    for language in LANGUAGES {
        let enrolling = Album {
            page,
            out,
            program: "till",
            language,
        };
        page.click(&format!("language-{language}")).await?;
        enrolling.keep("enrol").await?;
    }
    page.click("enrol-code").await?;
    page.enrol().await?;
    for language in LANGUAGES {
        let album = Album {
            page,
            out,
            program: "till",
            language,
        };
        page.enabled(&format!("staff-{}", MANAGER.name)).await?;
        album.speak().await?;
        album.keep("sign-in").await?;
        page.sign_in(MANAGER).await?;
        // The page stands once the person's own language has been taken.
        page.find("page-sell").await?;
        album.speak().await?;
        page.find("drawer-gate").await?;
        album.keep("drawer-gate").await?;
        // Switching the language took the focus, and the last shift left a float.
        page.fill("shift-float", "100").await?;
        page.press(Key::Enter).await?;
        page.gone("drawer-gate").await?;
        cashier(&window, &album).await?;
        unit(&window, &album).await?;
        gift_card(&window, &album).await?;
        set_aside(&window, &album).await?;
        drawer(page, &album).await?;
        others(page, &album).await?;
        page.click("sign-out").await?;
    }
    window.close().await
}

async fn cashier(window: &Window, album: &Album<'_>) -> Result<()> {
    let page = &window.page;
    page.find("page-sell").await?;
    window.scan_until(SCREEN_PROTECTOR, "1").await?;
    window.scan_until(SCREEN_PROTECTOR, "2").await?;
    window.scan_until(CAR_CHARGER, "1").await?;
    album.keep("tiles").await?;
    page.fill("search", "samsung gal").await?;
    page.find("hit-4674169").await?;
    album.keep("sell").await?;
    page.click("theme").await?;
    album.keep("dark").await?;
    page.click("theme").await?;
    page.click("pay").await?;
    page.focused("amount").await?;
    page.type_keys("100").await?;
    page.find("pay-change").await?;
    album.keep("pay").await?;
    page.press(Key::Enter).await?;
    let number = page.text("receipt-number").await?;
    album.keep("receipt").await?;
    invoice(page, album).await?;
    page.press(Key::Escape).await?;
    page.gone("page-done").await?;
    page.press(Key::F8).await?;
    page.focused("refund-number").await?;
    window.scan(&number)?;
    page.click("refund-all").await?;
    album.keep("refund").await?;
    page.press(Key::Escape).await?;
    page.gone("dialog-refund").await
}

/// The receipt on the screen becomes an invoice.
async fn invoice(page: &Page, album: &Album<'_>) -> Result<()> {
    page.press_with(Key::Control, 'i').await?;
    page.focused("picker-search").await?;
    page.type_keys("Albany").await?;
    page.attribute_is("picker", "data-found", "Albany").await?;
    page.press(Key::Enter).await?;
    page.focused("invoice-tax-id").await?;
    album.keep("invoice-form").await?;
    page.press(Key::Enter).await?;
    page.gone("dialog-invoice").await?;
    page.text_where("receipt-number", |text| text.contains("F0"))
        .await?;
    album.keep("invoice").await
}

/// A phone by its IMEI (the example of 3GPP TS 23.003), found again, and exchanged.
async fn unit(window: &Window, album: &Album<'_>) -> Result<()> {
    const IMEI: &str = "490154203237518";
    let page = &window.page;
    window.scan(PHONE.barcode)?;
    page.focused("serial").await?;
    page.type_keys("490154203237519").await?;
    page.press(Key::Enter).await?;
    page.attribute_is("serial-add", "data-doubted", "true")
        .await?;
    album.keep("serial").await?;
    window.scan(IMEI)?;
    page.find("line-serial").await?;
    page.pay_cash("100").await?;
    page.press(Key::Enter).await?;
    page.gone("page-done").await?;
    window.scan(IMEI)?;
    page.find("unit-warranty").await?;
    album.keep("unit").await?;
    page.click("unit-return").await?;
    page.find("refund-of").await?;
    page.click("refund-all").await?;
    page.press(Key::F9).await?;
    page.find("cart-exchange").await?;
    window.scan_until(SCREEN_PROTECTOR, "1").await?;
    album.keep("exchange").await?;
    page.press(Key::F9).await?;
    page.focused("exchange-confirm").await?;
    album.keep("exchange-back").await?;
    page.press(Key::Enter).await?;
    page.find("page-done").await?;
    page.focused("new-sale").await?;
    page.press(Key::Enter).await?;
    page.gone("page-done").await
}

/// A gift card that is sold beside goods, and pays for others.
async fn gift_card(window: &Window, album: &Album<'_>) -> Result<()> {
    const CODE: &str = "GIFT2026";
    let page = &window.page;
    page.press_with(Key::Control, 'g').await?;
    page.focused("gift-code").await?;
    page.type_keys(CODE).await?;
    page.press(Key::Enter).await?;
    page.focused("gift-amount").await?;
    page.type_keys("50").await?;
    album.keep("gift-card").await?;
    page.press(Key::Enter).await?;
    page.gone("dialog-gift-card").await?;
    window.scan_until(SCREEN_PROTECTOR, "1").await?;
    album.keep("gift-card-cart").await?;
    page.pay_cash("100").await?;
    album.keep("gift-card-receipt").await?;
    page.press(Key::Enter).await?;
    page.gone("page-done").await?;
    window.scan_until(SCREEN_PROTECTOR, "1").await?;
    page.press(Key::F9).await?;
    page.focused("amount").await?;
    page.click("tender-gift_card").await?;
    page.focused("pay-gift-code").await?;
    page.type_keys(CODE).await?;
    page.text_where("pay-balance", |text| text.contains('$'))
        .await?;
    album.keep("gift-card-pay").await?;
    page.press(Key::Enter).await?;
    page.find("page-done").await?;
    page.press(Key::Enter).await?;
    page.gone("page-done").await
}

/// A parked cart among those that wait, and a quote with its paper.
async fn set_aside(window: &Window, album: &Album<'_>) -> Result<()> {
    let page = &window.page;
    window.scan_until(CAR_CHARGER, "1").await?;
    page.press(Key::F5).await?;
    page.focused("park-note").await?;
    page.type_keys("went to the cash machine").await?;
    page.press(Key::Enter).await?;
    page.gone("dialog-park").await?;
    page.press(Key::F10).await?;
    page.focused("parked-row").await?;
    album.keep("parked").await?;
    page.press(Key::Escape).await?;
    page.gone("dialog-parked").await?;
    window.scan_until(SCREEN_PROTECTOR, "1").await?;
    page.press(Key::F11).await?;
    page.focused("quote-days").await?;
    page.press(Key::Enter).await?;
    page.find("receipt-panel").await?;
    album.keep("quote").await?;
    page.press(Key::Escape).await?;
    page.gone("dialog-quotes").await
}

/// The drawer through its shift; it is closed at the end, so that the next language opens it anew.
async fn drawer(page: &Page, album: &Album<'_>) -> Result<()> {
    page.click("rail-shift").await?;
    page.find("shift-open").await?;
    page.click("cash-move-petty_expense").await?;
    page.focused("cash-amount").await?;
    page.type_keys("4.50").await?;
    page.fill("cash-reason", "Stamps").await?;
    album.keep("cash-movement").await?;
    page.press(Key::Enter).await?;
    page.gone("dialog-cash").await?;
    album.keep("shift").await?;
    page.click("shift-close").await?;
    page.find("dialog-close-shift").await?;
    page.fill("pieces-2000", "6").await?;
    page.fill("pieces-500", "3").await?;
    page.fill("pieces-25", "7").await?;
    album.keep("shift-count").await?;
    page.click("close-next").await?;
    page.find("close-counted").await?;
    album.keep("shift-close").await?;
    page.click("close-confirm").await?;
    page.find("report-z").await?;
    album.keep("shift-report").await?;
    page.click("z-done").await?;
    page.gone("dialog-z").await
}

async fn others(page: &Page, album: &Album<'_>) -> Result<()> {
    page.click("rail-repairs").await?;
    page.find("page-repairs").await?;
    album.keep("repairs").await?;
    page.click_at(A_REPAIR).await?;
    page.find("page-ticket").await?;
    album.keep("repair").await?;
    page.click("rail-customers").await?;
    page.find("page-customers").await?;
    page.click_at(A_CUSTOMER).await?;
    page.find("customer-card").await?;
    album.keep("customers").await?;
    page.click("customer-edit").await?;
    page.find("customer-name-field").await?;
    album.keep("customer-edit").await?;
    page.click("rail-stock").await?;
    page.fill("stock-search", CAR_CHARGER.sku).await?;
    page.press(Key::Enter).await?;
    page.find("product-card").await?;
    album.keep("stock").await?;
    page.click("rail-printer").await?;
    page.find("page-printer").await?;
    album.keep("printer").await?;
    page.click("rail-sync").await?;
    page.find("page-sync").await?;
    album.keep("sync").await
}
