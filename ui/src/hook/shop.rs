//! Where the till stands and who is at it, for every page below the frame.

use std::rc::Rc;

use domain::{
    balance::new_gift_code,
    contract::ipc::{Place, SignedIn},
    id::{DraftId, StoreId},
    staff::Permission,
};

use super::time::now_ms;
use crate::state::changes::Changes;

/// The till's place, person and clock.
#[derive(Debug, Clone, PartialEq)]
pub struct Shop {
    pub place: Rc<Place>,
    pub staff: Rc<SignedIn>,
    pub changes: Changes,
    /// `YYYY-MM-DD`.
    pub business_date: Rc<str>,
    /// The till's clock less the browser's.
    pub skew_ms: i64,
    pub utc_offset_min: i32,
}

impl Shop {
    /// Whether the person at the till may do that.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.staff.permissions.contains(&permission)
    }

    /// The business day as the till counts it.
    #[must_use]
    pub fn business_date(&self) -> &str {
        &self.business_date
    }

    /// A store's name.
    #[must_use]
    pub fn store_name(&self, store_id: StoreId) -> &str {
        let here = std::iter::once(&self.place.store);
        here.chain(&self.place.stores)
            .find(|store| store.store_id == store_id)
            .map_or("", |store| store.name.as_str())
    }
}

/// A new code for a gift card; none without a source of randomness, for nobody may guess it.
#[must_use]
pub fn new_code() -> Option<String> {
    let mut random = [0_u8; 10];
    let crypto = web_sys::window().and_then(|window| window.crypto().ok())?;
    crypto.get_random_values_with_u8_array(&mut random).ok()?;
    Some(new_gift_code(random))
}

/// A new id for an unfinished entry.
#[must_use]
pub fn new_draft() -> DraftId {
    let mut random = [0_u8; 10];
    let crypto = web_sys::window().and_then(|window| window.crypto().ok());
    if let Some(crypto) = crypto {
        // Without a source the id is made of the time alone, which one window never repeats.
        let _ = crypto.get_random_values_with_u8_array(&mut random);
    }
    DraftId::v7(u64::try_from(now_ms()).unwrap_or(0), random)
}
