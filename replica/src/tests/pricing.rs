//! Discounts, promotions and a manager's word, on a whole till.

use domain::{
    contract::{
        failure::code,
        ipc::{
            AdjustLine, AdjustStock, Approve, AskedTerms, CompleteSale, DocumentView, FindDocument,
            SaleLine, SignIn,
        },
    },
    id::{CategoryId, DraftId, PromotionId, StaffId},
    money::{Money, UnitPrice},
    quantity::Quantity,
    replication::{OpBody, Rows},
    sale::{
        Discount, Gift, Promotion,
        details::{ApprovedBy, StepKind},
    },
    staff::{PIN_ATTEMPTS_MAX, Permission},
    stock::{Location, MovementReason},
    tax::RatePpm,
};
use uuid::Uuid;

use super::fixture::{CASHIER, Desk, MANAGER, PIN, cable, cash, charger, draft, line};

fn percent(product: SaleLine, ppm: u32) -> SaleLine {
    SaleLine {
        discount_ppm: Some(RatePpm(ppm)),
        ..product
    }
}

fn sale(draft_id: DraftId, lines: Vec<SaleLine>, terms: AskedTerms) -> CompleteSale {
    CompleteSale {
        draft_id,
        lines,
        payments: vec![cash(100_000)],
        customer_id: None,
        terms,
        quote_id: None,
        exchange: None,
    }
}

fn approve(draft_id: DraftId, permission: Permission, given: i64) -> Approve {
    Approve {
        draft_id,
        permission,
        given_minor: Some(Money(given)),
        staff_id: MANAGER,
        pin: PIN.to_owned(),
    }
}

fn steps(view: &DocumentView, place: usize) -> Vec<(StepKind, i64)> {
    let steps = view.document.lines[place].details.steps.iter();
    steps.map(|step| (step.kind, step.amount_minor.0)).collect()
}

fn promotion(n: u128, gift: Gift) -> Promotion {
    Promotion {
        promotion_id: PromotionId(Uuid::from_u128(n)),
        name: format!("Promotion {n}"),
        gift,
        product_ids: Vec::new(),
        category_ids: Vec::new(),
        first_day: None,
        last_day: None,
        coupon: None,
        active: true,
    }
}

#[tokio::test]
async fn a_cashier_discounts_up_to_the_limit_and_above_it_a_manager_s_word_is_written_down() {
    let desk = Desk::new().await;
    desk.sign_in(CASHIER).await.unwrap();
    let within = percent(line(&charger(), 1), 100_000);
    let view = desk.sell(vec![within]).await.unwrap();
    assert_eq!(view.document.total_minor, Money(1_799));
    assert_eq!(steps(&view, 0), [(StepKind::LineDiscount, -200)]);
    assert!(view.document.details.is_empty());

    let draft_id = draft();
    let above = || {
        sale(
            draft_id,
            vec![percent(line(&charger(), 1), 200_000)],
            AskedTerms::default(),
        )
    };
    let failure = desk.till.call(above()).await.unwrap_err();
    assert_eq!(failure.code, code::PERMISSION_DENIED);
    assert_eq!(failure.fields["permission"], "exceed_discount");
    // What was shown to the manager covers no more than that.
    let asked = approve(draft_id, Permission::ExceedDiscount, 399);
    desk.till.call(asked).await.unwrap();
    assert_eq!(
        desk.till.call(above()).await.unwrap_err().code,
        code::PERMISSION_DENIED
    );
    let asked = approve(draft_id, Permission::ExceedDiscount, 400);
    let approved = desk.till.call(asked).await.unwrap();
    assert_eq!(approved.name, "Marta");
    let view = desk.till.call(above()).await.unwrap();
    let by = ApprovedBy {
        permission: Permission::ExceedDiscount,
        staff_id: MANAGER,
    };
    assert_eq!(view.document.details.approvals, [by]);
    assert_eq!(view.document.staff_id, Some(CASHIER));
    // It was for that sale alone.
    let next = sale(
        draft(),
        vec![percent(line(&charger(), 1), 200_000)],
        AskedTerms::default(),
    );
    assert_eq!(
        desk.till.call(next).await.unwrap_err().code,
        code::PERMISSION_DENIED
    );
}

#[tokio::test]
async fn a_price_by_hand_and_a_stock_correction_take_a_manager_s_pin() {
    let desk = Desk::new().await;
    desk.sign_in(CASHIER).await.unwrap();
    let draft_id = draft();
    let cheaper = SaleLine {
        unit_price_e4: Some(UnitPrice(100_000)),
        ..line(&charger(), 1)
    };
    desk.till
        .call(approve(draft_id, Permission::OverridePrice, 999))
        .await
        .unwrap();
    let view = desk
        .till
        .call(sale(draft_id, vec![cheaper], AskedTerms::default()))
        .await
        .unwrap();
    assert_eq!(steps(&view, 0), [(StepKind::Override, -999)]);

    let draft_id = draft();
    let received = || AdjustStock {
        draft_id,
        reason: MovementReason::Received,
        note: String::new(),
        lines: vec![AdjustLine {
            product_id: cable().product_id,
            location: Location::ShopFloor,
            delta_milli: Quantity::units(3),
        }],
    };
    let failure = desk.till.call(received()).await.unwrap_err();
    assert_eq!(failure.fields["permission"], "adjust_stock");
    desk.till
        .call(approve(draft_id, Permission::AdjustStock, 0))
        .await
        .unwrap();
    desk.till.call(received()).await.unwrap();
    let last = desk.unsent().await.pop().unwrap();
    let header = last.decode_header().unwrap();
    let OpBody::StockAdjustment(body) = last.decode_body(&header).unwrap() else {
        panic!("not an adjustment");
    };
    assert_eq!(
        (header.staff_id, body.approvals[0].staff_id),
        (Some(CASHIER), MANAGER)
    );
}

#[tokio::test]
async fn only_who_may_can_allow_and_wrong_pins_lock_as_when_signing_in() {
    let desk = Desk::new().await;
    let draft_id = draft();
    let asked = approve(draft_id, Permission::OverridePrice, 0);
    let failure = desk.till.call(asked).await.unwrap_err();
    assert_eq!(failure.code, code::NOT_SIGNED_IN);
    desk.sign_in(CASHIER).await.unwrap();
    let by = |staff_id: StaffId, pin: &str| Approve {
        staff_id,
        pin: pin.to_owned(),
        ..approve(draft_id, Permission::OverridePrice, 0)
    };
    let failure = desk.till.call(by(CASHIER, PIN)).await.unwrap_err();
    assert_eq!(failure.code, code::PERMISSION_DENIED);
    for _ in 1..PIN_ATTEMPTS_MAX {
        let failure = desk.till.call(by(MANAGER, "0000")).await.unwrap_err();
        assert_eq!(failure.code, code::WRONG_PIN);
    }
    let failure = desk.till.call(by(MANAGER, "0000")).await.unwrap_err();
    assert_eq!(failure.code, code::PIN_LOCKED);
    // The same lock: it holds for signing in, and after a restart.
    let desk = desk.restart().await;
    let (staff_id, pin) = (MANAGER, PIN.to_owned());
    let failure = desk.till.call(SignIn { staff_id, pin }).await.unwrap_err();
    assert_eq!(failure.code, code::PIN_LOCKED);
}

#[tokio::test]
async fn promotions_of_the_feed_count_at_the_till_with_their_codes_and_survive_the_way_back() {
    let mut desk = Desk::at_work().await;
    let three_for_two = Gift::BuyGet {
        buy: 2,
        get: 1,
        off_ppm: RatePpm(1_000_000),
    };
    let tenth = Gift::Percent {
        off_ppm: RatePpm(100_000),
    };
    // The products' category lies below the one that is named.
    let accessories = vec![CategoryId(Uuid::from_u128(0x81))];
    desk.org.server(Rows {
        promotion: vec![
            Promotion {
                category_ids: accessories,
                ..promotion(1, three_for_two)
            },
            Promotion {
                coupon: Some("WELCOME10".to_owned()),
                ..promotion(2, tenth)
            },
            Promotion {
                last_day: Some("2011-01-01".to_owned()),
                ..promotion(3, tenth)
            },
        ],
        ..Rows::default()
    });
    desk.pull().await;
    let view = desk.sell(vec![line(&cable(), 3)]).await.unwrap();
    assert_eq!(view.document.total_minor, Money(500));
    assert_eq!(steps(&view, 0), [(StepKind::Promotion, -250)]);
    let terms = AskedTerms {
        discount: Some(Discount::Amount(Money(100))),
        coupons: vec!["welcome-10".to_owned(), "NOTHING".to_owned()],
    };
    let command = sale(draft(), vec![line(&charger(), 1), line(&cable(), 1)], terms);
    let view = desk.till.call(command).await.unwrap();
    assert_eq!(view.document.details.coupons, ["WELCOME10"]);
    assert_eq!(view.document.total_minor, Money(1_799 + 225 - 100));
    let number = view.document.number.clone();
    desk.deliver().await;
    desk.pull().await;
    let found = desk.till.call(FindDocument { number }).await.unwrap();
    assert!(!found.is_pending);
    assert_eq!(found.document, view.document);
}
