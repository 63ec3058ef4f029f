//! The power goes: at tills and at the server, again and again.

use tests::fault::kills::{Kills, run};

#[test]
fn nothing_seen_is_lost_or_doubled_while_tills_and_server_lose_their_power() {
    let rounds = std::env::var("TECHSTORE_KILL_ROUNDS");
    let rounds = rounds.map_or(25, |text| text.parse().unwrap());
    let kills = Kills {
        rounds,
        server_every: 3,
        tills: 2,
        seed: 20_261_121,
    };
    let killed = run(kills, |_| {}).unwrap();
    assert_eq!(killed.till_kills + killed.server_kills, rounds);
    assert!(killed.books.documents > u64::from(killed.till_kills));
}
