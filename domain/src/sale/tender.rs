//! Means of payment: those that every shop has, and whatever the owner adds. A payment names its
//! tender by code; what may be done with it is data in the tender's row.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{SaleError, payment::TenderedPayment};

/// Longest code of a tender.
pub const TENDER_CODE_CHARS_MAX: usize = 16;

/// The name of a tender in tables and on the wire: small letters, digits and `_`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenderCode {
    /// Padded with zeros.
    bytes: [u8; TENDER_CODE_CHARS_MAX],
}

impl TenderCode {
    pub const CASH: Self = Self::known("cash");
    pub const CARD: Self = Self::known("card");
    /// On a customer's account.
    pub const ACCOUNT: Self = Self::known("account");
    pub const GIFT_CARD: Self = Self::known("gift_card");
    /// What the shop owes a customer.
    pub const STORE_CREDIT: Self = Self::known("store_credit");
    /// What goods that come back pay of the goods that they are exchanged for: no money, and in
    /// nobody's list.
    pub const EXCHANGE: Self = Self::known("exchange");

    const fn known(text: &str) -> Self {
        let mut bytes = [0; TENDER_CODE_CHARS_MAX];
        let from = text.as_bytes();
        let mut at = 0;
        while at < from.len() {
            bytes[at] = from[at];
            at += 1;
        }
        Self { bytes }
    }

    /// The code of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let is_right =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let fits = !name.is_empty() && name.len() <= TENDER_CODE_CHARS_MAX;
        (fits && name.bytes().all(is_right)).then(|| Self::known(name))
    }

    /// The name in tables and on the wire.
    #[must_use]
    pub fn name(&self) -> &str {
        let length = self.bytes.iter().take_while(|byte| **byte != 0).count();
        std::str::from_utf8(&self.bytes[..length]).unwrap_or_default()
    }
}

/// Why a text is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tender's code has 1 to {TENDER_CODE_CHARS_MAX} small letters, digits and `_`")]
pub struct TenderCodeError;

impl std::str::FromStr for TenderCode {
    type Err = TenderCodeError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_name(text).ok_or(TenderCodeError)
    }
}

impl std::fmt::Debug for TenderCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for TenderCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for TenderCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| de::Error::custom("this is not a tender's code"))
    }
}

/// What a tender is to the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenderKind {
    /// Notes and coins. There is one, `cash`: it alone gives change and is rounded.
    Cash,
    Card,
    /// On a customer's account.
    Account,
    StoreCredit,
    GiftCard,
    /// Also whatever a newer program calls otherwise.
    #[serde(other)]
    Other,
}

impl TenderKind {
    pub const ALL: [Self; 6] = [
        Self::Cash,
        Self::Card,
        Self::Account,
        Self::StoreCredit,
        Self::GiftCard,
        Self::Other,
    ];

    /// The name in tables and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Card => "card",
            Self::Account => "account",
            Self::StoreCredit => "store_credit",
            Self::GiftCard => "gift_card",
            Self::Other => "other",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A means of payment as the owner defined it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tender {
    pub code: TenderCode,
    /// As the owner calls it; empty for those that every shop has, which screens name.
    pub name: String,
    pub kind: TenderKind,
    /// Whether a payment needs a reference, such as an authorisation code.
    pub reference_required: bool,
    pub opens_drawer: bool,
    pub is_refundable: bool,
    /// Whether it is counted when a shift closes.
    pub is_counted: bool,
    pub position: i32,
    pub active: bool,
}

/// What every shop has before the owner adds anything.
#[must_use]
pub fn default_tenders() -> Vec<Tender> {
    let cash = Tender {
        code: TenderCode::CASH,
        name: String::new(),
        kind: TenderKind::Cash,
        reference_required: false,
        opens_drawer: true,
        is_refundable: true,
        is_counted: true,
        position: 1,
        active: true,
    };
    let without_drawer = |code, kind, position| Tender {
        code,
        kind,
        opens_drawer: false,
        is_counted: false,
        position,
        ..cash.clone()
    };
    vec![
        cash.clone(),
        without_drawer(TenderCode::CARD, TenderKind::Card, 2),
        without_drawer(TenderCode::GIFT_CARD, TenderKind::GiftCard, 100),
        without_drawer(TenderCode::STORE_CREDIT, TenderKind::StoreCredit, 101),
        without_drawer(TenderCode::ACCOUNT, TenderKind::Account, 102),
    ]
}

/// The kind of a code that every shop has; none of the owner's own.
fn kind_of(code: TenderCode) -> Option<TenderKind> {
    match code {
        TenderCode::CASH => Some(TenderKind::Cash),
        TenderCode::CARD => Some(TenderKind::Card),
        TenderCode::GIFT_CARD => Some(TenderKind::GiftCard),
        TenderCode::STORE_CREDIT => Some(TenderKind::StoreCredit),
        TenderCode::ACCOUNT => Some(TenderKind::Account),
        _ => None,
    }
}

/// The owner's tenders over those that every shop has, by position and code.
#[must_use]
pub fn all_tenders(owned: &[Tender]) -> Vec<Tender> {
    let mut all = owned.to_vec();
    for tender in default_tenders() {
        if !all.iter().any(|one| one.code == tender.code) {
            all.push(tender);
        }
    }
    all.sort_by_key(|tender| (tender.position, tender.code));
    all
}

/// What the owner calls the tenders, where it is not what every shop calls them.
#[must_use]
pub fn owned_names(tenders: &[Tender]) -> Vec<(TenderCode, String)> {
    let named = tenders.iter().filter(|tender| !tender.name.is_empty());
    named
        .map(|tender| (tender.code, tender.name.clone()))
        .collect()
}

/// Why a tender's row is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TenderError {
    #[error("a tender needs a name")]
    NameMissing,
    #[error("a tender of kind {} has the code of that name, and is one", kind.name())]
    KindIsOne { kind: TenderKind },
    #[error("the code exchange is kept for exchanges")]
    CodeReserved,
}

/// Checks a row that the owner defines.
pub fn check_tender(tender: &Tender) -> Result<(), TenderError> {
    let common = kind_of(tender.code);
    // The owner's own may be charged at a terminal like a card; the others have one ledger each.
    let is_own_kind = matches!(tender.kind, TenderKind::Card | TenderKind::Other);
    if common.map_or(!is_own_kind, |kind| kind != tender.kind) {
        let kind = common.unwrap_or(tender.kind);
        return Err(TenderError::KindIsOne { kind });
    }
    if tender.code == TenderCode::EXCHANGE {
        return Err(TenderError::CodeReserved);
    }
    if common.is_none() && tender.name.trim().is_empty() {
        return Err(TenderError::NameMissing);
    }
    Ok(())
}

/// Checks that each payment's tender is in use, and has the reference that it needs.
pub fn check_payments(tenders: &[Tender], payments: &[TenderedPayment]) -> Result<(), SaleError> {
    for payment in payments {
        let tender = known(tenders, payment.tender)?;
        if tender.reference_required && payment.reference.trim().is_empty() {
            let tender = payment.tender;
            return Err(SaleError::ReferenceMissing { tender });
        }
    }
    Ok(())
}

/// Checks that money may go back by these tenders.
pub fn check_payouts(
    tenders: &[Tender],
    codes: impl IntoIterator<Item = TenderCode>,
) -> Result<(), SaleError> {
    for tender in codes {
        if !known(tenders, tender)?.is_refundable {
            return Err(SaleError::TenderNotRefundable { tender });
        }
    }
    Ok(())
}

fn known(tenders: &[Tender], tender: TenderCode) -> Result<&Tender, SaleError> {
    let found = tenders.iter().find(|one| one.code == tender && one.active);
    // Only an exchange pays by it, and adds it itself.
    let found = found.filter(|one| one.code != TenderCode::EXCHANGE);
    found.ok_or(SaleError::TenderUnknown { tender })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::money::Money;

    fn voucher() -> Tender {
        Tender {
            code: TenderCode::from_name("voucher").unwrap(),
            name: "Cheque regalo".into(),
            kind: TenderKind::Other,
            reference_required: true,
            is_refundable: false,
            position: 3,
            ..default_tenders().remove(0)
        }
    }

    fn paid(tender: TenderCode, reference: &str) -> TenderedPayment {
        TenderedPayment {
            tender,
            tendered_minor: Money(100),
            reference: reference.into(),
        }
    }

    #[test]
    fn codes_hold_small_letters_digits_and_lines_below() {
        for (name, is_code) in [
            ("cash", true),
            ("bizum_2", true),
            ("abcdefghijklmnop", true),
            ("abcdefghijklmnopq", false),
            ("", false),
            ("Cash", false),
            ("gift card", false),
        ] {
            assert_eq!(TenderCode::from_name(name).is_some(), is_code, "{name}");
        }
        assert_eq!(
            serde_json::to_string(&TenderCode::CARD).unwrap(),
            "\"card\""
        );
    }

    #[test]
    fn an_owned_row_stands_instead_of_the_one_that_every_shop_has() {
        let counted = Tender {
            is_counted: true,
            position: 9,
            ..default_tenders().remove(1)
        };
        let all = all_tenders(&[voucher(), counted.clone()]);
        let codes: Vec<_> = all.iter().map(|one| one.code.name().to_owned()).collect();
        let last = ["gift_card", "store_credit", "account"];
        assert_eq!(codes[..3], ["cash", "voucher", "card"]);
        assert_eq!(codes[3..], last);
        assert_eq!(all[2], counted);
    }

    #[test]
    fn a_tender_that_needs_a_reference_is_refused_without_one() {
        let tenders = all_tenders(&[voucher()]);
        let code = voucher().code;
        assert!(check_payments(&tenders, &[paid(code, "A-17")]).is_ok());
        let refused = check_payments(&tenders, &[paid(code, " ")]);
        assert_eq!(refused, Err(SaleError::ReferenceMissing { tender: code }));
        let refused = check_payouts(&tenders, [code]);
        assert_eq!(
            refused,
            Err(SaleError::TenderNotRefundable { tender: code })
        );
        let stranger = TenderCode::from_name("shells").unwrap();
        let refused = check_payments(&tenders, &[paid(stranger, "")]);
        assert_eq!(refused, Err(SaleError::TenderUnknown { tender: stranger }));
    }

    #[test]
    fn what_has_a_ledger_is_there_once() {
        for kind in [TenderKind::Cash, TenderKind::GiftCard, TenderKind::Account] {
            let second = Tender { kind, ..voucher() };
            assert_eq!(check_tender(&second), Err(TenderError::KindIsOne { kind }));
        }
        let (kind, as_card) = (TenderKind::Cash, TenderKind::Card);
        let mut cash = default_tenders().remove(0);
        assert_eq!(check_tender(&cash), Ok(()));
        cash.kind = as_card;
        assert_eq!(check_tender(&cash), Err(TenderError::KindIsOne { kind }));
        assert_eq!(check_tender(&voucher()), Ok(()));
        let terminal = Tender {
            kind: as_card,
            ..voucher()
        };
        assert_eq!(check_tender(&terminal), Ok(()));
    }

    #[test]
    fn nobody_defines_or_pays_by_the_tender_of_exchanges() {
        let owned = Tender {
            code: TenderCode::EXCHANGE,
            is_refundable: true,
            ..voucher()
        };
        assert_eq!(check_tender(&owned), Err(TenderError::CodeReserved));
        let tenders = all_tenders(&[owned]);
        let unknown = Err(SaleError::TenderUnknown {
            tender: TenderCode::EXCHANGE,
        });
        let payments = [paid(TenderCode::EXCHANGE, "A-17")];
        assert_eq!(check_payments(&tenders, &payments), unknown);
        assert_eq!(check_payouts(&tenders, [TenderCode::EXCHANGE]), unknown);
    }
}
