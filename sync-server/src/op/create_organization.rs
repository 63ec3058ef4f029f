//! Makes an organization with the tax class that most of its products carry.

use domain::{
    catalog::TaxClass,
    country,
    money::Currency,
    replication::{
        body::ServerPutBody,
        row::{Organization, Settings},
    },
    tax::{RatePpm, TaxMode, TaxScheme},
};
use jiff::{Timestamp, tz::TimeZone};

use super::record_server_operation::{
    ServerOperation, ServerOperationError, record_server_operations,
};
use crate::{clock, database::begin, state::AppState, store};

/// What an organization starts with.
#[derive(Debug, Clone)]
pub struct NewOrganization {
    pub name: String,
    pub currency: Currency,
    pub tax_mode: TaxMode,
    pub country: String,
    /// The country's usual one if not given.
    pub standard_rate: Option<RatePpm>,
}

/// The tax class that products carry unless told otherwise.
pub const STANDARD_TAX_CLASS: &str = "standard";

/// Standard rates of value added tax or its like, as of 2024, where one rate holds for a country
/// that has no pack.
const STANDARD_RATES: [(&str, u32); 9] = [
    ("AR", 210_000),
    ("CL", 190_000),
    ("CO", 190_000),
    ("DE", 190_000),
    ("EC", 150_000),
    ("FR", 200_000),
    ("GB", 200_000),
    ("IT", 220_000),
    ("PT", 230_000),
];

/// The classes of the country's pack as they are today, or the standard one alone; a rate that was
/// named goes before both.
fn tax_classes(new: &NewOrganization) -> Result<Vec<TaxClass>, CreateOrganizationError> {
    let now_ms = clock::now_ms().cast_signed();
    let today = Timestamp::from_millisecond(now_ms).unwrap_or_default();
    let today = today.to_zoned(TimeZone::UTC).date().to_string();
    let pack = country::pack(&new.country);
    let mut classes = match pack {
        Some(pack) => {
            let language = pack.languages.first().map_or("en", String::as_str);
            pack.classes_on(&today, language)
        }
        None => Vec::new(),
    };
    let usual = STANDARD_RATES
        .iter()
        .find(|(country, _)| *country == new.country);
    let usual = usual.map(|(_, rate)| RatePpm(*rate));
    let is_in_pack = classes.iter().any(|class| class.code == STANDARD_TAX_CLASS);
    if let Some(rate_ppm) = new.standard_rate.or(usual.filter(|_| !is_in_pack)) {
        classes.retain(|class| class.code != STANDARD_TAX_CLASS);
        classes.insert(
            0,
            TaxClass {
                code: STANDARD_TAX_CLASS.to_owned(),
                name: "Standard".to_owned(),
                rate_ppm,
                components: Vec::new(),
                scheme: TaxScheme::Standard,
                note: String::new(),
            },
        );
    }
    if classes.is_empty() {
        return Err(CreateOrganizationError::RateUnknown(new.country.clone()));
    }
    Ok(classes)
}

/// Why no organization was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateOrganizationError {
    #[error("an organization needs a name")]
    NameMissing,
    #[error("{0:?} is not a currency's three-letter code")]
    CurrencyInvalid(String),
    #[error("a currency has at most four decimals")]
    MinorDigitsInvalid,
    #[error("{0:?} is not a country's two-letter code")]
    CountryInvalid(String),
    #[error("no usual tax rate is known for {0}; name one")]
    RateUnknown(String),
    #[error(transparent)]
    Record(#[from] ServerOperationError),
    #[error(transparent)]
    Random(#[from] clock::RandomError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// Makes an organization.
pub async fn create_organization(
    state: &AppState,
    new: NewOrganization,
) -> Result<Organization, CreateOrganizationError> {
    let name = new.name.trim().to_owned();
    if name.is_empty() {
        return Err(CreateOrganizationError::NameMissing);
    }
    let letters = |text: &str, count: usize| {
        text.len() == count && text.bytes().all(|byte| byte.is_ascii_uppercase())
    };
    if !letters(&new.currency.code, 3) {
        return Err(CreateOrganizationError::CurrencyInvalid(new.currency.code));
    }
    if new.currency.minor_digits > 4 {
        return Err(CreateOrganizationError::MinorDigitsInvalid);
    }
    if !letters(&new.country, 2) {
        return Err(CreateOrganizationError::CountryInvalid(new.country));
    }
    let tax_classes = tax_classes(&new)?;
    // The coins of the country, where the shop counts in its money.
    let pack = country::pack(&new.country).filter(|pack| pack.currency == new.currency);
    let settings = Settings {
        cash_rounding: pack.and_then(|pack| pack.cash.cash_rounding()),
        ..Settings::default()
    };
    let organization = Organization {
        organization_id: clock::new_id()?,
        name,
        currency: new.currency,
        tax_mode: new.tax_mode,
        country: new.country,
        settings,
    };
    let put = ServerOperation::put(ServerPutBody {
        organization: Some(organization.clone()),
        tax_classes,
        ..ServerPutBody::default()
    });
    let id = organization.organization_id;
    let mut tx = begin(&state.pool, id).await?;
    // The row stands before the server's own device, which names it.
    store::organization::put(&mut tx, &organization).await?;
    let raised = record_server_operations(&mut tx, id, &state.key, vec![put]).await?;
    tx.commit().await?;
    state.live.publish(id, &raised);
    Ok(organization)
}
