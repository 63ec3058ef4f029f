//! The power goes at any moment and the disk forgets what it was not told to keep: every sale that
//! the cashier saw is there. That this harness sees a till that does not wait for the disk is
//! proven by `power --must-lose`, which `cargo xtask test` runs beside the simulation.

use tests::fault::power::{Power, is_possible, run};

#[test]
fn what_a_cashier_saw_survives_power_loss_at_every_step() {
    if !is_possible() {
        // An account that may not watch a program cannot tell what it asked of the disk.
        eprintln!("strace may not watch programs here");
        return;
    }
    let power = Power {
        program: "till-headless".to_owned(),
        acts: 20,
        seed: 20_261_121,
        cut_every: 10,
        lucks: 1,
    };
    let found = run(&power, |_| {}).unwrap();
    assert!(found.answers >= 20 && found.syncs >= 20, "{found:?}");
    assert!(found.lost.is_empty(), "{:#?}", found.lost);
    assert!(found.broken.is_empty(), "{:#?}", found.broken);
}
