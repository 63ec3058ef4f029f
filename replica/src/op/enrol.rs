//! Enrols the till by a one-time code: makes its key, proves it to the server, and keeps the
//! answer. From here on the till works without the server.

use domain::{
    contract::{
        ipc::{Changed, Enrol, Session},
        sync_v1::{EnrolRequest, enrol_bytes},
    },
    hlc::Hlc,
    replication::chain::{Digest, PublicKey, SignatureBytes},
};
use ed25519_dalek::Signer;
use secrecy::SecretString;

use super::get_session::session;
use crate::{
    error::Error,
    identity::Identity,
    secret::Secrets,
    store::{self, chain::Chain, enrolment::Enrolment},
    sync::http,
    till::Shared,
};

pub(crate) async fn enrol(till: &Shared, command: Enrol) -> Result<Session, Error> {
    let _gate = till.gate.lock().await;
    if till.enrolled().is_some() {
        return Err(Error::AlreadyEnrolled);
    }
    let server = http::checked_address(&command.server)?;
    let mut secrets = Secrets::generate();
    let public_key = PublicKey(secrets.device_key.verifying_key().to_bytes());
    let signature = secrets
        .device_key
        .sign(&enrol_bytes(&command.code, &public_key));
    let request = EnrolRequest {
        code: command.code,
        public_key,
        signature: SignatureBytes(signature.to_bytes()),
        prev_hash: Digest::default(),
        name: computer_name(),
        certificate: None,
    };
    let reply = http::enrol(&till.engine, &server, &request).await?;
    secrets.token = SecretString::from(reply.token);
    let secret_name = reply.till.device_id.to_string();
    let key_in_file = secrets
        .save(till.secret_store, &till.folder, &secret_name)
        .await?;
    let enrolment = Enrolment {
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
        last_contact_ms: Some(till.clock.now_ms()),
    };
    let wall_ms = u64::try_from(till.clock.sent_ms()).unwrap_or(0);
    let chain = Chain {
        device_id: enrolment.till.device_id,
        epoch: enrolment.till.epoch,
        series: enrolment.till.series.clone(),
        device_seq: 0,
        genesis: Digest::default(),
        head_hash: Digest::default(),
        hlc: Hlc::default()
            .observe(Hlc::from_ms(reply.server_ms))
            .step_down(reply.server_ms, wall_ms),
        receipts: 0,
        credit_notes: 0,
        repairs: 0,
    };
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    store::enrolment::insert(&mut transaction, &enrolment).await?;
    store::chain::save(&mut transaction, &chain).await?;
    let identity = Identity::load(&mut transaction, enrolment, secrets).await?;
    for scope in identity.scopes() {
        store::feed::start(&mut transaction, &scope.to_string()).await?;
    }
    transaction.commit().await?;
    drop(writer);
    till.set_identity(identity);
    till.engine.wake();
    till.announce(&Changed::ALL);
    Ok(session(till))
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
