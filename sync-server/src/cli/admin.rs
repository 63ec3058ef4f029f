//! Organizations, stores, people and tills, by hand.

use anyhow::{Context, Result, bail};
use clap::{Subcommand, ValueEnum};
use domain::{
    catalog::TaxClass,
    id::{CategoryId, OrganizationId, ProductId, PromotionId},
    money::{Currency, Money},
    replication::row::Store,
    sale::{
        CashRounding, CashRoundingMode, Gift, Promotion, Tender, TenderCode, TenderKind,
        promotion::normalize_coupon,
    },
    staff::{Role, Staff},
    tax::{RatePpm, TaxMode, TaxScheme},
};
use serde_json::json;

use super::{OrganizationArg, place::Place};
use crate::{
    clock,
    database::begin,
    op::{
        create_organization::{NewOrganization, create_organization},
        create_staff::{NewStaff, create_staff},
        create_store::create_store,
        make_enrolment_code::make_enrolment_code,
        put_rows::{put_promotion, put_tax_class},
        put_settings::put_settings,
        put_tender::put_tender,
        revoke_till::revoke_till,
    },
    store,
};

#[derive(Debug, Subcommand)]
pub(crate) enum OrganizationCommand {
    /// Make an organization with its standard tax class.
    Create {
        #[arg(long)]
        name: String,
        /// Three-letter code (ISO 4217).
        #[arg(long)]
        currency: String,
        /// Decimals of the currency's minor unit.
        #[arg(long, default_value_t = 2)]
        minor_digits: u8,
        #[arg(long)]
        tax_mode: TaxModeArg,
        /// Two-letter code (ISO 3166-1).
        #[arg(long)]
        country: String,
        /// Rate of the tax class `standard`, in percent; the country's usual one if not given.
        #[arg(long)]
        tax_percent: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// Make or change a tax class.
    PutTaxClass {
        #[command(flatten)]
        organization: OrganizationArg,
        #[arg(long)]
        code: String,
        #[arg(long)]
        name: String,
        #[arg(long)]
        percent: String,
    },
    /// Make or change a promotion: a percentage off, or `--buy 2 --get 1` of which the cheapest are
    /// free or that much cheaper.
    PutPromotion {
        #[command(flatten)]
        organization: OrganizationArg,
        /// Of one that is to change.
        #[arg(long)]
        id: Option<PromotionId>,
        #[arg(long)]
        name: String,
        /// Off every unit, or off those that `--get` gives.
        #[arg(long, default_value = "100")]
        percent: String,
        #[arg(long, requires = "get")]
        buy: Option<u32>,
        #[arg(long, requires = "buy")]
        get: Option<u32>,
        /// Name of a category that it is for, with those below it; more than once for several.
        #[arg(long)]
        category: Vec<String>,
        /// Code of a product that it is for; more than once for several.
        #[arg(long)]
        sku: Vec<String>,
        /// First and last business day, `YYYY-MM-DD`.
        #[arg(long)]
        from: Option<String>,
        #[arg(long)]
        until: Option<String>,
        /// Counts only with this code.
        #[arg(long)]
        coupon: Option<String>,
        /// Put it away.
        #[arg(long)]
        off: bool,
        #[arg(long)]
        json: bool,
    },
    /// Make or change a means of payment.
    PutTender {
        #[command(flatten)]
        organization: OrganizationArg,
        /// Small letters, digits and `_`.
        #[arg(long)]
        code: TenderCode,
        #[arg(long, default_value = "")]
        name: String,
        #[arg(long, default_value = "other")]
        kind: TenderKindArg,
        /// A payment needs a reference, such as an authorisation code.
        #[arg(long)]
        reference: bool,
        #[arg(long)]
        opens_drawer: bool,
        /// Money does not go back by it.
        #[arg(long)]
        not_refundable: bool,
        /// It is counted when a shift closes.
        #[arg(long)]
        counted: bool,
        #[arg(long, default_value_t = 10)]
        position: i32,
        /// Tills no longer offer it.
        #[arg(long)]
        inactive: bool,
    },
    /// Change what holds for all stores; what is not given stays.
    Settings(SettingsArgs),
}

/// What holds for all stores; what is not given stays as it is.
#[derive(Debug, clap::Args)]
pub(crate) struct SettingsArgs {
    #[command(flatten)]
    organization: OrganizationArg,
    /// Whether tills sell only while a shift is open.
    #[arg(long)]
    shift_required: Option<bool>,
    /// Difference at closing above which a manager must agree, in minor units.
    #[arg(long)]
    difference_limit_minor: Option<i64>,
    /// The smallest coin in minor units; 0 rounds nothing.
    #[arg(long)]
    cash_step_minor: Option<i64>,
    /// Minutes without a key or a touch after which a till asks who is there; 0 is never.
    #[arg(long)]
    lock_after_minutes: Option<u16>,
    /// Which way cash is rounded between two coins.
    #[arg(long, default_value = "nearest")]
    cash_mode: CashModeArg,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum TenderKindArg {
    Cash,
    Card,
    Account,
    StoreCredit,
    GiftCard,
    Other,
}

impl From<TenderKindArg> for TenderKind {
    fn from(kind: TenderKindArg) -> Self {
        match kind {
            TenderKindArg::Cash => Self::Cash,
            TenderKindArg::Card => Self::Card,
            TenderKindArg::Account => Self::Account,
            TenderKindArg::StoreCredit => Self::StoreCredit,
            TenderKindArg::GiftCard => Self::GiftCard,
            TenderKindArg::Other => Self::Other,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum CashModeArg {
    Nearest,
    NearestHalfDown,
    Down,
}

impl From<CashModeArg> for CashRoundingMode {
    fn from(mode: CashModeArg) -> Self {
        match mode {
            CashModeArg::Nearest => Self::Nearest,
            CashModeArg::NearestHalfDown => Self::NearestHalfDown,
            CashModeArg::Down => Self::Down,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum TaxModeArg {
    /// Prices hold the tax.
    Inclusive,
    /// The tax is added to prices.
    Exclusive,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Make a store.
    Create {
        #[command(flatten)]
        organization: OrganizationArg,
        /// Starts the store's document numbers: capital letters and digits.
        #[arg(long)]
        code: String,
        #[arg(long)]
        name: String,
        #[arg(long, default_value = "")]
        address: String,
        /// IANA name.
        #[arg(long, default_value = "UTC")]
        time_zone: String,
        /// Hour of local time at which a new business day begins.
        #[arg(long, default_value_t = 4)]
        cut_over_hour: u8,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum StaffCommand {
    /// Make a person. The password is read from the environment, never from the arguments.
    Create {
        #[command(flatten)]
        organization: OrganizationArg,
        #[arg(long)]
        name: String,
        #[arg(long)]
        role: RoleArg,
        /// Code of the store where the person works; every store if not given.
        #[arg(long)]
        store: Option<String>,
        #[arg(long, default_value = "en")]
        language: String,
        /// To sign in at a till: digits, six of them for owners and managers.
        #[arg(long, env = "TECHSTORE_STAFF_PIN", hide_env_values = true)]
        pin: Option<String>,
        /// To sign in at the console.
        #[arg(long)]
        email: Option<String>,
        #[arg(long, env = "TECHSTORE_STAFF_PASSWORD", hide_env_values = true)]
        password: Option<String>,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum RoleArg {
    Owner,
    Manager,
    Cashier,
    Technician,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TillCommand {
    /// Make a one-time code that enrols a till.
    Enrol {
        #[command(flatten)]
        organization: OrganizationArg,
        /// Code of the store.
        #[arg(long)]
        store: String,
        /// The till's number within the store.
        #[arg(long)]
        till: u32,
        /// The server's address as the till reaches it; the running server's if not given.
        #[arg(long)]
        server: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// Take a till's rights away.
    Revoke {
        #[command(flatten)]
        organization: OrganizationArg,
        #[arg(long)]
        device: domain::id::DeviceId,
    },
    /// All tills.
    List {
        #[command(flatten)]
        organization: OrganizationArg,
    },
}

pub(crate) async fn organization(place: &Place, command: OrganizationCommand) -> Result<()> {
    match command {
        OrganizationCommand::Create {
            name,
            currency,
            minor_digits,
            tax_mode,
            country,
            tax_percent,
            json,
        } => {
            let new = NewOrganization {
                name,
                currency: Currency {
                    code: currency,
                    minor_digits,
                },
                tax_mode: match tax_mode {
                    TaxModeArg::Inclusive => TaxMode::Inclusive,
                    TaxModeArg::Exclusive => TaxMode::Exclusive,
                },
                country,
                standard_rate: tax_percent.as_deref().map(rate).transpose()?,
            };
            let made = create_organization(&place.state, new).await?;
            say(json, &serde_json::to_value(&made)?, || {
                format!("organization {} ({})", made.name, made.organization_id)
            });
        }
        OrganizationCommand::PutTaxClass {
            organization,
            code,
            name,
            percent,
        } => {
            let organization_id = place.organization(&organization).await?;
            let class = TaxClass {
                code,
                name,
                rate_ppm: rate(&percent)?,
                components: Vec::new(),
                scheme: TaxScheme::Standard,
                note: String::new(),
            };
            put_tax_class(&place.state, organization_id, class).await?;
        }
        promotion @ OrganizationCommand::PutPromotion { .. } => promote(place, promotion).await?,
        OrganizationCommand::PutTender {
            organization,
            code,
            name,
            kind,
            reference,
            opens_drawer,
            not_refundable,
            counted,
            position,
            inactive,
        } => {
            let organization_id = place.organization(&organization).await?;
            let tender = Tender {
                code,
                name,
                kind: kind.into(),
                reference_required: reference,
                opens_drawer,
                is_refundable: !not_refundable,
                is_counted: counted,
                position,
                active: !inactive,
            };
            put_tender(&place.state, organization_id, tender).await?;
        }
        OrganizationCommand::Settings(args) => settings(place, args).await?,
    }
    Ok(())
}

async fn settings(place: &Place, args: SettingsArgs) -> Result<()> {
    let organization_id = place.organization(&args.organization).await?;
    put_settings(&place.state, organization_id, |settings| {
        if let Some(is_required) = args.shift_required {
            settings.shift_required = is_required;
        }
        if let Some(minor) = args.difference_limit_minor {
            settings.shift_difference_limit_minor = Some(Money(minor));
        }
        if args.lock_after_minutes.is_some() {
            settings.lock_after_minutes = args.lock_after_minutes;
        }
        if let Some(step) = args.cash_step_minor {
            let (step_minor, mode) = (Money(step), args.cash_mode.into());
            let rounding = CashRounding { step_minor, mode };
            settings.cash_rounding = (step > 1).then_some(rounding);
        }
    })
    .await?;
    Ok(())
}

/// A promotion as its arguments say.
async fn promote(place: &Place, command: OrganizationCommand) -> Result<()> {
    let OrganizationCommand::PutPromotion {
        organization,
        id,
        name,
        percent,
        buy,
        get,
        category,
        sku,
        from,
        until,
        coupon,
        off,
        json,
    } = command
    else {
        return Ok(());
    };
    let organization_id = place.organization(&organization).await?;
    let off_ppm = rate(&percent)?;
    let gift = match (buy, get) {
        (Some(buy), Some(get)) => Gift::BuyGet { buy, get, off_ppm },
        _ => Gift::Percent { off_ppm },
    };
    let (product_ids, category_ids) = named(place, organization_id, &sku, &category).await?;
    let promotion = Promotion {
        promotion_id: match id {
            Some(id) => id,
            None => clock::new_id()?,
        },
        name,
        gift,
        product_ids,
        category_ids,
        first_day: from,
        last_day: until,
        coupon: coupon.as_deref().map(normalize_coupon),
        active: !off,
    };
    put_promotion(&place.state, organization_id, promotion.clone()).await?;
    say(json, &serde_json::to_value(&promotion)?, || {
        format!("promotion {} ({})", promotion.name, promotion.promotion_id)
    });
    Ok(())
}

/// Products and categories by what people call them.
async fn named(
    place: &Place,
    organization_id: OrganizationId,
    skus: &[String],
    names: &[String],
) -> Result<(Vec<ProductId>, Vec<CategoryId>)> {
    let mut tx = begin(&place.state.pool, organization_id).await?;
    let skus: Vec<&str> = skus.iter().map(String::as_str).collect();
    let products = store::catalogue::ids_by_sku(&mut tx, organization_id, &skus).await?;
    let categories = store::catalogue::categories(&mut tx, organization_id).await?;
    let product_ids = skus.iter().map(|sku| {
        let id = products.get(*sku).copied();
        id.with_context(|| format!("there is no product {sku:?}"))
    });
    let product_ids = product_ids.collect::<Result<_>>()?;
    let category_ids = names.iter().map(|name| {
        let mut all = categories.iter();
        let one = all.find(|category| category.name == *name);
        let one = one.with_context(|| format!("there is no category {name:?}"))?;
        Ok(one.category_id)
    });
    Ok((product_ids, category_ids.collect::<Result<_>>()?))
}

/// A rate in percent with up to four decimals.
fn rate(percent: &str) -> Result<RatePpm> {
    let parsed = domain::money::UnitPrice::parse(percent).ok();
    parsed
        .and_then(|e4| u32::try_from(e4.0).ok())
        .map(RatePpm)
        .with_context(|| format!("{percent:?} is not a rate in percent"))
}

pub(crate) async fn store(place: &Place, command: StoreCommand) -> Result<()> {
    let StoreCommand::Create {
        organization,
        code,
        name,
        address,
        time_zone,
        cut_over_hour,
        json,
    } = command;
    let organization_id = place.organization(&organization).await?;
    let store = Store {
        store_id: clock::new_id()?,
        code,
        name,
        address,
        time_zone,
        cut_over_hour,
    };
    create_store(&place.state, organization_id, &store).await?;
    say(json, &serde_json::to_value(&store)?, || {
        format!("store {} {} ({})", store.code, store.name, store.store_id)
    });
    Ok(())
}

pub(crate) async fn staff(place: &Place, command: StaffCommand) -> Result<()> {
    let StaffCommand::Create {
        organization,
        name,
        role,
        store,
        language,
        pin,
        email,
        password,
        json,
    } = command;
    let organization_id = place.organization(&organization).await?;
    let store_id = match store {
        Some(code) => Some(find_store(place, organization_id, &code).await?.store_id),
        None => None,
    };
    let new = NewStaff {
        staff: Staff {
            staff_id: clock::new_id()?,
            name,
            role: match role {
                RoleArg::Owner => Role::Owner,
                RoleArg::Manager => Role::Manager,
                RoleArg::Cashier => Role::Cashier,
                RoleArg::Technician => Role::Technician,
            },
            store_id,
            language,
            active: true,
        },
        pin,
        login: match (email, password) {
            (Some(email), Some(password)) => Some((email, password)),
            (None, None) => None,
            _ => bail!("a login needs both --email and a password"),
        },
    };
    let staff = new.staff.clone();
    create_staff(&place.state, organization_id, new).await?;
    say(json, &serde_json::to_value(&staff)?, || {
        format!("{} {} ({})", staff.role.name(), staff.name, staff.staff_id)
    });
    Ok(())
}

pub(crate) async fn till(place: &Place, command: TillCommand) -> Result<()> {
    match command {
        TillCommand::Enrol {
            organization,
            store,
            till,
            server,
            json,
        } => {
            let organization_id = place.organization(&organization).await?;
            let store = find_store(place, organization_id, &store).await?;
            if till == 0 {
                bail!("tills are numbered from 1");
            }
            let server = server.unwrap_or_else(|| place.server_address());
            let made =
                make_enrolment_code(&place.state.pool, organization_id, store.store_id, till)
                    .await?;
            let said = json!({
                "server": server,
                "code": made.code,
                "expires_ms": made.expires_ms,
            });
            say(json, &said, || {
                format!(
                    "till {till} of {}: server {server}, code {} (15 minutes, once)",
                    store.name, made.code
                )
            });
        }
        TillCommand::Revoke {
            organization,
            device,
        } => {
            let organization_id = place.organization(&organization).await?;
            revoke_till(&place.state, organization_id, device).await?;
        }
        TillCommand::List { organization } => {
            let organization_id = place.organization(&organization).await?;
            let mut tx = crate::database::begin(&place.state.pool, organization_id).await?;
            let tills = store::device::tills(&mut tx, organization_id).await?;
            println!("{}", serde_json::to_string_pretty(&tills)?);
        }
    }
    Ok(())
}

pub(crate) async fn find_store(
    place: &Place,
    organization_id: OrganizationId,
    code: &str,
) -> Result<Store> {
    let mut tx = crate::database::begin(&place.state.pool, organization_id).await?;
    let stores = store::organization::stores(&mut tx, organization_id).await?;
    stores
        .into_iter()
        .find(|store| store.code == code)
        .with_context(|| format!("there is no store {code:?}"))
}

/// Prints for programs or for people.
fn say(json: bool, value: &serde_json::Value, words: impl FnOnce() -> String) {
    if json {
        println!("{value}");
    } else {
        println!("{}", words());
    }
}
