//! Who and where this till is, in memory: the enrolment with what the feed has said since, the
//! secrets, and the store's time zone. Replaced whole when any of it changes.

use domain::{
    contract::ipc::{AskedTerms, Place},
    country::tax_rounding,
    id::{DeviceId, ShiftId},
    replication::table::Scope,
    sale::{
        Promotion, SaleContext, SaleTerms,
        number::{NumberKind, format_number},
    },
};
use jiff::tz::TimeZone;
use sqlx::SqliteConnection;

use crate::{
    clock::{BusinessDay, business_day},
    error::Error,
    secret::Secrets,
    store::{self, chain::Chain, enrolment::Enrolment},
};

/// An enrolled till.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) enrolment: Enrolment,
    pub(crate) place: Place,
    pub(crate) secrets: Secrets,
    zone: TimeZone,
}

impl Identity {
    /// Puts it together from the file; what the feed has brought goes before what enrolment said.
    pub(crate) async fn load(
        connection: &mut SqliteConnection,
        enrolment: Enrolment,
        secrets: Secrets,
    ) -> Result<Identity, Error> {
        let organization = store::place::organization(&mut *connection)
            .await?
            .unwrap_or_else(|| enrolment.organization.clone());
        let mut stores = store::place::stores(&mut *connection).await?;
        let here = stores
            .iter()
            .position(|store| store.store_id == enrolment.store.store_id)
            .map_or_else(|| enrolment.store.clone(), |at| stores.remove(at));
        let till = store::place::till(&mut *connection, enrolment.till.device_id)
            .await?
            .unwrap_or_else(|| enrolment.till.clone());
        let tax_classes = store::place::tax_classes(&mut *connection).await?;
        let categories = store::catalog::categories(&mut *connection).await?;
        let promotions = store::promotion::active(&mut *connection).await?;
        let spread = |promotion: Promotion| promotion.spread(&categories);
        let promotions = promotions.into_iter().map(spread).collect();
        let price_lists = store::promotion::price_lists(&mut *connection).await?;
        let tenders = store::tender::all(&mut *connection).await?;
        let zone = TimeZone::get(&here.time_zone).unwrap_or_else(|error| {
            tracing::warn!(zone = %here.time_zone, %error, "unknown time zone; using UTC");
            TimeZone::UTC
        });
        let place = Place {
            organization,
            store: here,
            till,
            stores,
            tax_classes,
            promotions,
            price_lists,
            tenders,
            server: enrolment.server.clone(),
        };
        Ok(Identity {
            enrolment,
            place,
            secrets,
            zone,
        })
    }

    pub(crate) fn device_id(&self) -> DeviceId {
        self.enrolment.till.device_id
    }

    /// The feeds that this till reads, in the order in which they make sense.
    pub(crate) fn scopes(&self) -> [Scope; 3] {
        [
            Scope::Org,
            Scope::Store(self.enrolment.store.store_id),
            Scope::Device(self.device_id()),
        ]
    }

    /// The shop's day at a moment.
    pub(crate) fn day(&self, now_ms: i64) -> BusinessDay {
        business_day(now_ms, &self.zone, self.place.store.cut_over_hour)
    }

    /// The full number of the next paper of a kind.
    pub(crate) fn number(&self, kind: NumberKind, chain: &Chain, count: u64) -> String {
        let (store, till) = (&self.place.store.code, self.enrolment.till.number);
        format_number(store, till, kind, &chain.series, count)
    }

    /// What a document needs from here: number, day, money.
    pub(crate) fn sale_context(
        &self,
        kind: NumberKind,
        chain: &Chain,
        count: u64,
        (now_ms, shift_id): (i64, Option<ShiftId>),
        terms: SaleTerms,
    ) -> SaleContext {
        let day = self.day(now_ms);
        SaleContext {
            number: self.number(kind, chain, count),
            series: chain.series.clone(),
            count,
            business_date: day.date,
            utc_offset_min: day.utc_offset_min,
            currency: self.place.organization.currency.clone(),
            tax_mode: self.place.organization.tax_mode,
            terms,
            cash_rounding: self.place.organization.settings.cash_rounding,
            shift_id,
        }
    }

    /// What holds where no promotion gives a price: for goods that come back, and what was quoted.
    pub(crate) fn plain_terms(&self) -> SaleTerms {
        SaleTerms {
            rounding: tax_rounding(&self.place.organization.country),
            ..SaleTerms::default()
        }
    }

    /// What holds for a sale of that day with what is asked for it.
    pub(crate) fn terms(&self, day: &str, asked: &AskedTerms) -> SaleTerms {
        let rounding = tax_rounding(&self.place.organization.country);
        let promotions = &self.place.promotions;
        SaleTerms::on(day, rounding, promotions, asked.discount, &asked.coupons)
    }
}
