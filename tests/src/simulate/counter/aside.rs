//! Carts put aside and quotes, at a till of a simulation: they end once, wherever and however often
//! somebody tries to end them.

use anyhow::Result;
use domain::{
    contract::ipc::{
        AskedTerms, CompleteSale, DeclineQuote, DiscardParked, MakeQuote, ParkSale, ResumeParked,
    },
    id::OpId,
    money::Money,
    sale::{TenderCode, TenderedPayment},
};

use super::{Counter, Ended, draft};
use crate::simulate::random::Random;

const PARKED: &str = "SELECT DISTINCT unhex(key, '-') FROM log_event WHERE kind = 'parked_sale' \
                      ORDER BY 1";
const QUOTES: &str =
    "SELECT DISTINCT unhex(key, '-') FROM log_event WHERE kind = 'quote' ORDER BY 1";

impl Counter {
    /// Puts something aside, or ends something that somebody put aside; refused where it has ended.
    pub(super) async fn set_aside(&mut self, random: &mut Random) -> Result<Ended> {
        match random.below(8) {
            0 | 1 => self.park(random).await,
            2 | 3 => self.end_parked(random).await,
            4 | 5 => self.quote(random).await,
            _ => self.end_quote(random).await,
        }
    }

    async fn park(&mut self, random: &mut Random) -> Result<Ended> {
        let lines = self.lines(random).await?;
        self.call(ParkSale {
            draft_id: draft(random),
            lines,
            terms: AskedTerms::default(),
            customer_id: None,
            note: "went to the cash machine".to_owned(),
        })
        .await
    }

    async fn end_parked(&mut self, random: &mut Random) -> Result<Ended> {
        let parked = self.ids(PARKED).await?;
        let Some(parked_id) = random.one_of(&parked).copied().map(OpId) else {
            return self.park(random).await;
        };
        let draft_id = draft(random);
        if random.happens(600) {
            let resume = ResumeParked {
                draft_id,
                parked_id,
            };
            return self.call(resume).await;
        }
        self.call(DiscardParked {
            draft_id,
            parked_id,
            reason: "typed by mistake".to_owned(),
        })
        .await
    }

    async fn quote(&mut self, random: &mut Random) -> Result<Ended> {
        let lines = self.lines(random).await?;
        self.call(MakeQuote {
            draft_id: draft(random),
            lines,
            terms: AskedTerms::default(),
            customer_id: None,
            note: String::new(),
            valid_days: 30,
        })
        .await
    }

    async fn end_quote(&mut self, random: &mut Random) -> Result<Ended> {
        let quotes = self.ids(QUOTES).await?;
        let Some(quote_id) = random.one_of(&quotes).copied().map(OpId) else {
            return self.quote(random).await;
        };
        let draft_id = draft(random);
        if random.happens(300) {
            let decline = DeclineQuote {
                draft_id,
                quote_id,
                reason: "bought elsewhere".to_owned(),
            };
            return self.call(decline).await;
        }
        self.call(CompleteSale {
            draft_id,
            lines: Vec::new(),
            payments: vec![TenderedPayment {
                tender: TenderCode::CASH,
                tendered_minor: Money(1_000_000),
                reference: String::new(),
            }],
            customer_id: None,
            terms: AskedTerms::default(),
            quote_id: Some(quote_id),
            exchange: None,
        })
        .await
    }
}
