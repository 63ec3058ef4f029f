//! Pulling: each feed from its cursor until its head, every page checked, stored and remembered in
//! one transaction.

use domain::{
    contract::sync_v1::PullReply,
    hlc::Hlc,
    replication::plan::{Answer, answer_of, check_page},
};
use reqwest::Method;
use sqlx::SqliteConnection;
use tokio::time::Instant;

use super::{
    SyncError, fill, forget, heal,
    http::{Body, HttpError, Server},
    page::Page,
    verifiers,
};
use crate::{
    error::Error,
    identity::Identity,
    op::sign_in::signed_in,
    store::{self, feed::Cursor},
    till::Shared,
};
use domain::contract::ipc::Changed;

/// Pulls what has grown, or every feed when it is time to ask.
pub(super) async fn pull(till: &Shared) -> Result<(), SyncError> {
    let identity = till.identity()?;
    if identity.enrolment.is_revoked {
        return Ok(());
    }
    let (mut all, verifiers_due) = {
        let mut live = till.engine.live_mut();
        let due = (live.pull_all, live.are_verifiers_due());
        (live.pull_all, live.verifiers_due) = (false, false);
        due
    };
    let outcome = match fill::fill_if_due(till).await {
        Ok(()) => pull_feeds(till, &identity, &mut all).await,
        Err(error) => Err(error),
    };
    let outcome = match outcome {
        Ok(()) if verifiers_due || till.engine.live().verifiers_due => {
            till.engine.live_mut().verifiers_due = false;
            verifiers::fetch(till).await.inspect(|()| {
                till.engine.live_mut().verifiers_at = Some(Instant::now());
            })
        }
        other => other,
    };
    // Nobody waits for the past.
    let outcome = match outcome {
        Ok(()) => fill::history(till).await,
        Err(error) => Err(error),
    };
    let outcome = match outcome {
        Ok(()) => forget::forget_if_due(till).await,
        Err(error) => Err(error),
    };
    if outcome.is_err() {
        let mut live = till.engine.live_mut();
        live.pull_all = true;
        live.verifiers_due |= verifiers_due;
    }
    outcome
}

/// Whether a feed is known to have grown.
pub(super) async fn has_grown(till: &Shared) -> Result<bool, SyncError> {
    let mut connection = till.db.reader().await?;
    let cursors = store::feed::all(&mut connection).await?;
    let live = till.engine.live();
    Ok(cursors
        .iter()
        .any(|cursor| live.head(&cursor.scope) > cursor.seq))
}

pub(super) async fn pull_feeds(
    till: &Shared,
    identity: &Identity,
    all: &mut bool,
) -> Result<(), SyncError> {
    let cursors = {
        let mut connection = till.db.reader().await?;
        store::feed::all(&mut connection).await?
    };
    heal::heal_if_due(till).await?;
    let grown = |cursor: &Cursor| till.engine.live().head(&cursor.scope) > cursor.seq;
    // Nothing is known to have grown: the timer asks.
    *all |= !cursors.iter().any(grown);
    for cursor in &cursors {
        if *all || grown(cursor) {
            pull_scope(till, identity, &cursor.scope).await?;
        }
    }
    own_past(till).await
}

/// An old copy of the disk finds in the feeds what it did since: it goes on behind that, and says
/// that it is a copy.
pub(crate) async fn own_past(till: &Shared) -> Result<(), SyncError> {
    let past = {
        let mut connection = till.db.reader().await?;
        match store::chain::load(&mut connection).await? {
            Some(chain) => store::heal::unknown_past(&mut connection, &chain).await?,
            None => return Ok(()),
        }
    };
    let is_known = till.identity()?.enrolment.is_fenced && !past.may_adopt;
    if !past.is_copy || is_known {
        return Ok(());
    }
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    if let Some(mut chain) = store::chain::load(&mut transaction).await? {
        store::heal::adopt(&mut transaction, &mut chain).await?;
        store::enrolment::fence(&mut transaction).await?;
    }
    transaction.commit().await?;
    drop(writer);
    till.reload_identity().await?;
    till.announce(&[Changed::Sync]);
    Ok(())
}

/// Reads one feed to its head.
async fn pull_scope(till: &Shared, identity: &Identity, scope: &str) -> Result<(), SyncError> {
    let server = Server::new(&till.engine, identity)?;
    let mut cursor = cursor(till, scope).await?;
    let mut asked = None;
    while !till.engine.is_stopped() {
        let reply = match asked.take() {
            Some(reply) => reply,
            None => {
                let now = till.identity()?;
                ask(&server, &now, &cursor).await
            }
        };
        let reply = match reply {
            Ok(reply) => reply,
            Err(HttpError::Status { status, .. }) if answer_of(status) == Answer::Refill => {
                tracing::warn!(scope, "the server's feed is another one; filling anew");
                // What it lost comes back first, so that the new fill holds it.
                heal::heal(till).await?;
                fill::refill(till).await?;
                cursor = self::cursor(till, scope).await?;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let (next, page) = read_reply(till, &cursor, &reply)?;
        till.engine
            .hear_clock(reply.server_ms, till.clock.sent_ms());
        if reply.to == reply.head {
            take_page(till, &page, &next, &reply).await?;
            return Ok(());
        }
        // The next page is on its way while this one is stored.
        let now = till.identity()?;
        let (stored, following) = tokio::join!(
            take_page(till, &page, &next, &reply),
            ask(&server, &now, &next)
        );
        stored?;
        asked = Some(following);
        cursor = next;
    }
    Ok(())
}

async fn cursor(till: &Shared, scope: &str) -> Result<Cursor, SyncError> {
    let mut connection = till.db.reader().await?;
    let cursor = store::feed::one(&mut connection, scope).await?;
    Ok(cursor.ok_or(Error::NotEnrolled)?)
}

#[cfg(not(feature = "simulation"))]
const fn page_rows() -> u32 {
    domain::limit::PULL_ROWS_MAX
}

#[cfg(feature = "simulation")]
use crate::simulation::page_rows;

async fn ask(
    server: &Server<'_>,
    identity: &Identity,
    cursor: &Cursor,
) -> Result<PullReply, HttpError> {
    let digest = serde_json::to_value(cursor.digest).unwrap_or_default();
    let query = [
        ("incarnation", identity.enrolment.incarnation.as_str()),
        ("scope", cursor.scope.as_str()),
        ("after", &cursor.seq.to_string()),
        ("digest", digest.as_str().unwrap_or_default()),
        ("limit", &page_rows().to_string()),
    ];
    server.ask(Method::GET, "pull", &query, Body::None).await
}

/// Checks a page and stores it with its cursor.
#[cfg(test)]
pub(crate) async fn take_reply(
    till: &Shared,
    cursor: &Cursor,
    reply: &PullReply,
) -> Result<(), SyncError> {
    let (next, page) = read_reply(till, cursor, reply)?;
    take_page(till, &page, &next, reply).await
}

/// Checks a page and takes it apart; with the cursor after it.
fn read_reply(
    till: &Shared,
    cursor: &Cursor,
    reply: &PullReply,
) -> Result<(Cursor, Page), SyncError> {
    let digest = check_page(&cursor.scope, cursor.seq, cursor.digest, reply)
        .map_err(|error| HttpError::Protocol(format!("{}: {error}", cursor.scope)))?;
    let mut page = Page::of_feed(&reply.rows)?;
    let identity = till.identity()?;
    page.keep_signed(&identity);
    let next = Cursor {
        scope: cursor.scope.clone(),
        seq: reply.to,
        digest,
        head: reply.head,
        synced_ms: (reply.to == reply.head).then(|| till.clock.now_ms()),
    };
    Ok((next, page))
}

/// Stores a page with its cursor.
async fn take_page(
    till: &Shared,
    page: &Page,
    next: &Cursor,
    reply: &PullReply,
) -> Result<(), SyncError> {
    #[cfg(feature = "simulation")]
    if crate::simulation::is_broken(crate::simulation::Mutation::CursorBeforePage) {
        let mut writer = till.db.writer().await;
        let mut transaction = writer.begin().await?;
        store::feed::advance(&mut transaction, next).await?;
        transaction.commit().await?;
    }
    {
        let mut writer = till.db.writer().await;
        let mut transaction = writer.begin().await?;
        page.store(&mut transaction, &next.scope).await?;
        store::feed::advance(&mut transaction, next).await?;
        observe(
            &mut transaction,
            page.hlc(),
            reply.server_ms,
            till.clock.sent_ms(),
        )
        .await?;
        let contact_ms = till.clock.now_ms();
        store::enrolment::save_contact(&mut transaction, &reply.incarnation, contact_ms).await?;
        transaction.commit().await?;
    }
    after_page(till, page).await?;
    Ok(())
}

/// The till's logical clock takes in what the feed has seen, and comes back if it was dragged.
pub(super) async fn observe(
    connection: &mut SqliteConnection,
    seen: Hlc,
    server_ms: u64,
    wall_ms: i64,
) -> Result<(), Error> {
    let Some(chain) = store::chain::load(connection).await? else {
        return Ok(());
    };
    let wall_ms = u64::try_from(wall_ms).unwrap_or(0);
    let hlc = chain
        .hlc
        .observe(seen)
        .observe(Hlc::from_ms(server_ms))
        .step_down(server_ms, wall_ms);
    if hlc == chain.hlc {
        Ok(())
    } else {
        store::chain::save_hlc(connection, hlc).await
    }
}

/// What a stored page means for what is held in memory and shown.
pub(super) async fn after_page(till: &Shared, page: &Page) -> Result<(), Error> {
    if page.touches_identity() {
        till.reload_identity().await?;
    }
    if page.touches_staff() {
        till.engine.live_mut().verifiers_due = true;
        refresh_session(till).await?;
    }
    if page.brings_documents() {
        till.printing.wake();
    }
    let mut changes = page.changes();
    changes.push(Changed::Sync);
    till.announce(&changes);
    Ok(())
}

/// Somebody who left is signed out; a changed role counts from now on.
async fn refresh_session(till: &Shared) -> Result<(), Error> {
    let (Some(session), Some(identity)) = (till.session(), till.enrolled()) else {
        return Ok(());
    };
    let mut connection = till.db.reader().await?;
    let store_id = identity.enrolment.store.store_id;
    let person = store::staff::of_store(&mut connection, store_id)
        .await?
        .into_iter()
        .find(|person| person.staff_id == session.staff_id)
        .map(signed_in);
    if person.as_ref() != Some(&session) {
        till.set_session(person);
    }
    Ok(())
}
