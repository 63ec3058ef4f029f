//! What a person does on a page and sees there. Things are named by their `data-test` attribute;
//! whoever asks for one waits until it is on the page, shown and in use.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};
use fantoccini::{
    Client, ClientBuilder,
    actions::{InputSource, KeyAction, KeyActions},
    elements::{Element, ElementRef},
    error::{CmdError, ErrorStatus, NewSessionError},
    key::Key,
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde::Deserialize;
use serde_json::Value;

use super::{accessible, driver::Driver, picture};

/// The longest a person would wait; machines under load are slow.
const WAIT_MAX: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(25);
const LOG_LINES: usize = 25;

/// A page that never stands still (a clock, a spinner) is pictured all the same.
const STILL_MAX: Duration = Duration::from_secs(5);

/// Ends when what runs out has run out and two frames have been drawn.
const DRAW: &str = "const done = arguments[0];
    const ends = it => it.effect.getComputedTiming().endTime !== Infinity;
    const all = document.getAnimations().filter(ends).map(it => it.finished);
    Promise.allSettled(all).then(() => requestAnimationFrame(() => requestAnimationFrame(done)));";

/// Driver's own ways of asking whether something is shown take a round trip for each thing.
const LOOK: &str = "return [...document.querySelectorAll(arguments[0])]
    .filter(it => it.getClientRects().length > 0 && it.checkVisibility({visibilityProperty: true}))
    .map(it => ({element: it, text: it.innerText ?? it.textContent, is_enabled: !it.disabled}))";

#[derive(Deserialize)]
struct Found {
    element: BTreeMap<String, String>,
    text: String,
    is_enabled: bool,
}

/// A thing that a person sees.
#[derive(Debug, Clone)]
pub struct Shown {
    pub element: Element,
    pub text: String,
    pub is_enabled: bool,
}

/// A page in a window.
#[derive(Debug, Clone)]
pub struct Page {
    client: Client,
    log: PathBuf,
}

impl Page {
    pub(super) async fn open(capabilities: Value, driver: &mut Driver) -> Result<Page> {
        let Value::Object(capabilities) = capabilities else {
            bail!("capabilities are an object");
        };
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let started = Instant::now();
        let client = loop {
            match builder.connect(&driver.address()).await {
                Ok(client) => break client,
                // The driver was started a moment ago and does not listen yet.
                Err(NewSessionError::FailedC(_)) if started.elapsed() < WAIT_MAX => {
                    driver.must_run()?;
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                Err(error) => {
                    let log = end_of(driver.log());
                    return Err(anyhow!(error).context(format!("no window opened\n{log}")));
                }
            }
        };
        Ok(Page {
            client,
            log: driver.log().to_owned(),
        })
    }

    /// For what is not said here.
    pub fn client(&self) -> &Client {
        &self.client
    }

    pub(super) async fn close(self) -> Result<()> {
        Ok(self.client.close().await?)
    }

    /// Waits until `look` finds something, and returns it; else says what the page shows.
    pub async fn until<T, F>(&self, what: &str, mut look: impl FnMut() -> F) -> Result<T>
    where
        F: Future<Output = Result<Option<T>>>,
    {
        let started = Instant::now();
        loop {
            if let Some(found) = look().await.with_context(|| what.to_owned())? {
                return Ok(found);
            }
            if started.elapsed() > WAIT_MAX {
                return Err(self.complain(what).await);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn complain(&self, what: &str) -> anyhow::Error {
        let picture = match self
            .keep(&format!("failed {what}").replace(['/', ' ', '"'], "-"))
            .await
        {
            Ok(file) => file.display().to_string(),
            Err(error) => format!("none: {error}"),
        };
        let words = match self
            .client
            .execute("return document.body.innerText", Vec::new())
            .await
        {
            Ok(words) => words.as_str().unwrap_or_default().to_owned(),
            Err(error) => error.to_string(),
        };
        let log = end_of(&self.log);
        anyhow!("waited in vain for: {what}\npicture: {picture}\nthe page says:\n{words}\n{log}")
    }

    /// The thing of this name, once it is shown.
    pub async fn find(&self, name: &str) -> Result<Element> {
        Ok(self.shown_where(name, |_| true).await?.element)
    }

    async fn shown_where(&self, name: &str, fits: impl Fn(&Shown) -> bool) -> Result<Shown> {
        let fits = &fits;
        self.until(name, || async move {
            Ok(self.shown(name).await?.into_iter().find(fits))
        })
        .await
    }

    /// Everything of this name that is shown now.
    pub async fn shown(&self, name: &str) -> Result<Vec<Shown>> {
        self.shown_at(&selector(name)).await
    }

    async fn shown_at(&self, selector: &str) -> Result<Vec<Shown>> {
        let found = loop {
            match self.client.execute(LOOK, vec![selector.into()]).await {
                // What was found went before the driver could name it: the page is looked at again.
                Err(error) if error.to_string().contains("Stale element") => {}
                looked => break looked?,
            }
        };
        let found: Vec<Found> = serde_json::from_value(found)?;
        let shown = found.into_iter().map(|found| {
            let [reference] = found
                .element
                .into_values()
                .collect::<Vec<_>>()
                .try_into()
                .ok()?;
            Some(Shown {
                element: Element::from_element_id(self.client.clone(), ElementRef::from(reference)),
                text: found.text,
                is_enabled: found.is_enabled,
            })
        });
        shown
            .collect::<Option<_>>()
            .context("the driver names elements")
    }

    /// Presses a thing with the mouse, once it can be pressed.
    pub async fn click(&self, name: &str) -> Result<()> {
        self.click_at(&selector(name)).await
    }

    /// Presses the first thing that a CSS selector finds, once it can be pressed.
    pub async fn click_at(&self, selector: &str) -> Result<()> {
        self.until(&format!("{selector} that can be clicked"), || async {
            let shown = self.shown_at(selector).await?;
            match shown.into_iter().find(|shown| shown.is_enabled) {
                Some(shown) => seen(shown.element.click().await),
                None => Ok(None),
            }
        })
        .await
    }

    /// Follows the first link in a thing.
    pub async fn follow(&self, name: &str) -> Result<()> {
        self.click_at(&format!("{} a", selector(name))).await
    }

    /// Waits until a thing can be used.
    pub async fn enabled(&self, name: &str) -> Result<()> {
        self.shown_where(name, |shown| shown.is_enabled).await?;
        Ok(())
    }

    /// Writes into a field instead of what it held.
    pub async fn fill(&self, name: &str, text: &str) -> Result<()> {
        let element = self.find(name).await?;
        element.clear().await.with_context(|| name.to_owned())?;
        element
            .send_keys(text)
            .await
            .with_context(|| name.to_owned())?;
        Ok(())
    }

    /// Types on the keyboard, wherever the page's focus is.
    pub async fn type_keys(&self, text: &str) -> Result<()> {
        let keys = text
            .chars()
            .fold(KeyActions::new("keyboard".into()), |keys, key| {
                keys.then(KeyAction::Down { value: key })
                    .then(KeyAction::Up { value: key })
            });
        Ok(self.client.perform_actions(keys).await?)
    }

    /// Presses one key that writes nothing.
    pub async fn press(&self, key: Key) -> Result<()> {
        self.type_keys(&char::from(key).to_string()).await
    }

    /// Presses a key while another is held.
    pub async fn press_with(&self, held: Key, key: char) -> Result<()> {
        let held = char::from(held);
        let keys = KeyActions::new("keyboard".into())
            .then(KeyAction::Down { value: held })
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key })
            .then(KeyAction::Up { value: held });
        Ok(self.client.perform_actions(keys).await?)
    }

    /// The words of a thing, once it is shown.
    pub async fn text(&self, name: &str) -> Result<String> {
        self.text_where(name, |_| true).await
    }

    /// Waits until a thing's words are as wanted, and returns them.
    pub async fn text_where(&self, name: &str, fits: impl Fn(&str) -> bool) -> Result<String> {
        Ok(self
            .shown_where(name, |shown| fits(&shown.text))
            .await?
            .text)
    }

    /// Waits until an attribute of a thing has this value.
    pub async fn attribute_is(&self, name: &str, attribute: &str, value: &str) -> Result<()> {
        self.until(&format!("{name} whose {attribute} is {value}"), || async {
            let element = self.find(name).await?;
            let found = seen(element.attr(attribute).await)?.flatten();
            Ok(found.is_some_and(|found| found == value).then_some(()))
        })
        .await
    }

    /// Waits until keys go to a thing.
    pub async fn focused(&self, name: &str) -> Result<()> {
        let script = "return document.activeElement?.dataset.test ?? null";
        self.until(&format!("the focus on {name}"), || async {
            Ok((self.script(script).await? == name).then_some(()))
        })
        .await
    }

    /// How many things of this name are shown now.
    pub async fn count(&self, name: &str) -> Result<usize> {
        Ok(self.shown(name).await?.len())
    }

    /// Waits until nothing of this name is shown.
    pub async fn gone(&self, name: &str) -> Result<()> {
        self.until(&format!("{name} to go"), || async {
            Ok((self.count(name).await? == 0).then_some(()))
        })
        .await
    }

    /// Keeps a picture of the page as it stands, once it has been drawn and stands still, and asks
    /// whether everybody can use it.
    pub async fn picture(&self, name: &str) -> Result<PathBuf> {
        let kept = self.keep(name).await?;
        self.judge(name).await?;
        Ok(kept)
    }

    /// Asks whether everybody can use the page as it stands.
    pub async fn judge(&self, name: &str) -> Result<()> {
        accessible::check(&self.client, name).await
    }

    async fn keep(&self, name: &str) -> Result<PathBuf> {
        picture::keep(name, &self.drawn().await?)
    }

    /// What is drawn lags behind what is on the page: looked at until it is the same twice.
    pub async fn drawn(&self) -> Result<Vec<u8>> {
        let started = Instant::now();
        let mut last = Vec::new();
        loop {
            self.client.execute_async(DRAW, Vec::new()).await?;
            let now = self.client.screenshot().await?;
            if now == last || started.elapsed() > STILL_MAX {
                return Ok(now);
            }
            last = now;
        }
    }

    /// What a script on the page returns.
    pub async fn script(&self, script: &str) -> Result<Value> {
        Ok(self.client.execute(script, Vec::new()).await?)
    }
}

fn selector(name: &str) -> String {
    format!("[data-test=\"{name}\"]")
}

/// A page that has just drawn itself anew makes what was found before stale: look again.
fn seen<T>(answer: Result<T, CmdError>) -> Result<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error)
            if error.is_stale_element_reference()
                || error.is_no_such_element()
                || error.is_element_not_interactable()
                || matches!(&error, CmdError::Standard(said)
                    if said.error == ErrorStatus::ElementClickIntercepted) =>
        {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn end_of(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let end = lines.len().saturating_sub(LOG_LINES);
    format!("the end of {}:\n{}", log.display(), lines[end..].join("\n"))
}
