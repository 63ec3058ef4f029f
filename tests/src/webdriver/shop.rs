//! The demo shop with its server, and what its people do at a till's window with the keyboard.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use fantoccini::key::Key;
use sqlx::{Connection, PgConnection, postgres::PgRow};

use super::{Page, Window};
use crate::server::Server;

/// The longest an operation may take from a till to the server's tables.
const ARRIVAL_MAX: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A demo product that one test or another sells.
#[derive(Debug, Clone, Copy)]
pub struct Goods {
    pub sku: &'static str,
    pub barcode: &'static str,
}

pub const SCREEN_PROTECTOR: Goods = Goods {
    sku: "5667849",
    barcode: "843404086511",
};
pub const CAR_CHARGER: Goods = Goods {
    sku: "1114133",
    barcode: "600603132827",
};

/// A phone, whose units have IMEIs.
pub const PHONE: Goods = Goods {
    sku: "9263076",
    barcode: "635753497847",
};

/// Somebody who signs in at the first store.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    pub name: &'static str,
    pub pin: &'static str,
}

pub const CASHIER: Person = Person {
    name: "Olivia",
    pin: "2580",
};
pub const TECHNICIAN: Person = Person {
    name: "Noah",
    pin: "3690",
};
pub const MANAGER: Person = Person {
    name: "James",
    pin: "271828",
};
pub const OWNER: Person = Person {
    name: "Lucía",
    pin: "481516",
};
pub const OWNER_EMAIL: &str = "lucia@example.com";
pub const OWNER_PASSWORD: &str = "demo-owner-2024";

/// A running server that holds the demo shop, in a folder of its own.
#[derive(Debug)]
pub struct DemoShop {
    pub server: Server,
    folder: PathBuf,
}

impl DemoShop {
    /// Starts it. `name` keeps the folders of tests apart.
    pub fn open(name: &str) -> Result<DemoShop> {
        Self::start(name, None)
    }

    /// Starts it with the console's pages.
    pub fn open_with_console(name: &str) -> Result<DemoShop> {
        Self::start(name, Some(&console_pages()?))
    }

    fn start(name: &str, console: Option<&Path>) -> Result<DemoShop> {
        let folder = std::env::temp_dir().join(format!("techstore-{name}-{}", std::process::id()));
        let server = Server::start_with_console(&folder.join("server"), console)?;
        server.command(&["demo", "create"])?;
        Ok(DemoShop { server, folder })
    }

    /// A folder for a till or a browser.
    pub fn place(&self, name: &str) -> Result<PathBuf> {
        let place = self.folder.join(name);
        fs::create_dir_all(&place)?;
        Ok(place)
    }

    /// Opens the window of a till that has not been enrolled, with the enrolment page filled in.
    pub async fn open_new_till(&self, number: u32) -> Result<Window> {
        let code = self.server.enrol_code("S1", number)?;
        let place = self.place(&format!("till-{number}"))?;
        Window::till(&place, Some((&self.server.ready.address, &code))).await
    }

    /// Opens the window of a till that stands here already.
    pub async fn open_till(&self, number: u32) -> Result<Window> {
        Window::till(&self.place(&format!("till-{number}"))?, None).await
    }

    /// Waits until a query of the server's tables, past row-level security, finds a row.
    pub async fn row(&self, sql: &'static str, value: &str) -> Result<PgRow> {
        let mut connection = PgConnection::connect(&self.server.ready.owner_database_url).await?;
        let started = Instant::now();
        loop {
            let query = sqlx::query(sql).bind(value.to_owned());
            if let Some(row) = query.fetch_optional(&mut connection).await? {
                connection.close().await?;
                return Ok(row);
            }
            if started.elapsed() > ARRIVAL_MAX {
                bail!("nothing arrived at the server for {value}: {sql}");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Ends the server and removes what it left. A test that failed keeps its folder instead.
    pub fn close(mut self) -> Result<()> {
        self.server.stop()?;
        fs::remove_dir_all(&self.folder)
            .with_context(|| format!("cannot remove {}", self.folder.display()))
    }
}

/// Where the console's pages were built.
fn console_pages() -> Result<PathBuf> {
    let pages = match std::env::var_os("TECHSTORE_CONSOLE_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/dist/console"),
    };
    if !pages.join("index.html").is_file() {
        bail!(
            "no pages in {}: run `cargo xtask build-ui`",
            pages.display()
        );
    }
    Ok(pages.canonicalize()?)
}

impl Window {
    /// Scans a product and waits until the cart holds that many of it.
    pub async fn scan_until(&self, goods: Goods, quantity: &str) -> Result<()> {
        self.scan(goods.barcode)?;
        self.page
            .text_where(&format!("quantity-{}", goods.sku), |text| text == quantity)
            .await?;
        Ok(())
    }
}

impl Page {
    /// Connects a new till with what the enrolment page holds, and waits for its first fill.
    pub async fn enrol(&self) -> Result<()> {
        self.find("page-enrol").await?;
        self.focused("enrol-code").await?;
        self.press(Key::Enter).await?;
        self.find("page-pin").await?;
        Ok(())
    }

    /// Chooses a name by its first letter and types the PIN.
    pub async fn sign_in(&self, person: Person) -> Result<()> {
        let tile = format!("staff-{}", person.name);
        // The PINs come after the names.
        self.enabled(&tile).await?;
        let first: String = person.name.chars().take(1).collect();
        self.type_keys(&first.to_lowercase()).await?;
        self.attribute_is(&tile, "aria-pressed", "true").await?;
        self.type_keys(person.pin).await?;
        self.press(Key::Enter).await?;
        self.text_where("person", |text| text == person.name)
            .await?;
        Ok(())
    }

    /// Opens the drawer with a float of 100, as the page that sells asks for it.
    pub async fn open_drawer(&self) -> Result<()> {
        self.find("drawer-gate").await?;
        self.focused("shift-float").await?;
        self.type_keys("100").await?;
        self.press(Key::Enter).await?;
        self.gone("drawer-gate").await?;
        Ok(())
    }

    /// Pays what is in the cart with an amount of cash, and waits for the receipt's number.
    pub async fn pay_cash(&self, amount: &str) -> Result<String> {
        self.press(Key::F9).await?;
        self.find("dialog-pay").await?;
        self.focused("amount").await?;
        self.type_keys(amount).await?;
        self.find("pay-change").await?;
        self.press(Key::Enter).await?;
        self.find("page-done").await?;
        self.text("receipt-number").await
    }

    /// An amount on the page in minor units.
    pub async fn amount_minor(&self, name: &str) -> Result<i64> {
        let text = self.text(name).await?;
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        digits
            .parse()
            .with_context(|| format!("{name} says {text}"))
    }
}
