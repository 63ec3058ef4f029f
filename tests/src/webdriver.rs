//! Drives the product's real pages: the till's window through WebKitWebDriver, the console in
//! Chromium through chromedriver. Waits are for what a person would see, each with a deadline;
//! every process that is started here ends with the value that started it.

mod accessible;
pub mod desktop;
pub mod driver;
pub mod keyboard;
pub mod page;
pub mod picture;
pub mod shop;

pub use page::Page;

use std::path::Path;

use anyhow::{Context, Result};

use self::desktop::Desktop;
use self::driver::Driver;

/// What the till's program calls its window.
const TILL_TITLE: &str = "TechStore POS";

/// A window with its page, and the processes behind it.
#[derive(Debug)]
pub struct Window {
    pub page: Page,
    // Ended in this order.
    driver: Driver,
    desktop: Option<Desktop>,
}

impl Window {
    /// The till's real window on a data folder. `hint` is the server's address and a code, which
    /// the enrolment page then starts with.
    pub async fn till(data: &Path, hint: Option<(&str, &str)>) -> Result<Window> {
        let desktop = Desktop::start(data).await?;
        let mut driver = Driver::webkit(&desktop, data, hint)?;
        let page = Page::open(driver.till_session(data)?, &mut driver).await?;
        Ok(Window {
            page,
            driver,
            desktop: Some(desktop),
        })
    }

    /// The console in a browser that has never been used.
    pub async fn console(address: &str, profile: &Path) -> Result<Window> {
        let mut driver = Driver::chromium(profile)?;
        let page = Page::open(driver.browser_session(profile), &mut driver).await?;
        page.client().goto(address).await?;
        Ok(Window {
            page,
            driver,
            desktop: None,
        })
    }

    /// Scans a code with a hand scanner: a burst of keys and Enter, wherever the page's focus is.
    pub fn scan(&self, code: &str) -> Result<()> {
        let desktop = self
            .desktop
            .as_ref()
            .context("scanners are plugged into tills")?;
        desktop.keyboard()?.scan(TILL_TITLE, code)
    }

    /// Ends the window and everything behind it.
    pub async fn close(self) -> Result<()> {
        let Window {
            page,
            driver,
            desktop,
        } = self;
        page.close().await?;
        // The driver ends the program at once; its folder is free when it has gone.
        driver.alone().await?;
        drop(driver);
        drop(desktop);
        Ok(())
    }
}
