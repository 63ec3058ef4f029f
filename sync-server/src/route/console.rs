//! The REST routes of the owner's console.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    contract::{
        failure::{Failure, code},
        rest::{
            DocumentDetail, DocumentsPage, DocumentsQuery, Erased, HeldPage, HeldRetried, Me,
            SalesByHour, SignInRequest,
        },
    },
    id::{OpId, StoreId},
    staff::{Permission, Role},
};
use serde::Deserialize;

use super::extract::{JsonBody, Params, Reply};
use crate::{
    auth::{
        console::{Reader, Writer, set_cookie},
        rate::Tried,
    },
    database::begin,
    op::{
        erase_customer::{EraseError, erase_customer},
        get_document::get_document,
        list_documents::{ListError, list_documents},
        list_held::list_held,
        retry_held::{RetryError, retry_held},
        sales_by_hour::{ReportError, sales_by_hour},
        sign_in::{SignInError, describe, sign_in},
    },
    openapi::schema,
    problem::Problem,
    state::Shared,
    store::{self, chain::Enrolment, held::HeldKey},
};

/// Signs a person in to the console.
#[utoipa::path(
    post,
    path = "/api/v1/session",
    request_body = schema::SignInRequest,
    responses(
        (status = 200, description = "Signed in; the cookie is set.", body = schema::Me),
        (status = 400, description = "Malformed.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 401, description = "No good credential.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many tries.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn open_session(
    State(state): State<Shared>,
    _: Tried,
    JsonBody(request): JsonBody<SignInRequest>,
) -> Result<Response, Problem> {
    let signed_in = sign_in(&state, request).await?;
    let mut headers = HeaderMap::new();
    let cookie = set_cookie(&signed_in.token, state.http.secure_cookies);
    headers.extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok((headers, Reply(signed_in.me)).into_response())
}

/// Tells who is signed in.
#[utoipa::path(
    get,
    path = "/api/v1/session",
    security(("session" = [])),
    responses(
        (status = 200, description = "Who is signed in.", body = schema::Me),
        (status = 401, description = "No good credential.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for this caller.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn session(State(state): State<Shared>, reader: Reader) -> Result<Reply<Me>, Problem> {
    let Reader {
        organization_id,
        staff,
        csrf_token,
        ..
    } = reader;
    Ok(Reply(
        describe(&state, organization_id, staff, csrf_token).await?,
    ))
}

/// Signs out.
#[utoipa::path(
    delete,
    path = "/api/v1/session",
    security(("session" = [])),
    params(
        ("X-CSRF-Token" = String, Header),
    ),
    responses(
        (status = 204, description = "Signed out."),
        (status = 401, description = "No good credential.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for this caller.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn close_session(
    State(state): State<Shared>,
    Writer(reader): Writer,
) -> Result<Response, Problem> {
    let mut tx = begin(&state.pool, reader.organization_id).await?;
    store::session::delete(&mut tx, reader.organization_id, &reader.session_hash).await?;
    tx.commit().await?;
    let mut headers = HeaderMap::new();
    let cookie = set_cookie("", state.http.secure_cookies);
    headers.extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

/// Which day of which store.
#[derive(Debug, Deserialize)]
pub struct DayQuery {
    date: Option<String>,
    store: Option<StoreId>,
}

/// Reports a business day's sales by the hour.
#[utoipa::path(
    get,
    path = "/api/v1/reports/sales-by-hour",
    security(("session" = [])),
    params(
        ("date" = Option<String>, Query),
        ("store" = Option<uuid::Uuid>, Query),
    ),
    responses(
        (status = 200, description = "A business day by the hour.", body = schema::SalesByHour),
        (status = 400, description = "Malformed.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 401, description = "No good credential.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for this caller.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 404, description = "Unknown.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn report_sales_by_hour(
    State(state): State<Shared>,
    reader: Reader,
    Params(query): Params<DayQuery>,
) -> Result<Reply<SalesByHour>, Problem> {
    let date = query.date.as_deref();
    Ok(Reply(
        sales_by_hour(&state, reader.organization_id, date, query.store).await?,
    ))
}

/// Lists documents, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/documents",
    security(("session" = [])),
    params(
        ("number" = Option<String>, Query),
        ("date" = Option<String>, Query),
        ("store" = Option<uuid::Uuid>, Query),
        ("kind" = Option<String>, Query),
        ("after" = Option<String>, Query),
        ("limit" = Option<u32>, Query),
    ),
    responses(
        (status = 200, description = "A page, newest first.", body = schema::DocumentsPage),
        (status = 400, description = "Malformed.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 401, description = "No good credential.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for this caller.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 404, description = "Unknown.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn documents(
    State(state): State<Shared>,
    reader: Reader,
    Params(query): Params<DocumentsQuery>,
) -> Result<Reply<DocumentsPage>, Problem> {
    Ok(Reply(
        list_documents(&state, reader.organization_id, &query).await?,
    ))
}

/// Gives one document in full.
#[utoipa::path(
    get,
    path = "/api/v1/documents/{id}",
    security(("session" = [])),
    params(
        ("id" = uuid::Uuid, Path),
    ),
    responses(
        (status = 200, description = "The document.", body = schema::DocumentDetail),
        (status = 401, description = "No good credential.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for this caller.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 404, description = "Unknown.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn document(
    State(state): State<Shared>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Reply<DocumentDetail>, Problem> {
    let unknown = || {
        let failure = Failure::new(code::DOCUMENT_UNKNOWN, "there is no such document");
        Problem::new(StatusCode::NOT_FOUND, failure)
    };
    let id: OpId = id.parse().map_err(|_| unknown())?;
    let document = get_document(&state, reader.organization_id, id).await?;
    document.map(Reply).ok_or_else(unknown)
}

/// Lists operations that wait for the owner.
#[utoipa::path(
    get,
    path = "/api/v1/held",
    security(("session" = [])),
    responses(
        (status = 200, description = "What waits for the owner.", body = schema::HeldPage),
        (status = 401, description = "No good credential.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for this caller.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn held(State(state): State<Shared>, reader: Reader) -> Result<Reply<HeldPage>, Problem> {
    Ok(Reply(list_held(&state, reader.organization_id).await?))
}

/// Tries a held operation again.
#[utoipa::path(
    post,
    path = "/api/v1/held/{device_id}/{epoch}/{branch}/{seq}/retry",
    security(("session" = [])),
    params(
        ("device_id" = uuid::Uuid, Path),
        ("epoch" = u64, Path),
        ("branch" = u32, Path),
        ("seq" = u64, Path),
        ("X-CSRF-Token" = String, Header),
    ),
    responses(
        (status = 200, description = "What became of it.", body = schema::HeldRetried),
        (status = 400, description = "Malformed.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 401, description = "No good credential.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for this caller.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such operation is held.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn retry_held_operation(
    State(state): State<Shared>,
    Writer(reader): Writer,
    Path((device_id, epoch, branch, seq)): Path<(String, String, String, String)>,
) -> Result<Reply<HeldRetried>, Problem> {
    reader.needs(Permission::ManageTills)?;
    let malformed = || Problem::malformed("the address names no place in a chain");
    let key = HeldKey {
        of: Enrolment {
            device_id: device_id.parse().map_err(|_| malformed())?,
            epoch: epoch.parse().map_err(|_| malformed())?,
        },
        branch: branch.parse().map_err(|_| malformed())?,
        seq: seq.parse().map_err(|_| malformed())?,
    };
    Ok(Reply(
        retry_held(&state, reader.organization_id, key).await?,
    ))
}

/// Forgets a person: every text recorded of a customer until now goes.
#[utoipa::path(
    post,
    path = "/api/v1/customers/{id}/erase",
    security(("session" = [])),
    params(
        ("id" = uuid::Uuid, Path),
        ("X-CSRF-Token" = String, Header),
    ),
    responses(
        (status = 200, description = "The texts are gone.", body = schema::Erased),
        (status = 401, description = "No good credential.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for this caller.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 404, description = "Unknown.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn erase_customer_texts(
    State(state): State<Shared>,
    Writer(reader): Writer,
    Path(id): Path<String>,
) -> Result<Reply<Erased>, Problem> {
    if reader.staff.role != Role::Owner {
        return Err(Problem::forbidden("only an owner erases a customer"));
    }
    let customer_id = id.parse().map_err(|_| Problem::not_found("customer"))?;
    let operations = erase_customer(&state, reader.organization_id, customer_id).await?;
    Ok(Reply(Erased { operations }))
}

impl From<EraseError> for Problem {
    fn from(error: EraseError) -> Self {
        match error {
            EraseError::Unknown => Self::not_found("customer"),
            EraseError::Sql(error) => error.into(),
            other @ EraseError::Json(_) => Self::internal(&other),
        }
    }
}

impl From<RetryError> for Problem {
    fn from(error: RetryError) -> Self {
        match error {
            RetryError::Unknown => Self::not_found("held operation"),
            other => Self::internal(&other),
        }
    }
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Wrong => Self::new(
                StatusCode::UNAUTHORIZED,
                Failure::new(code::WRONG_PASSWORD, error.to_string()),
            ),
            SignInError::Locked { until_ms } => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                Failure::new(code::TOO_MANY_REQUESTS, error.to_string())
                    .with("locked_until_ms", until_ms),
            ),
            other => Self::internal(&other),
        }
    }
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::DayInvalid(_) => Self::malformed(error.to_string()),
            ReportError::StoreUnknown => Self::not_found("store"),
            ReportError::Sql(error) => error.into(),
        }
    }
}

impl From<ListError> for Problem {
    fn from(error: ListError) -> Self {
        match error {
            ListError::AfterInvalid => Self::malformed(error.to_string()),
            ListError::Report(error) => error.into(),
            ListError::Sql(error) => error.into(),
        }
    }
}
