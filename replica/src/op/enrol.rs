//! Enrols the till by a one-time code: makes its key, proves it to the server, and keeps the
//! answer. From here on the till works without the server. A fenced till enrols again so.

use domain::{
    contract::{
        ipc::{Changed, Enrol, Session},
        sync_v1::{Certificate, EnrolReply, EnrolRequest, enrol_bytes},
    },
    hlc::Hlc,
    limit::KEEP_DAYS_MIN,
    replication::chain::{Digest, PublicKey, SignatureBytes},
};
use ed25519_dalek::Signer;
use reqwest::Url;
use secrecy::SecretString;

use super::get_session::session;
use crate::{
    error::Error,
    identity::Identity,
    secret::{Secrets, secret_name},
    store::{self, chain::Chain, enrolment::Enrolment},
    sync::{http, push},
    till::Shared,
};

pub(crate) async fn enrol(till: &Shared, command: Enrol) -> Result<Session, Error> {
    let _gate = till.gate.lock().await;
    match till.enrolled() {
        None => enrol_first(till, command).await?,
        Some(before) if before.enrolment.is_fenced => enrol_again(till, command, &before).await?,
        Some(_) => return Err(Error::AlreadyEnrolled),
    }
    till.engine.wake();
    till.announce(&Changed::ALL);
    Ok(session(till))
}

async fn enrol_first(till: &Shared, command: Enrol) -> Result<(), Error> {
    let server = http::checked_address(&command.server)?;
    let mut secrets = Secrets::generate();
    let request = signed_request(command.code, &secrets, Digest::default(), None);
    let reply = http::enrol(&till.engine, &server, &request).await?;
    secrets.token = SecretString::from(reply.token.clone());
    let chain = Chain {
        device_id: reply.till.device_id,
        epoch: reply.till.epoch,
        series: reply.till.series.clone(),
        device_seq: 0,
        genesis: Digest::default(),
        head_hash: Digest::default(),
        hlc: first_stamp(till, Hlc::default(), reply.server_ms),
        receipts: 0,
        credit_notes: 0,
        invoices: 0,
        repairs: 0,
        quotes: 0,
    };
    let enrolment = keep_secrets(till, &secrets, &server, reply).await?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    store::enrolment::put(&mut transaction, &enrolment).await?;
    store::chain::save(&mut transaction, &chain).await?;
    let identity = Identity::load(&mut transaction, enrolment, secrets).await?;
    for scope in identity.scopes() {
        store::feed::start(&mut transaction, &scope.to_string()).await?;
    }
    transaction.commit().await?;
    till.set_identity(identity);
    Ok(())
}

/// Gives a fenced till a new epoch: new key and series, its chain going on from its own last
/// operation, once the server has everything of the old one (sync protocol, section 7).
async fn enrol_again(till: &Shared, command: Enrol, before: &Identity) -> Result<(), Error> {
    let server = http::checked_address(&command.server)?;
    push::push(till).await.map_err(Error::from)?;
    let chain = {
        let mut connection = till.db.reader().await?;
        let waiting = store::outbox::waiting(&mut connection).await?.waiting;
        if waiting > 0 {
            return Err(Error::StillWaiting { waiting });
        }
        store::chain::load(&mut connection).await?
    };
    let chain = chain.ok_or(Error::NotEnrolled)?;
    let mut secrets = Secrets {
        // What is sealed stays sealed.
        sealing_key: before.secrets.sealing_key,
        ..Secrets::generate()
    };
    let certificate = Some(before.enrolment.certificate.clone());
    let request = signed_request(command.code, &secrets, chain.head_hash, certificate);
    let reply = http::enrol(&till.engine, &server, &request).await?;
    if reply.till.device_id != chain.device_id {
        return Err(Error::CodeForOtherTill);
    }
    secrets.token = SecretString::from(reply.token.clone());
    let next = Chain {
        device_id: chain.device_id,
        epoch: reply.till.epoch,
        series: reply.till.series.clone(),
        device_seq: 0,
        genesis: chain.head_hash,
        head_hash: chain.head_hash,
        hlc: first_stamp(till, chain.hlc, reply.server_ms),
        receipts: 0,
        credit_notes: 0,
        invoices: 0,
        repairs: 0,
        quotes: 0,
    };
    let enrolment = keep_secrets(till, &secrets, &server, reply).await?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    if store::chain::load(&mut transaction).await?.as_ref() != Some(&chain) {
        // Somebody sold meanwhile; the code is spent, what was sold is not lost.
        return Err(Error::StillWaiting { waiting: 1 });
    }
    let former = &before.enrolment.certificate;
    let (id, epoch) = (chain.device_id, chain.epoch);
    store::vouch::put_certificate(&mut transaction, id, epoch, former).await?;
    store::enrolment::put(&mut transaction, &enrolment).await?;
    store::chain::save(&mut transaction, &next).await?;
    let identity = Identity::load(&mut transaction, enrolment, secrets).await?;
    transaction.commit().await?;
    till.engine.forget_token();
    till.set_identity(identity);
    Ok(())
}

fn signed_request(
    code: String,
    secrets: &Secrets,
    prev_hash: Digest,
    certificate: Option<Certificate>,
) -> EnrolRequest {
    let public_key = PublicKey(secrets.device_key.verifying_key().to_bytes());
    let signature = secrets.device_key.sign(&enrol_bytes(&code, &public_key));
    EnrolRequest {
        code,
        public_key,
        signature: SignatureBytes(signature.to_bytes()),
        prev_hash,
        name: computer_name(),
        certificate,
    }
}

fn first_stamp(till: &Shared, hlc: Hlc, server_ms: u64) -> Hlc {
    let wall_ms = u64::try_from(till.clock.sent_ms()).unwrap_or(0);
    hlc.observe(Hlc::from_ms(server_ms))
        .step_down(server_ms, wall_ms)
}

/// Keeps the secrets, and says what the enrolment is.
async fn keep_secrets(
    till: &Shared,
    secrets: &Secrets,
    server: &Url,
    reply: EnrolReply,
) -> Result<Enrolment, Error> {
    let secret_name = secret_name(reply.till.device_id, reply.till.epoch);
    let key_in_file = secrets
        .save(till.secret_store, &till.folder, &secret_name)
        .await?;
    Ok(Enrolment {
        server: server.as_str().trim_end_matches('/').to_owned(),
        organization: reply.organization,
        store: reply.store,
        till: reply.till,
        certificate: reply.certificate,
        healed_incarnation: reply.incarnation.clone(),
        incarnation: reply.incarnation,
        secret_name,
        key_in_file,
        is_revoked: false,
        is_fenced: false,
        keep_days: KEEP_DAYS_MIN,
        last_contact_ms: Some(till.clock.now_ms()),
    })
}

/// What the owner's list calls this computer until somebody names it better.
fn computer_name() -> String {
    std::fs::read_to_string("/etc/hostname")
        .ok()
        .or_else(|| std::env::var("COMPUTERNAME").ok())
        .map(|name| name.trim().chars().take(100).collect::<String>())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "till".to_owned())
}
