//! What every story needs: a shop with the demo data, tills in it, and every way in which tills
//! reach a server.

use std::{
    path::PathBuf,
    sync::{
        LazyLock, Mutex, MutexGuard,
        atomic::{AtomicU32, Ordering},
    },
};

use domain::{
    contract::ipc,
    id::{DraftId, ProductId},
    money::Money,
    quantity::Quantity,
    sale::{TenderCode, TenderedPayment},
};
use tests::{
    site::{Servers, Site},
    till::HeadlessTill,
};
use uuid::Uuid;

/// Makes tests of stories: each is told over one server, over two that take turns behind a proxy,
/// and over one whose database is behind a pooler.
macro_rules! told_everywhere {
    ($($story:ident),+ $(,)?) => {$(
        mod $story {
            use tests::site::Servers;

            #[test]
            fn over_one_server() {
                super::$story(Servers::One);
            }

            #[test]
            fn over_two_servers_that_take_turns() {
                super::$story(Servers::Two);
            }

            #[test]
            fn over_a_server_behind_a_pooler() {
                super::$story(Servers::Pooled);
            }
        }
    )+};
}
pub(crate) use told_everywhere;

/// A shop of its own: servers with the demo data, gone at the end of the story.
pub(crate) struct Shop {
    pub(crate) site: Site,
    folder: PathBuf,
    tills: u32,
    /// Two cores: one story at a time has its server and tills running.
    _turn: MutexGuard<'static, ()>,
}

static TURN: LazyLock<Mutex<()>> = LazyLock::new(|| Mutex::new(()));
static FOLDERS: AtomicU32 = AtomicU32::new(0);

/// A folder that no other story uses.
pub(crate) fn new_folder() -> PathBuf {
    let n = FOLDERS.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("techstore-story-{}-{n}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Waits for this story's turn.
pub(crate) fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(|poison| poison.into_inner())
}

impl Shop {
    pub(crate) fn open(servers: Servers) -> Shop {
        let turn = turn();
        let folder = new_folder();
        let site = Site::open(servers, &folder).unwrap();
        site.server.command(&["demo", "create"]).unwrap();
        Shop {
            site,
            folder,
            tills: 0,
            _turn: turn,
        }
    }

    /// A new till of a store, filled, and signed in by the person.
    pub(crate) fn till(&mut self, store: &str, name: &str, pin: &str) -> HeadlessTill {
        self.tills += 1;
        let data = self.folder.join(format!("till-{}", self.tills));
        let mut till = HeadlessTill::start(&data, None).unwrap();
        let code = self.site.server.enrol_code(store, 10 + self.tills).unwrap();
        till.enrol(self.site.address(), &code).unwrap();
        till.wait_quiet(60_000).unwrap();
        till.sign_in(name, pin).unwrap();
        till
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = self.site.stop();
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// A draft's name that no other entry has.
pub(crate) fn draft() -> DraftId {
    static DRAFTS: AtomicU32 = AtomicU32::new(1);
    let n = DRAFTS.fetch_add(1, Ordering::Relaxed);
    DraftId(Uuid::from_u128(
        u128::from(n) << 64 | u128::from(std::process::id()),
    ))
}

/// The first product that a search finds.
pub(crate) fn find(till: &mut HeadlessTill, text: &str) -> ipc::ProductHit {
    let search = ipc::SearchProducts {
        text: text.into(),
        category_id: None,
        offset: 0,
        limit: 1,
    };
    till.call(&search).unwrap().unwrap().hits.remove(0)
}

/// What is on hand at this till's shop floor, as the till shows it.
pub(crate) fn on_hand(till: &mut HeadlessTill, product_id: ProductId) -> Quantity {
    let view = till.call(&ipc::GetProduct { product_id }).unwrap().unwrap();
    let floor = view
        .levels
        .iter()
        .find(|l| l.location == domain::stock::Location::ShopFloor);
    floor.map_or(Quantity::ZERO, |level| {
        level.confirmed_milli + level.pending_milli
    })
}

/// A sale of some units, paid with more cash than is due.
pub(crate) fn sale(product_id: ProductId, units: i64) -> ipc::CompleteSale {
    ipc::CompleteSale {
        draft_id: draft(),
        lines: vec![ipc::SaleLine::of(product_id, Quantity::units(units))],
        payments: vec![TenderedPayment {
            tender: TenderCode::CASH,
            tendered_minor: Money(10_000_000),
            reference: String::new(),
        }],
        customer_id: None,
        terms: ipc::AskedTerms::default(),
        quote_id: None,
        exchange: None,
    }
}
