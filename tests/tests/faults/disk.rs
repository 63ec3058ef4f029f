//! No room left on the disk: the sale is refused before there is a receipt, nothing is written by
//! half, and once there is room everything goes on.

use std::process::Command;

use domain::contract::{failure::code, ipc};
use tests::{
    fault::{
        books,
        clerk::Clerk,
        disk::{Disk, bound_files},
        shop::Shop,
    },
    program,
    till::HeadlessTill,
};

/// Sales that fit into what SQLite has reserved already, at the very most.
const SALES_MAX: u32 = 400;

#[test]
fn a_full_disk_refuses_the_sale_before_the_receipt_and_nothing_is_half_written() {
    let mut shop = Shop::open().unwrap();
    let address = shop.server.ready.address.clone();
    let data = shop.till_folder();
    let disk = Disk::mount(&data, 48).unwrap();
    let mut clerk = shop.clerk_in(&data, &address, 9).unwrap();
    clerk.sell().unwrap();
    // Without network nothing else asks for room.
    clerk.set_network(false).unwrap();
    match &disk {
        Some(disk) => disk.fill().unwrap(),
        None => bound(&mut clerk),
    }
    let refused = sell_until_refused(&mut clerk);
    if disk.is_some() {
        assert_eq!(refused, code::DISK_FULL);
    }
    // Refused again, and not counted: the number is given to the next sale that succeeds.
    assert_eq!(sell_until_refused(&mut clerk), refused);
    match &disk {
        Some(disk) => disk.free().unwrap(),
        None => bound_files(clerk.till().unwrap().pid(), None).unwrap(),
    }
    clerk.sell().unwrap();
    clerk.set_network(true).unwrap();
    clerk.sell().unwrap();
    let mut clerks = [clerk];
    books::close(&mut shop, &mut clerks).unwrap();
    drop(disk);
}

/// Starts the till anew so that its files may not grow.
fn bound(clerk: &mut Clerk) {
    clerk.switch_off().unwrap();
    // A shell that ignores SIGXFSZ hands that on: a file that may not grow is then an error that
    // the till hears of, and not its end.
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(program::find("till-headless").unwrap());
    let till = HeadlessTill::start_by(command, &clerk.data, None).unwrap();
    clerk.switch_on_with(till).unwrap();
    clerk.set_network(false).unwrap();
    bound_files(clerk.till().unwrap().pid(), Some(4_096)).unwrap();
}

/// Sells until there is no room; returns the code that the cashier's sentence is made of.
fn sell_until_refused(clerk: &mut Clerk) -> String {
    for _ in 0..SALES_MAX {
        let sale = clerk.sale().unwrap();
        match clerk
            .till()
            .unwrap()
            .call::<ipc::CompleteSale>(&sale)
            .unwrap()
        {
            Ok(receipt) => clerk.note(&receipt).unwrap(),
            Err(failure) => return failure.code,
        }
    }
    panic!("{SALES_MAX} sales found room on a full disk");
}

#[test]
fn a_server_without_room_keeps_tills_waiting_and_takes_everything_once_it_has_some() {
    let mut shop = Shop::open_on_disk(400).unwrap();
    let Some(disk) = shop.disk.take() else {
        // An account that may not mount anything has no disk to fill.
        return;
    };
    let address = shop.server.ready.address.clone();
    let mut clerk = shop.clerk(&address, 10).unwrap();
    clerk.sell().unwrap();
    clerk.wait_quiet().unwrap();
    disk.fill().unwrap();
    let mut is_told = false;
    for _ in 0..SALES_MAX {
        clerk.sell().unwrap();
        let status = clerk
            .till()
            .unwrap()
            .call(&ipc::SyncNow {})
            .unwrap()
            .unwrap();
        if status.last_error.is_some() && status.waiting > 0 {
            is_told = true;
            break;
        }
    }
    assert!(is_told, "PostgreSQL found room on a full disk");
    clerk.sell().unwrap();
    disk.free().unwrap();
    let mut clerks = [clerk];
    books::close(&mut shop, &mut clerks).unwrap();
    shop.disk = Some(disk);
}
