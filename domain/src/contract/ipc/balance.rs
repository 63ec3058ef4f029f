use serde::{Deserialize, Serialize};

use crate::{
    balance::{Balance, BalanceId},
    id::{CustomerId, DraftId},
    money::Money,
    replication::body::BalanceChange,
};

/// What a gift card holds, or a customer has and owes. Of a customer all kinds answer, also those
/// that nothing has happened to; of a code only a card that is known here.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct FindBalances {
    #[serde(default)]
    pub code: Option<String>,
    #[serde(default)]
    pub customer_id: Option<CustomerId>,
}

/// A balance as this till knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceView {
    pub balance: Balance,
    /// What may be spent at this till now without asking anybody.
    pub allowance_minor: Money,
    /// Whether the till heard from the server a moment ago.
    pub is_in_touch: bool,
    /// Whether something of it has yet to come back from the server.
    pub is_pending: bool,
}

/// Sets a credit limit, or puts a balance right.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChangeBalance {
    pub draft_id: DraftId,
    pub of: BalanceId,
    pub change: BalanceChange,
}
