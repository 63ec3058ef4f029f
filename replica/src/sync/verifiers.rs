//! PIN verifiers of the people who may sign in here, fetched apart from the feeds and sealed.

use domain::contract::{ipc::Changed, sync_v1::VerifiersReply};
use reqwest::Method;

use super::{
    SyncError,
    http::{Body, Server},
};
use crate::{op::pin::PinBox, till::Shared};

/// Fetches and seals them. A person with a new PIN starts with a clean count.
pub(super) async fn fetch(till: &Shared) -> Result<(), SyncError> {
    let identity = till.identity()?;
    let server = Server::new(&till.engine, &identity)?;
    let reply: VerifiersReply = server
        .ask(Method::GET, "verifiers", &[], Body::None)
        .await?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    let mut pins = PinBox::load(&mut transaction, &identity).await?;
    if pins.verifiers == reply.verifiers {
        return Ok(());
    }
    for verifier in &reply.verifiers {
        if pins.verifier(verifier.staff_id) != Some(verifier.phc.as_str()) {
            pins.attempts.remove(&verifier.staff_id);
        }
    }
    pins.verifiers = reply.verifiers;
    pins.save(&mut transaction, &identity).await?;
    transaction.commit().await?;
    drop(writer);
    till.announce(&[Changed::Session]);
    Ok(())
}
