//! The console's only way to its server: JSON over HTTP with the session's cookie, the token
//! against forged requests on everything that writes, failures as problem documents.

use domain::contract::{
    failure::{Failure, code},
    rest::{
        BalancesPage, DocumentDetail, DocumentsPage, DocumentsQuery, HeldPage, HeldRetried, Me,
        SalesByHour, ShiftsPage, SignInRequest, TillsPage,
    },
};
use gloo_net::http::{Request, RequestBuilder, Response};
use serde::de::DeserializeOwned;

const BASE: &str = "/api/v1";

/// Who is signed in.
pub async fn me() -> Result<Me, Failure> {
    get("/session").await
}

/// Signs in and says who is.
pub async fn sign_in(request: &SignInRequest) -> Result<Me, Failure> {
    let request = Request::post(&format!("{BASE}/session"))
        .json(request)
        .map_err(|error| Failure::new(code::MALFORMED, error.to_string()))?;
    let response = request.send().await.map_err(|error| unreachable(&error))?;
    let response = checked(response).await?;
    // The answer is the session itself, or nothing and the session is asked for.
    match read(response).await {
        Ok(me) => Ok(me),
        Err(_) => me().await,
    }
}

/// Ends the session.
pub async fn sign_out(csrf_token: &str) -> Result<(), Failure> {
    let response = Request::delete(&format!("{BASE}/session"))
        .header("X-CSRF-Token", csrf_token)
        .send()
        .await
        .map_err(|error| unreachable(&error))?;
    checked(response).await.map(|_| ())
}

/// One business day by the hour; the newest one when no date is named.
pub async fn sales_by_hour(date: &str, store: &str) -> Result<SalesByHour, Failure> {
    let mut query = Vec::new();
    if !date.is_empty() {
        query.push(format!("date={date}"));
    }
    if !store.is_empty() {
        query.push(format!("store={store}"));
    }
    let query = query.join("&");
    get(&format!("/reports/sales-by-hour?{query}")).await
}

/// One page of documents.
pub async fn documents(query: &DocumentsQuery) -> Result<DocumentsPage, Failure> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let pairs = [
        ("number", text(&query.number)),
        ("date", text(&query.date)),
        (
            "store",
            query.store.map_or_else(String::new, |id| id.to_string()),
        ),
        ("kind", query.kind.map_or("", |kind| kind.name()).to_owned()),
        ("after", text(&query.after)),
        (
            "limit",
            query.limit.map_or_else(String::new, |n| n.to_string()),
        ),
    ];
    let filled = pairs.iter().filter(|(_, value)| !value.is_empty());
    let request = Request::get(&format!("{BASE}/documents"))
        .query(filled.map(|(name, value)| (*name, value.as_str())));
    answer(request).await
}

/// One document.
pub async fn document(id: &str) -> Result<DocumentDetail, Failure> {
    get(&format!("/documents/{id}")).await
}

/// Every till and how it stands with the server.
pub async fn tills() -> Result<TillsPage, Failure> {
    get("/tills").await
}

/// Shifts, newest first; of all stores when none is named.
pub async fn shifts(store: &str) -> Result<ShiftsPage, Failure> {
    if store.is_empty() {
        get("/shifts").await
    } else {
        get(&format!("/shifts?store={store}")).await
    }
}

/// What the shop owes and is owed beside goods.
pub async fn balances() -> Result<BalancesPage, Failure> {
    get("/balances").await
}

/// What the server holds.
pub async fn held() -> Result<HeldPage, Failure> {
    get("/held").await
}

/// Tries a held operation again, named by its place in its till's history.
pub async fn retry_held(csrf_token: &str, place: &str) -> Result<HeldRetried, Failure> {
    let request = Request::post(&format!("{BASE}/held/{place}/retry"));
    answer(request.header("X-CSRF-Token", csrf_token)).await
}

/// Closes what a person has looked at.
pub async fn close_exception(csrf_token: &str, id: &str) -> Result<(), Failure> {
    let request = Request::post(&format!("{BASE}/exceptions/{id}/close"));
    let request = request.header("X-CSRF-Token", csrf_token);
    let response = request.send().await.map_err(|error| unreachable(&error))?;
    checked(response).await.map(drop)
}

async fn get<T: DeserializeOwned>(path: &str) -> Result<T, Failure> {
    answer(Request::get(&format!("{BASE}{path}"))).await
}

async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, Failure> {
    let response = request.send().await.map_err(|error| unreachable(&error))?;
    read(checked(response).await?).await
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, Failure> {
    response
        .json()
        .await
        .map_err(|error| Failure::new(code::INTERNAL, error.to_string()))
}

async fn checked(response: Response) -> Result<Response, Failure> {
    if response.ok() {
        return Ok(response);
    }
    let status = response.status();
    let text = response.text().await.unwrap_or_default();
    Err(problem(status, &text))
}

fn unreachable(error: &gloo_net::Error) -> Failure {
    Failure::new(code::SERVER_UNREACHABLE, error.to_string())
}

/// The failure of a problem document; of its status alone when a proxy answered instead.
fn problem(status: u16, text: &str) -> Failure {
    serde_json::from_str(text).unwrap_or_else(|_| {
        let code = match status {
            401 => code::UNAUTHORIZED,
            403 => code::FORBIDDEN,
            404 => code::NOT_FOUND,
            409 => code::CONFLICT,
            413 => code::BODY_TOO_LARGE,
            429 => code::TOO_MANY_REQUESTS,
            502..=504 => code::SERVER_UNREACHABLE,
            _ => code::INTERNAL,
        };
        Failure::new(code, format!("HTTP {status}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_document_keeps_its_code_and_a_bare_status_gets_one() {
        let text = r#"{"type":"about:blank","title":"x","status":401,"code":"wrong_password","detail":"no","trace_id":"7"}"#;
        let failure = problem(401, text);
        assert_eq!(failure.code, code::WRONG_PASSWORD);
        assert_eq!(failure.trace_id.as_deref(), Some("7"));
        assert_eq!(problem(503, "<html>").code, code::SERVER_UNREACHABLE);
        assert_eq!(problem(404, "").code, code::NOT_FOUND);
    }
}
