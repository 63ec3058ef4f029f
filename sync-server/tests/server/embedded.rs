//! The private PostgreSQL: found again, taken over, stopped by its owner alone.

use std::path::PathBuf;

use sqlx::{Connection, PgConnection};
use sync_server::{
    clock,
    database::migrate,
    embedded::{APP_ROLE, Cluster, OWNER_ROLE, Stay},
};

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let random = u64::from_be_bytes(clock::random_bytes().unwrap());
        Self(PathBuf::from(format!(
            "/tmp/techstore-embedded-{random:016x}"
        )))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left of a failed test may not be removable; the next one has its own folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn organizations(cluster: &Cluster) -> i64 {
    let mut connection = PgConnection::connect_with(&cluster.options(APP_ROLE))
        .await
        .unwrap();
    sqlx::query_scalar("SELECT count(*) FROM organization")
        .fetch_one(&mut connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_cluster_left_by_a_killed_server_is_taken_over_with_its_rows() {
    let folder = Folder::new();
    let cluster = Cluster::open(&folder.0, Stay::Keep).await.unwrap();
    migrate(&cluster.options(OWNER_ROLE)).await.unwrap();
    let url = cluster.url(OWNER_ROLE);
    let mut owner = PgConnection::connect(&url).await.unwrap();
    sqlx::query(
        "INSERT INTO organization VALUES (gen_random_uuid(), 'Shop', 'GBP', 2, 'inclusive', 'GB')",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    drop(owner);
    // As after a kill: the lock goes with the process, PostgreSQL stays.
    cluster.leave_running();

    let next = Cluster::open(&folder.0, Stay::Keep).await.unwrap();
    assert_eq!(
        next.url(OWNER_ROLE),
        url,
        "the same PostgreSQL on the same port"
    );
    let visitor = Cluster::open(&folder.0, Stay::Visit).await.unwrap();
    assert_eq!(organizations(&visitor).await, 1);
    visitor.close().unwrap();
    assert_eq!(organizations(&next).await, 1, "a visitor stops nothing");
    next.close().unwrap();
    assert!(
        PgConnection::connect(&url).await.is_err(),
        "the owner stopped it"
    );

    let restarted = Cluster::open(&folder.0, Stay::Visit).await.unwrap();
    assert_eq!(organizations(&restarted).await, 1);
    restarted.close().unwrap();
}

#[tokio::test]
async fn over_the_loopback_a_password_is_needed() {
    let folder = Folder::new();
    let cluster = Cluster::open(&folder.0, Stay::Visit).await.unwrap();
    let url = cluster.url(APP_ROLE);
    let (_, place) = url.split_once('@').unwrap();
    for stranger in ["techstore_app", "postgres", "techstore_app:guess"] {
        let refused = PgConnection::connect(&format!("postgres://{stranger}@{place}")).await;
        assert!(refused.is_err(), "{stranger}");
    }
    PgConnection::connect(&url).await.unwrap();
    cluster.close().unwrap();
}
