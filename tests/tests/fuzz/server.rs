//! The server, fed with what no till sends: requests with any field broken, compressed or only said
//! to be, signed by a till that writes nonsense; and catalogues that are no CSV. No answer says that
//! the fault is the server's, and nothing unsigned is stored.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::Request,
};
use domain::{
    contract::sync_v1::{EnrolReply, EnrolRequest, enrol_bytes},
    hlc::Hlc,
    id::OrganizationId,
    money::Currency,
    replication::{
        Envelope, OpHeader,
        chain::{Base64, Digest, PublicKey, SignatureBytes, encode_header, op_hash, sign},
        row::Store,
    },
    tax::TaxMode,
};
use ed25519_dalek::{Signer, SigningKey};
use flate2::{Compression, read::GzEncoder, write};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use sync_server::{
    clock,
    database::DatabaseConfig,
    embedded::{TemporaryCluster, TestDatabase},
    op::{
        create_organization::{NewOrganization, create_organization},
        create_store::create_store,
        import_products::{ImportError, import_products},
        make_enrolment_code::make_enrolment_code,
    },
    state::{AppState, HttpConfig, ServerKey, Shared},
};
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::{fuzzer::Input, fuzzer::fuzz, golden};

/// A server with one organization, one store and one till.
struct World {
    runtime: Runtime,
    _cluster: TemporaryCluster,
    database: TestDatabase,
    state: Shared,
    app: Router,
    organization_id: OrganizationId,
    till: EnrolReply,
    key: SigningKey,
}

impl World {
    fn begin() -> World {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let (cluster, database, state) = runtime.block_on(async {
            let cluster = TemporaryCluster::start().await.unwrap();
            let database = cluster.database().await.unwrap();
            let connected = DatabaseConfig::new(database.app.clone()).connect().await;
            let key = ServerKey::from_seed(&[7; 32]);
            let state = AppState::new(connected.unwrap(), key, HttpConfig::default());
            (cluster, database, state)
        });
        let app = sync_server::app(state.clone());
        let key = SigningKey::from_bytes(&[9; 32]);
        let till = runtime.block_on(enrol(&state, &app, &key));
        World {
            organization_id: till.organization.organization_id,
            runtime,
            _cluster: cluster,
            database,
            state,
            app,
            till,
            key,
        }
    }

    fn token(&self) -> &str {
        &self.till.token
    }

    fn count(&self, sql: &'static str) -> i64 {
        self.runtime.block_on(async {
            let mut owner = PgConnection::connect_with(&self.database.owner)
                .await
                .unwrap();
            sqlx::query_scalar(sql).fetch_one(&mut owner).await.unwrap()
        })
    }
}

/// Makes the shop and enrols its till, as a till does.
async fn enrol(state: &Shared, app: &Router, key: &SigningKey) -> EnrolReply {
    let new = NewOrganization {
        name: "Fuzzed shop".to_owned(),
        currency: Currency {
            code: "GBP".to_owned(),
            minor_digits: 2,
        },
        tax_mode: TaxMode::Inclusive,
        country: "GB".to_owned(),
        standard_rate: None,
    };
    let organization_id = create_organization(state, new)
        .await
        .unwrap()
        .organization_id;
    let store = Store {
        store_id: clock::new_id().unwrap(),
        code: "M1".to_owned(),
        name: "Store".to_owned(),
        address: String::new(),
        time_zone: "Europe/London".to_owned(),
        cut_over_hour: 4,
    };
    create_store(state, organization_id, &store).await.unwrap();
    let code = make_enrolment_code(&state.pool, organization_id, store.store_id, 1);
    let code = code.await.unwrap().code;
    let public_key = PublicKey(key.verifying_key().to_bytes());
    let request = EnrolRequest {
        signature: SignatureBytes(key.sign(&enrol_bytes(&code, &public_key)).to_bytes()),
        code,
        public_key,
        prev_hash: Digest::default(),
        name: "counter".to_owned(),
        certificate: None,
    };
    let body = serde_json::to_vec(&request).unwrap();
    let (status, reply) = send(app, "POST", "/api/v1/sync/enrol", None, (body, false)).await;
    assert_eq!(status, 200);
    serde_json::from_slice(&reply).unwrap()
}

/// Sends a request and returns status and body; a refusal must be a problem document.
async fn send(
    app: &Router,
    method: &str,
    path: &str,
    token: Option<&str>,
    (body, is_gzip): (Vec<u8>, bool),
) -> (u16, Vec<u8>) {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if is_gzip {
        request = request.header("content-encoding", "gzip");
    }
    let request = request
        .header("content-type", "application/json")
        .extension(ConnectInfo(SocketAddr::from((Ipv4Addr::LOCALHOST, 1))))
        .body(Body::from(body))
        .unwrap();
    let answer = app.clone().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let is_problem = answer
        .headers()
        .get("content-type")
        .is_some_and(|kind| kind == "application/problem+json");
    let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(status < 500, "{method} {path}: {status} {text}");
    assert!(
        status < 400 || is_problem,
        "{method} {path}: {status} {text}"
    );
    (status, bytes.to_vec())
}

/// What a till sends, with the address.
fn requests(world: &World) -> Vec<(&'static str, Value)> {
    let envelope = golden::envelope();
    let certificate = serde_json::to_value(&world.till.certificate).unwrap();
    let hash = envelope["hash"].clone();
    vec![
        ("push", push(world, &json!([envelope, envelope]))),
        ("have", golden::have()),
        ("relay", json!({"ops": [envelope, envelope]})),
        ("token", golden::healing("token")),
        ("challenge", json!({"device_id": world.till.till.device_id})),
        (
            "enrol",
            json!({"code": "ABCD-EFGH", "public_key": golden::healing("certificate_body")["public_key"],
                "signature": envelope["signature"], "prev_hash": hash, "name": "counter",
                "certificate": certificate}),
        ),
    ]
}

fn push(world: &World, ops: &Value) -> Value {
    json!({"incarnation": world.till.incarnation, "device_id": world.till.till.device_id,
        "epoch": 1, "first_seq": 1, "sent_ms": clock::now_ms(), "ops": ops, "damaged": []})
}

/// An operation of the till that is signed and chained as it should be, and says nonsense.
fn signed_nonsense(world: &World, input: &Input) -> Value {
    let bodies = golden::bodies();
    let (kind, body) = input.of(&bodies);
    let header = encode_header(&OpHeader {
        op_id: clock::new_id().unwrap(),
        device_id: world.till.till.device_id,
        epoch: 1,
        device_seq: 1,
        kind: (*kind).to_owned(),
        kind_version: 1,
        hlc: Hlc(clock::now_ms() << 16),
        wall_ms: i64::try_from(clock::now_ms()).unwrap(),
        store_id: Some(world.till.store.store_id),
        staff_id: None,
        prev_hash: Digest::default(),
    });
    let body = input.breakage.of_json(body);
    let hash = op_hash(&header, &body);
    let envelope = Envelope {
        signature: sign(&world.key, &hash),
        header: Base64(header),
        body: Base64(body),
        hash,
        private: Vec::new(),
    };
    push(world, &json!([envelope]))
}

/// The body as it goes out: plain, compressed, compressed and broken, or a bomb.
fn packed(input: &Input, body: Vec<u8>) -> (Vec<u8>, bool) {
    match input.breakage.chance(8) {
        0 => {
            let mut bytes = Vec::new();
            let mut packer = GzEncoder::new(&*body, Compression::fast());
            packer.read_to_end(&mut bytes).unwrap();
            (input.breakage.of_bytes(bytes), true)
        }
        1 if input.breakage.chance(64) == 1 => {
            let mut packer = write::GzEncoder::new(Vec::new(), Compression::fast());
            for _ in 0..64 {
                packer.write_all(&vec![b' '; 1 << 20]).unwrap();
            }
            (packer.finish().unwrap(), true)
        }
        2 => (body, true),
        _ => (body, false),
    }
}

#[test]
fn requests_that_no_till_sends() {
    let world = World::begin();
    let requests = requests(&world);
    let stored = "SELECT count(*) FROM operation";
    let before = world.count(stored);
    fuzz(1_000, |input| {
        let (name, good) = input.of(&requests);
        let path = format!("/api/v1/sync/{name}");
        let body = packed(input, input.breakage.of_json(good));
        let token = (input.breakage.chance(16) > 0).then(|| world.token());
        world
            .runtime
            .block_on(send(&world.app, "POST", &path, token, body));
        let scope = input.breakage.of_value(&json!("org")).to_string();
        // A longer address is refused before it comes to us.
        let bytes = scope.bytes().take(10_000);
        let scope: String = bytes.map(|byte| format!("%{byte:02x}")).collect();
        for query in [
            format!("/api/v1/sync/pull?incarnation=1&after=0&digest=AA&scope={scope}"),
            format!("/api/v1/sync/snapshot?chunk=0&scope={scope}"),
        ] {
            let nothing = (Vec::new(), false);
            world
                .runtime
                .block_on(send(&world.app, "GET", &query, token, nothing));
        }
    });
    assert_eq!(world.count(stored), before, "something unsigned was stored");
}

#[test]
fn operations_that_are_signed_and_nonsense() {
    let world = World::begin();
    fuzz(500, |input| {
        let body = serde_json::to_vec(&signed_nonsense(&world, input)).unwrap();
        let token = Some(world.token());
        let sent = send(
            &world.app,
            "POST",
            "/api/v1/sync/push",
            token,
            (body, false),
        );
        world.runtime.block_on(sent);
    });
    // Whatever it was, the first is kept, and all others say of themselves that they are it.
    let kept = "SELECT (SELECT count(*) FROM operation WHERE device_id <> \
        '00000000-0000-0000-0000-000000000000') + (SELECT count(*) FROM held_operation)";
    assert!(world.count(kept) > 0);
}

#[test]
fn catalogues_that_are_no_csv() {
    let world = World::begin();
    let good = json!([
        [
            "sku",
            "name",
            "price",
            "barcode",
            "category",
            "cost",
            "reorder_point",
            "stocked"
        ],
        [
            "85123A",
            "WHITE HANGING HEART",
            "2.55",
            "4006381333931",
            "Home > Light",
            "1.20",
            "3",
            "1"
        ],
        [
            "71053",
            "\"METAL, LANTERN\"",
            "3.39",
            "",
            "Home",
            "",
            "",
            "no"
        ],
    ]);
    fuzz(600, |input| {
        let rows = input.breakage.of_value(&good);
        let text: Vec<String> = rows.as_array().into_iter().flatten().map(line).collect();
        let bytes = input.breakage.of_bytes(text.join("\n").into_bytes());
        let lines = bytes
            .iter()
            .filter(|byte| matches!(byte, b'\n' | b'\r'))
            .count() as u64
            + 1;
        let imported = world.runtime.block_on(import_products(
            &world.state,
            world.organization_id,
            &*bytes,
            |_| (),
        ));
        match imported {
            Ok(report) => {
                let told = report.created + report.updated + report.bad.len() as u64;
                assert!(told <= lines, "{told} rows in {lines} lines");
            }
            Err(ImportError::Csv(_)) => {}
            Err(error) => panic!("{error}"),
        }
    });
}

fn line(row: &Value) -> String {
    let fields = row.as_array().into_iter().flatten();
    let text = |field: &Value| field.as_str().map_or(field.to_string(), str::to_owned);
    fields.map(text).collect::<Vec<_>>().join(",")
}
