//! Somebody goes back in time: the server to its backup, a till to an old copy of its folder, or a
//! till becomes two. Nothing that anybody saw is lost.

use tests::fault::{
    books,
    clerk::{Clerk, copy_folder},
    shop::Shop,
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

#[test]
fn a_server_that_went_back_to_its_backup_gets_back_what_tills_keep() {
    let mut shop = Shop::open().unwrap();
    let address = shop.server.ready.address.clone();
    let mut clerks = vec![
        shop.clerk(&address, 21).unwrap(),
        shop.clerk(&address, 22).unwrap(),
    ];
    act(&mut clerks, 4);
    wait_quiet(&mut clerks);
    let file = shop.folder.join("shop.backup");
    let file = file.to_str().unwrap();
    // The server and its tills are at work meanwhile.
    shop.server.command(&["backup", "--out", file]).unwrap();
    act(&mut clerks, 4);
    wait_quiet(&mut clerks);
    shop.server.stop().unwrap();
    act(&mut clerks, 1);
    shop.server
        .command(&["restore", file, "--replace"])
        .unwrap();
    shop.server.start_again().unwrap();
    act(&mut clerks, 2);
    let books = books::close(&mut shop, &mut clerks).unwrap();
    assert_eq!(books.fenced, 0, "nobody was copied");
    assert!(books.documents > 4);
}

#[test]
fn a_till_that_went_back_to_an_old_copy_loses_nothing_and_is_told_to_enrol_anew() {
    let mut shop = Shop::open().unwrap();
    let address = shop.server.ready.address.clone();
    let mut clerks = vec![
        shop.clerk(&address, 23).unwrap(),
        shop.clerk(&address, 24).unwrap(),
    ];
    clerks[0].sell().unwrap();
    wait_quiet(&mut clerks);
    clerks[0].switch_off().unwrap();
    let old = shop.folder.join("old-copy");
    copy_folder(&clerks[0].data, &old).unwrap();
    clerks[0].switch_on().unwrap();
    for _ in 0..3 {
        clerks[0].sell().unwrap();
    }
    wait_quiet(&mut clerks);
    clerks[0].switch_off().unwrap();
    std::fs::remove_dir_all(&clerks[0].data).unwrap();
    copy_folder(&old, &clerks[0].data).unwrap();
    // It sells before it can hear what it has forgotten.
    shop.server.stop().unwrap();
    clerks[0].switch_on().unwrap();
    for _ in 0..2 {
        clerks[0].sell().unwrap();
    }
    shop.server.start_again().unwrap();
    wait_quiet(&mut clerks);
    clerks[0].sell().unwrap();
    clerks[1].sell().unwrap();
    let books = books::close(&mut shop, &mut clerks).unwrap();
    assert_eq!((books.documents, books.fenced), (8, 1));
}

#[test]
fn a_till_that_was_copied_and_both_of_which_sell_loses_nothing() {
    let mut shop = Shop::open().unwrap();
    let address = shop.server.ready.address.clone();
    let mut clerks = vec![shop.clerk(&address, 25).unwrap()];
    clerks[0].sell().unwrap();
    wait_quiet(&mut clerks);
    clerks[0].switch_off().unwrap();
    let copy = clerks[0].copy_to(&shop.folder.join("copy"), 26).unwrap();
    clerks.push(copy);
    shop.server.stop().unwrap();
    for clerk in &mut clerks {
        clerk.switch_on().unwrap();
        clerk.sell().unwrap();
        clerk.sell().unwrap();
    }
    shop.server.start_again().unwrap();
    wait_quiet(&mut clerks);
    for clerk in &mut clerks {
        clerk.sell().unwrap();
    }
    let books = books::close(&mut shop, &mut clerks).unwrap();
    assert_eq!((books.documents, books.fenced), (7, 1));
}
