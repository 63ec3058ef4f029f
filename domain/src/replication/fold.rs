//! The only place where levels, records and states are made out of facts: on the server for good,
//! at a till over what is still pending. Every fold gives the same row in whatever order its facts
//! arrive.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::apply::FieldWrite;
use crate::{
    customer::{Customer, CustomerField},
    hlc::Hlc,
    id::OpId,
    quantity::Quantity,
    stock::{StockLevel, StockMovement},
};

pub use super::log::{fold as fold_log, fold_event as fold_log_event};
pub use crate::repair::{fold as fold_repair, fold_event as fold_repair_event};

/// What is on hand after one more movement.
pub fn fold_movement(level: &mut StockLevel, movement: &StockMovement) {
    level.on_hand_milli = level.on_hand_milli + movement.delta_milli;
}

/// What is on hand after many movements.
#[must_use]
pub fn fold_levels(movements: &[StockMovement]) -> Quantity {
    movements.iter().map(|movement| movement.delta_milli).sum()
}

/// Who wrote each field of a record last: its stamp and operation.
pub type FieldStamps = BTreeMap<CustomerField, FieldStamp>;

/// Where in the order of all operations a field was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FieldStamp {
    pub hlc: Hlc,
    pub op_id: OpId,
}

/// Takes one write into a record: the later of (effective stamp, operation) wins its field.
/// A write whose text is missing or erased still wins, with an empty text.
/// Returns whether the record changed.
pub fn fold_field(
    customer: &mut Customer,
    stamps: &mut FieldStamps,
    hlc: Hlc,
    write: &FieldWrite,
) -> bool {
    let stamp = FieldStamp {
        hlc,
        op_id: write.op_id,
    };
    if stamps.get(&write.field).is_some_and(|last| *last >= stamp) {
        return false;
    }
    stamps.insert(write.field, stamp);
    customer.set(write.field, write.value.clone().unwrap_or_default());
    true
}

/// Takes in the text of a write that was folded without it; the field has it if that write is still
/// its last. Returns whether the record changed.
pub fn complete_field(
    customer: &mut Customer,
    stamps: &FieldStamps,
    hlc: Hlc,
    write: &FieldWrite,
) -> bool {
    let stamp = FieldStamp {
        hlc,
        op_id: write.op_id,
    };
    let Some(value) = &write.value else {
        return false;
    };
    if stamps.get(&write.field) != Some(&stamp) {
        return false;
    }
    customer.set(write.field, value.clone());
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::CustomerId;
    use proptest::prelude::*;
    use uuid::Uuid;

    proptest! {
        #[test]
        fn the_last_writer_of_a_field_wins_in_any_order_of_arrival(
            mut writes in proptest::collection::vec((0_u64..20, 0_usize..6, "[a-z]{0,3}"), 1..20),
        ) {
            let customer_id = CustomerId(Uuid::from_u128(1));
            let all: Vec<_> = writes
                .drain(..)
                .enumerate()
                .map(|(n, (hlc, field, value))| {
                    let op_id = OpId(Uuid::from_u128(n as u128));
                    let field = CustomerField::ALL[field];
                    (Hlc(hlc), FieldWrite { op_id, customer_id, field, value: Some(value) })
                })
                .collect();
            let fold = |order: &mut dyn Iterator<Item = &(Hlc, FieldWrite)>| {
                let mut customer = Customer::empty(customer_id);
                let mut stamps = FieldStamps::new();
                for (hlc, write) in order {
                    fold_field(&mut customer, &mut stamps, *hlc, write);
                    fold_field(&mut customer, &mut stamps, *hlc, write);
                }
                (customer, stamps)
            };
            prop_assert_eq!(fold(&mut all.iter()), fold(&mut all.iter().rev()));
        }
    }
}
