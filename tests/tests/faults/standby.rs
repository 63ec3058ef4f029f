//! The database's machine burns, and its standby, which had fallen behind, is promoted: what only
//! the lost one had comes back from the tills.

use domain::contract::ipc;
use tests::{
    fault::{books, clerk::Clerk, shop::Shop, standby::Standby},
    figures::{TillFigures, differing_tables, of_till},
    pooler::Pooler,
    server::Database,
};

fn act(clerks: &mut [Clerk], times: u32) {
    for _ in 0..times {
        for clerk in &mut *clerks {
            clerk.act().unwrap();
        }
    }
}

fn wait_quiet(clerks: &mut [Clerk]) {
    for clerk in clerks {
        clerk.wait_quiet().unwrap();
    }
}

fn two_clerks(shop: &mut Shop, address: &str, seed: u64) -> Vec<Clerk> {
    (seed..seed + 2)
        .map(|seed| shop.clerk(address, seed).unwrap())
        .collect()
}

fn standby_of(shop: &Shop) -> Standby {
    let primary = shop.folder.join("server/postgres/cluster");
    Standby::follow(&primary, &shop.folder.join("standby")).unwrap()
}

/// The same database at its standby.
fn at(standby: &Standby, shop: &Shop) -> Database {
    let ready = &shop.server.ready;
    Database {
        url: standby.url(&ready.database_url).unwrap(),
        owner_url: Some(standby.url(&ready.owner_database_url).unwrap()),
        pooled_listen_url: None,
    }
}

fn documents(url: &str) -> i64 {
    runtime().block_on(async {
        let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(url)
            .await
            .unwrap();
        sqlx::query_scalar("SELECT count(*) FROM document")
            .fetch_one(&mut connection)
            .await
            .unwrap()
    })
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// The standby follows, then hears nothing more, and the shop goes on.
fn fall_behind(shop: &Shop, standby: &Standby, clerks: &mut [Clerk]) {
    act(clerks, 3);
    wait_quiet(clerks);
    standby.catch_up().unwrap();
    standby.lose_sight().unwrap();
    for clerk in &mut *clerks {
        clerk.sell().unwrap();
    }
    act(clerks, 4);
    wait_quiet(clerks);
    let has = documents(&at(standby, shop).owner_url.unwrap());
    let had = documents(&shop.server.ready.owner_database_url);
    assert!(0 < has && has < had, "{has} of {had} are at the standby");
}

/// How far a till has read the feeds that others read too.
fn cursors(clerk: &mut Clerk) -> Vec<(String, u64)> {
    let till = clerk.till().unwrap();
    let status = till.call(&ipc::GetSyncStatus {}).unwrap().unwrap();
    let scopes = status.scopes.into_iter();
    let shared = scopes.filter(|scope| !scope.scope.starts_with("device:"));
    shared.map(|scope| (scope.scope, scope.cursor)).collect()
}

/// Cuts all tills off at the same row of every feed: the server's own jobs write some, too.
fn cut_off_alike(clerks: &mut [Clerk]) {
    const TRIES: u32 = 50;
    for _ in 0..TRIES {
        wait_quiet(clerks);
        for clerk in &mut *clerks {
            clerk.set_network(false).unwrap();
        }
        let read: Vec<_> = clerks.iter_mut().map(cursors).collect();
        if read.iter().all(|one| *one == read[0]) {
            return;
        }
        for clerk in &mut *clerks {
            clerk.set_network(true).unwrap();
        }
    }
    panic!("the tills do not come to stand at the same row");
}

/// What the tills hold is the same, sound, and confirmed by the server.
fn assert_tills_agree(clerks: &mut [Clerk]) {
    cut_off_alike(clerks);
    let figures: Vec<TillFigures> = (1..)
        .zip(&*clerks)
        .map(|(n, clerk)| runtime().block_on(of_till(&clerk.data, n, "S1")).unwrap())
        .collect();
    for clerk in &mut *clerks {
        clerk.set_network(true).unwrap();
    }
    for one in &figures {
        assert!(one.dense && one.chain_verified, "till {}", one.till);
        assert_eq!(one.pending, 0, "till {}", one.till);
        assert_eq!(differing_tables(&figures[0], one), [""; 0]);
    }
}

#[test]
fn a_standby_that_is_behind_gets_from_the_tills_what_only_the_lost_one_had() {
    let mut shop = Shop::open().unwrap();
    let address = shop.server.ready.address.clone();
    let mut clerks = two_clerks(&mut shop, &address, 31);
    let standby = standby_of(&shop);
    fall_behind(&shop, &standby, &mut clerks);
    shop.server.kill().unwrap();
    standby.lose_primary().unwrap();
    act(&mut clerks, 1);
    assert_eq!(standby.promote().unwrap(), 2, "another timeline");
    let promoted = at(&standby, &shop);
    shop.server.database_at(promoted);
    shop.server.start_again().unwrap();
    act(&mut clerks, 2);
    assert_tills_agree(&mut clerks);
    let books = books::close(&mut shop, &mut clerks).unwrap();
    assert_eq!(books.fenced, 0, "nobody was copied");
    assert_eq!(books.numbers, books.documents);
}

#[test]
fn a_server_whose_pooler_is_led_to_the_promoted_standby_tells_the_tills_by_itself() {
    let mut shop = Shop::open().unwrap();
    let url = shop.server.ready.database_url.clone();
    let mut pooler = Pooler::start(&shop.folder.join("pooler"), &url).unwrap();
    let pooled = Database {
        url: pooler.url(),
        owner_url: None,
        pooled_listen_url: Some(url),
    };
    let folder = shop.folder.join("pooled");
    let mut front = shop.server.start_over(&folder, pooled).unwrap();
    let address = front.ready.address.clone();
    let mut clerks = two_clerks(&mut shop, &address, 33);
    let standby = standby_of(&shop);
    fall_behind(&shop, &standby, &mut clerks);
    shop.server.kill().unwrap();
    standby.lose_primary().unwrap();
    act(&mut clerks, 1);
    standby.promote().unwrap();
    let promoted = at(&standby, &shop);
    pooler.lead_to(&promoted.url).unwrap();
    act(&mut clerks, 2);
    assert_tills_agree(&mut clerks);
    shop.server.database_at(promoted);
    shop.server.start_again().unwrap();
    let books = books::close(&mut shop, &mut clerks).unwrap();
    assert_eq!(books.fenced, 0, "nobody was copied");
    front.stop().unwrap();
}
