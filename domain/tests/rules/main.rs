//! The rules of the shop as properties and tables, seen from outside the crate.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod balance;
mod card_payment;
mod duplicates;
mod exchange;
mod heal;
mod invoice;
mod kinds;
mod parked;
mod quote;
mod receipt;
mod refund;
mod serial;
mod shift;
mod tender;
mod wire;

use std::path::PathBuf;

use domain::{
    hlc::Hlc,
    id::{DeviceId, OpId, ProductId, StaffId, StoreId},
    money::{Currency, Money, UnitPrice},
    quantity::Quantity,
    replication::{OpBody, OpHeader, body::DocumentBody, chain::Digest},
    sale::{
        CartLine, Document, LineTerms, SaleContext, SaleTerms, TenderCode, TenderedPayment,
        complete_sale, price,
    },
    tax::{RatePpm, TaxMode},
};
use uuid::Uuid;

pub(crate) fn context(mode: TaxMode) -> SaleContext {
    SaleContext {
        number: "S1T1A000001".into(),
        series: "A".into(),
        count: 1,
        business_date: "2011-03-26".into(),
        utc_offset_min: 0,
        currency: Currency {
            code: "GBP".into(),
            minor_digits: 2,
        },
        tax_mode: mode,
        terms: SaleTerms::default(),
        cash_rounding: None,
        shift_id: None,
    }
}

pub(crate) fn cart_line(quantity_milli: i64, price_e4: i64, rate_ppm: u32) -> CartLine {
    CartLine {
        product_id: ProductId(Uuid::from_u128(5)),
        sku: "85123A".into(),
        name: "White hanging heart T-light holder".into(),
        quantity_milli: Quantity(quantity_milli),
        unit_price_e4: UnitPrice(price_e4),
        discount_minor: Money::ZERO,
        tax_class: "standard".into(),
        rate_ppm: RatePpm(rate_ppm),
        stocked: true,
        terms: LineTerms::default(),
    }
}

pub(crate) fn sell(cart: &[CartLine], mode: TaxMode) -> DocumentBody {
    sell_at(cart, context(mode))
}

pub(crate) fn sell_at(cart: &[CartLine], context: SaleContext) -> DocumentBody {
    let (mode, terms) = (context.tax_mode, &context.terms);
    let due = price(cart, mode, 2, terms).unwrap().total;
    let cash = TenderedPayment {
        tender: TenderCode::CASH,
        tendered_minor: due,
        reference: "".into(),
    };
    complete_sale(context, None, cart, &[cash]).unwrap()
}

pub(crate) fn header(kind: &str) -> OpHeader {
    OpHeader {
        op_id: OpId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001)),
        device_id: DeviceId(Uuid::from_u128(2)),
        epoch: 1,
        device_seq: 1,
        kind: kind.into(),
        kind_version: 1,
        hlc: Hlc::from_ms(1_301_104_800_000),
        wall_ms: 1_301_104_800_000,
        store_id: Some(StoreId(Uuid::from_u128(3))),
        staff_id: Some(StaffId(Uuid::from_u128(4))),
        prev_hash: Digest::default(),
    }
}

pub(crate) fn document(body: &DocumentBody) -> Document {
    let body = domain::replication::OpBody::Sale(body.clone());
    domain::replication::apply(&header("sale"), &body, &[])
        .unwrap()
        .documents
        .remove(0)
}

/// Holds a body against the bytes that it always had; `UPDATE_GOLDEN` writes those that are missing.
pub(crate) fn golden(name: &str, body: &OpBody) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/kinds");
    let path = folder.join(format!("{name}.json"));
    let bytes = body.to_bytes().unwrap();
    if std::env::var_os("UPDATE_GOLDEN").is_some() && !path.exists() {
        std::fs::write(&path, &bytes).unwrap();
    }
    let golden = std::fs::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    assert_eq!(
        String::from_utf8(golden).unwrap(),
        String::from_utf8(bytes).unwrap()
    );
}
