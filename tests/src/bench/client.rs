//! A till of the protocol alone: it enrols, seals sales and sends them, and has neither file nor
//! engine, so that what is measured is the server. Its keys and ids follow from its number.

use anyhow::{Context, Result, ensure};
use domain::{
    contract::sync_v1::{EnrolReply, EnrolRequest, PushReply, PushRequest, enrol_bytes},
    hlc::Hlc,
    id::ProductId,
    money::{Money, UnitPrice},
    quantity::Quantity,
    replication::{
        Envelope, OpBody, OpHeader,
        body::KINDS,
        chain::{Digest, PublicKey, SignatureBytes},
    },
    sale::{
        CartLine, DocumentKind, LineTerms, SaleContext, SaleTerms, TenderCode, TenderedPayment,
        complete_sale,
        number::{NumberKind, format_number},
    },
    tax::RatePpm,
};
use ed25519_dalek::{Signer, SigningKey};
use replica::Clock;
use reqwest::{Method, RequestBuilder, Response};
use sha2::{Digest as _, Sha256};

/// An enrolled till.
pub(super) struct Client {
    http: reqwest::Client,
    address: String,
    place: EnrolReply,
    key: SigningKey,
    seq: u64,
    hash: Digest,
    hlc: Hlc,
}

impl Client {
    /// Enrols by a code; `seed` makes the key.
    pub(super) async fn enrol(
        http: &reqwest::Client,
        address: &str,
        code: &str,
        seed: &str,
    ) -> Result<Client> {
        let key = SigningKey::from_bytes(&Sha256::digest(seed.as_bytes()).into());
        let public_key = PublicKey(key.verifying_key().to_bytes());
        let request = EnrolRequest {
            code: code.to_owned(),
            public_key,
            signature: SignatureBytes(key.sign(&enrol_bytes(code, &public_key)).to_bytes()),
            prev_hash: Digest::default(),
            name: seed.to_owned(),
            certificate: None,
        };
        let path = format!("{address}/api/v1/sync/enrol");
        let response = http.post(path).json(&request).send().await?;
        Ok(Client {
            http: http.clone(),
            address: address.to_owned(),
            place: read(response).await?,
            key,
            seq: 0,
            hash: Digest::default(),
            hlc: Hlc::default(),
        })
    }

    /// The next sale of this till, sealed: five lines, paid by card and in cash.
    pub(super) fn sale(&mut self, products: &[ProductId]) -> Result<Envelope> {
        let now_ms = Clock::system().now_ms();
        let stamp_ms = u64::try_from(now_ms)?;
        let (store, till) = (&self.place.store, &self.place.till);
        let count = self.seq + 1;
        let cart: Vec<CartLine> = (0..5)
            .map(|line| CartLine {
                product_id: products
                    [(usize::try_from(count).unwrap_or(0) * 5 + line) % products.len()],
                sku: "85123A".to_owned(),
                name: "WHITE HANGING HEART T-LIGHT HOLDER".to_owned(),
                quantity_milli: Quantity::ONE,
                unit_price_e4: UnitPrice(25_500),
                discount_minor: Money::ZERO,
                tax_class: "standard".to_owned(),
                rate_ppm: RatePpm(88_750),
                stocked: true,
                terms: LineTerms::default(),
            })
            .collect();
        let kind = NumberKind::Document(DocumentKind::Receipt);
        let context = SaleContext {
            cash_rounding: None,
            shift_id: None,
            number: format_number(&store.code, till.number, kind, &till.series, count),
            series: till.series.clone(),
            count,
            business_date: "2026-11-20".to_owned(),
            utc_offset_min: 0,
            currency: self.place.organization.currency.clone(),
            tax_mode: self.place.organization.tax_mode,
            terms: SaleTerms::default(),
        };
        let paid = |tender, minor| TenderedPayment {
            tender,
            tendered_minor: Money(minor),
            reference: String::new(),
        };
        let payments = [paid(TenderCode::CARD, 1), paid(TenderCode::CASH, 1_000_000)];
        let body = OpBody::Sale(complete_sale(context, None, &cart, &payments)?);
        let seed = Sha256::digest([self.key.as_bytes().as_slice(), &count.to_be_bytes()].concat());
        let mut tail = [0; 10];
        tail.copy_from_slice(&seed[..10]);
        self.hlc = self.hlc.tick(stamp_ms);
        let header = OpHeader {
            op_id: uuid::Builder::from_unix_timestamp_millis(stamp_ms, &tail)
                .into_uuid()
                .into(),
            device_id: till.device_id,
            epoch: till.epoch,
            device_seq: count,
            kind: body.kind().to_owned(),
            kind_version: KINDS
                .iter()
                .find(|(kind, _)| *kind == body.kind())
                .context("a sale has no version")?
                .1,
            hlc: self.hlc,
            wall_ms: now_ms,
            store_id: Some(store.store_id),
            staff_id: None,
            prev_hash: self.hash,
        };
        let envelope = Envelope::seal(&header, &body, Vec::new(), &self.key)?;
        self.seq = count;
        self.hash = envelope.hash;
        Ok(envelope)
    }

    /// Sends operations in their order; every one must be applied.
    pub(super) async fn push(&self, ops: Vec<Envelope>) -> Result<()> {
        let first = ops.first().context("nothing to push")?;
        let last = ops.len() as u64;
        let request = PushRequest {
            incarnation: self.place.incarnation.clone(),
            device_id: self.place.till.device_id,
            epoch: self.place.till.epoch,
            first_seq: first.decode_header()?.device_seq,
            sent_ms: Clock::system().now_ms(),
            ops,
            damaged: Vec::new(),
        };
        let response = self
            .request(Method::POST, "/api/v1/sync/push")
            .json(&request)
            .send()
            .await?;
        let reply: PushReply = read(response).await?;
        ensure!(
            reply.acked_seq == request.first_seq + last - 1,
            "the server took in less than was sent: {reply:?}"
        );
        Ok(())
    }

    /// Opens the stream of events; it stands as long as the response is kept.
    pub(super) async fn events(&self) -> Result<Response> {
        let response = self
            .request(Method::GET, "/api/v1/sync/events")
            .send()
            .await?;
        Ok(response.error_for_status()?)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.address))
            .bearer_auth(&self.place.token)
            .header("techstore-protocol", "1")
    }
}

async fn read<T: serde::de::DeserializeOwned>(response: Response) -> Result<T> {
    let status = response.status();
    let text = response.text().await?;
    ensure!(status.is_success(), "{status}: {text}");
    Ok(serde_json::from_str(&text)?)
}
