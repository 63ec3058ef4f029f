//! The owner's console: signing in, reports, documents.

use domain::{
    contract::rest::{DocumentDetail, DocumentsPage, HeldPage, Me, SalesByHour, SignInRequest},
    money::Money,
    replication::{OpBody, row::Organization},
    sale::DocumentKind,
    staff::{Role, Staff},
};
use reqwest::{Method, RequestBuilder, StatusCode};
use sync_server::{
    clock,
    op::create_staff::{CreateStaffError, NewStaff, create_staff},
    state::HttpConfig,
};

use crate::kit::*;

const PASSWORD: &str = "correct horse battery";

/// Somebody signed in.
pub(crate) struct Browser {
    http: reqwest::Client,
    address: String,
    cookie: String,
    pub(crate) me: Me,
}

impl Browser {
    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.address))
            .header("cookie", &self.cookie)
    }
}

fn staff(name: &str, role: Role, email: &str) -> NewStaff {
    NewStaff {
        staff: Staff {
            staff_id: clock::new_id().unwrap(),
            name: name.to_owned(),
            role,
            store_id: None,
            language: "en".to_owned(),
            active: true,
        },
        pin: Some("314159".to_owned()),
        login: Some((email.to_owned(), PASSWORD.to_owned())),
    }
}

async fn try_sign_in(server: &Server, email: &str, password: &str) -> reqwest::Response {
    let request = SignInRequest {
        email: email.to_owned(),
        password: password.to_owned(),
    };
    let request = server
        .request(Method::POST, "/api/v1/session")
        .json(&request);
    request.send().await.unwrap()
}

/// Makes an owner of the organization and signs in.
pub(crate) async fn sign_in(server: &Server, organization: &Organization) -> Browser {
    sign_in_as(server, organization, Role::Owner).await
}

/// Makes a person of that role and signs in.
pub(crate) async fn sign_in_as(
    server: &Server,
    organization: &Organization,
    role: Role,
) -> Browser {
    let id = organization.organization_id;
    let name = format!("{role:?}");
    let email = format!("{name}@{id}.example");
    let person = staff(&name, role, &email);
    create_staff(&server.state, id, person).await.unwrap();
    let response = try_sign_in(server, &email, PASSWORD).await;
    assert_eq!(response.status(), StatusCode::OK);
    let cookie = response.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="] {
        assert!(cookie.contains(part), "{part}");
    }
    Browser {
        http: server.http.clone(),
        address: server.address.clone(),
        cookie: cookie.split(';').next().unwrap().to_owned(),
        me: serde_json::from_str(&response.text().await.unwrap()).unwrap(),
    }
}

#[tokio::test]
async fn an_owner_signs_in_sees_who_and_signs_out() {
    let server = Server::start().await;
    let (organization, store, _) = server.shop("Shop").await;
    let browser = sign_in(&server, &organization).await;
    let me: Me = answer(browser.get("/api/v1/session")).await.unwrap();
    assert_eq!(me, browser.me);
    assert_eq!(
        (me.organization_name.as_str(), me.role),
        ("Shop", Role::Owner)
    );
    assert_eq!(me.stores, [store]);

    let forged = refused_by(browser.request(Method::DELETE, "/api/v1/session")).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let signed_out = browser
        .request(Method::DELETE, "/api/v1/session")
        .header("x-csrf-token", &browser.me.csrf_token)
        .send()
        .await
        .unwrap();
    assert_eq!(signed_out.status(), StatusCode::NO_CONTENT);
    let gone = refused_by(browser.get("/api/v1/session")).await;
    assert_eq!(gone.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn wrong_passwords_lock_the_person_for_a_while() {
    let server = Server::start().await;
    let organization = server.organization("Shop").await;
    let id = organization.organization_id;
    let owner = staff("Owner", Role::Owner, "owner@shop.example");
    create_staff(&server.state, id, owner).await.unwrap();
    for _ in 0..5 {
        let refused = refused(try_sign_in(&server, "owner@shop.example", "wrong").await).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert_eq!(refused.failure.code, "wrong_password");
    }
    let locked = refused(try_sign_in(&server, "owner@shop.example", PASSWORD).await).await;
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(locked.failure.fields["locked_until_ms"].as_i64().unwrap() > 0);
    sqlx::query("UPDATE staff_credential SET locked_until = now() - interval '1 second'")
        .execute(&mut owner_of(&server).await)
        .await
        .unwrap();
    let open = try_sign_in(&server, "owner@shop.example", PASSWORD).await;
    assert_eq!(open.status(), StatusCode::OK);
    let unknown = refused(try_sign_in(&server, "nobody@shop.example", PASSWORD).await).await;
    assert_eq!(unknown.failure.code, "wrong_password");
}

async fn owner_of(server: &Server) -> sqlx::PgConnection {
    owner(server).await
}

#[tokio::test]
async fn a_cashier_has_no_login_and_an_address_belongs_to_one_person() {
    let server = Server::start().await;
    let organization = server.organization("Shop").await;
    let id = organization.organization_id;
    let cashier = staff("Cashier", Role::Cashier, "cashier@shop.example");
    let refused = create_staff(&server.state, id, cashier).await.unwrap_err();
    assert!(matches!(refused, CreateStaffError::NotForConsole));
    let owner = staff("Owner", Role::Owner, "Owner@Shop.example");
    create_staff(&server.state, id, owner).await.unwrap();
    let other = server.organization("Other").await.organization_id;
    let twin = staff("Twin", Role::Owner, "owner@shop.example");
    let refused = create_staff(&server.state, other, twin).await.unwrap_err();
    assert!(matches!(refused, CreateStaffError::EmailTaken));
    let staff_rows = number(&server, "SELECT count(*) FROM staff").await;
    assert_eq!(staff_rows, 1, "a refused person leaves nothing behind");
}

#[tokio::test]
async fn behind_tls_the_cookie_never_travels_in_the_clear() {
    let http = HttpConfig {
        secure_cookies: true,
        ..HttpConfig::default()
    };
    let server = Server::start_with(http).await;
    let organization = server.organization("Shop").await;
    let id = organization.organization_id;
    let owner = staff("Owner", Role::Owner, "owner@shop.example");
    create_staff(&server.state, id, owner).await.unwrap();
    let response = try_sign_in(&server, "owner@shop.example", PASSWORD).await;
    assert!(
        response.headers()["set-cookie"]
            .to_str()
            .unwrap()
            .contains("; Secure")
    );
}

/// A sale on a day at an hour, local time being an hour ahead of UTC.
fn sale_at(till: &mut Till, date: &str, utc_ms: i64) -> domain::replication::Envelope {
    let OpBody::Sale(mut sale) = till.sale(&[(product(), 2)]) else {
        unreachable!("a sale is a sale")
    };
    sale.business_date = date.to_owned();
    till.seal_with(&OpBody::Sale(sale), Vec::new(), |header| {
        header.wall_ms = utc_ms
    })
}

#[tokio::test]
async fn a_day_s_sales_stand_at_their_local_hour_beside_the_week_before() {
    let server = Server::start().await;
    let (organization, store, mut till) = server.shop("Shop").await;
    let browser = sign_in(&server, &organization).await;
    let empty: SalesByHour = answer(browser.get("/api/v1/reports/sales-by-hour"))
        .await
        .unwrap();
    assert_eq!((empty.hours.len(), empty.today.sales), (24, 0));

    // 14 May 2024, 09:30 UTC.
    let at = 1_715_679_000_000;
    let week = 7 * 24 * 3_600_000;
    let first = sale_at(&mut till, "2024-05-14", at);
    let receipt = first.decode_header().unwrap().op_id;
    let OpBody::Sale(sold) = first.decode_body(&first.decode_header().unwrap()).unwrap() else {
        unreachable!("a sale is a sale")
    };
    let mut back = sold.clone();
    back.number = "M1T1R0A000001".to_owned();
    back.original_id = Some(receipt);
    let ops = vec![
        first,
        sale_at(&mut till, "2024-05-14", at + 3_600_000),
        sale_at(&mut till, "2024-05-07", at - week),
        till.seal(&OpBody::Refund(back)),
    ];
    till.push(ops).await.unwrap();
    let report: SalesByHour = answer(browser.get("/api/v1/reports/sales-by-hour"))
        .await
        .unwrap();
    assert_eq!(report.business_date, "2024-05-14");
    assert_eq!(report.compared_date, "2024-05-07");
    // Two of 2.55 each, tax included at 20 %: 5.10, of which 0.85.
    assert_eq!((report.today.sales, report.today.refunds), (2, 1));
    assert_eq!(report.today.gross_minor, Money(1_020));
    assert_eq!(report.today.refunded_minor, Money(510));
    assert_eq!(report.today.tax_minor, Money(85));
    assert_eq!(report.today.units_sold_milli, 4_000);
    assert_eq!(report.compared.gross_minor, Money(510));
    assert_eq!(report.hours[10].gross_minor, Money(510));
    assert_eq!(report.hours[10].compared_gross_minor, Money(510));
    assert_eq!((report.hours[11].sales, report.hours[12].sales), (1, 0));

    let path = format!(
        "/api/v1/reports/sales-by-hour?date=2024-05-07&store={}",
        store.store_id
    );
    let week_before: SalesByHour = answer(browser.get(&path)).await.unwrap();
    assert_eq!(week_before.today.sales, 1);
    let bad = refused_by(browser.get("/api/v1/reports/sales-by-hour?date=14/05/2024")).await;
    assert_eq!(
        (bad.status, bad.failure.code.as_str()),
        (StatusCode::BAD_REQUEST, "malformed")
    );

    let path = format!("/api/v1/documents/{receipt}");
    let detail: DocumentDetail = answer(browser.get(&path)).await.unwrap();
    assert_eq!(detail.document.lines, sold.lines);
    assert_eq!(detail.document.taxes, sold.taxes);
    assert_eq!(detail.document.payments, sold.payments);
    assert_eq!((detail.till_number, detail.refunds.len()), (Some(1), 1));
    assert_eq!(detail.refunds[0].kind, DocumentKind::CreditNote);
    assert_eq!(detail.hash.len(), 64);
    let refund_path = format!("/api/v1/documents/{}", detail.refunds[0].document_id);
    let refund: DocumentDetail = answer(browser.get(&refund_path)).await.unwrap();
    assert_eq!(refund.original_number, Some(sold.number));
}

#[tokio::test]
async fn documents_are_listed_newest_first_and_found_by_part_of_their_number() {
    let server = Server::start().await;
    let (organization, _, mut till) = server.shop("Shop").await;
    let browser = sign_in(&server, &organization).await;
    let ops: Vec<_> = (0..7)
        .map(|n| sale_at(&mut till, "2024-05-14", 1_715_679_000_000 + n / 2))
        .collect();
    till.push(ops).await.unwrap();
    let (mut numbers, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/documents?limit=3{after}");
        let page: DocumentsPage = answer(browser.get(&path)).await.unwrap();
        assert!(page.documents.is_sorted_by(|a, b| a.wall_ms >= b.wall_ms));
        numbers.extend(page.documents.into_iter().map(|document| document.number));
        match page.next {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    numbers.sort();
    let all: Vec<_> = (1..=7).map(|n| format!("M1T1A{n:06}")).collect();
    assert_eq!(numbers, all);
    for (query, count) in [
        ("number=a000003", 1),
        ("number=%25", 0),
        ("date=2024-05-13", 0),
        ("kind=receipt", 7),
        ("kind=credit_note", 0),
    ] {
        let page: DocumentsPage = answer(browser.get(&format!("/api/v1/documents?{query}")))
            .await
            .unwrap();
        assert_eq!(page.documents.len(), count, "{query}");
    }
    let bad = refused_by(browser.get("/api/v1/documents?after=nonsense")).await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn held_operations_are_shown_to_the_owner() {
    let server = Server::start().await;
    let (organization, _, mut till) = server.shop("Shop").await;
    let body = till.adjustment(product(), 1);
    let op = till.seal_with(&body, Vec::new(), |header| {
        header.kind = "teleport".to_owned()
    });
    till.push(vec![op]).await.unwrap();
    let browser = sign_in(&server, &organization).await;
    let held: HeldPage = answer(browser.get("/api/v1/held")).await.unwrap();
    assert_eq!((held.count, held.operations[0].device_seq), (1, 1));
    assert_eq!(held.operations[0].reason, "kind_unknown");
    assert_eq!(held.operations[0].store_code, "M1");
}
