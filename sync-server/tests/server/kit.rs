//! What the tests are made of: a server on the loopback, a shop in it, and a till that signs its
//! operations with the product's own rules and nothing of the replica.

use std::net::SocketAddr;

use domain::{
    contract::{failure::Failure, sync_v1::*},
    hlc::Hlc,
    id::*,
    money::{Currency, Money, UnitPrice},
    quantity::Quantity,
    replication::{
        Envelope, OpBody, OpHeader, Private,
        body::{KINDS, ShiftCloseBody, ShiftOpenBody, StockAdjustmentBody, StockAdjustmentLine},
        chain::{Digest, PublicKey, SignatureBytes, feed_digest, feed_genesis},
        row::{Organization, Store, Till as TillRow},
    },
    sale::{
        CartLine, DocumentKind, LineTerms, SaleContext, SaleTerms, TenderCode, TenderedPayment,
        complete_sale,
        number::{NumberKind, format_number},
    },
    shift::{CashMoved, ShiftClosing, ShiftOpening, ShiftTotals, TenderCount},
    stock::{Location, MovementReason},
    tax::{RatePpm, TaxMode},
};
use ed25519_dalek::{Signer, SigningKey};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::{Serialize, de::DeserializeOwned};
use sync_server::{
    clock,
    database::DatabaseConfig,
    embedded::{TemporaryCluster, TestDatabase},
    op::{
        create_organization::{NewOrganization, create_organization},
        create_store::create_store,
        make_enrolment_code::make_enrolment_code,
    },
    state::{AppState, HttpConfig, ServerKey, Shared},
    store::directory,
};
use tokio::sync::OnceCell;

static CLUSTER: OnceCell<TemporaryCluster> = OnceCell::const_new();

/// A server of one test.
pub(crate) struct Server {
    pub(crate) address: String,
    pub(crate) state: Shared,
    pub(crate) database: TestDatabase,
    pub(crate) http: reqwest::Client,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(HttpConfig::default()).await
    }

    pub(crate) async fn start_with(http: HttpConfig) -> Self {
        // The second test finds the provider installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let cluster = CLUSTER
            .get_or_init(|| async { TemporaryCluster::start().await.unwrap() })
            .await;
        let database = cluster.database().await.unwrap();
        let (address, state) = Self::instance(&database, http).await;
        Self {
            address,
            state,
            database,
            http: reqwest::Client::new(),
        }
    }

    /// One more instance over a database.
    pub(crate) async fn instance(database: &TestDatabase, http: HttpConfig) -> (String, Shared) {
        let mut config = DatabaseConfig::new(database.app.clone());
        config.connections_max = 8;
        let connected = config.connect().await.unwrap();
        let state = AppState::new(connected, ServerKey::from_seed(&[7; 32]), http);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let service = sync_server::app(state.clone());
        let service = service.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        tokio::spawn(sync_server::live::run(state.clone()));
        (address, state)
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.address))
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Refused> {
        answer(self.request(Method::POST, path).json(body)).await
    }

    pub(crate) async fn organization(&self, name: &str) -> Organization {
        let new = NewOrganization {
            name: name.to_owned(),
            currency: Currency {
                code: "GBP".to_owned(),
                minor_digits: 2,
            },
            tax_mode: TaxMode::Inclusive,
            country: "GB".to_owned(),
            standard_rate: None,
        };
        create_organization(&self.state, new).await.unwrap()
    }

    pub(crate) async fn store(&self, organization: &Organization, code: &str) -> Store {
        let store = Store {
            store_id: clock::new_id().unwrap(),
            code: code.to_owned(),
            name: format!("Store {code}"),
            address: String::new(),
            time_zone: "Europe/London".to_owned(),
            cut_over_hour: 4,
        };
        create_store(&self.state, organization.organization_id, &store)
            .await
            .unwrap();
        store
    }

    /// A shop with one store and one enrolled till.
    pub(crate) async fn shop(&self, name: &str) -> (Organization, Store, Till) {
        let organization = self.organization(name).await;
        let store = self.store(&organization, "M1").await;
        let till = self.till(&organization, &store, 1).await;
        (organization, store, till)
    }

    pub(crate) async fn code(
        &self,
        organization: &Organization,
        store: &Store,
        number: u32,
    ) -> String {
        let id = organization.organization_id;
        make_enrolment_code(&self.state.pool, id, store.store_id, number)
            .await
            .unwrap()
            .code
    }

    pub(crate) async fn till(
        &self,
        organization: &Organization,
        store: &Store,
        number: u32,
    ) -> Till {
        let code = self.code(organization, store, number).await;
        self.enrol(&code).await.unwrap()
    }

    pub(crate) async fn enrol(&self, code: &str) -> Result<Till, Refused> {
        let key = SigningKey::from_bytes(&clock::random_bytes().unwrap());
        let request = enrol_request(code, &key);
        let reply: EnrolReply = self.post("/api/v1/sync/enrol", &request).await?;
        Ok(self.placed(reply, key))
    }

    /// A till enrols anew: its next operations follow its last one, under another key.
    pub(crate) async fn enrol_anew(&self, till: &Till, code: &str) -> Result<Till, Refused> {
        let key = SigningKey::from_bytes(&clock::random_bytes().unwrap());
        let mut request = enrol_request(code, &key);
        request.prev_hash = till.hash;
        request.certificate = Some(till.certificate.clone());
        let reply: EnrolReply = self.post("/api/v1/sync/enrol", &request).await?;
        let mut anew = self.placed(reply, key);
        anew.hash = till.hash;
        anew.hlc = till.hlc;
        Ok(anew)
    }

    fn placed(&self, reply: EnrolReply, key: SigningKey) -> Till {
        Till {
            http: self.http.clone(),
            address: self.address.clone(),
            organization: reply.organization,
            store: reply.store,
            row: reply.till,
            token: reply.token,
            incarnation: reply.incarnation,
            certificate: reply.certificate,
            key,
            seq: 0,
            hash: Digest::default(),
            hlc: Hlc::default(),
            count: 0,
        }
    }
}

pub(crate) fn enrol_request(code: &str, key: &SigningKey) -> EnrolRequest {
    let public_key = PublicKey(key.verifying_key().to_bytes());
    EnrolRequest {
        code: code.to_owned(),
        public_key,
        signature: SignatureBytes(key.sign(&enrol_bytes(code, &public_key)).to_bytes()),
        prev_hash: Digest::default(),
        name: "counter".to_owned(),
        certificate: None,
    }
}

/// A refusal, read as the problem document that it must be.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    pub(crate) failure: Failure,
}

pub(crate) async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, Refused> {
    let response = request.send().await.unwrap();
    if response.status().is_success() {
        let text = response.text().await.unwrap();
        return Ok(serde_json::from_str(&text).unwrap());
    }
    Err(refused(response).await)
}

/// The refusal that a request gets.
pub(crate) async fn refused_by(request: RequestBuilder) -> Refused {
    refused(request.send().await.unwrap()).await
}

pub(crate) async fn refused(response: Response) -> Refused {
    let status = response.status();
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json",
        "{status}"
    );
    let trace_id = response.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let text = response.text().await.unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["status"], status.as_u16());
    assert!(document["type"].is_string() && document["title"].is_string());
    let failure: Failure = serde_json::from_str(&text).unwrap();
    assert_eq!(failure.trace_id, Some(trace_id));
    Refused { status, failure }
}

/// A till without a window, a file or an engine: it seals operations and speaks the protocol.
#[derive(Clone)]
pub(crate) struct Till {
    pub(crate) http: reqwest::Client,
    pub(crate) address: String,
    pub(crate) organization: Organization,
    pub(crate) store: Store,
    pub(crate) row: TillRow,
    pub(crate) token: String,
    pub(crate) incarnation: String,
    pub(crate) certificate: Certificate,
    pub(crate) key: SigningKey,
    pub(crate) seq: u64,
    pub(crate) hash: Digest,
    pub(crate) hlc: Hlc,
    pub(crate) count: u64,
}

impl Till {
    /// Seals a body as the next operation of the chain.
    pub(crate) fn seal(&mut self, body: &OpBody) -> Envelope {
        self.seal_with(body, Vec::new(), |_| {})
    }

    pub(crate) fn seal_with(
        &mut self,
        body: &OpBody,
        private: Vec<Private>,
        change: impl FnOnce(&mut OpHeader),
    ) -> Envelope {
        let wall_ms = clock::now_ms();
        self.hlc = self.hlc.tick(wall_ms);
        let kind = body.kind();
        let mut header = OpHeader {
            op_id: clock::new_id().unwrap(),
            device_id: self.row.device_id,
            epoch: self.row.epoch,
            device_seq: self.seq + 1,
            kind: kind.to_owned(),
            kind_version: KINDS.iter().find(|(name, _)| *name == kind).unwrap().1,
            hlc: self.hlc,
            wall_ms: wall_ms.cast_signed(),
            store_id: Some(self.store.store_id),
            staff_id: None,
            prev_hash: self.hash,
        };
        change(&mut header);
        let envelope = Envelope::seal(&header, body, private, &self.key).unwrap();
        self.seq += 1;
        self.hash = envelope.hash;
        envelope
    }

    /// A sale of these products and quantities, paid in cash.
    pub(crate) fn sale(&mut self, products: &[(ProductId, i64)]) -> OpBody {
        self.count += 1;
        let cart: Vec<CartLine> = products
            .iter()
            .map(|(product_id, units)| CartLine {
                product_id: *product_id,
                sku: "85123A".to_owned(),
                name: "Heart holder".to_owned(),
                quantity_milli: Quantity::units(*units),
                unit_price_e4: UnitPrice(25_500),
                discount_minor: Money::ZERO,
                tax_class: "standard".to_owned(),
                rate_ppm: RatePpm(200_000),
                stocked: true,
                terms: LineTerms::default(),
            })
            .collect();
        let kind = NumberKind::Document(DocumentKind::Receipt);
        let (code, number, series) = (&self.store.code, self.row.number, &self.row.series);
        let context = SaleContext {
            cash_rounding: None,
            shift_id: None,
            number: format_number(code, number, kind, series, self.count),
            series: series.clone(),
            count: self.count,
            business_date: "2024-05-14".to_owned(),
            utc_offset_min: 60,
            currency: self.organization.currency.clone(),
            tax_mode: self.organization.tax_mode,
            terms: SaleTerms::default(),
        };
        let payment = TenderedPayment {
            tender: TenderCode::CASH,
            tendered_minor: Money(1_000_000),
            reference: String::new(),
        };
        OpBody::Sale(complete_sale(context, None, &cart, &[payment]).unwrap())
    }

    /// The same within a shift.
    pub(crate) fn sale_in(&mut self, shift_id: ShiftId) -> OpBody {
        let mut body = self.sale(&[(product(), 1)]);
        if let OpBody::Sale(document) = &mut body {
            document.shift_id = Some(shift_id);
        }
        body
    }

    pub(crate) fn shift_open(&self, shift_id: ShiftId) -> OpBody {
        OpBody::ShiftOpen(ShiftOpenBody {
            shift_id,
            opening: ShiftOpening {
                business_date: "2024-05-14".to_owned(),
                utc_offset_min: 60,
                currency: self.organization.currency.clone(),
                float_minor: Money(10_000),
            },
        })
    }

    /// Closes a shift that took these sales, with nothing in the drawer.
    pub(crate) fn shift_close(&self, shift_id: ShiftId, sales: &[&OpBody]) -> OpBody {
        let mut totals = ShiftTotals::default();
        for body in sales {
            let header = OpHeader {
                op_id: clock::new_id().unwrap(),
                device_id: self.row.device_id,
                epoch: self.row.epoch,
                device_seq: 1,
                kind: body.kind().to_owned(),
                kind_version: 1,
                hlc: Hlc::default(),
                wall_ms: 0,
                store_id: Some(self.store.store_id),
                staff_id: None,
                prev_hash: Digest::default(),
            };
            for document in domain::replication::apply(&header, body, &[])
                .unwrap()
                .documents
            {
                totals.add(&document);
            }
        }
        let expected = Money(10_000) + totals.net_of(TenderCode::CASH);
        OpBody::ShiftClose(Box::new(ShiftCloseBody {
            shift_id,
            business_date: "2024-05-14".to_owned(),
            utc_offset_min: 60,
            closing: ShiftClosing {
                counts: vec![TenderCount {
                    tender: TenderCode::CASH,
                    expected_minor: expected,
                    counted_minor: Money::ZERO,
                    pieces: Vec::new(),
                }],
                float_left_minor: Money::ZERO,
                difference_minor: -expected,
                totals,
                cash: CashMoved::default(),
                note: String::new(),
                approvals: Vec::new(),
            },
        }))
    }

    pub(crate) fn adjustment(&self, product_id: ProductId, units: i64) -> OpBody {
        OpBody::StockAdjustment(StockAdjustmentBody {
            reason: MovementReason::Received,
            note: String::new(),
            lines: vec![StockAdjustmentLine {
                n: 1,
                product_id,
                location: Location::ShopFloor,
                delta_milli: Quantity::units(units),
            }],
            approvals: Vec::new(),
        })
    }

    pub(crate) fn push_request(&self, ops: Vec<Envelope>) -> PushRequest {
        let first_seq = ops.first().map_or(self.seq + 1, |op| {
            op.decode_header()
                .map_or(self.seq, |header| header.device_seq)
        });
        PushRequest {
            incarnation: self.incarnation.clone(),
            device_id: self.row.device_id,
            epoch: self.row.epoch,
            first_seq,
            sent_ms: clock::now_ms().cast_signed(),
            ops,
            damaged: Vec::new(),
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.address))
            .bearer_auth(&self.token)
    }

    pub(crate) async fn push(&self, ops: Vec<Envelope>) -> Result<PushReply, Refused> {
        let request = self.push_request(ops);
        answer(
            self.request(Method::POST, "/api/v1/sync/push")
                .json(&request),
        )
        .await
    }

    pub(crate) async fn have(&self, request: &HaveRequest) -> Result<HaveReply, Refused> {
        answer(
            self.request(Method::POST, "/api/v1/sync/have")
                .json(request),
        )
        .await
    }

    pub(crate) async fn relay(&self, ops: &[Envelope]) -> Result<RelayReply, Refused> {
        self.relay_with(ops, false).await
    }

    /// Relays what follows operations that are not kept.
    pub(crate) async fn relay_after_gap(&self, ops: &[Envelope]) -> Result<RelayReply, Refused> {
        self.relay_with(ops, true).await
    }

    async fn relay_with(&self, ops: &[Envelope], after_gap: bool) -> Result<RelayReply, Refused> {
        let request = RelayRequest {
            ops: ops.to_vec(),
            after_gap,
        };
        answer(
            self.request(Method::POST, "/api/v1/sync/relay")
                .json(&request),
        )
        .await
    }

    /// The range that a till would tell of these envelopes of one enrolment.
    pub(crate) fn range(ops: &[Envelope]) -> HaveRange {
        let (first, last) = (ops.first().unwrap(), ops.last().unwrap());
        let header = first.decode_header().unwrap();
        HaveRange {
            device_id: header.device_id,
            epoch: header.epoch,
            from: header.device_seq,
            to: last.decode_header().unwrap().device_seq,
            last_hash: last.hash,
        }
    }

    pub(crate) async fn pull_page(
        &self,
        scope: &str,
        after: u64,
        digest: &Digest,
        limit: u32,
    ) -> Result<PullReply, Refused> {
        let query = PullQuery {
            incarnation: self.incarnation.clone(),
            scope: scope.to_owned(),
            after,
            digest: serde_json::to_value(digest)
                .unwrap()
                .as_str()
                .unwrap()
                .to_owned(),
            limit: Some(limit),
        };
        answer(self.request(Method::GET, "/api/v1/sync/pull").query(&query)).await
    }

    /// Pulls a whole feed page by page, checking that it is contiguous and its digests chain.
    pub(crate) async fn pull(&self, scope: &str, limit: u32) -> Vec<FeedRow> {
        let (mut after, mut digest) = (0, feed_genesis(scope));
        let mut rows = Vec::new();
        loop {
            let page = self.pull_page(scope, after, &digest, limit).await.unwrap();
            for row in page.rows {
                after += 1;
                assert_eq!(row.seq, after, "the feed has no gap");
                digest = feed_digest(scope, row.seq, &digest, row.bytes.get().as_bytes());
                rows.push(row);
            }
            assert_eq!((page.to, page.digest), (after, digest));
            if page.to == page.head {
                return rows;
            }
        }
    }

    pub(crate) fn store_scope(&self) -> String {
        format!("store:{}", self.store.store_id)
    }
}

/// Puts the database back to a backup from before the first operation: nothing is left of what
/// tills recorded, and of these devices not even their enrolment.
pub(crate) async fn restore_early_backup(server: &Server, lost: &[DeviceId]) {
    let mut owner = owner(server).await;
    let lost: Vec<uuid::Uuid> = lost.iter().map(|id| id.0).collect();
    for sql in [
        "TRUNCATE operation, held_operation, document, document_line, document_tax, payment,
             stock_movement, stock_level, repair_event, repair, log_event, log_row, customer, exception, feed,
             feed_head, snapshot, snapshot_chunk",
        "UPDATE chain SET last_seq = 0, last_hash = genesis FROM device_epoch AS own
         WHERE own.device_id = chain.device_id AND own.epoch = chain.epoch
           AND genesis IS NOT NULL",
        "UPDATE chain SET last_seq = 0
         WHERE device_id = '00000000-0000-0000-0000-000000000000'",
        "DELETE FROM chain WHERE branch > 0",
        "UPDATE chain SET checkpoint_seq = 0, checkpoint = NULL, missing_from = NULL",
        "UPDATE device_epoch SET fenced = false",
        "UPDATE device SET last_effective = 0",
        "UPDATE incarnation SET counter = counter + 1",
    ] {
        sqlx::query(sql).execute(&mut owner).await.unwrap();
    }
    for sql in [
        "DELETE FROM chain WHERE device_id = ANY($1)",
        "DELETE FROM device_epoch WHERE device_id = ANY($1)",
        "DELETE FROM device WHERE device_id = ANY($1)",
    ] {
        sqlx::query(sql)
            .bind(&lost)
            .execute(&mut owner)
            .await
            .unwrap();
    }
    // As after a real restore: no connection of the server outlives it.
    let sql = "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
         WHERE datname = current_database() AND usename = current_user
             AND pid <> pg_backend_pid()";
    let options = &server.database.app;
    let mut own = <sqlx::PgConnection as sqlx::Connection>::connect_with(options)
        .await
        .unwrap();
    sqlx::query(sql).execute(&mut own).await.unwrap();
    for id in lost {
        let hash = directory::Key::Device(id.into()).hash();
        sqlx::query("DELETE FROM directory WHERE key_hash = $1")
            .bind(hash.0.as_slice())
            .execute(&mut owner)
            .await
            .unwrap();
    }
}

/// Moves what the database holds, as the role that owns it.
pub(crate) async fn owner(server: &Server) -> sqlx::PgConnection {
    <sqlx::PgConnection as sqlx::Connection>::connect_with(&server.database.owner)
        .await
        .unwrap()
}

/// One number out of the database, past row-level security.
pub(crate) async fn number(server: &Server, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql)
        .fetch_one(&mut owner(server).await)
        .await
        .unwrap()
}

pub(crate) fn product() -> ProductId {
    clock::new_id().unwrap()
}
