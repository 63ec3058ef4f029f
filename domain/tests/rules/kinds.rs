//! Every kind of operation in every version that was ever written still reads, and states facts.

use std::path::PathBuf;

use domain::{
    card_payment::{CardCharge, CardPaymentEvent},
    catalog::Levy,
    customer::CustomerField,
    id::{
        CardPaymentId, CustomerId, DraftId, OpId, ProductId, PromotionId, RepairId, ShiftId,
        StaffId,
    },
    money::{Currency, Money, UnitPrice},
    quantity::Quantity,
    repair::{RepairDevice, RepairState},
    replication::{
        Facts, OpBody, Private, apply,
        body::{
            CardPaymentBody, CashMovementBody, CustomerPutBody, KINDS, PrivateField,
            QuoteDeclineBody, RepairIntakeBody, RepairMoveBody, RepairNoteBody, SaleDiscardBody,
            SaleResumeBody, ServerPutBody, ShiftCloseBody, ShiftOpenBody, SpotCountBody,
            StockAdjustmentBody, StockAdjustmentLine,
        },
        row::Till,
    },
    sale::{
        Discount, ExchangedWith, Gift, Promotion, TenderCode,
        cart::InsteadOf,
        details::{ApprovedBy, CardPaymentUse, QuoteTaken},
    },
    shift::{
        CashMoved, CashMovementKind, Pieces, ShiftClosing, ShiftOpening, ShiftTotals, SpotCount,
        TenderCount,
    },
    staff::Permission,
    stock::{Location, MovementReason},
    tax::{RatePpm, TaxComponent, TaxMode, TaxScheme},
};
use uuid::Uuid;

use crate::{
    balance::limit, cart_line, context, document, header, invoice::invoiced, parked::parked,
    quote::quoted, sell, sell_at,
};

/// The same of what is put aside.
fn newest_aside(kind: &str) -> OpBody {
    match kind {
        "sale_park" => OpBody::SalePark(Box::new(parked())),
        "sale_resume" => OpBody::SaleResume(SaleResumeBody { parked_id: PARKED }),
        "sale_discard" => OpBody::SaleDiscard(SaleDiscardBody {
            parked_id: PARKED,
            reason: "did not come back".into(),
        }),
        "invoice_make" => OpBody::InvoiceMake(Box::new(invoiced())),
        "quote_make" => OpBody::QuoteMake(Box::new(quoted())),
        "quote_decline" => OpBody::QuoteDecline(QuoteDeclineBody {
            quote_id: QUOTE,
            reason: "bought elsewhere".into(),
        }),
        "balance_change" => limit(),
        other => panic!("{other} has no golden body: write one here"),
    }
}

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
            approvals: Vec::new(),
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
                expected_minor: Some(Money(10_000)),
                pieces: notes(),
            },
        }),
        "shift_close" => OpBody::ShiftClose(Box::new(closing())),
        "card_payment" => OpBody::CardPayment(CardPaymentBody {
            card_payment_id: CardPaymentId(Uuid::from_u128(12)),
            event: CardPaymentEvent::Started(CardCharge {
                draft_id: DraftId(Uuid::from_u128(13)),
                tender: TenderCode::CARD,
                amount_minor: Money(1_530),
                currency: opening().currency,
            }),
        }),
        other => newest_aside(other),
    }
}

const PARKED: OpId = OpId(Uuid::from_u128(12));
const QUOTE: OpId = OpId(Uuid::from_u128(13));
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
            approvals: Vec::new(),
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

/// A sale that has everything which a plain one does not.
fn detailed() -> OpBody {
    let mut context = context(TaxMode::Exclusive);
    context.terms.discount = Some(Discount::Percent(RatePpm(50_000)));
    context.terms.coupons = vec!["WELCOME10".into()];
    context.terms.promotions = vec![Promotion {
        promotion_id: PromotionId(Uuid::from_u128(9)),
        name: "Spring".into(),
        gift: Gift::BuyGet {
            buy: 2,
            get: 1,
            off_ppm: RatePpm(500_000),
        },
        product_ids: Vec::new(),
        category_ids: Vec::new(),
        first_day: None,
        last_day: None,
        coupon: Some("WELCOME10".into()),
        active: true,
    }];
    context.terms.approvals = vec![ApprovedBy {
        permission: Permission::ExceedDiscount,
        staff_id: StaffId(Uuid::from_u128(10)),
    }];
    let mut taxed = cart_line(3_000, 199_900, 88_750);
    taxed.terms.seller_id = Some(StaffId(Uuid::from_u128(11)));
    taxed.terms.discount_ppm = Some(RatePpm(125_000));
    taxed.terms.levies = vec![Levy {
        name: "recycling".into(),
        amount_e4: UnitPrice(5_000),
        is_taxed: false,
    }];
    taxed.terms.components = [("state", 40_000), ("city", 45_000), ("mctd", 3_750)]
        .map(|(code, ppm)| TaxComponent {
            code: code.into(),
            name: code.into(),
            rate_ppm: RatePpm(ppm),
        })
        .to_vec();
    let mut used = cart_line(1_000, 3_000_000, 88_750);
    used.terms.scheme = TaxScheme::Margin;
    used.terms.unit_cost_e4 = Some(UnitPrice(1_790_000));
    used.terms.instead_of = Some(InsteadOf {
        price_e4: UnitPrice(3_500_000),
        list: None,
    });
    let mut exempt = cart_line(1_000, 100_000, 0);
    exempt.terms.scheme = TaxScheme::Exempt;
    exempt.terms.note = "resale".into();
    OpBody::Sale(sell_at(&[taxed, used, exempt], context))
}

#[test]
fn a_sale_with_every_detail_has_the_bytes_it_always_had_and_reads_back() {
    let bytes = detailed().to_bytes().unwrap();
    let path = golden("sale_with_details", 1);
    if std::env::var_os("UPDATE_GOLDEN").is_some() && !path.exists() {
        std::fs::write(&path, &bytes).unwrap();
    }
    let golden = std::fs::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    assert_eq!(
        String::from_utf8(golden.clone()).unwrap(),
        String::from_utf8(bytes).unwrap()
    );
    let body = OpBody::from_bytes("sale", 1, &golden).unwrap();
    assert_eq!(body, detailed());
    let facts = apply(&header("sale"), &body, &[]).unwrap();
    assert_eq!(facts.documents[0].details.approvals.len(), 1);
}

#[test]
fn a_currency_of_more_decimals_than_there_are_states_nothing() {
    for kind in ["sale", "refund", "shift_open"] {
        for (minor_digits, is_stated) in [(4, true), (5, false), (20, false), (255, false)] {
            let mut body = newest(kind);
            match &mut body {
                OpBody::Sale(body) | OpBody::Refund(body) => {
                    body.currency.minor_digits = minor_digits;
                }
                OpBody::ShiftOpen(body) => body.opening.currency.minor_digits = minor_digits,
                _ => {}
            }
            let stated = apply(&header(kind), &body, &[]).is_ok();
            assert_eq!(stated, is_stated, "{kind} of {minor_digits}");
        }
    }
}

/// A plain sale that names a quote.
fn of_a_quote() -> OpBody {
    let mut body = sell(&[cart_line(6_000, 25_500, 200_000)], TaxMode::Inclusive);
    body.details.quote = Some(QuoteTaken {
        quote_id: QUOTE,
        number: "S1T1Q0A000001".into(),
    });
    OpBody::Sale(body)
}

#[test]
fn a_sale_of_a_quote_has_the_bytes_it_always_had_and_accepts_it() {
    let bytes = of_a_quote().to_bytes().unwrap();
    let path = golden("sale_with_quote", 2);
    if std::env::var_os("UPDATE_GOLDEN").is_some() && !path.exists() {
        std::fs::write(&path, &bytes).unwrap();
    }
    let golden = std::fs::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    assert_eq!(
        String::from_utf8(golden.clone()).unwrap(),
        String::from_utf8(bytes).unwrap()
    );
    let body = OpBody::from_bytes("sale", 2, &golden).unwrap();
    assert_eq!((body.version(), &body), (2, &of_a_quote()));
    let facts = apply(&header("sale"), &body, &[]).unwrap();
    assert_eq!(facts.log_events[0].key, QUOTE.into());
    // Paid at a terminal too, it states both, each in a place of its own.
    let OpBody::Sale(mut paid) = body else {
        panic!("a sale");
    };
    let card = CardPaymentId(Uuid::from_u128(12));
    paid.details.card_payments.push(CardPaymentUse {
        n: 1,
        card_payment_id: card,
    });
    let facts = apply(&header("sale"), &OpBody::Sale(paid), &[]).unwrap();
    let stated: Vec<_> = (facts.log_events.into_iter())
        .map(|event| (event.n, event.key))
        .collect();
    assert_eq!(stated, [(1, card.into()), (2, QUOTE.into())]);
}

/// A plain sale that is one half of an exchange.
fn of_an_exchange() -> OpBody {
    let mut body = sell(&[cart_line(6_000, 25_500, 200_000)], TaxMode::Inclusive);
    body.details.exchange = Some(ExchangedWith {
        document_id: OpId(Uuid::from_u128(14)),
        number: "S1T1R0A000001".into(),
    });
    OpBody::Sale(body)
}

#[test]
fn a_sale_of_an_exchange_has_the_bytes_it_always_had() {
    let bytes = of_an_exchange().to_bytes().unwrap();
    let path = golden("sale_with_exchange", 3);
    if std::env::var_os("UPDATE_GOLDEN").is_some() && !path.exists() {
        std::fs::write(&path, &bytes).unwrap();
    }
    let golden = std::fs::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    assert_eq!(
        String::from_utf8(golden.clone()).unwrap(),
        String::from_utf8(bytes).unwrap()
    );
    let body = OpBody::from_bytes("sale", 3, &golden).unwrap();
    assert_eq!((body.version(), &body), (3, &of_an_exchange()));
}
