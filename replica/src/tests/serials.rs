//! Units with serial numbers on a real file: sold by name, found again, under warranty, given back,
//! and put aside with the cart.

use domain::{
    contract::{
        failure::code,
        ipc::{
            AskedTerms, CompleteRefund, DocumentView, FindSerial, FoundSerial, ParkSale,
            ResumeParked, SaleLine, TakeInRepair,
        },
    },
    format::Language,
    quantity::Quantity,
    receipt::{Form, Options, Receipt, lay_out, plain_text},
    repair::RepairDevice,
    sale::{RefundLine, TenderCode},
    stock::Location,
};

use super::fixture::{Desk, cable, charger, draft, line, organization};

const SERIAL: &str = "C02XK0AAJG5H";

fn unit(serial: &str) -> SaleLine {
    SaleLine {
        serial: Some(serial.to_owned()),
        ..line(&charger(), 1)
    }
}

async fn find(desk: &Desk, serial: &str) -> FoundSerial {
    let command = FindSerial {
        serial: serial.to_owned(),
        product_id: None,
    };
    desk.till.call(command).await.unwrap()
}

async fn give_back(desk: &Desk, view: &DocumentView, n: u32) -> DocumentView {
    let command = CompleteRefund {
        draft_id: draft(),
        original_id: Some(view.document.document_id),
        lines: vec![RefundLine {
            n,
            quantity_milli: Quantity::ONE,
            location: Location::Faulty,
        }],
        loose: Vec::new(),
        customer_id: None,
        tender: TenderCode::CASH,
        payouts: Vec::new(),
        reason: "does not charge".into(),
    };
    desk.till.call(command).await.unwrap()
}

#[tokio::test]
async fn a_unit_is_found_by_its_number_however_it_is_typed_until_it_comes_back() {
    let desk = Desk::at_work().await;
    assert!(find(&desk, SERIAL).await.is_empty());
    let lines = vec![line(&cable(), 2), unit(" c02xk0aa jg5h"), unit("OTHER1")];
    let sale = desk.sell(lines).await.unwrap();
    assert_eq!(
        sale.document.lines[1].details.serial.as_deref(),
        Some(SERIAL)
    );
    let found = find(&desk, "c02xk0aajg5h").await;
    let [known] = found.units.as_slice() else {
        panic!("{found:?}");
    };
    let sold = known.unit.sold().unwrap();
    assert_eq!(sold.number, sale.document.number);
    // The charger has two years of warranty.
    let day = sale.document.business_date.clone();
    let (year, rest) = day.split_at(4);
    let until = format!("{}{rest}", year.parse::<u32>().unwrap() + 2);
    assert_eq!(known.warranty_until.as_deref(), Some(until.as_str()));
    assert_eq!(known.product.as_ref().unwrap().sku, charger().sku);

    let credit = give_back(&desk, &sale, 2).await;
    assert_eq!(
        credit.document.lines[0].details.serial.as_deref(),
        Some(SERIAL)
    );
    let found = find(&desk, SERIAL).await;
    let known = &found.units[0];
    assert!(known.unit.sold().is_none() && known.warranty_until.is_none());
    assert_eq!(known.unit.steps.len(), 2);
    // Once back, it is sold like new, and nobody calls that twice.
    desk.sell(vec![unit(SERIAL)]).await.unwrap();
    let found = find(&desk, SERIAL).await;
    assert_eq!(found.units[0].unit.doubles().count(), 0);
    assert!(found.units[0].unit.sold().is_some());
}

#[tokio::test]
async fn what_names_no_unit_is_refused_before_anything_is_recorded() {
    let desk = Desk::at_work().await;
    let two = SaleLine {
        quantity_milli: Quantity::units(2),
        ..unit(SERIAL)
    };
    for (lines, refused) in [
        (vec![two], code::SERIAL_QUANTITY),
        (vec![unit(SERIAL), unit("c02xk0aajg5h")], code::SERIAL_TWICE),
        (vec![unit(" ")], code::SERIAL_INVALID),
        (vec![unit("A\u{0}B")], code::SERIAL_INVALID),
        (vec![unit(&"9".repeat(41))], code::SERIAL_INVALID),
    ] {
        let failure = desk.sell(lines).await.unwrap_err();
        assert_eq!(failure.code, refused);
    }
    assert_eq!(desk.number("SELECT count(*) FROM document").await, 0);
    assert_eq!(desk.number("SELECT count(*) FROM log_event").await, 0);
}

#[tokio::test]
async fn its_paper_says_which_unit_it_was() {
    let desk = Desk::at_work().await;
    let sale = desk.sell(vec![unit(SERIAL)]).await.unwrap();
    let organization = organization();
    for (language, words) in [(Language::Es, "Nº serie"), (Language::En, "S/N")] {
        for form in [Form::Roll(32), Form::Sheet] {
            let options = Options::plain(language, form);
            let receipt = Receipt {
                organization: &organization,
                tenders: &[],
                view: &sale,
                options: &options,
            };
            let paper = plain_text(&lay_out(&receipt), form);
            let said = format!("{words} {SERIAL}");
            assert!(paper.contains(&said), "{said}:\n{paper}");
        }
    }
}

#[tokio::test]
async fn a_parked_unit_is_the_same_when_it_is_taken_up() {
    let desk = Desk::at_work().await;
    let command = ParkSale {
        draft_id: draft(),
        lines: vec![unit(SERIAL)],
        customer_id: None,
        terms: AskedTerms::default(),
        note: "back at five".into(),
    };
    let parked = desk.till.call(command).await.unwrap();
    let command = ResumeParked {
        draft_id: draft(),
        parked_id: parked.parked_id,
    };
    let resumed = desk.till.call(command).await.unwrap();
    assert_eq!(resumed.lines[0].asked.serial.as_deref(), Some(SERIAL));
}

#[tokio::test]
async fn repairs_of_the_unit_are_found_with_it() {
    let desk = Desk::at_work().await;
    desk.sell(vec![unit(SERIAL)]).await.unwrap();
    let command = TakeInRepair {
        draft_id: draft(),
        customer_id: None,
        device: RepairDevice {
            kind: "laptop".into(),
            serial: "c02xk0aa jg5h".into(),
            ..RepairDevice::default()
        },
        fault: "does not start".into(),
        accessories: String::new(),
        promised_date: None,
    };
    let taken = desk.till.call(command).await.unwrap();
    let found = find(&desk, SERIAL).await;
    assert_eq!(found.repairs, [taken.repair]);
    assert_eq!(found.units.len(), 1);
}
