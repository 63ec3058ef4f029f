//! Exchanges and invoices, at a till of a simulation: two documents or none of an exchange, and a
//! receipt's invoice once, or twice and told.

use anyhow::Result;
use domain::{
    contract::ipc::{AskedTerms, CompleteSale, ExchangedGoods, MakeInvoice},
    id::{CustomerId, OpId},
    money::Money,
    quantity::Quantity,
    sale::{RefundLine, TenderCode, TenderedPayment},
    stock::Location,
};

use super::{Counter, Ended, draft};
use crate::simulate::random::Random;

const RECEIPTS: &str = "SELECT document_id FROM document WHERE kind = 'receipt' ORDER BY 1";
const CUSTOMERS: &str = "SELECT customer_id FROM customer ORDER BY 1";

impl Counter {
    /// Something is made of a receipt; refused where nothing is left of it, or it has an invoice.
    pub(super) async fn make_of_receipt(&mut self, random: &mut Random) -> Result<Ended> {
        let receipts = self.ids(RECEIPTS).await?;
        let Some(receipt_id) = random.one_of(&receipts).copied().map(OpId) else {
            return self.sell(random).await;
        };
        if random.happens(500) {
            return self.exchange(random, receipt_id).await;
        }
        let customers = self.ids(CUSTOMERS).await?;
        let customer_id = random.one_of(&customers).copied().map(CustomerId);
        self.call(MakeInvoice {
            draft_id: draft(random),
            receipt_id,
            customer_id,
        })
        .await
    }

    async fn exchange(&mut self, random: &mut Random, original_id: OpId) -> Result<Ended> {
        let lines = self.lines(random).await?;
        let goods = ExchangedGoods {
            original_id,
            lines: vec![RefundLine {
                n: 1,
                quantity_milli: Quantity::units(1),
                location: Location::ShopFloor,
            }],
            tender: TenderCode::CASH,
            payouts: Vec::new(),
            reason: "does not fit".to_owned(),
        };
        // Cash in hand; where the goods that come back are worth more, none of it is wanted.
        let is_dearer = random.happens(800);
        let payments = is_dearer.then(|| TenderedPayment {
            tender: TenderCode::CASH,
            tendered_minor: Money(1_000_000),
            reference: String::new(),
        });
        self.call(CompleteSale {
            draft_id: draft(random),
            lines,
            payments: payments.into_iter().collect(),
            customer_id: None,
            terms: AskedTerms::default(),
            quote_id: None,
            exchange: Some(goods),
        })
        .await
    }
}
