//! How often each part of the replica has changed since the window opened: what a page shows is
//! asked for again when its number grows.

use std::rc::Rc;

use domain::contract::ipc::Changed;
use yew::Reducible;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Changes {
    pub session: u32,
    pub catalog: u32,
    pub stock: u32,
    pub documents: u32,
    pub customers: u32,
    pub repairs: u32,
    pub parked: u32,
    pub quotes: u32,
    pub shift: u32,
    pub sync: u32,
    pub printing: u32,
    pub card_payments: u32,
    pub balances: u32,
}

impl Reducible for Changes {
    type Action = Changed;

    fn reduce(self: Rc<Self>, changed: Changed) -> Rc<Self> {
        let mut next = *self;
        let count = match changed {
            Changed::Session => &mut next.session,
            Changed::Catalog => &mut next.catalog,
            Changed::Stock => &mut next.stock,
            Changed::Documents => &mut next.documents,
            Changed::Customers => &mut next.customers,
            Changed::Repairs => &mut next.repairs,
            Changed::Parked => &mut next.parked,
            Changed::Quotes => &mut next.quotes,
            Changed::Shift => &mut next.shift,
            Changed::Sync => &mut next.sync,
            Changed::Printing => &mut next.printing,
            Changed::CardPayments => &mut next.card_payments,
            Changed::Balances => &mut next.balances,
        };
        *count = count.wrapping_add(1);
        Rc::new(next)
    }
}
