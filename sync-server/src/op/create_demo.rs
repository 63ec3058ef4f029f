//! Fills a server with the demo shop: real products, stores, customers and repairs from public
//! lists (see demo/README.md). Made once; asked again, it only tells the logins.

use std::collections::HashMap;

use domain::{
    customer::CustomerField,
    id::{CustomerId, OrganizationId, RepairId, StoreId},
    money::Currency,
    repair::{RepairDevice, RepairState, take_in},
    replication::{
        OpBody,
        body::{RepairIntakeBody, RepairMoveBody, ServerPutBody},
        row::Store,
    },
    sale::{
        Gift, Promotion,
        number::{NumberKind, format_number},
    },
    staff::{Role, Staff},
    tax::{RatePpm, TaxMode},
};
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{
    create_organization::{CreateOrganizationError, NewOrganization, create_organization},
    create_staff::{CreateStaffError, NewStaff, create_staff},
    create_store::{CreateStoreError, create_store},
    import_products::{ImportError, import_products},
    import_stock::import_stock,
    put_settings::{PutSettingsError, put_settings},
    record_server_operation::{ServerOperation, ServerOperationError, record_server_operations},
    write_customer::write_customer,
};
use crate::{clock, database::begin, state::AppState, store};

const NAME: &str = "Demo Shop";
/// Tills that each store of the demo is meant to have.
const TILLS_PER_STORE: u32 = 2;

const STORES: &str = include_str!("../../demo/stores.csv");
const STAFF: &str = include_str!("../../demo/staff.csv");
const PRODUCTS: &str = include_str!("../../demo/products.csv");
const CUSTOMERS: &str = include_str!("../../demo/customers.csv");
const REPAIRS: &str = include_str!("../../demo/repairs.csv");

/// Why the demo was not made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("the demo's own files cannot be read: {0}")]
    Csv(#[from] csv::Error),
    #[error("the demo names a store that it does not have: {0}")]
    StoreUnknown(String),
    #[error(transparent)]
    Organization(#[from] CreateOrganizationError),
    #[error(transparent)]
    Settings(#[from] PutSettingsError),
    #[error(transparent)]
    Store(#[from] CreateStoreError),
    #[error(transparent)]
    Staff(#[from] CreateStaffError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Record(#[from] ServerOperationError),
    #[error(transparent)]
    Random(#[from] clock::RandomError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// What somebody needs to try the demo.
#[derive(Debug, Serialize)]
pub struct Demo {
    pub organization: String,
    pub organization_id: OrganizationId,
    pub console: Vec<ConsoleLogin>,
    pub tills: Vec<TillLogin>,
    pub stores: Vec<DemoStore>,
}

/// A login of the console.
#[derive(Debug, Serialize)]
pub struct ConsoleLogin {
    pub name: String,
    pub role: String,
    pub email: String,
    pub password: String,
}

/// A login at the tills.
#[derive(Debug, Serialize)]
pub struct TillLogin {
    pub name: String,
    pub role: String,
    pub store: String,
    pub pin: String,
}

/// A store and its tills' numbers, to enrol with.
#[derive(Debug, Serialize)]
pub struct DemoStore {
    pub code: String,
    pub name: String,
    pub tills: String,
}

#[derive(Debug, Deserialize)]
struct StoreRow {
    code: String,
    name: String,
    address: String,
    city: String,
    region: String,
    postal_code: String,
    time_zone: String,
}

#[derive(Debug, Deserialize)]
struct StaffRow {
    name: String,
    role: String,
    store: String,
    pin: String,
    email: String,
    password: String,
    language: String,
}

#[derive(Debug, Deserialize)]
struct CustomerRow {
    name: String,
    phone: String,
    email: String,
    address: String,
    postal_code: String,
    tax_id: String,
}

#[derive(Debug, Deserialize)]
struct RepairRow {
    device_kind: String,
    brand: String,
    model: String,
    fault: String,
    status_hint: String,
}

fn read<T: for<'de> Deserialize<'de>>(text: &str) -> Result<Vec<T>, csv::Error> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect()
}

/// Makes the demo shop unless it is there, and tells how to use it.
pub async fn create_demo(state: &AppState) -> Result<Demo, DemoError> {
    let stores: Vec<StoreRow> = read(STORES)?;
    let staff: Vec<StaffRow> = read(STAFF)?;
    let all = store::organization::all(&state.pool).await?;
    let organization_id = match all.iter().find(|(_, name)| name == NAME) {
        Some((id, _)) => *id,
        None => fill(state, &stores, &staff).await?,
    };
    let works_at = |row: &StaffRow| match row.role.as_str() {
        "owner" => "every store".to_owned(),
        _ => row.store.clone(),
    };
    Ok(Demo {
        organization: NAME.to_owned(),
        organization_id,
        console: staff
            .iter()
            .filter(|row| !row.email.is_empty())
            .map(|row| ConsoleLogin {
                name: row.name.clone(),
                role: row.role.clone(),
                email: row.email.clone(),
                password: row.password.clone(),
            })
            .collect(),
        tills: staff
            .iter()
            .map(|row| TillLogin {
                name: row.name.clone(),
                role: row.role.clone(),
                store: works_at(row),
                pin: row.pin.clone(),
            })
            .collect(),
        stores: stores
            .iter()
            .map(|row| DemoStore {
                code: row.code.clone(),
                name: row.name.clone(),
                tills: format!("1 to {TILLS_PER_STORE}"),
            })
            .collect(),
    })
}

async fn fill(
    state: &AppState,
    stores: &[StoreRow],
    staff: &[StaffRow],
) -> Result<OrganizationId, DemoError> {
    let new = NewOrganization {
        name: NAME.to_owned(),
        currency: Currency {
            code: "USD".to_owned(),
            minor_digits: 2,
        },
        tax_mode: TaxMode::Exclusive,
        country: "US".to_owned(),
        standard_rate: None,
    };
    let organization_id = create_organization(state, new).await?.organization_id;
    put_settings(state, organization_id, |settings| {
        settings.shift_required = true
    })
    .await?;
    let mut by_code: HashMap<String, Store> = HashMap::new();
    for row in stores {
        let StoreRow {
            address,
            city,
            region,
            postal_code,
            ..
        } = row;
        let store = Store {
            store_id: clock::new_id()?,
            code: row.code.clone(),
            name: row.name.clone(),
            address: format!("{address}, {city}, {region} {postal_code}"),
            time_zone: row.time_zone.clone(),
            cut_over_hour: 4,
        };
        create_store(state, organization_id, &store).await?;
        by_code.insert(store.code.clone(), store);
    }
    for row in staff {
        let role = Role::from_name(&row.role).unwrap_or(Role::Cashier);
        let store = by_code
            .get(&row.store)
            .ok_or_else(|| DemoError::StoreUnknown(row.store.clone()))?;
        let new = NewStaff {
            staff: Staff {
                staff_id: clock::new_id()?,
                name: row.name.clone(),
                role,
                store_id: (role != Role::Owner).then_some(store.store_id),
                language: row.language.clone(),
                active: true,
            },
            pin: Some(row.pin.clone()),
            login: (!row.email.is_empty()).then(|| (row.email.clone(), row.password.clone())),
        };
        create_staff(state, organization_id, new).await?;
    }
    import_products(state, organization_id, PRODUCTS.as_bytes(), |_| {}).await?;
    let stock = stock_file(&by_code)?;
    import_stock(state, organization_id, stock.as_slice(), |_| {}).await?;
    put_promotions(state, organization_id).await?;
    let customers = put_customers(state, organization_id).await?;
    let mut stores: Vec<&Store> = by_code.values().collect();
    stores.sort_by(|a, b| a.code.cmp(&b.code));
    put_repairs(state, organization_id, &stores, &customers).await?;
    Ok(organization_id)
}

/// The columns `on_hand_s1` and `on_hand_s2` of the products as a file of counted stock.
fn stock_file(stores: &HashMap<String, Store>) -> Result<Vec<u8>, DemoError> {
    let mut file = csv::Writer::from_writer(Vec::new());
    file.write_record(["sku", "store", "on_hand"])?;
    for row in csv::Reader::from_reader(PRODUCTS.as_bytes()).deserialize() {
        let row: HashMap<String, String> = row?;
        for code in stores.keys() {
            let column = format!("on_hand_{}", code.to_lowercase());
            if let (Some(sku), Some(on_hand)) = (row.get("sku"), row.get(&column)) {
                file.write_record([sku, code, on_hand])?;
            }
        }
    }
    file.into_inner()
        .map_err(|error| DemoError::Csv(error.into_error().into()))
}

/// What the demo shop gives away: screen protectors three for two, and a tenth off with a code.
async fn put_promotions(
    state: &AppState,
    organization_id: OrganizationId,
) -> Result<(), DemoError> {
    let mut tx = begin(&state.pool, organization_id).await?;
    let categories = store::catalogue::categories(&mut tx, organization_id).await?;
    drop(tx);
    let protectors = categories
        .iter()
        .filter(|one| one.name == "Screen Protectors");
    let promotion = |name: &str, gift: Gift| -> Result<Promotion, DemoError> {
        Ok(Promotion {
            promotion_id: clock::new_id()?,
            name: name.to_owned(),
            gift,
            product_ids: Vec::new(),
            category_ids: Vec::new(),
            first_day: None,
            last_day: None,
            coupon: None,
            active: true,
        })
    };
    let three_for_two = Gift::BuyGet {
        buy: 2,
        get: 1,
        off_ppm: RatePpm(1_000_000),
    };
    let tenth = Gift::Percent {
        off_ppm: RatePpm(100_000),
    };
    let put = ServerOperation::put(ServerPutBody {
        promotions: vec![
            Promotion {
                category_ids: protectors.map(|one| one.category_id).collect(),
                ..promotion("Screen protectors: 3 for 2", three_for_two)?
            },
            Promotion {
                coupon: Some("WELCOME10".to_owned()),
                ..promotion("Welcome: 10 % off", tenth)?
            },
        ],
        ..ServerPutBody::default()
    });
    record(state, organization_id, vec![put]).await
}

async fn record(
    state: &AppState,
    organization_id: OrganizationId,
    operations: Vec<ServerOperation>,
) -> Result<(), DemoError> {
    let mut tx = begin(&state.pool, organization_id).await?;
    let raised = record_server_operations(&mut tx, organization_id, &state.key, operations).await?;
    tx.commit().await?;
    state.live.publish(organization_id, &raised);
    Ok(())
}

async fn put_customers(
    state: &AppState,
    organization_id: OrganizationId,
) -> Result<Vec<CustomerId>, DemoError> {
    let (mut ids, mut operations) = (Vec::new(), Vec::new());
    for row in read::<CustomerRow>(CUSTOMERS)? {
        let customer_id = clock::new_id()?;
        let address = format!("{} {}", row.address, row.postal_code);
        let fields = [
            (CustomerField::Name, row.name),
            (CustomerField::Phone, row.phone),
            (CustomerField::Email, row.email),
            (CustomerField::Address, address),
            (CustomerField::TaxId, row.tax_id),
        ];
        let texts = fields
            .into_iter()
            .map(|(field, text)| (field, text.trim().to_owned()))
            .filter(|(_, text)| !text.is_empty());
        operations.push(write_customer(customer_id, texts.collect())?);
        ids.push(customer_id);
    }
    record(state, organization_id, operations).await?;
    Ok(ids)
}

/// How far a repair of the demo has come: the list knows only how each ended.
fn steps(status_hint: &str, n: usize) -> &'static [RepairState] {
    use RepairState as S;
    match (status_hint, n % 4) {
        ("Fixed", 0) => &[S::Repairing, S::QualityCheck, S::Ready, S::Delivered],
        ("Fixed", 1) => &[S::Repairing, S::QualityCheck],
        ("Fixed", _) => &[S::Repairing, S::QualityCheck, S::Ready],
        ("End of life", 0) => &[S::Diagnosing, S::Unrepairable, S::Delivered],
        ("End of life", _) => &[S::Diagnosing, S::Unrepairable],
        (_, 0) => &[],
        (_, 1) => &[S::Diagnosing],
        (_, 2) => &[S::Diagnosing, S::AwaitingApproval],
        (_, _) => &[S::Diagnosing, S::Repairing, S::AwaitingParts],
    }
}

async fn put_repairs(
    state: &AppState,
    organization_id: OrganizationId,
    stores: &[&Store],
    customers: &[CustomerId],
) -> Result<(), DemoError> {
    let now_ms = clock::now_ms().cast_signed();
    let mut operations = Vec::new();
    for (n, row) in read::<RepairRow>(REPAIRS)?.into_iter().enumerate() {
        let store = stores[n % stores.len()];
        let count = u64::try_from(n / stores.len() + 1).unwrap_or(u64::MAX);
        let repair_id: RepairId = clock::new_id()?;
        let zone = TimeZone::get(&store.time_zone).unwrap_or(TimeZone::UTC);
        let local = Timestamp::from_millisecond(now_ms)
            .unwrap_or_default()
            .to_zoned(zone);
        let body = RepairIntakeBody {
            repair_id,
            number: format_number(&store.code, 0, NumberKind::Repair, "", count),
            count,
            business_date: local.date().to_string(),
            utc_offset_min: local.offset().seconds() / 60,
            customer_id: customers.get(n % customers.len().max(1)).copied(),
            device: RepairDevice {
                kind: row.device_kind,
                brand: row.brand,
                model: row.model,
                serial: String::new(),
            },
            fault: row.fault,
            accessories: String::new(),
            promised_date: None,
        };
        let Ok(body) = take_in(body) else { continue };
        operations.push(of_store(store.store_id, OpBody::RepairIntake(body)));
        let mut from = RepairState::Received;
        for to in steps(&row.status_hint, n) {
            let body = RepairMoveBody {
                repair_id,
                from,
                to: *to,
            };
            operations.push(of_store(store.store_id, OpBody::RepairMove(body)));
            from = *to;
        }
    }
    record(state, organization_id, operations).await
}

fn of_store(store_id: StoreId, body: OpBody) -> ServerOperation {
    ServerOperation {
        body,
        private: Vec::new(),
        store_id: Some(store_id),
        staff_id: None,
    }
}
