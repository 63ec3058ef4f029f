//! People as callers: a session cookie that no script can read, and for everything that writes a
//! token that no other site can know.

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, header, request::Parts},
};
use domain::{
    contract::failure::{Failure, code},
    id::{DeviceId, OrganizationId},
    replication::chain::Digest,
    staff::{Permission, Staff, may},
};

use super::token::{self, ReadToken};
use crate::{database::begin, problem::Problem, state::Shared, store};

const COOKIE: &str = "techstore_session";
const CSRF_HEADER: &str = "x-csrf-token";
/// How long a session lasts: a working day.
pub const SESSION_HOURS: i32 = 12;

/// Somebody signed in who may see reports.
#[derive(Debug)]
pub struct Reader {
    pub organization_id: OrganizationId,
    pub staff: Staff,
    pub csrf_token: String,
    pub session_hash: Digest,
}

/// The same, with the token that a writing request needs.
#[derive(Debug)]
pub struct Writer(pub Reader);

impl Reader {
    /// Refuses whom the owner did not trust with this.
    pub fn needs(&self, permission: Permission) -> Result<(), Problem> {
        if may(self.staff.role, permission) {
            return Ok(());
        }
        let failure = Failure::new(code::PERMISSION_DENIED, "this needs another permission");
        Err(Problem::new(StatusCode::FORBIDDEN, failure)
            .with_fields(&serde_json::json!({ "permission": permission })))
    }
}

impl FromRequestParts<Shared> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Problem> {
        let bad = || Problem::unauthorized("nobody is signed in");
        let ReadToken {
            organization_id,
            hash,
            ..
        } = cookie(parts).and_then(token::read).ok_or_else(bad)?;
        let mut tx = begin(&state.pool, organization_id).await?;
        let session = store::session::get(&mut tx, organization_id, &hash).await?;
        let (staff_id, csrf_token) = session.ok_or_else(bad)?;
        let staff = store::staff::get(&mut tx, organization_id, staff_id).await?;
        tx.commit().await?;
        let staff = staff.filter(|staff| staff.active).ok_or_else(bad)?;
        if !may(staff.role, Permission::SeeReports) {
            return Err(Problem::forbidden("this needs the right to see reports"));
        }
        Ok(Self {
            organization_id,
            staff,
            csrf_token,
            session_hash: hash,
        })
    }
}

impl FromRequestParts<Shared> for Writer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Problem> {
        let reader = Reader::from_request_parts(parts, state).await?;
        let given = parts.headers.get(CSRF_HEADER);
        // Hashes are compared, so that the time taken betrays nothing of the token.
        let is_own = given.is_some_and(|given| {
            Digest::of(&[given.as_bytes()]) == Digest::of(&[reader.csrf_token.as_bytes()])
        });
        if is_own {
            Ok(Self(reader))
        } else {
            Err(Problem::forbidden(
                "the request lacks its token (X-CSRF-Token)",
            ))
        }
    }
}

fn cookie(parts: &Parts) -> Option<&str> {
    parts
        .headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// The cookie that carries a session; an empty one ends it.
#[must_use]
pub fn set_cookie(token: &str, is_secure: bool) -> Option<HeaderValue> {
    let age = if token.is_empty() {
        0
    } else {
        SESSION_HOURS * 3_600
    };
    let secure = if is_secure { "; Secure" } else { "" };
    let text =
        format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={age}{secure}");
    HeaderValue::from_str(&text).ok()
}

/// The device that a session's token names: none.
pub const NO_DEVICE: DeviceId = DeviceId::SERVER;
