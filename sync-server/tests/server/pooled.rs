//! A server that shares its connections with others, as behind a pooler: it keeps nothing in a
//! session, and hears in each transaction which life of the database it reached.

use sync_server::database::{DatabaseConfig, begin};

use crate::kit::*;

#[tokio::test]
async fn each_transaction_learns_which_life_of_the_database_it_reached() {
    let server = Server::start().await;
    let (organization, _, _) = server.shop("Shop").await;
    let id = organization.organization_id;
    let mut config = DatabaseConfig::new(server.database.app.clone());
    config.connections_max = 1;
    config.is_pooled = true;
    let pooled = config.connect().await.unwrap();
    let before = pooled.incarnation();
    assert_eq!(before, server.state.incarnation());
    sqlx::query("UPDATE incarnation SET counter = counter + 1")
        .execute(&mut owner(&server).await)
        .await
        .unwrap();
    let tx = begin(&pooled.pool, id).await.unwrap();
    assert_ne!(pooled.incarnation(), before, "on the same connection");
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn what_another_client_prepared_on_the_connection_is_in_nobody_s_way() {
    let server = Server::start().await;
    let (organization, _, _) = server.shop("Shop").await;
    let id = organization.organization_id;
    let mut config = DatabaseConfig::new(server.database.app.clone());
    config.connections_max = 1;
    config.is_pooled = true;
    let pooled = config.connect().await.unwrap();
    let mut tx = begin(&pooled.pool, id).await.unwrap();
    // Names that this session would give next, taken by somebody else.
    let taken: String = (50..150)
        .map(|n| format!("PREPARE sqlx_s_{n} AS SELECT 'somebody else';"))
        .collect();
    let taken = sqlx::raw_sql(sqlx::AssertSqlSafe(taken));
    taken.execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    for _ in 0..100 {
        let mut tx = begin(&pooled.pool, id).await.unwrap();
        let name: String = sqlx::query_scalar("SELECT name FROM organization")
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        assert_eq!(name, "Shop");
        tx.commit().await.unwrap();
    }
}
