//! Who and where this till is, and what day the shop has.

use domain::contract::ipc::{GetSession, Session};

use crate::{clock::business_day, error::Error, till::Shared};

pub(crate) async fn get_session(till: &Shared, _: GetSession) -> Result<Session, Error> {
    Ok(session(till))
}

/// The till's standing now.
pub(crate) fn session(till: &Shared) -> Session {
    let now_ms = till.clock.now_ms();
    let identity = till.enrolled();
    let day = identity.as_ref().map_or_else(
        || business_day(now_ms, &jiff::tz::TimeZone::UTC, 0),
        |identity| identity.day(now_ms),
    );
    Session {
        place: identity.as_ref().map(|identity| identity.place.clone()),
        staff: till.session(),
        now_ms,
        utc_offset_min: day.utc_offset_min,
        business_date: day.date,
        key_in_file: identity
            .as_ref()
            .is_some_and(|identity| identity.enrolment.key_in_file),
        enrol_hint: till.enrol_hint.clone(),
    }
}
