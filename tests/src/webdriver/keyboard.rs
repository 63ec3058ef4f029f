//! A keyboard at the screen itself: what a hand scanner types arrives there as one burst, stamped
//! with the time at which it was typed, however long the page takes to look at it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow};
use x11rb::{
    connection::Connection,
    protocol::{
        xproto::{
            AtomEnum, ConnectionExt as _, InputFocus, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, Window,
        },
        xtest::ConnectionExt as _,
    },
    rust_connection::RustConnection,
};

const ENTER: u32 = 0xff0d;
const SHIFT: u32 = 0xffe1;

/// A keyboard at an X screen.
#[derive(Debug)]
pub struct Keyboard {
    connection: RustConnection,
    root: Window,
    /// Key of each symbol, and whether Shift is held for it.
    keys: BTreeMap<u32, (u8, bool)>,
}

impl Keyboard {
    /// Plugs it into a screen such as `:99`.
    pub fn at(display: &str) -> Result<Keyboard> {
        let (connection, screen) = RustConnection::connect(Some(display))
            .with_context(|| format!("no keyboard at {display}"))?;
        let setup = connection.setup();
        let root = setup.roots.get(screen).context("no such screen")?.root;
        let first = setup.min_keycode;
        let last = setup.max_keycode;
        let mapping = connection
            .get_keyboard_mapping(first, last - first + 1)?
            .reply()?;
        let per_key = usize::from(mapping.keysyms_per_keycode);
        let mut keys = BTreeMap::new();
        for (code, symbols) in (first..=last).zip(mapping.keysyms.chunks(per_key)) {
            for (symbol, is_shifted) in symbols.iter().zip([false, true]) {
                keys.entry(*symbol).or_insert((code, is_shifted));
            }
        }
        Ok(Keyboard {
            connection,
            root,
            keys,
        })
    }

    /// Types a code and Enter into the window of that title, all at once.
    pub fn scan(&self, title: &str, code: &str) -> Result<()> {
        // Without a window manager nobody else says where keys go.
        let window = self.window(title)?;
        self.connection
            .set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME)?
            .check()?;
        for symbol in code.chars().map(u32::from).chain([ENTER]) {
            let (key, is_shifted) = self.key(symbol)?;
            let (shift, _) = self.key(SHIFT)?;
            if is_shifted {
                self.send(KEY_PRESS_EVENT, shift)?;
            }
            self.send(KEY_PRESS_EVENT, key)?;
            self.send(KEY_RELEASE_EVENT, key)?;
            if is_shifted {
                self.send(KEY_RELEASE_EVENT, shift)?;
            }
        }
        self.connection.flush()?;
        // The answer comes after all of it.
        self.connection.get_input_focus()?.reply()?;
        Ok(())
    }

    fn key(&self, symbol: u32) -> Result<(u8, bool)> {
        let key = self.keys.get(&symbol).copied();
        key.ok_or_else(|| anyhow!("no key types the symbol {symbol:#x}"))
    }

    fn send(&self, event: u8, key: u8) -> Result<()> {
        self.connection
            .xtest_fake_input(event, key, x11rb::CURRENT_TIME, self.root, 0, 0, 0)?;
        Ok(())
    }

    fn window(&self, title: &str) -> Result<Window> {
        let tree = self.connection.query_tree(self.root)?.reply()?;
        for window in tree.children {
            let name = self
                .connection
                .get_property(false, window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 256)?
                .reply()?;
            if name.value == title.as_bytes() {
                return Ok(window);
            }
        }
        Err(anyhow!("no window is called {title}"))
    }
}
