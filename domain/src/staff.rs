//! Who may do what: roles, permissions, and the lock-out that guards a PIN.

use serde::{Deserialize, Serialize};

use crate::{
    id::{StaffId, StoreId},
    tax::RatePpm,
};

/// What a person is hired for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Owner,
    Manager,
    Cashier,
    Technician,
}

impl Role {
    /// The name in tables and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Manager => "manager",
            Self::Cashier => "cashier",
            Self::Technician => "technician",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Owner, Self::Manager, Self::Cashier, Self::Technician]
            .into_iter()
            .find(|role| role.name() == name)
    }
}

/// One thing that a person may be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    Sell,
    Refund,
    RefundWithoutReceipt,
    OverridePrice,
    /// A discount above the role's limit ([`discount_limit`]).
    ExceedDiscount,
    AdjustStock,
    EditCustomer,
    WorkRepair,
    ManageTills,
    SeeReports,
    /// Open, count and close a drawer, and move cash in and out of it.
    RunShift,
    /// Close it with a difference above the limit, and see what should be in it.
    SettleShift,
    /// Give money back by another tender than took it.
    RefundOtherTender,
    /// State what a terminal's slip says of a card payment.
    SettleCardPayment,
    /// Spend more of a balance than is known to be there, or than may be while out of touch.
    OverdrawBalance,
    /// Set credit limits and put balances right by hand.
    ManageBalances,
}

impl Permission {
    pub const ALL: [Self; 16] = [
        Self::Sell,
        Self::Refund,
        Self::RefundWithoutReceipt,
        Self::OverridePrice,
        Self::ExceedDiscount,
        Self::AdjustStock,
        Self::EditCustomer,
        Self::WorkRepair,
        Self::ManageTills,
        Self::SeeReports,
        Self::RunShift,
        Self::SettleShift,
        Self::RefundOtherTender,
        Self::SettleCardPayment,
        Self::OverdrawBalance,
        Self::ManageBalances,
    ];
}

/// Whether the role holds the permission.
#[must_use]
pub const fn may(role: Role, permission: Permission) -> bool {
    use Permission as P;
    match role {
        Role::Owner | Role::Manager => true,
        Role::Cashier => {
            matches!(
                permission,
                P::Sell | P::Refund | P::EditCustomer | P::WorkRepair | P::RunShift
            )
        }
        Role::Technician => {
            matches!(permission, P::AdjustStock | P::EditCustomer | P::WorkRepair)
        }
    }
}

/// All that the role may do.
#[must_use]
pub fn permissions(role: Role) -> Vec<Permission> {
    let all = Permission::ALL.into_iter();
    all.filter(|permission| may(role, *permission)).collect()
}

/// How much of a line's amount a role may take off by hand, discounts on the whole cart included.
#[must_use]
pub const fn discount_limit(role: Role) -> RatePpm {
    match role {
        Role::Owner | Role::Manager => RatePpm(1_000_000),
        Role::Cashier => RatePpm(100_000),
        Role::Technician => RatePpm(0),
    }
}

/// A person as every till of the organization knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staff {
    pub staff_id: StaffId,
    pub name: String,
    pub role: Role,
    /// Where the person signs in; none means every store.
    pub store_id: Option<StoreId>,
    /// `es` or `en`.
    pub language: String,
    pub active: bool,
}

/// Shortest PIN of a role: six digits for those who may override others.
#[must_use]
pub const fn pin_digits_min(role: Role) -> usize {
    match role {
        Role::Owner | Role::Manager => 6,
        Role::Cashier | Role::Technician => 4,
    }
}

/// Wrong PINs in a row before the person is locked.
pub const PIN_ATTEMPTS_MAX: u32 = 5;
/// How long the first lock lasts; each further wrong PIN doubles it, up to an hour.
pub const PIN_LOCK_MS: i64 = 60_000;
const PIN_LOCK_MS_MAX: i64 = 3_600_000;

/// Wrong attempts since the last right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PinAttempts {
    pub wrong: u32,
    /// Until when no PIN is even looked at, in milliseconds since 1970; 0 when open.
    pub locked_until_ms: i64,
}

impl PinAttempts {
    /// Whether a PIN may be tried at that time.
    #[must_use]
    pub const fn is_locked(self, now_ms: i64) -> bool {
        now_ms < self.locked_until_ms
    }

    /// Attempts left before the lock.
    #[must_use]
    pub const fn left(self) -> u32 {
        PIN_ATTEMPTS_MAX.saturating_sub(self.wrong)
    }

    /// After a wrong PIN at that time.
    #[must_use]
    pub fn after_wrong(self, now_ms: i64) -> Self {
        let wrong = self.wrong.saturating_add(1);
        let over = wrong.saturating_sub(PIN_ATTEMPTS_MAX);
        let locked_until_ms = if wrong < PIN_ATTEMPTS_MAX {
            0
        } else {
            let lock_ms = PIN_LOCK_MS
                .saturating_mul(1 << over.min(10))
                .min(PIN_LOCK_MS_MAX);
            now_ms.saturating_add(lock_ms)
        };
        Self {
            wrong,
            locked_until_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_wrong_pins_lock_and_more_lock_longer() {
        let mut attempts = PinAttempts::default();
        for _ in 0..4 {
            attempts = attempts.after_wrong(0);
            assert!(!attempts.is_locked(0));
        }
        attempts = attempts.after_wrong(0);
        assert!(attempts.is_locked(PIN_LOCK_MS - 1) && !attempts.is_locked(PIN_LOCK_MS));
        assert_eq!(attempts.after_wrong(0).locked_until_ms, 2 * PIN_LOCK_MS);
    }

    #[test]
    fn a_cashier_sells_but_does_not_touch_stock() {
        assert!(may(Role::Cashier, Permission::Sell));
        assert!(!may(Role::Cashier, Permission::AdjustStock));
        assert!(!may(Role::Cashier, Permission::RefundWithoutReceipt));
        assert!(may(Role::Owner, Permission::ManageTills));
    }
}
