//! What the shop owes a customer, and a customer the shop: gift cards, store credit and accounts. A
//! balance is a log of the organization (docs/adr/0020-a-balance-is-a-tender-with-a-log.md): the sale or
//! refund that moves it states the entry itself, and every store knows the sum.

use serde::{Deserialize, Serialize};

use crate::{
    id::{CustomerId, OpId, StoreId},
    money::Money,
    replication::{
        body::PaymentBody,
        log::{LogEvent, LogKey},
    },
    sale::{DocumentKind, SaleError, TenderCode},
    shift::By,
};

/// Letters and digits of a gift card that other makers print, at most.
pub const GIFT_CODE_CHARS_MAX: usize = 40;
/// And at least: shorter ones are guessed.
pub const GIFT_CODE_CHARS_MIN: usize = 6;
/// Newest entries that a row keeps; all of them are in the log.
const ENTRIES_KEPT: usize = 20;
/// What our own codes are written with (Crockford's base 32): no letter that is read as a digit.
const CODE_ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What a balance is to the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BalanceKind {
    /// What a customer owes, up to a limit.
    Account,
    /// What the bearer of a code may spend.
    GiftCard,
    /// What the shop owes a customer.
    StoreCredit,
}

impl BalanceKind {
    pub const ALL: [Self; 3] = [Self::Account, Self::GiftCard, Self::StoreCredit];

    /// The tender that pays from it.
    #[must_use]
    pub const fn tender(self) -> TenderCode {
        match self {
            Self::Account => TenderCode::ACCOUNT,
            Self::GiftCard => TenderCode::GIFT_CARD,
            Self::StoreCredit => TenderCode::STORE_CREDIT,
        }
    }

    /// The kind that a tender pays from; none of money.
    #[must_use]
    pub fn of_tender(tender: TenderCode) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.tender() == tender)
    }
}

/// Which balance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BalanceId {
    Account {
        customer_id: CustomerId,
    },
    /// By its code as [`gift_code`] keeps it.
    GiftCard {
        code: String,
    },
    StoreCredit {
        customer_id: CustomerId,
    },
}

impl BalanceId {
    #[must_use]
    pub const fn kind(&self) -> BalanceKind {
        match self {
            Self::Account { .. } => BalanceKind::Account,
            Self::GiftCard { .. } => BalanceKind::GiftCard,
            Self::StoreCredit { .. } => BalanceKind::StoreCredit,
        }
    }

    /// Whose it is; of a gift card nobody's but the bearer's.
    #[must_use]
    pub const fn customer_id(&self) -> Option<CustomerId> {
        match self {
            Self::Account { customer_id } | Self::StoreCredit { customer_id } => Some(*customer_id),
            Self::GiftCard { .. } => None,
        }
    }

    /// The log's key.
    #[must_use]
    pub fn key(&self) -> LogKey {
        LogKey::stored(match self {
            Self::Account { customer_id } => format!("account:{customer_id}"),
            Self::GiftCard { code } => format!("gift_card:{code}"),
            Self::StoreCredit { customer_id } => format!("store_credit:{customer_id}"),
        })
    }

    /// What a payment by this tender moves; none where it is money.
    pub fn of_payment(
        tender: TenderCode,
        reference: &str,
        customer_id: Option<CustomerId>,
    ) -> Result<Option<Self>, BalanceError> {
        let Some(kind) = BalanceKind::of_tender(tender) else {
            return Ok(None);
        };
        let customer_id = || customer_id.ok_or(BalanceError::CustomerMissing);
        Ok(Some(match kind {
            BalanceKind::Account => Self::Account {
                customer_id: customer_id()?,
            },
            BalanceKind::GiftCard => Self::GiftCard {
                code: gift_code(reference)?,
            },
            BalanceKind::StoreCredit => Self::StoreCredit {
                customer_id: customer_id()?,
            },
        }))
    }
}

/// Why money cannot move by a balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BalanceError {
    #[error(
        "the code of a gift card has {GIFT_CODE_CHARS_MIN} to {GIFT_CODE_CHARS_MAX} letters and digits"
    )]
    CodeInvalid,
    #[error("a customer's balance needs a customer")]
    CustomerMissing,
    #[error("a credit limit must not be negative")]
    LimitInvalid,
    #[error("an adjustment needs an amount and a reason")]
    AdjustmentInvalid,
}

/// The code of a gift card as it is kept and compared, however it was typed or scanned.
pub fn gift_code(text: &str) -> Result<String, BalanceError> {
    let kept: String = (text.trim().chars())
        .filter(|c| !matches!(c, ' ' | '-'))
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let fits = (GIFT_CODE_CHARS_MIN..=GIFT_CODE_CHARS_MAX).contains(&kept.len());
    let is_right = fits && kept.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_right.then_some(kept).ok_or(BalanceError::CodeInvalid)
}

/// A new code of 16 characters from 80 random bits: nobody guesses it.
#[must_use]
pub fn new_gift_code(random: [u8; 10]) -> String {
    let mut bits = random
        .iter()
        .fold(0_u128, |all, byte| all << 8 | u128::from(*byte));
    let mut code = [0_u8; 16];
    for at in code.iter_mut().rev() {
        *at = CODE_ALPHABET[(bits & 31) as usize];
        bits >>= 5;
    }
    code.iter().map(|byte| char::from(*byte)).collect()
}

/// A code in groups, as it is read out.
#[must_use]
pub fn grouped(code: &str) -> String {
    let mut text = String::with_capacity(code.len() + code.len() / 4);
    for (at, c) in code.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            text.push(' ');
        }
        text.push(c);
    }
    text
}

/// A code as others may see it: its end.
#[must_use]
pub fn masked(code: &str) -> String {
    let hidden = code.len().saturating_sub(4);
    format!("*{}", code.get(hidden..).unwrap_or_default())
}

/// The balance that a payment of a document moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceUse {
    /// The document's payment.
    pub n: u32,
    pub of: BalanceId,
    /// What was there after it, as far as the till knew: what the paper says.
    pub left_minor: Money,
}

/// What a payment adds to the balance that it moves: spending takes off, a negative payment of a
/// sale pays in, and what goes back adds.
#[must_use]
pub fn delta(kind: DocumentKind, payment: &PaymentBody) -> Money {
    match kind {
        DocumentKind::Receipt => -payment.amount_minor,
        DocumentKind::CreditNote => payment.amount_minor,
    }
}

/// What happens to a balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum BalanceEvent {
    /// A document moved it: more than zero for the holder, less when it is spent.
    Moved {
        of: BalanceId,
        delta_minor: Money,
        /// Number of the document.
        number: String,
        /// `YYYY-MM-DD`, decided at the till.
        business_date: String,
    },
    /// Put right by hand.
    Adjusted {
        of: BalanceId,
        delta_minor: Money,
        reason: String,
    },
    /// How much the customer may owe from now on.
    Limited { of: BalanceId, limit_minor: Money },
}

impl BalanceEvent {
    /// Which balance.
    #[must_use]
    pub const fn of(&self) -> &BalanceId {
        match self {
            Self::Moved { of, .. } | Self::Adjusted { of, .. } | Self::Limited { of, .. } => of,
        }
    }

    /// What it adds.
    #[must_use]
    pub const fn delta(&self) -> Money {
        match self {
            Self::Moved { delta_minor, .. } | Self::Adjusted { delta_minor, .. } => *delta_minor,
            Self::Limited { .. } => Money::ZERO,
        }
    }
}

/// One entry of a balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceEntry {
    pub op_id: OpId,
    pub delta_minor: Money,
    /// The sum behind it.
    pub after_minor: Money,
    /// Number of the document; empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub number: String,
    /// Why it was put right by hand.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    pub store_id: Option<StoreId>,
    pub by: By,
}

/// A balance as its events make it: a folded row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    pub of: BalanceId,
    /// What the holder has; less than zero is what a customer owes.
    pub balance_minor: Money,
    /// How far below zero an account may go.
    pub limit_minor: Money,
    /// All that there ever were.
    pub entries: u64,
    /// The newest of them, in the order in which they happened.
    pub newest: Vec<BalanceEntry>,
    /// When it began, in milliseconds since 1970.
    pub began_ms: i64,
}

impl Balance {
    /// A balance nothing happened to.
    #[must_use]
    pub const fn new(of: BalanceId, began_ms: i64) -> Self {
        Self {
            of,
            balance_minor: Money::ZERO,
            limit_minor: Money::ZERO,
            entries: 0,
            newest: Vec::new(),
            began_ms,
        }
    }

    /// How much may be spent.
    #[must_use]
    pub fn spendable(&self) -> Money {
        (self.balance_minor + self.limit_minor).max(Money::ZERO)
    }

    /// Whether more was spent than there was.
    #[must_use]
    pub fn is_overdrawn(&self) -> bool {
        self.balance_minor < -self.limit_minor
    }

    /// The state in tables.
    #[must_use]
    pub fn state_name(&self) -> &'static str {
        if self.balance_minor > Money::ZERO {
            "credit"
        } else if self.balance_minor < Money::ZERO {
            "owed"
        } else {
            "settled"
        }
    }
}

/// What a customer has by several records that turned out to be one, under the record that stands
/// for them.
#[must_use]
pub fn together(of: BalanceId, parts: Vec<Balance>) -> Balance {
    let began_ms = parts.iter().map(|part| part.began_ms).min().unwrap_or(0);
    let own = parts.iter().find(|part| part.of == of);
    let own = own.map_or(Money::ZERO, |part| part.limit_minor);
    let limits = parts.iter().map(|part| part.limit_minor);
    let mut whole = Balance::new(of, began_ms);
    whole.limit_minor = if own.is_zero() {
        limits.max().unwrap_or(Money::ZERO)
    } else {
        own
    };
    for part in parts {
        whole.balance_minor = whole.balance_minor + part.balance_minor;
        whole.entries += part.entries;
        whole.newest.extend(part.newest);
    }
    whole
        .newest
        .sort_by_key(|entry| (entry.by.wall_ms, entry.op_id));
    let from = whole.newest.len().saturating_sub(ENTRIES_KEPT);
    whole.newest.drain(..from);
    let mut after = whole.balance_minor;
    for entry in whole.newest.iter_mut().rev() {
        entry.after_minor = after;
        after = after - entry.delta_minor;
    }
    whole
}

/// Folds one more event, in order, onto the balance as it stands.
#[must_use]
pub fn fold_event(balance: Option<Balance>, event: &LogEvent, happening: &BalanceEvent) -> Balance {
    let mut balance =
        balance.unwrap_or_else(|| Balance::new(happening.of().clone(), event.wall_ms));
    let (number, reason) = match happening {
        BalanceEvent::Limited { limit_minor, .. } => {
            balance.limit_minor = *limit_minor;
            return balance;
        }
        BalanceEvent::Moved { number, .. } => (number.clone(), String::new()),
        BalanceEvent::Adjusted { reason, .. } => (String::new(), reason.clone()),
    };
    balance.balance_minor = balance.balance_minor + happening.delta();
    balance.entries += 1;
    if balance.newest.len() == ENTRIES_KEPT {
        balance.newest.remove(0);
    }
    balance.newest.push(BalanceEntry {
        op_id: event.op_id,
        delta_minor: happening.delta(),
        after_minor: balance.balance_minor,
        number,
        reason,
        store_id: event.store_id,
        by: By {
            staff_id: event.staff_id,
            wall_ms: event.wall_ms,
        },
    });
    balance
}

/// What a till knows when somebody wants to spend from a balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spending {
    /// What may be spent as the till knows it.
    pub spendable: Money,
    /// Whether the till heard from the server a moment ago.
    pub is_in_touch: bool,
    /// Tills of the organization that could spend it at the same time.
    pub tills: u32,
}

impl Spending {
    /// Whether so much may be spent: at once, or only if somebody allows it. What is not there is not
    /// there, unless the till may not have heard of it yet; and an account's limit is a manager's.
    pub fn decide(&self, kind: BalanceKind, amount: Money) -> Result<Asks, SaleError> {
        let over = amount - self.allowance(kind);
        if over <= Money::ZERO {
            return Ok(Asks::Nobody);
        }
        let is_known = self.is_in_touch || self.tills <= 1;
        if is_known && kind != BalanceKind::Account {
            return Err(SaleError::BalanceShort {
                tender: kind.tender(),
                left: self.spendable,
            });
        }
        Ok(Asks::Manager { over })
    }

    /// How much may be spent without asking anybody: out of touch an even part of what is left for
    /// customers, whom the shop knows, and nothing of gift cards, which anybody can bring.
    #[must_use]
    pub fn allowance(&self, kind: BalanceKind) -> Money {
        let tills = i64::from(self.tills.max(1));
        if self.is_in_touch || tills == 1 {
            return self.spendable;
        }
        match kind {
            BalanceKind::GiftCard => Money::ZERO,
            BalanceKind::Account | BalanceKind::StoreCredit => {
                Money(self.spendable.minor().max(0) / tills)
            }
        }
    }
}

/// Who has to allow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    Nobody,
    /// Whoever may let a balance be overdrawn, by so much.
    Manager {
        over: Money,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_one_however_it_is_typed() {
        assert_eq!(gift_code(" ab12-cd34 ef "), Ok("AB12CD34EF".into()));
        for wrong in ["", "12345", "12 34-5", "ABC_123", "ñandú12", "AB\n12CD"] {
            assert_eq!(gift_code(wrong), Err(BalanceError::CodeInvalid), "{wrong}");
        }
        assert!(gift_code(&"9".repeat(GIFT_CODE_CHARS_MAX + 1)).is_err());
        assert_eq!(grouped("AB12CD34EF"), "AB12 CD34 EF");
    }

    #[test]
    fn a_new_code_says_all_of_its_bits() {
        assert_eq!(new_gift_code([0; 10]), "0000000000000000");
        assert_eq!(new_gift_code([255; 10]), "ZZZZZZZZZZZZZZZZ");
        let one = new_gift_code([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        assert_eq!(gift_code(&one), Ok(one.clone()));
        assert_ne!(one, new_gift_code([1, 2, 3, 4, 5, 6, 7, 8, 9, 11]));
    }

    #[test]
    fn out_of_touch_less_may_be_spent() {
        let spending = |is_in_touch, tills| Spending {
            spendable: Money(10_000),
            is_in_touch,
            tills,
        };
        let (account, card) = (BalanceKind::Account, BalanceKind::GiftCard);
        assert_eq!(spending(true, 3).allowance(card), Money(10_000));
        assert_eq!(spending(false, 1).allowance(card), Money(10_000));
        assert_eq!(spending(false, 3).allowance(card), Money::ZERO);
        assert_eq!(spending(false, 3).allowance(account), Money(3_333));
        assert_eq!(spending(false, 0).allowance(account), Money(10_000));
        let over = |minor| Ok(Asks::Manager { over: Money(minor) });
        assert_eq!(
            spending(true, 3).decide(card, Money(10_000)),
            Ok(Asks::Nobody)
        );
        let short = Err(SaleError::BalanceShort {
            tender: TenderCode::GIFT_CARD,
            left: Money(10_000),
        });
        assert_eq!(spending(true, 3).decide(card, Money(10_001)), short);
        assert_eq!(spending(false, 1).decide(card, Money(10_001)), short);
        assert_eq!(spending(false, 3).decide(card, Money(10_001)), over(10_001));
        assert_eq!(spending(true, 3).decide(account, Money(10_001)), over(1));
        assert_eq!(
            spending(false, 3).decide(account, Money(10_001)),
            over(6_668)
        );
    }
}
