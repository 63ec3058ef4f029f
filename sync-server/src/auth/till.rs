//! Tills as callers: a bearer token whose hash stands in the device's row.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
};
use domain::{
    contract::failure::{Failure, code},
    id::OrganizationId,
    replication::table::Scope,
};

use super::token;
use crate::{
    database::begin,
    problem::Problem,
    state::Shared,
    store::{self, device::Device},
};

/// The protocol that a till may name in this header; without it, the first is meant.
const PROTOCOL: &str = "techstore-protocol";
/// The oldest version in which a till may read here. Pushing, `have` and `relay` are taken in every
/// version ever released: what a till recorded never waits for an update.
const OLDEST: u32 = 1;
/// The version that this server speaks.
const NEWEST: u32 = 1;

/// Any enrolled till, a revoked one too: what it recorded is still taken (and held).
#[derive(Debug)]
pub struct AnyTill {
    pub organization_id: OrganizationId,
    pub device: Device,
}

/// A till that may read.
#[derive(Debug)]
pub struct LiveTill {
    pub organization_id: OrganizationId,
    pub device: Device,
}

impl LiveTill {
    /// Reads the name of a scope that this till may read.
    pub fn scope(&self, name: &str) -> Result<Scope, Problem> {
        let scope: Scope =
            name.parse()
                .map_err(|error: domain::replication::table::ScopeError| {
                    Problem::malformed(error.to_string())
                })?;
        let is_own = match scope {
            Scope::Org => true,
            Scope::Store(store_id) => store_id == self.device.store_id,
            Scope::Device(device_id) => device_id == self.device.device_id,
        };
        if is_own {
            Ok(scope)
        } else {
            Err(Problem::forbidden("the scope is not this till's"))
        }
    }
}

impl FromRequestParts<Shared> for AnyTill {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Problem> {
        let bad = || Problem::unauthorized("a till's token is needed, and this one is not good");
        let read = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .and_then(|text| token::read(text.trim()))
            .ok_or_else(bad)?;
        let mut tx = begin(&state.pool, read.organization_id).await?;
        let device =
            store::device::by_token(&mut tx, read.organization_id, read.device_id, &read.hash)
                .await?;
        tx.commit().await?;
        Ok(Self {
            organization_id: read.organization_id,
            device: device.ok_or_else(bad)?,
        })
    }
}

impl FromRequestParts<Shared> for LiveTill {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Problem> {
        let asked = parts.headers.get(PROTOCOL);
        let version = asked.map_or(Some(OLDEST), |value| value.to_str().ok()?.parse().ok());
        if !version.is_some_and(|version: u32| (OLDEST..=NEWEST).contains(&version)) {
            let detail = "this version of the sync protocol is not spoken here";
            let failure = Failure::new(code::UPGRADE_REQUIRED, detail)
                .with("oldest", OLDEST)
                .with("newest", NEWEST);
            return Err(Problem::new(StatusCode::UPGRADE_REQUIRED, failure));
        }
        let AnyTill {
            organization_id,
            device,
        } = AnyTill::from_request_parts(parts, state).await?;
        if device.revoked {
            let failure = Failure::new(code::TILL_REVOKED, "the till's rights were taken away");
            return Err(Problem::new(StatusCode::FORBIDDEN, failure));
        }
        Ok(Self {
            organization_id,
            device,
        })
    }
}
