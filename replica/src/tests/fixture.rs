//! A till in a folder of its own, enrolled and stocked without a server, and the feeds that a
//! server would send it.

use std::{collections::HashMap, path::PathBuf};

use argon2::{Algorithm, Argon2, Params, Version, password_hash::PasswordHasher};
use domain::{
    catalog::{Category, Product, TaxClass},
    contract::{
        failure::Failure,
        ipc::{AskedTerms, CompleteSale, DocumentView, SaleLine, SignIn},
        sync_v1::{Certificate, FeedOp, FeedRow, FeedRows, FeedType, PinVerifier, PullReply},
    },
    hlc::Hlc,
    id::{CategoryId, DeviceId, DraftId, OrganizationId, ProductId, StaffId, StoreId},
    money::{Currency, Money, UnitPrice},
    quantity::Quantity,
    replication::{
        Envelope, OpBody, Rows, apply,
        chain::{Base64, Digest, PublicKey, SignatureBytes, feed_digest, feed_genesis},
        fold::{FieldStamps, fold_field, fold_log, fold_movement, fold_repair},
        log::{LogEvent, LogRow},
        row::{Organization, Settings, Store, Till as TillRow},
        table::Scope,
    },
    sale::{TenderCode, TenderedPayment},
    serial::SerialKind,
    staff::{Role, Staff},
    stock::StockLevel,
    tax::{RatePpm, TaxMode, TaxScheme},
};
use ed25519_dalek::{Signer, SigningKey};
use secrecy::SecretString;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    Clock, OpenOptions, SecretStore, Till,
    clock::random,
    identity::Identity,
    op::pin::PinBox,
    secret::Secrets,
    store::{self, chain::Chain, enrolment::Enrolment},
    sync::pull,
    till::Shared,
};

/// 2026-03-02 10:00 UTC.
pub(super) const NOW_MS: i64 = 1_772_445_600_000;
pub(super) const PIN: &str = "482913";
pub(super) const MANAGER: StaffId = StaffId(Uuid::from_u128(0x51));
pub(super) const CASHIER: StaffId = StaffId(Uuid::from_u128(0x52));
pub(super) const ELSEWHERE: StaffId = StaffId(Uuid::from_u128(0x53));
pub(super) const STORE: StoreId = StoreId(Uuid::from_u128(0x61));
pub(super) const DEVICE: DeviceId = DeviceId(Uuid::from_u128(0x71));

/// A folder that goes with its test.
#[derive(Debug)]
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> Folder {
        let name = format!("till-{:x}", u128::from_be_bytes(random()));
        Folder(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) async fn open(folder: &Folder, clock: &Clock) -> Result<Till, Failure> {
    Till::open(OpenOptions {
        data_dir: folder.0.clone(),
        clock: clock.clone(),
        secrets: SecretStore::File,
        enrol_hint: None,
        papers: None,
    })
    .await
}

/// A till at work.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) folder: Folder,
    pub(super) clock: Clock,
    pub(super) till: Till,
    pub(super) org: Feed,
    pub(super) store: Feed,
}

impl Desk {
    /// Enrolled, with three people and four products, nobody signed in, no network.
    pub(super) async fn new() -> Desk {
        let (folder, clock) = (Folder::new(), Clock::set_to(NOW_MS));
        let till = open(&folder, &clock).await.unwrap();
        till.set_network(false);
        enrol(till.shared()).await;
        let mut desk = Desk {
            folder,
            clock,
            till,
            org: Feed::new(Scope::Org),
            store: Feed::new(Scope::Store(STORE)),
        };
        let rows = catalogue();
        desk.org.server(rows);
        desk.pull().await;
        desk
    }

    /// With the manager signed in.
    pub(super) async fn at_work() -> Desk {
        let desk = Desk::new().await;
        desk.sign_in(MANAGER).await.unwrap();
        desk
    }

    pub(super) fn shared(&self) -> &Shared {
        self.till.shared()
    }

    pub(super) async fn sign_in(&self, staff_id: StaffId) -> Result<(), Failure> {
        let pin = PIN.to_owned();
        self.till.call(SignIn { staff_id, pin }).await.map(drop)
    }

    /// Ends the program as a power cut would leave it to the next start, and starts it again.
    pub(super) async fn restart(self) -> Desk {
        self.till.close().await.unwrap();
        drop(self.till);
        let till = open(&self.folder, &self.clock).await.unwrap();
        till.set_network(false);
        Desk { till, ..self }
    }

    /// Starts the program again over whatever lies in the folder, with the manager at the till.
    pub(super) async fn restart_again(self) -> Desk {
        drop(self.till);
        let till = open(&self.folder, &self.clock).await.unwrap();
        till.set_network(false);
        let desk = Desk { till, ..self };
        desk.sign_in(MANAGER).await.unwrap();
        desk
    }

    /// What a pull does when all feeds have been read.
    pub(super) async fn own_past(&self) {
        pull::own_past(self.shared()).await.unwrap();
    }

    /// Takes in what both feeds hold.
    pub(super) async fn pull(&mut self) {
        for scope in [Scope::Org, Scope::Store(STORE)] {
            let feed = match scope {
                Scope::Org => &self.org,
                _ => &self.store,
            };
            let mut connection = self.shared().db.reader().await.unwrap();
            let cursor = store::feed::one(&mut connection, &scope.to_string())
                .await
                .unwrap()
                .unwrap();
            drop(connection);
            let reply = feed.after(cursor.seq);
            pull::take_reply(self.shared(), &cursor, &reply)
                .await
                .unwrap();
        }
    }

    /// What the server makes of the outbox: every operation in its home's feed.
    pub(super) async fn deliver(&mut self) {
        for envelope in self.unsent().await {
            let header = envelope.decode_header().unwrap();
            let body = envelope.decode_body(&header).unwrap();
            match body.home_scope(&header).unwrap() {
                Scope::Org => self.org.op(envelope),
                _ => self.store.op(envelope),
            }
        }
    }

    pub(super) async fn unsent(&self) -> Vec<Envelope> {
        let mut connection = self.shared().db.reader().await.unwrap();
        store::journal::unsent(&mut connection, 500, 1 << 20)
            .await
            .unwrap()
            .into_iter()
            .map(|(_, _, envelope)| envelope)
            .collect()
    }

    pub(super) async fn sell(&self, lines: Vec<SaleLine>) -> Result<DocumentView, Failure> {
        self.till
            .call(CompleteSale {
                draft_id: draft(),
                lines,
                payments: vec![cash(100_000)],
                customer_id: None,
                terms: AskedTerms::default(),
                quote_id: None,
                exchange: None,
            })
            .await
    }

    pub(super) async fn number(&self, sql: &str) -> i64 {
        let mut connection = self.shared().db.reader().await.unwrap();
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned()))
            .fetch_one(&mut *connection)
            .await
            .unwrap()
    }

    /// Changes the file behind the till's back.
    pub(super) async fn execute(&self, sql: &str) {
        let mut writer = self.shared().db.writer().await;
        let mut transaction = writer.begin().await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(sql.to_owned()))
            .execute(&mut *transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }
}

pub(super) fn draft() -> DraftId {
    DraftId(Uuid::from_bytes(random()))
}

pub(super) fn cash(tendered: i64) -> TenderedPayment {
    TenderedPayment {
        tender: TenderCode::CASH,
        tendered_minor: Money(tendered),
        reference: String::new(),
    }
}

pub(super) fn line(product: &Product, units: i64) -> SaleLine {
    SaleLine::of(product.product_id, Quantity::units(units))
}

pub(super) fn product(n: u128, sku: &str, name: &str, price_e4: i64) -> Product {
    Product {
        product_id: ProductId(Uuid::from_u128(0x1000 + n)),
        sku: sku.to_owned(),
        name: name.to_owned(),
        brand: "Acme".to_owned(),
        model: format!("M-{n}"),
        category_id: Some(CategoryId(Uuid::from_u128(0x82))),
        tax_class: "standard".to_owned(),
        price_e4: UnitPrice(price_e4),
        barcodes: vec![format!("400000000{n:04}")],
        stocked: true,
        reorder_point_milli: Quantity::ZERO,
        warranty_months: 24,
        serial_kind: SerialKind::default(),
        list_prices: Vec::new(),
        levies: Vec::new(),
        active: true,
    }
}

pub(super) fn charger() -> Product {
    product(1, "CH-20W", "Cargador rápido 20 W", 199_900)
}

pub(super) fn cable() -> Product {
    product(2, "85123A", "Kabel für Müller USB-C", 25_000)
}

pub(super) fn cable_twin() -> Product {
    product(3, "85123a", "Galaxy S24 Ultra case", 30_000)
}

pub(super) fn service() -> Product {
    Product {
        stocked: false,
        ..product(4, "SVC", "Screen repair service", 600_000)
    }
}

fn staff(staff_id: StaffId, name: &str, role: Role, store_id: Option<StoreId>) -> Staff {
    Staff {
        staff_id,
        name: name.to_owned(),
        role,
        store_id,
        language: "es".to_owned(),
        active: true,
    }
}

pub(super) fn organization() -> Organization {
    Organization {
        organization_id: OrganizationId(Uuid::from_u128(0x41)),
        name: "Shop".to_owned(),
        currency: Currency {
            code: "EUR".to_owned(),
            minor_digits: 2,
        },
        tax_mode: TaxMode::Inclusive,
        country: "ES".to_owned(),
        settings: Settings::default(),
    }
}

pub(super) fn store_row() -> Store {
    Store {
        store_id: STORE,
        code: "S1".to_owned(),
        name: "Centro".to_owned(),
        address: String::new(),
        time_zone: "Europe/Madrid".to_owned(),
        cut_over_hour: 4,
    }
}

pub(super) fn till_row() -> TillRow {
    TillRow {
        device_id: DEVICE,
        store_id: STORE,
        number: 3,
        name: "Till 3".to_owned(),
        epoch: 1,
        series: "A".to_owned(),
        revoked: false,
    }
}

pub(super) fn catalogue() -> Rows {
    let other = StoreId(Uuid::from_u128(0x62));
    Rows {
        organization: vec![organization()],
        store: vec![store_row()],
        till: vec![till_row()],
        staff: vec![
            staff(MANAGER, "Marta", Role::Manager, None),
            staff(CASHIER, "Carlos", Role::Cashier, Some(STORE)),
            staff(ELSEWHERE, "Elena", Role::Cashier, Some(other)),
        ],
        tax_class: vec![TaxClass {
            code: "standard".to_owned(),
            name: "IVA 21 %".to_owned(),
            rate_ppm: RatePpm(210_000),
            components: Vec::new(),
            scheme: TaxScheme::Standard,
            note: String::new(),
        }],
        category: vec![
            Category {
                category_id: CategoryId(Uuid::from_u128(0x81)),
                parent_id: None,
                name: "Accessories".to_owned(),
                position: 1,
            },
            Category {
                category_id: CategoryId(Uuid::from_u128(0x82)),
                parent_id: Some(CategoryId(Uuid::from_u128(0x81))),
                name: "Power".to_owned(),
                position: 2,
            },
        ],
        product: vec![charger(), cable(), cable_twin(), service()],
        ..Rows::default()
    }
}

fn server_signer() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

/// The key of the server that the till enrolled at.
pub(super) fn server_key() -> PublicKey {
    PublicKey(server_signer().verifying_key().to_bytes())
}

/// What that server signs, with its signature.
pub(super) fn signed(body: &impl serde::Serialize) -> (Base64, SignatureBytes) {
    let body = serde_json::to_vec(body).unwrap();
    let signature = SignatureBytes(server_signer().sign(&body).to_bytes());
    (Base64(body), signature)
}

/// What enrolling writes, with people's PINs as the server would send them.
async fn enrol(till: &Shared) {
    let mut secrets = Secrets::generate();
    secrets.token = SecretString::from("token");
    secrets
        .save(SecretStore::File, &till.folder, "test")
        .await
        .unwrap();
    let enrolment = Enrolment {
        server: "http://127.0.0.1:9".to_owned(),
        organization: organization(),
        store: store_row(),
        till: till_row(),
        certificate: Certificate {
            body: Base64::default(),
            server_key: server_key(),
            signature: SignatureBytes([0; 64]),
        },
        incarnation: "one".to_owned(),
        secret_name: "test".to_owned(),
        key_in_file: true,
        is_revoked: false,
        is_fenced: false,
        keep_days: domain::limit::KEEP_DAYS_MIN,
        healed_incarnation: String::new(),
        last_contact_ms: None,
    };
    let chain = Chain {
        device_id: DEVICE,
        epoch: 1,
        series: "A".to_owned(),
        device_seq: 0,
        genesis: Digest::default(),
        head_hash: Digest::default(),
        hlc: Hlc::default(),
        receipts: 0,
        credit_notes: 0,
        invoices: 0,
        repairs: 0,
        quotes: 0,
    };
    // Cheap parameters: what is tested is the counting, not the cost.
    let params = Params::new(8, 1, 1, None).unwrap();
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let phc = hasher.hash_password(PIN.as_bytes()).unwrap().to_string();
    let pins = PinBox {
        verifiers: [MANAGER, CASHIER, ELSEWHERE]
            .map(|staff_id| PinVerifier {
                staff_id,
                phc: phc.clone(),
            })
            .to_vec(),
        ..PinBox::default()
    };
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await.unwrap();
    store::enrolment::put(&mut transaction, &enrolment)
        .await
        .unwrap();
    store::chain::save(&mut transaction, &chain).await.unwrap();
    let identity = Identity::load(&mut transaction, enrolment, secrets)
        .await
        .unwrap();
    for scope in identity.scopes() {
        store::feed::start(&mut transaction, &scope.to_string())
            .await
            .unwrap();
    }
    pins.save(&mut transaction, &identity).await.unwrap();
    transaction.commit().await.unwrap();
    drop(writer);
    till.set_identity(identity);
}

/// A feed as the server keeps it: rows, their digests, and the folds over all facts so far.
#[derive(Debug)]
pub(super) struct Feed {
    scope: Scope,
    rows: Vec<(FeedType, String)>,
    pub(super) last_hlc: Hlc,
    levels: HashMap<String, StockLevel>,
    events: Vec<(Hlc, domain::repair::RepairEvent)>,
    log_events: Vec<(Hlc, LogEvent)>,
    customers: HashMap<Uuid, (domain::customer::Customer, FieldStamps)>,
}

impl Feed {
    fn new(scope: Scope) -> Feed {
        Feed {
            scope,
            rows: Vec::new(),
            last_hlc: Hlc::from_ms(1),
            levels: HashMap::new(),
            events: Vec::new(),
            log_events: Vec::new(),
            customers: HashMap::new(),
        }
    }

    /// A server's own row.
    pub(super) fn server(&mut self, rows: Rows) {
        let row = FeedRows {
            log_events: Vec::new(),
            op_id: None,
            effective_hlc: self.last_hlc,
            rows,
        };
        let json = serde_json::to_string(&row).unwrap();
        self.rows.push((FeedType::Server, json));
    }

    /// An operation, folded as the server folds it.
    pub(super) fn op(&mut self, envelope: Envelope) {
        self.last_hlc = self.last_hlc.next();
        let header = envelope.decode_header().unwrap();
        let body: OpBody = envelope.decode_body(&header).unwrap();
        let facts = apply(&header, &body, &envelope.private).unwrap();
        let mut rows = Rows::default();
        for movement in &facts.movements {
            let key = format!("{} {}", movement.product_id, movement.location.name());
            let level = self.levels.entry(key).or_insert_with(|| StockLevel {
                store_id: movement.store_id,
                location: movement.location,
                product_id: movement.product_id,
                on_hand_milli: Quantity::ZERO,
            });
            fold_movement(level, movement);
            rows.stock_level.push(level.clone());
        }
        for event in facts.repair_events {
            let repair_id = event.repair_id;
            self.events.push((self.last_hlc, event));
            let of_repair: Vec<_> = self
                .events
                .iter()
                .filter(|(_, event)| event.repair_id == repair_id)
                .cloned()
                .collect();
            rows.repair.extend(fold_repair(&of_repair));
        }
        for event in facts.log_events {
            let place = event.place();
            self.log_events.push((self.last_hlc, event));
            let of_log: Vec<_> = (self.log_events.iter())
                .filter(|(_, event)| event.place() == place)
                .cloned()
                .collect();
            let state = fold_log(&of_log);
            rows.log_row
                .extend(state.map(|state| LogRow::at(&place, state)));
        }
        for write in &facts.field_writes {
            let (customer, stamps) =
                self.customers
                    .entry(write.customer_id.0)
                    .or_insert_with(|| {
                        let empty = domain::customer::Customer::empty(write.customer_id);
                        (empty, FieldStamps::new())
                    });
            fold_field(customer, stamps, self.last_hlc, write);
            rows.customer = vec![customer.clone()];
        }
        let row = FeedOp {
            envelope,
            effective_hlc: self.last_hlc,
            branch: 0,
            rows,
        };
        let json = serde_json::to_string(&row).unwrap();
        self.rows.push((FeedType::Op, json));
    }

    /// The page after a cursor, whole.
    pub(super) fn after(&self, after: u64) -> PullReply {
        let scope = self.scope.to_string();
        let mut digest = feed_genesis(&scope);
        let mut rows = Vec::new();
        for (seq, (row_type, json)) in (1_u64..).zip(&self.rows) {
            digest = feed_digest(&scope, seq, &digest, json.as_bytes());
            if seq > after {
                rows.push(FeedRow {
                    seq,
                    row_type: *row_type,
                    bytes: RawValue::from_string(json.clone()).unwrap(),
                    beside: None,
                });
            }
        }
        let head = u64::try_from(self.rows.len()).unwrap();
        PullReply {
            scope: self.scope,
            incarnation: "one".to_owned(),
            to: head,
            head,
            digest,
            server_ms: u64::try_from(NOW_MS).unwrap(),
            rows,
        }
    }
}
