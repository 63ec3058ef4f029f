//! Does everything wrong to a message that can be wrong with it, and expects each time a problem
//! document and tables as they were, or, where the message's rules let it pass, an ordinary answer.

use std::{
    io::{Read as _, Write as _},
    net::IpAddr,
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use sync_server::op::verify::verify;

use crate::{
    kit::*,
    mutate::{Class, Mutation, mutations},
    tables::{Rows, Tables},
};

/// A message that is right, ready to be made wrong.
pub(crate) struct Message {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) token: Option<String>,
    /// The body, or the fields of the query.
    pub(crate) json: Value,
}

/// What a message leaves to whoever sends it.
#[derive(Default)]
pub(crate) struct Rules {
    /// Fields that may be missing or null.
    pub(crate) optional: &'static [&'static str],
    /// Fields that may say anything that can be read; those below `*` too. After a colon, the one
    /// change of the field that may.
    pub(crate) free: &'static [&'static str],
    /// Changes that are refused after what stands before them was taken.
    pub(crate) begun: &'static [&'static str],
    /// Tables that an attempt may change.
    pub(crate) except: &'static [&'static str],
    /// Whether an attempt uses the message up.
    pub(crate) is_used_up: bool,
}

impl Rules {
    fn allow(&self, mutation: &Mutation) -> bool {
        let exact = format!("{}: {}", mutation.path, mutation.what);
        let names = |patterns: &[&str]| {
            patterns
                .iter()
                .any(|pattern| match pattern.strip_suffix('*') {
                    Some(start) => mutation.path.starts_with(start),
                    None => mutation.path == *pattern || exact == *pattern,
                })
        };
        match mutation.class {
            Class::Absent => names(self.optional),
            Class::Shape => self.free.contains(&exact.as_str()),
            Class::Value => names(self.free),
            Class::Unknown => true,
        }
    }
}

/// Sends from one loopback address after another, so that no limit of tries answers instead.
#[derive(Default)]
pub(crate) struct Sender {
    pub(crate) sent: u32,
    pub(crate) client: Option<Client>,
    /// What went otherwise than it should, so that one run tells all of it.
    pub(crate) faults: Vec<String>,
}

impl Sender {
    const TRIES: u32 = 40;

    fn client(&mut self) -> Client {
        if self.sent.is_multiple_of(Self::TRIES) {
            let [high, low] = u16::try_from(self.sent / Self::TRIES)
                .unwrap()
                .to_be_bytes();
            let from = IpAddr::from([127, 1 + high, low, 1]);
            self.client = Some(Client::builder().local_address(from).build().unwrap());
        }
        self.sent += 1;
        self.client.clone().unwrap()
    }

    fn request(&mut self, server: &Server, message: &Message) -> RequestBuilder {
        let address = format!("{}{}", server.address, message.path);
        let request = self.client().request(message.method.clone(), address);
        match &message.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(crate) async fn send(
        &mut self,
        server: &Server,
        message: &Message,
        json: &Value,
    ) -> Response {
        let request = self.request(server, message);
        let request = if message.method == Method::GET {
            request.query(&query(json))
        } else {
            request.json(json)
        };
        request.send().await.unwrap()
    }

    async fn send_text(&mut self, server: &Server, message: &Message, text: &str) -> Response {
        let request = self.request(server, message);
        let request = request.header("content-type", "application/json");
        request.body(text.to_owned()).send().await.unwrap()
    }

    async fn send_packed(&mut self, server: &Server, message: &Message, body: &[u8]) -> Response {
        let request = self.request(server, message);
        let request = request
            .header("content-type", "application/json")
            .header("content-encoding", "gzip");
        request.body(body.to_vec()).send().await.unwrap()
    }
}

/// A record as a query: each field a text, null left out.
pub(crate) fn query(json: &Value) -> Vec<(String, String)> {
    let fields = json.as_object().unwrap().iter();
    fields
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            // An address is shorter than a body.
            (name.clone(), text.chars().take(20_000).collect())
        })
        .collect()
}

impl Sender {
    /// Notes an answer that is not a refusal in order: a problem document, and not of too many
    /// tries.
    pub(crate) async fn expect_refusal(&mut self, response: Response, what: &str) {
        let status = response.status();
        if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS {
            let content_type = response.headers().get("content-type");
            if content_type.is_some_and(|value| value == "application/problem+json") {
                refused(response).await;
                return;
            }
        }
        self.faults.push(format!("{what}: {status}"));
    }

    async fn expect_same(&mut self, tables: &mut Tables, before: &Rows, what: &str) {
        let after = tables.read().await;
        if after != *before {
            let changed = before.iter().filter(|(name, rows)| after[*name] != **rows);
            let changed: Vec<_> = changed.map(|(name, _)| name).collect();
            self.faults.push(format!("{what} changed {changed:?}"));
        }
    }
}

/// Does everything wrong to a message that `make` makes, and then sends it as it should be.
pub(crate) async fn refuse_all(server: &Server, rules: &Rules, make: impl AsyncFn() -> Message) {
    let mut sender = Sender::default();
    let mut tables = Tables::of(server, rules.except).await;
    let mut message = make().await;
    let mut wrong = mutations(&message.json);
    let count = wrong.len();
    let (mut let_pass, mut refused) = (0, 0);
    let mut before = tables.read().await;
    for n in 0..count {
        let mutation = &wrong[n];
        let response = sender
            .send(server, &message, &mutation.of(&message.json))
            .await;
        if response.status().is_success() {
            if !rules.allow(mutation) {
                sender.faults.push(format!("{mutation} was let pass"));
            }
            let_pass += 1;
        } else {
            let what = mutation.to_string();
            sender.expect_refusal(response, &what).await;
            refused += 1;
            let is_begun = rules.begun.iter().any(|begun| what.ends_with(begun));
            if !is_begun {
                sender.expect_same(&mut tables, &before, &what).await;
            }
            if !is_begun && !rules.is_used_up {
                continue;
            }
        }
        message = make().await;
        wrong = mutations(&message.json);
        before = tables.read().await;
    }
    assert!(refused > 10, "{refused} were refused");
    eprintln!(
        "{}: {count} wrong, {refused} refused, {let_pass} let pass",
        message.path
    );
    if message.method != Method::GET {
        refuse_bytes(server, &message, &mut sender, &mut tables).await;
        message = if rules.is_used_up {
            make().await
        } else {
            message
        };
    }
    if message.token.is_some() {
        refuse_tokens(server, &message, &mut sender, &mut tables).await;
    }
    assert!(sender.faults.is_empty(), "{:#?}", sender.faults);
    let right = sender.send(server, &message, &message.json).await;
    assert_eq!(right.status(), StatusCode::OK, "{:?}", right.text().await);
    let ready = server.request(Method::GET, "/health/ready").send().await;
    assert_eq!(ready.unwrap().status(), StatusCode::OK);
    let report = verify(&server.state.pool, &server.state.key.public()).await;
    assert_eq!(report.unwrap().findings, []);
}

/// Bodies that are not what they say: cut, packed badly, packed too well.
async fn refuse_bytes(
    server: &Server,
    message: &Message,
    sender: &mut Sender,
    tables: &mut Tables,
) {
    let text = message.json.to_string();
    let before = tables.read().await;
    let parts = |length: usize| (0..24).map(move |n| n * length / 24);
    for end in parts(text.len()) {
        let response = sender.send_text(server, message, &text[..end]).await;
        sender
            .expect_refusal(response, &format!("the first {end} bytes"))
            .await;
    }
    let packed = pack(text.as_bytes(), 1);
    for end in parts(packed.len()) {
        let response = sender.send_packed(server, message, &packed[..end]).await;
        sender
            .expect_refusal(response, &format!("the first {end} bytes of a packed body"))
            .await;
    }
    // The first ten bytes say nothing of the contents.
    for place in parts(packed.len() - 10).map(|place| place + 10) {
        let mut broken = packed.clone();
        broken[place] ^= 0x10;
        if unpacks_to(&broken, &text) {
            continue;
        }
        let response = sender.send_packed(server, message, &broken).await;
        sender
            .expect_refusal(response, &format!("another byte {place} of a packed body"))
            .await;
    }
    let spaces = vec![b' '; 1024 * 1024];
    let bomb = pack(&spaces, 64);
    assert!(bomb.len() < 100_000, "64 MiB in {} bytes", bomb.len());
    let response = sender.send_packed(server, message, &bomb).await;
    sender.expect_refusal(response, "64 MiB packed").await;
    let twice = pack(&pack(text.as_bytes(), 1), 1);
    let response = sender.send_packed(server, message, &twice).await;
    sender.expect_refusal(response, "packed twice").await;
    let response = sender.send_packed(server, message, text.as_bytes()).await;
    sender.expect_refusal(response, "said to be packed").await;
    for encoding in ["br", "deflate", "zstd", "gzip, gzip", "nonsense"] {
        let request = sender.request(server, message).json(&message.json);
        let request = request.header("content-encoding", encoding);
        let response = request.send().await.unwrap();
        sender.expect_refusal(response, encoding).await;
    }
    let first = text.trim_start_matches('{').trim_end_matches('}');
    for wrong in [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        format!("[{text}]"),
        format!("{text}{text}"),
        format!("{text}]"),
        format!("\u{feff}{text}"),
        format!("{{{first},{first}}}"),
        text.replacen('"', "'", 2),
        "[".repeat(100_000),
        r#"{"a":"#.repeat(100_000),
    ] {
        let response = sender.send_text(server, message, &wrong).await;
        let start: String = wrong.chars().take(40).collect();
        sender
            .expect_refusal(response, &format!("{start} ({} bytes)", wrong.len()))
            .await;
    }
    let request = sender.request(server, message).body(text.clone());
    let response = request.send().await.unwrap();
    sender.expect_refusal(response, "no type").await;
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let request = sender.request(server, message).body(wide);
    let request = request.header("content-type", "application/json; charset=utf-16");
    let response = request.send().await.unwrap();
    sender.expect_refusal(response, "16-bit text").await;
    sender.expect_same(tables, &before, "a body").await;
}

fn pack(bytes: &[u8], times: u32) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..times {
        packed.write_all(bytes).unwrap();
    }
    packed.finish().unwrap()
}

fn unpacks_to(packed: &[u8], text: &str) -> bool {
    let mut unpacked = String::new();
    let read = GzDecoder::new(packed).read_to_string(&mut unpacked);
    read.is_ok() && unpacked == text
}

/// No token, no good token, and a till of another organization, which learns nothing of this one.
async fn refuse_tokens(
    server: &Server,
    message: &Message,
    sender: &mut Sender,
    tables: &mut Tables,
) {
    let (_, _, stranger) = server.shop("Stranger").await;
    let before = tables.read().await;
    let own = message.token.clone().unwrap();
    let longer = format!("{own}{own}");
    for token in ["", "a", "not base64!", &own[..own.len() - 4], &longer] {
        let bad = Message {
            token: Some(token.to_owned()),
            method: message.method.clone(),
            json: message.json.clone(),
            ..*message
        };
        let response = sender.send(server, &bad, &bad.json).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{token}");
        sender.expect_refusal(response, token).await;
    }
    let strange = Message {
        token: Some(stranger.token.clone()),
        method: message.method.clone(),
        json: message.json.clone(),
        ..*message
    };
    let response = sender.send(server, &strange, &strange.json).await;
    if response.status().is_success() {
        let text = response.text().await.unwrap();
        for id in ids(&message.json) {
            assert!(
                !text.contains(&id),
                "{} tells a stranger of {id}",
                message.path
            );
        }
    } else {
        sender.expect_refusal(response, "a stranger").await;
    }
    // A first read of a scope may take its snapshot.
    let mut after = tables.read().await;
    let mut before = before;
    for own_of_stranger in ["snapshot", "snapshot_chunk"] {
        after.remove(own_of_stranger);
        before.remove(own_of_stranger);
    }
    assert_eq!(after, before, "a stranger changed something");
}

/// All ids in a message.
fn ids(json: &Value) -> Vec<String> {
    match json {
        Value::String(text) if uuid::Uuid::parse_str(text).is_ok() => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(ids).collect(),
        Value::Object(fields) => fields.values().flat_map(ids).collect(),
        _ => Vec::new(),
    }
}
