//! Worked examples of pricing, as a shop would check them on paper.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{
    catalog::{Category, Levy, Product},
    country,
    id::{CategoryId, OpId, ProductId, PromotionId},
    quantity::Quantity,
    sale::{
        Gift, LineTerms, PriceList, Wish,
        cart::{InsteadOf, price_cart},
        deduct_advances,
        details::AdvanceTaken,
        price_list::{ListPrice, price_on},
        promotion::{PromotionError, check_promotion, normalize_coupon},
    },
    serial::SerialKind,
    tax::TaxComponent,
};

fn line(units: i64, price_e4: i64, rate_ppm: u32) -> CartLine {
    CartLine {
        product_id: ProductId(Uuid::from_u128(1)),
        sku: "A".into(),
        name: "A".into(),
        quantity_milli: Quantity::units(units),
        unit_price_e4: UnitPrice(price_e4),
        discount_minor: Money::ZERO,
        tax_class: "standard".into(),
        rate_ppm: RatePpm(rate_ppm),
        stocked: true,
        terms: LineTerms::default(),
    }
}

fn category(n: u128) -> CategoryId {
    CategoryId(Uuid::from_u128(n))
}

fn promotion(gift: Gift) -> Promotion {
    Promotion {
        promotion_id: PromotionId(Uuid::from_u128(9)),
        name: "Spring".into(),
        gift,
        product_ids: Vec::new(),
        category_ids: Vec::new(),
        first_day: None,
        last_day: None,
        coupon: None,
        active: true,
    }
}

const TEN_PERCENT: RatePpm = RatePpm(100_000);

fn discounted(discount: Discount) -> SaleTerms {
    SaleTerms {
        discount: Some(discount),
        ..SaleTerms::default()
    }
}

/// A line taxed as a country's class says on a day.
fn of_country(code: &str, class: &str, units: i64, price_e4: i64) -> CartLine {
    let classes = country::pack(code).unwrap().classes_on("2026-11-27", "en");
    let class = classes.iter().find(|one| one.code == class).unwrap();
    let mut line = line(units, price_e4, class.rate_ppm.0);
    line.terms.components.clone_from(&class.components);
    line.terms.scheme = class.scheme;
    line.terms.note.clone_from(&class.note);
    line
}

fn amounts(all: impl IntoIterator<Item = Money>) -> Vec<i64> {
    all.into_iter().map(Money::minor).collect()
}

#[test]
fn new_york_adds_three_taxes_to_the_price_and_they_add_up() {
    let cart = [
        of_country("US", "standard", 1, 999_900),
        of_country("US", "standard", 3, 49_900),
    ];
    let priced = price_cart(&cart, TaxMode::Exclusive, 2).unwrap();
    // 114.96 at 8.875 % is 10.2027.
    assert_eq!((priced.tax, priced.total), (Money(1_020), Money(12_516)));
    let parts = priced
        .components
        .iter()
        .map(|part| (&*part.code, part.tax_minor.0));
    let parts = parts.collect::<Vec<_>>();
    assert_eq!(parts, [("state", 460), ("city", 517), ("mctd", 43)]);
    for (code, tax) in parts {
        let of_lines = priced
            .lines
            .iter()
            .map(|line| line.details.components[code].0);
        assert_eq!(of_lines.sum::<i64>(), tax, "{code}");
    }
}

#[test]
fn spanish_prices_hold_their_tax_at_three_rates() {
    let cart = [
        of_country("ES", "standard", 1, 1_210_000),
        of_country("ES", "reduced", 2, 55_000),
        of_country("ES", "super_reduced", 1, 104_000),
    ];
    let priced = price_cart(&cart, TaxMode::Inclusive, 2).unwrap();
    assert_eq!(priced.total, Money(14_240));
    let rows: Vec<_> = priced
        .taxes
        .iter()
        .map(|tax| (tax.rate_ppm.0, tax.net_minor.0, tax.tax_minor.0))
        .collect();
    assert_eq!(
        rows,
        [
            (40_000, 1_000, 40),
            (100_000, 1_000, 100),
            (210_000, 10_000, 2_100)
        ]
    );
}

#[test]
fn peru_s_igv_is_two_taxes_of_eighteen_percent() {
    let priced = price_cart(
        &[of_country("PE", "standard", 1, 1_180_000)],
        TaxMode::Inclusive,
        2,
    );
    let priced = priced.unwrap();
    assert_eq!(
        (priced.taxes[0].net_minor, priced.tax),
        (Money(10_000), Money(1_800))
    );
    assert_eq!(
        amounts(priced.components.iter().map(|part| part.tax_minor)),
        [1_550, 250]
    );
}

#[test]
fn rounding_per_rate_and_per_line_differ_by_the_cents_that_they_should() {
    let cart = [
        line(1, 1_000, 210_000),
        line(1, 1_000, 210_000),
        line(1, 1_000, 210_000),
    ];
    let mut terms = SaleTerms::default();
    let per_rate = price(&cart, TaxMode::Exclusive, 2, &terms).unwrap();
    // 0.30 at 21 % is 0.063; each 0.10 is 0.021.
    assert_eq!(per_rate.tax, Money(6));
    let cart = [
        line(1, 1_200, 210_000),
        line(1, 1_200, 210_000),
        line(1, 1_200, 210_000),
    ];
    let per_rate = price(&cart, TaxMode::Exclusive, 2, &terms).unwrap();
    terms.rounding = TaxRounding::PerLine;
    let per_line = price(&cart, TaxMode::Exclusive, 2, &terms).unwrap();
    // 0.36 at 21 % is 0.0756; each 0.12 is 0.0252, three times 0.03.
    assert_eq!((per_rate.tax, per_line.tax), (Money(8), Money(9)));
    assert_eq!(
        amounts(per_line.lines.iter().map(|line| line.tax)),
        [3, 3, 3]
    );
    assert_eq!((per_rate.total, per_line.total), (Money(44), Money(45)));
}

#[test]
fn used_goods_pay_tax_on_the_margin_and_show_none() {
    let mut used = of_country("ES", "used_goods", 1, 3_000_000);
    used.terms.unit_cost_e4 = Some(UnitPrice(1_790_000));
    let mut at_a_loss = used.clone();
    at_a_loss.unit_price_e4 = UnitPrice(1_000_000);
    let priced = price_cart(&[used, at_a_loss], TaxMode::Inclusive, 2).unwrap();
    assert_eq!((priced.total, priced.tax), (Money(40_000), Money::ZERO));
    assert_eq!(priced.taxes.len(), 1);
    let margins = priced
        .lines
        .iter()
        .map(|line| line.details.margin.unwrap().tax_minor);
    // 300 - 179 = 121, of which 21 are tax; a loss owes none and saves none.
    assert_eq!(amounts(margins), [2_100, 0]);
}

#[test]
fn an_exempt_customer_or_class_pays_no_tax_and_the_line_says_why() {
    let terms = SaleTerms {
        exemption: "ST-119.1".into(),
        ..SaleTerms::default()
    };
    let cart = [
        of_country("US", "standard", 1, 1_000_000),
        of_country("US", "exempt", 1, 500_000),
    ];
    let priced = price(&cart, TaxMode::Exclusive, 2, &terms).unwrap();
    assert_eq!((priced.total, priced.tax), (Money(15_000), Money::ZERO));
    let reasons: Vec<_> = priced
        .lines
        .iter()
        .map(|line| &*line.details.exemption)
        .collect();
    assert_eq!(reasons, ["ST-119.1", "Exempt sale"]);
    assert!(priced.components.is_empty());
}

#[test]
fn levies_ride_on_each_unit_after_every_discount_taxed_or_not() {
    let mut phone = line(2, 1_000_000, 210_000);
    phone.terms.levies = vec![
        Levy {
            name: "copying".into(),
            amount_e4: UnitPrice(39_300),
            is_taxed: true,
        },
        Levy {
            name: "recycling".into(),
            amount_e4: UnitPrice(5_000),
            is_taxed: false,
        },
    ];
    let terms = discounted(Discount::Percent(RatePpm(500_000)));
    let priced = price(&[phone], TaxMode::Exclusive, 2, &terms).unwrap();
    // 100.00 after half off, 7.86 copying; 107.86 at 21 % is 22.65; 1.00 recycling without.
    assert_eq!((priced.tax, priced.total), (Money(2_265), Money(13_151)));
    assert_eq!(priced.lines[0].total, Money(10_886));
    let kinds: Vec<_> = priced.lines[0]
        .details
        .steps
        .iter()
        .map(|step| step.kind)
        .collect();
    assert_eq!(
        kinds,
        [StepKind::CartDiscount, StepKind::Levy, StepKind::Levy]
    );
}

#[test]
fn a_discount_on_all_spreads_over_the_lines_to_the_cent() {
    let cart = [
        line(1, 100_000, 0),
        line(1, 100_000, 0),
        line(1, 100_000, 0),
    ];
    let terms = discounted(Discount::Amount(Money(1_000)));
    let priced = price(&cart, TaxMode::Inclusive, 2, &terms).unwrap();
    assert_eq!(
        amounts(priced.lines.iter().map(|line| line.discount)),
        [334, 333, 333]
    );
    assert_eq!(priced.total, Money(2_000));
    for wrong in [
        Discount::Amount(Money(3_001)),
        Discount::Amount(Money(-1)),
        Discount::Percent(RatePpm(1_000_001)),
    ] {
        let refused = price(&cart, TaxMode::Inclusive, 2, &discounted(wrong));
        assert_eq!(refused, Err(SaleError::CartDiscountInvalid));
    }
}

#[test]
fn steps_follow_one_another_and_say_what_each_took() {
    let mut sold = line(2, 450_000, 0);
    sold.terms.instead_of = Some(InsteadOf {
        price_e4: UnitPrice(500_000),
        list: Some("Trade".into()),
    });
    sold.terms.discount_ppm = Some(TEN_PERCENT);
    let terms = SaleTerms {
        promotions: vec![promotion(Gift::Percent {
            off_ppm: RatePpm(200_000),
        })],
        discount: Some(Discount::Amount(Money(480))),
        ..SaleTerms::default()
    };
    let priced = price(&[sold], TaxMode::Inclusive, 2, &terms).unwrap();
    let steps = priced.lines[0].details.steps.iter();
    let steps: Vec<_> = steps.map(|step| (step.kind, step.amount_minor.0)).collect();
    assert_eq!(
        steps,
        [
            (StepKind::PriceList, -1_000),
            (StepKind::Promotion, -1_800),
            (StepKind::LineDiscount, -720),
            (StepKind::CartDiscount, -480),
        ]
    );
    assert_eq!(
        (priced.total, priced.lines[0].by_hand),
        (Money(6_000), Money(1_200))
    );
}

#[test]
fn of_every_three_the_cheapest_is_free_and_only_whole_units_count() {
    let gift = Gift::BuyGet {
        buy: 2,
        get: 1,
        off_ppm: RatePpm(1_000_000),
    };
    let terms = SaleTerms {
        promotions: vec![promotion(gift)],
        ..SaleTerms::default()
    };
    let mut half = line(0, 1_000, 0);
    half.quantity_milli = Quantity(2_500);
    let cart = [line(3, 100_000, 0), line(2, 50_000, 0), half];
    let priced = price(&cart, TaxMode::Inclusive, 2, &terms).unwrap();
    // Seven whole units: two free, both of the 0.10 ones.
    assert_eq!(
        amounts(priced.lines.iter().map(|line| line.discount)),
        [0, 0, 20]
    );
    let priced = price(&cart[..2], TaxMode::Inclusive, 2, &terms).unwrap();
    assert_eq!(
        amounts(priced.lines.iter().map(|line| line.discount)),
        [0, 500]
    );
}

#[test]
fn each_line_takes_the_better_promotion_and_a_price_by_hand_none() {
    let mut of_phones = promotion(Gift::Percent {
        off_ppm: RatePpm(300_000),
    });
    of_phones.category_ids = vec![category(1)];
    let tree = [(1, None), (2, Some(1)), (3, Some(2))].map(|(id, parent)| Category {
        category_id: category(id),
        parent_id: parent.map(category),
        name: String::new(),
        position: 0,
    });
    let of_all = promotion(Gift::Percent {
        off_ppm: TEN_PERCENT,
    });
    let terms = SaleTerms {
        promotions: vec![of_all, of_phones.spread(&tree)],
        ..SaleTerms::default()
    };
    let mut phone = line(1, 100_000, 0);
    phone.terms.category_id = Some(category(3));
    let mut by_hand = phone.clone();
    by_hand.terms.instead_of = Some(InsteadOf {
        price_e4: UnitPrice(200_000),
        list: None,
    });
    let priced = price(
        &[phone, line(1, 100_000, 0), by_hand],
        TaxMode::Inclusive,
        2,
        &terms,
    );
    let discounts = priced.unwrap().lines;
    assert_eq!(
        amounts(discounts.iter().map(|line| line.discount)),
        [300, 100, 0]
    );
}

#[test]
fn a_promotion_counts_between_its_days_and_with_its_code() {
    let mut spring = promotion(Gift::Percent {
        off_ppm: TEN_PERCENT,
    });
    spring.first_day = Some("2026-03-01".into());
    spring.last_day = Some("2026-05-31".into());
    spring.coupon = Some("SPRING10".into());
    let codes = |code: &str| vec![code.to_owned()];
    let cases = [
        ("2026-03-01", codes("spring-10"), true),
        ("2026-05-31", codes("SPRING10"), true),
        ("2026-06-01", codes("SPRING10"), false),
        ("2026-02-28", codes("SPRING10"), false),
        ("2026-04-01", codes("SPRING"), false),
        ("2026-04-01", Vec::new(), false),
    ];
    for (day, codes, counts) in cases {
        assert_eq!(spring.counts(day, &codes), counts, "{day} {codes:?}");
    }
    spring.active = false;
    assert!(!spring.counts("2026-04-01", &codes("SPRING10")));
    assert_eq!(normalize_coupon(" spring-10 "), "SPRING10");
}

#[test]
fn a_promotion_that_gives_nothing_or_everything_twice_is_refused() {
    let good = promotion(Gift::Percent {
        off_ppm: TEN_PERCENT,
    });
    assert_eq!(check_promotion(&good), Ok(()));
    let with = |change: &dyn Fn(&mut Promotion)| {
        let mut changed = good.clone();
        change(&mut changed);
        check_promotion(&changed)
    };
    let nothing = Gift::Percent {
        off_ppm: RatePpm(0),
    };
    assert_eq!(
        with(&|p| p.gift = nothing),
        Err(PromotionError::GiftInvalid)
    );
    let too_much = Gift::BuyGet {
        buy: 0,
        get: 1,
        off_ppm: TEN_PERCENT,
    };
    assert_eq!(
        with(&|p| p.gift = too_much),
        Err(PromotionError::GiftInvalid)
    );
    assert_eq!(
        with(&|p| p.name = " ".into()),
        Err(PromotionError::NameInvalid)
    );
    assert_eq!(
        with(&|p| p.coupon = Some("a b".into())),
        Err(PromotionError::CouponInvalid)
    );
    for day in ["2026-13-01", "26-01-01", "2026/01/01", "２０２６-01-0"] {
        assert_eq!(
            with(&|p| p.first_day = Some(day.into())),
            Err(PromotionError::DaysInvalid),
            "{day}"
        );
    }
    let backwards = with(&|p| {
        p.first_day = Some("2026-02-01".into());
        p.last_day = Some("2026-01-01".into());
    });
    assert_eq!(backwards, Err(PromotionError::DaysInvalid));
}

fn product(price_e4: i64) -> Product {
    Product {
        product_id: ProductId(Uuid::from_u128(1)),
        sku: "A".into(),
        name: "A".into(),
        brand: String::new(),
        model: String::new(),
        category_id: None,
        tax_class: "standard".into(),
        price_e4: UnitPrice(price_e4),
        barcodes: Vec::new(),
        stocked: true,
        reorder_point_milli: Quantity::ZERO,
        warranty_months: 0,
        serial_kind: SerialKind::default(),
        list_prices: Vec::new(),
        levies: Vec::new(),
        active: true,
    }
}

#[test]
fn a_list_s_own_price_goes_before_its_percentage_and_a_price_by_hand_before_both() {
    let trade = PriceList {
        code: "trade".into(),
        name: "Trade".into(),
        off_ppm: RatePpm(150_000),
        active: true,
    };
    let mut cable = product(129_900);
    // 12.99 less 15 % is 11.0415: shown and charged as 11.04; without cents as 11.
    assert_eq!(price_on(&cable, &trade, 2), Ok(UnitPrice(110_400)));
    assert_eq!(price_on(&cable, &trade, 0), Ok(UnitPrice(110_000)));
    assert_eq!(price_on(&cable, &trade, 3), Ok(UnitPrice(110_420)));
    cable.list_prices = vec![ListPrice {
        list: "trade".into(),
        price_e4: UnitPrice(99_900),
    }];
    assert_eq!(price_on(&cable, &trade, 2), Ok(UnitPrice(99_900)));
    let class = country::pack("ES")
        .unwrap()
        .classes_on("2026-11-27", "en")
        .remove(0);
    let wish = Wish {
        quantity_milli: Quantity::ONE,
        list: Some(&trade),
        ..Wish::default()
    };
    let listed = CartLine::of(&cable, &class, wish, 2).unwrap();
    assert_eq!(
        (listed.unit_price_e4, listed.is_overridden()),
        (UnitPrice(99_900), false)
    );
    let wish = Wish {
        unit_price_e4: Some(UnitPrice(80_000)),
        ..wish
    };
    let by_hand = CartLine::of(&cable, &class, wish, 2).unwrap();
    assert_eq!(
        (by_hand.unit_price_e4, by_hand.is_overridden()),
        (UnitPrice(80_000), true)
    );
    let wish = Wish {
        quantity_milli: Quantity::ONE,
        ..Wish::default()
    };
    assert_eq!(
        CartLine::of(&cable, &class, wish, 2)
            .unwrap()
            .terms
            .instead_of,
        None
    );
}

#[test]
fn currencies_of_no_and_three_decimals_round_every_step_at_their_unit() {
    let terms = discounted(Discount::Percent(TEN_PERCENT));
    // 1,999 yen less 10 % is 1,799.1; 10 % of tax within.
    let yen = price(
        &[line(1, 19_990_000, 100_000)],
        TaxMode::Inclusive,
        0,
        &terms,
    )
    .unwrap();
    assert_eq!((yen.total, yen.tax), (Money(1_799), Money(164)));
    // 1.2345 dinar at three decimals is 1.235; less 10 % 1.1115, 1.112 after the discount of 0.124.
    let dinar = price(&[line(1, 12_345, 50_000)], TaxMode::Exclusive, 3, &terms).unwrap();
    assert_eq!((dinar.total, dinar.tax), (Money(1_111 + 56), Money(56)));
}

#[test]
fn a_taxed_advance_comes_off_rate_by_rate_and_never_twice() {
    let sale = price_cart(
        &[line(1, 6_050_000, 210_000), line(1, 110_000, 100_000)],
        TaxMode::Inclusive,
        2,
    );
    let deposit = price_cart(&[line(1, 1_210_000, 210_000)], TaxMode::Inclusive, 2).unwrap();
    let taken = AdvanceTaken {
        document_id: OpId(Uuid::from_u128(1)),
        number: "S1T1A000001".into(),
        taxes: deposit.taxes,
    };
    let taxes = sale.unwrap().taxes;
    let left = deduct_advances(&taxes, std::slice::from_ref(&taken)).unwrap();
    let rows: Vec<_> = left
        .iter()
        .map(|tax| (tax.rate_ppm.0, tax.net_minor.0, tax.tax_minor.0))
        .collect();
    assert_eq!(rows, [(100_000, 1_000, 100), (210_000, 40_000, 8_400)]);
    let refused = deduct_advances(&taxes, &vec![taken; 6]);
    assert_eq!(refused, Err(SaleError::AdvanceExceedsSale));
}

#[test]
fn a_typed_discount_is_an_amount_or_a_percentage_or_says_why_not() {
    use MoneyError as E;
    let percent = |ppm| Ok(Some(Discount::Percent(RatePpm(ppm))));
    let amount = |minor| Ok(Some(Discount::Amount(Money(minor))));
    let cases = [
        ("", Ok(None)),
        ("0", Ok(None)),
        ("0%", Ok(None)),
        ("5", amount(500)),
        ("1.50", amount(150)),
        ("10%", percent(100_000)),
        ("12.5 %", percent(125_000)),
        ("33.3333%", percent(333_333)),
        ("100%", percent(1_000_000)),
        ("100.01%", Err(E::TooLarge)),
        ("1.23456%", Err(E::TooManyDecimals(4))),
        ("1.234", Err(E::TooManyDecimals(2))),
        ("-1", Err(E::Negative)),
        ("-1%", Err(E::Negative)),
        ("%", Err(E::NotANumber)),
        ("10%%", Err(E::NotANumber)),
        ("ten", Err(E::NotANumber)),
        ("\u{661}%", Err(E::NotANumber)),
    ];
    for (text, expected) in cases {
        assert_eq!(Discount::parse(text, 2), expected, "{text:?}");
    }
}

#[test]
fn above_the_limit_of_a_role_or_with_a_price_by_hand_somebody_must_agree() {
    let needs_at = |line: CartLine, discount: Option<Discount>| {
        let terms = SaleTerms {
            discount,
            ..SaleTerms::default()
        };
        let cart = [line];
        let priced = price(&cart, TaxMode::Inclusive, 2, &terms).unwrap();
        (needs(&cart, &priced, TEN_PERCENT), priced.given_by_hand())
    };
    let percent = |ppm| {
        let mut line = line(1, 99_900, 0);
        line.terms.discount_ppm = Some(RatePpm(ppm));
        line
    };
    let exceeds = vec![Permission::ExceedDiscount];
    assert_eq!(needs_at(line(1, 99_900, 0), None), (vec![], Money::ZERO));
    // 10 % of 9.99 is 1.00, rounded up: still ten percent.
    assert_eq!(needs_at(percent(100_000), None), (vec![], Money(100)));
    assert_eq!(
        needs_at(percent(120_000), None),
        (exceeds.clone(), Money(120))
    );
    // Two of ten percent are more than ten.
    let both = needs_at(percent(100_000), Some(Discount::Percent(TEN_PERCENT)));
    assert_eq!(both, (exceeds, Money(190)));
    let mut by_hand = line(1, 80_000, 0);
    by_hand.terms.instead_of = Some(InsteadOf {
        price_e4: UnitPrice(99_900),
        list: None,
    });
    assert_eq!(
        needs_at(by_hand, None),
        (vec![Permission::OverridePrice], Money(199))
    );
}

fn components() -> Vec<TaxComponent> {
    let of = |(code, ppm): (&str, u32)| TaxComponent {
        code: code.into(),
        name: code.into(),
        rate_ppm: RatePpm(ppm),
    };
    [("state", 40_000), ("city", 45_000), ("mctd", 3_750)]
        .map(of)
        .to_vec()
}

proptest! {
    #[test]
    fn whatever_a_cart_holds_its_lines_taxes_and_components_add_up(
        lines in proptest::collection::vec(
            (1_i64..30_000, 0_i64..5_000_000, 0_usize..4, 0_u32..=1_000_000, any::<bool>()),
            1..20,
        ),
        cart_discount in proptest::option::of(0_u32..=1_000_000),
        promoted in proptest::option::of((1_u32..4, 1_u32..4, 1_u32..=1_000_000)),
        exclusive: bool,
        per_line: bool,
        digits in 0_u8..4,
    ) {
        let cart: Vec<CartLine> = lines
            .iter()
            .map(|(milli, price, rate, off, levied)| {
                let mut line = line(1, *price, [0, 40_000, 88_750, 210_000][*rate]);
                line.quantity_milli = Quantity(*milli);
                line.terms.discount_ppm = Some(RatePpm(*off));
                if *rate == 2 {
                    line.terms.components = components();
                }
                if *levied {
                    let amount_e4 = UnitPrice(12_345);
                    line.terms.levies = vec![Levy { name: "fee".into(), amount_e4, is_taxed: *rate == 3 }];
                }
                line
            })
            .collect();
        let terms = SaleTerms {
            rounding: if per_line { TaxRounding::PerLine } else { TaxRounding::PerRate },
            discount: cart_discount.map(|ppm| Discount::Percent(RatePpm(ppm))),
            promotions: promoted
                .map(|(buy, get, off)| promotion(Gift::BuyGet { buy, get, off_ppm: RatePpm(off) }))
                .into_iter()
                .collect(),
            ..SaleTerms::default()
        };
        let mode = if exclusive { TaxMode::Exclusive } else { TaxMode::Inclusive };
        let priced = price(&cart, mode, digits, &terms).unwrap();
        let sum = |of: fn(&PricedLine) -> Money| -> i64 { priced.lines.iter().map(|l| of(l).0).sum() };
        let tax_on_top = if exclusive { priced.tax.0 } else { 0 };
        prop_assert_eq!(sum(|line| line.total) + tax_on_top, priced.total.0);
        prop_assert_eq!(sum(|line| line.tax), priced.tax.0);
        for tax in &priced.taxes {
            prop_assert_eq!(tax.net_minor + tax.tax_minor, tax.gross_minor);
            let of_rate = priced.components.iter().filter(|part| part.of_rate_ppm == tax.rate_ppm);
            let parts: Vec<i64> = of_rate.map(|part| part.tax_minor.0).collect();
            prop_assert!(parts.is_empty() || parts.iter().sum::<i64>() == tax.tax_minor.0);
        }
        for (asked, line) in cart.iter().zip(&priced.lines) {
            let steps: i64 = line.details.steps.iter().map(|step| step.amount_minor.0).sum();
            prop_assert_eq!(line.amount.0 + steps, line.total.0, "{:?}", asked);
            prop_assert!(line.discount >= Money::ZERO && line.discount <= line.amount);
            prop_assert!(line.by_hand <= line.discount);
            if !line.details.components.is_empty() {
                let parts = line.details.components.values();
                prop_assert_eq!(parts.clone().map(|part| part.0).sum::<i64>(), line.tax.0);
                prop_assert!(parts.into_iter().all(|part| part.0 >= 0));
            }
        }
        for part in &priced.components {
            let of_lines = priced.lines.iter().filter_map(|line| line.details.components.get(&part.code));
            prop_assert_eq!(of_lines.map(|tax| tax.0).sum::<i64>(), part.tax_minor.0);
        }
    }
}
