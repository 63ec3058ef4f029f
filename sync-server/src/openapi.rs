//! The API as a document (OpenAPI) and as a page to read it. The handlers carry their own
//! descriptions; a test asks every route in the document and finds it.

pub mod schema;

use axum::{
    http::header,
    response::{Html, IntoResponse},
};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use crate::route::{balances, console, health, shifts, sync, tills};

/// Everything that the server answers.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "TechStore POS server",
        description = "Sync protocol version 1 for tills, and the API of the owner's console. \
            Failures are problem documents (RFC 9457) with a `code` for programs. Money is in \
            minor units of the organization's currency, unit prices in 1/10,000 of the major \
            unit, quantities in thousandths, times in milliseconds since 1970."
    ),
    paths(
        sync::enrol,
        sync::challenge,
        sync::token,
        sync::push,
        sync::have,
        sync::relay,
        sync::pull,
        sync::snapshot,
        sync::verifiers,
        sync::events,
        console::open_session,
        console::session,
        console::close_session,
        console::report_sales_by_hour,
        console::documents,
        console::document,
        console::held,
        console::retry_held_operation,
        console::erase_customer_texts,
        shifts::shifts,
        balances::balances,
        tills::tills,
        tills::close,
        health::live,
        health::ready,
        health::metrics,
    ),
    components(schemas(schema::Problem)),
    modifiers(&Credentials),
)]
pub struct Api;

#[derive(Debug)]
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let components = api.components.get_or_insert_default();
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "A till's token: from enrolment, or for a signed challenge.",
            ))
            .build();
        components.add_security_scheme("till", SecurityScheme::Http(token));
        let cookie = ApiKeyValue::with_description(
            "techstore_session",
            "Set by POST /api/v1/session. Writing requests also carry X-CSRF-Token.",
        );
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// `GET /api/v1/openapi.json`
pub async fn document() -> impl IntoResponse {
    let text = Api::openapi().to_pretty_json().unwrap_or_default();
    ([(header::CONTENT_TYPE, "application/json")], text)
}

/// `GET /docs`: the same for people, without a script or a foreign host.
pub async fn page() -> Html<String> {
    Html(render(&Api::openapi()))
}

/// `GET /docs/style.css`
pub async fn style() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/css")],
        include_str!("openapi/style.css"),
    )
}

fn render(api: &utoipa::openapi::OpenApi) -> String {
    let value = serde_json::to_value(api).unwrap_or_default();
    let mut text = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>TechStore POS: API</title><link rel=\"stylesheet\" href=\"/docs/style.css\">\
         <main><h1>TechStore POS: API</h1>",
    );
    let said = |value: &serde_json::Value| escape(value.as_str().unwrap_or_default());
    text.push_str(&format!("<p>{}</p>", said(&value["info"]["description"])));
    text.push_str("<p>For programs: <a href=\"/api/v1/openapi.json\">openapi.json</a></p>");
    for (path, methods) in entries(&value["paths"]) {
        for (method, operation) in entries(methods) {
            text.push_str(&format!(
                "<section><h2><b>{}</b> {}</h2><p>{}</p>",
                escape(&method.to_uppercase()),
                escape(path),
                said(&operation["summary"])
            ));
            let needed = operation["security"].as_array().into_iter().flatten();
            for (name, _) in needed.flat_map(entries) {
                text.push_str(&format!("<p class=\"by\">Needs: {}</p>", escape(name)));
            }
            let request = &operation["requestBody"]["content"]["application/json"]["schema"];
            if !request.is_null() {
                text.push_str(&format!("<p>Takes {}</p>", link(request)));
            }
            text.push_str("<table><tr><th>Answer</th><th>Meaning</th><th>Body</th></tr>");
            for (status, response) in entries(&operation["responses"]) {
                let body = entries(&response["content"]).next();
                let body = body
                    .map(|(_, content)| link(&content["schema"]))
                    .unwrap_or_default();
                text.push_str(&format!(
                    "<tr><td>{}</td><td>{}</td><td>{body}</td></tr>",
                    escape(status),
                    said(&response["description"])
                ));
            }
            text.push_str("</table></section>");
        }
    }
    text.push_str("<h1>Shapes</h1>");
    for (name, schema) in entries(&value["components"]["schemas"]) {
        let pretty = serde_json::to_string_pretty(schema).unwrap_or_default();
        text.push_str(&format!(
            "<section id=\"{0}\"><h2>{0}</h2><pre>{1}</pre></section>",
            escape(name),
            escape(&pretty)
        ));
    }
    text.push_str("</main></html>");
    text
}

fn entries(value: &serde_json::Value) -> impl Iterator<Item = (&String, &serde_json::Value)> {
    value.as_object().into_iter().flatten()
}

fn link(schema: &serde_json::Value) -> String {
    let name = schema["$ref"]
        .as_str()
        .and_then(|path| path.rsplit('/').next());
    name.map(|name| format!("<a href=\"#{0}\">{0}</a>", escape(name)))
        .unwrap_or_default()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
