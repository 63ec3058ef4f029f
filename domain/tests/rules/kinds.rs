//! Every kind of operation in every version that was ever written still reads, and states facts.

use std::path::PathBuf;

use domain::{
    customer::CustomerField,
    id::{CustomerId, ProductId, RepairId, ShiftId},
    money::{Currency, Money},
    quantity::Quantity,
    repair::{RepairDevice, RepairState},
    replication::{
        Facts, OpBody, Private, apply,
        body::{
            CashMovementBody, CustomerPutBody, KINDS, PrivateField, RepairIntakeBody,
            RepairMoveBody, RepairNoteBody, ServerPutBody, ShiftCloseBody, ShiftOpenBody,
            SpotCountBody, StockAdjustmentBody, StockAdjustmentLine,
        },
        row::Till,
    },
    sale::TenderCode,
    shift::{
        CashMoved, CashMovementKind, Pieces, ShiftClosing, ShiftOpening, ShiftTotals, SpotCount,
        TenderCount,
    },
    stock::{Location, MovementReason},
    tax::TaxMode,
};
use uuid::Uuid;

use crate::{cart_line, document, header, sell};

/// A body of each kind as this build writes it.
fn newest(kind: &str) -> OpBody {
    let repair_id = RepairId(Uuid::from_u128(8));
    match kind {
        "sale" | "refund" => {
            let body = sell(&[cart_line(6_000, 25_500, 200_000)], TaxMode::Inclusive);
            if kind == "sale" {
                OpBody::Sale(body)
            } else {
                OpBody::Refund(body)
            }
        }
        "stock_adjustment" => OpBody::StockAdjustment(StockAdjustmentBody {
            reason: MovementReason::Received,
            note: "delivery 7".into(),
            lines: vec![StockAdjustmentLine {
                n: 1,
                product_id: ProductId(Uuid::from_u128(5)),
                location: Location::ShopFloor,
                delta_milli: Quantity::units(12),
            }],
        }),
        "customer_put" => OpBody::CustomerPut(CustomerPutBody {
            customer_id: CustomerId(Uuid::from_u128(7)),
            fields: vec![PrivateField {
                field: CustomerField::Name,
                hash: Private::seal("José Ñandú", [9; 16]).hash,
            }],
        }),
        "repair_intake" => OpBody::RepairIntake(RepairIntakeBody {
            repair_id,
            number: "S1T1W0A000001".into(),
            count: 1,
            business_date: "2011-03-26".into(),
            utc_offset_min: 0,
            customer_id: Some(CustomerId(Uuid::from_u128(7))),
            device: RepairDevice {
                kind: "phone".into(),
                ..RepairDevice::default()
            },
            fault: "no sound".into(),
            accessories: "case".into(),
            promised_date: Some("2011-03-28".into()),
        }),
        "repair_move" => OpBody::RepairMove(RepairMoveBody {
            repair_id,
            from: RepairState::Received,
            to: RepairState::Diagnosing,
        }),
        "repair_note" => OpBody::RepairNote(RepairNoteBody {
            repair_id,
            text: "speaker ordered".into(),
        }),
        "server_put" => OpBody::ServerPut(ServerPutBody {
            tills: vec![Till {
                device_id: header("sale").device_id,
                store_id: header("sale").store_id.unwrap(),
                number: 1,
                name: "counter".into(),
                epoch: 1,
                series: "A".into(),
                revoked: false,
            }],
            ..ServerPutBody::default()
        }),
        "shift_open" => OpBody::ShiftOpen(ShiftOpenBody {
            shift_id: SHIFT,
            opening: opening(),
        }),
        "cash_movement" => OpBody::CashMovement(CashMovementBody {
            shift_id: SHIFT,
            movement: CashMovementKind::PettyExpense,
            amount_minor: Money(350),
            reason: "stamps".into(),
        }),
        "spot_count" => OpBody::SpotCount(SpotCountBody {
            shift_id: SHIFT,
            count: SpotCount {
                counted_minor: Money(10_000),
                expected_minor: Money(10_000),
                pieces: notes(),
            },
        }),
        "shift_close" => OpBody::ShiftClose(Box::new(closing())),
        other => panic!("{other} has no golden body: write one here"),
    }
}

const SHIFT: ShiftId = ShiftId(Uuid::from_u128(9));

fn opening() -> ShiftOpening {
    ShiftOpening {
        business_date: "2011-03-26".into(),
        utc_offset_min: 0,
        currency: Currency {
            code: "GBP".into(),
            minor_digits: 2,
        },
        float_minor: Money(10_000),
    }
}

fn notes() -> Vec<Pieces> {
    vec![Pieces {
        value_minor: Money(2_000),
        count: 5,
    }]
}

fn closing() -> ShiftCloseBody {
    let mut totals = ShiftTotals::default();
    totals.add(&document(&sell(
        &[cart_line(6_000, 25_500, 200_000)],
        TaxMode::Inclusive,
    )));
    ShiftCloseBody {
        shift_id: SHIFT,
        business_date: "2011-03-26".into(),
        utc_offset_min: 0,
        closing: ShiftClosing {
            counts: vec![TenderCount {
                tender: TenderCode::CASH,
                expected_minor: Money(11_180),
                counted_minor: Money(10_000),
                pieces: notes(),
            }],
            float_left_minor: Money(10_000),
            difference_minor: Money(-1_180),
            totals,
            cash: CashMoved {
                petty_expense_minor: Money(350),
                ..CashMoved::default()
            },
            note: "short".into(),
        },
    }
}

fn golden(kind: &str, version: u32) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/kinds");
    folder.join(format!("{kind}_v{version}.json"))
}

#[test]
fn the_newest_version_of_every_kind_has_the_bytes_it_always_had() {
    for (kind, version) in KINDS {
        let bytes = newest(kind).to_bytes().unwrap();
        let path = golden(kind, version);
        if std::env::var_os("UPDATE_GOLDEN").is_some() && !path.exists() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        let golden = std::fs::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        assert_eq!(
            String::from_utf8(golden).unwrap(),
            String::from_utf8(bytes).unwrap(),
            "{kind} {version}"
        );
    }
}

#[test]
fn every_version_of_every_kind_reads_as_the_newest_and_states_facts() {
    for (kind, newest_version) in KINDS {
        for version in 1..=newest_version {
            let bytes = std::fs::read(golden(kind, version)).unwrap();
            let body = OpBody::from_bytes(kind, version, &bytes).unwrap();
            assert_eq!(body, newest(kind), "{kind} {version}");
            let facts = apply(&header(kind), &body, &[]).unwrap();
            assert_ne!(facts, Facts::default(), "{kind} {version}");
        }
        for unknown in [0, newest_version + 1] {
            assert!(OpBody::from_bytes(kind, unknown, b"{}").is_err());
        }
    }
    assert!(OpBody::from_bytes("teleport", 1, b"{}").is_err());
}
