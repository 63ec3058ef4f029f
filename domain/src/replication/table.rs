//! Every replicated table with its one home scope: only that scope's feed writes it, so replicas of
//! a scope are equal by construction, and one list says what must be compared.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::id::{DeviceId, StoreId};

/// A feed that a till may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// What the whole organization shares.
    Org,
    /// What one store's tills share.
    Store(StoreId),
    /// What is for one till alone.
    Device(DeviceId),
}

/// Why a scope's name cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a scope")]
pub struct ScopeError(pub String);

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Org => f.write_str("org"),
            Self::Store(id) => write!(f, "store:{id}"),
            Self::Device(id) => write!(f, "device:{id}"),
        }
    }
}

impl std::str::FromStr for Scope {
    type Err = ScopeError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || ScopeError(text.chars().take(64).collect());
        match text.split_once(':') {
            None if text == "org" => Ok(Self::Org),
            Some(("store", id)) => id.parse().map(Self::Store).map_err(|_| unknown()),
            Some(("device", id)) => id.parse().map(Self::Device).map_err(|_| unknown()),
            _ => Err(unknown()),
        }
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// Which kind of scope writes a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Home {
    Org,
    Store,
}

/// A replicated table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    pub name: &'static str,
    pub home: Home,
    /// Whether its rows are facts that a till may hold as pending.
    pub has_pending: bool,
}

const fn table(name: &'static str, home: Home, has_pending: bool) -> Table {
    Table {
        name,
        home,
        has_pending,
    }
}

/// All replicated tables.
pub const TABLES: [Table; 21] = [
    table("organization", Home::Org, false),
    table("store", Home::Org, false),
    table("till", Home::Org, false),
    table("staff", Home::Org, false),
    table("tax_class", Home::Org, false),
    table("promotion", Home::Org, false),
    table("price_list", Home::Org, false),
    table("category", Home::Org, false),
    table("product", Home::Org, false),
    table("tender", Home::Org, false),
    table("customer", Home::Org, false),
    table("stock_elsewhere", Home::Org, false),
    table("document", Home::Store, true),
    table("document_line", Home::Store, true),
    table("payment", Home::Store, true),
    table("stock_movement", Home::Store, true),
    table("stock_level", Home::Store, false),
    table("repair_event", Home::Store, true),
    table("repair", Home::Store, false),
    // Rows of every home: tills of one store share them all.
    table("log_event", Home::Store, true),
    table("log_row", Home::Store, false),
];
