//! One newtype per identity, so that a customer's id can never be passed for a product's.
//! All are UUIDs; new ones are version 7 (RFC 9562), made from a time and random bytes that the
//! caller brings, because this crate reads neither a clock nor a source of randomness.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A version 7 UUID from milliseconds since 1970 and ten random bytes (RFC 9562, section 5.7).
#[must_use]
pub fn uuid_v7(unix_ms: u64, random: [u8; 10]) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(unix_ms, &random).into_uuid()
}

macro_rules! identities {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new version 7 id; see [`uuid_v7`].
            #[must_use]
            pub fn v7(unix_ms: u64, random: [u8; 10]) -> Self {
                Self(uuid_v7(unix_ms, random))
            }

            /// The sixteen bytes as they are stored and hashed.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

identities! {
    /// A business with its own books; the outermost wall between customers of one server.
    OrganizationId,
    /// A shop of the organization.
    StoreId,
    /// One enrolled installation of the till program. Nil stands for the server itself.
    DeviceId,
    /// A person who works in the shop.
    StaffId,
    /// A person or company that buys or brings a device.
    CustomerId,
    /// Something that is sold.
    ProductId,
    /// A node of the category tree.
    CategoryId,
    /// Something that the owner gives away by rule.
    PromotionId,
    /// One recorded operation; also the id of the document that it makes.
    OpId,
    /// One device at the bench, from intake to hand-over.
    RepairId,
    /// One shift of a till.
    ShiftId,
    /// One charge at a payment terminal; also what the terminal is asked by.
    CardPaymentId,
    /// What a screen calls one unfinished entry (a cart, a form), so that sending it twice
    /// records it once.
    DraftId,
}

impl DeviceId {
    /// The server as the author of an operation (console, REST, jobs).
    pub const SERVER: DeviceId = DeviceId(Uuid::nil());
}
