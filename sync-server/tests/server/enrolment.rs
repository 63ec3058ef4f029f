//! Codes, challenges and tokens.

use reqwest::StatusCode;

use crate::kit::*;

#[tokio::test]
async fn a_code_enrols_one_till_once() {
    let server = Server::start().await;
    let organization = server.organization("Shop").await;
    let store = server.store(&organization, "M1").await;
    let code = server.code(&organization, &store, 3).await;

    let till = server
        .enrol(&code.to_lowercase().replace('-', " "))
        .await
        .unwrap();
    assert_eq!((till.row.number, till.row.epoch), (3, 1));
    assert_eq!(till.row.series, "A");
    assert_eq!(till.organization, organization);

    let again = server.enrol(&code).await.map(|_| ()).unwrap_err();
    assert_eq!(again.failure.code, "enrol_code_spent");
    assert_eq!(again.status, StatusCode::CONFLICT);
}
