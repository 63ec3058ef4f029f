//! The pay dialog's dealings with the terminal: what was charged for the sale, and charging more.

use std::rc::Rc;

use domain::{
    card_payment::CardPaymentState,
    contract::{
        failure::Failure,
        ipc::{CardPaymentView, ChargeCard, GetTerminal, ListCardPayments},
    },
    id::CardPaymentId,
    money::Money,
    sale::TenderedPayment,
};
use wasm_bindgen_futures::spawn_local;
use yew::{
    Callback, Html, Reducible, UseReducerHandle, UseStateHandle, hook, html, use_effect_with,
};

use super::pay::{PayProps, complete};
use crate::{
    component::icon::{Icon, Shape},
    format::{self, Locale},
    hook::{shop::new_draft, use_ipc},
    ipc,
    state::pay::{Pay, PayAction, Standing},
    text::fill,
};

/// What this till's terminal has to do with the sale.
pub(super) struct Cards {
    /// A charge for this sale that nobody knows the result of.
    pub(super) undecided: Option<CardPaymentView>,
    /// A charge for a sale that was given up, and could pay this one.
    pub(super) orphan: Option<CardPaymentView>,
    pub(super) again: Callback<()>,
}

/// Asks the till for its terminal and for what it has charged, and tells the payment.
#[hook]
pub(super) fn use_cards(props: &PayProps, pay: &UseReducerHandle<Pay>) -> Cards {
    let terminal = use_ipc(Some(GetTerminal {}), props.version);
    let listed = use_ipc(Some(ListCardPayments {}), props.version);
    let has_terminal = (terminal.data.as_ref()).is_some_and(|status| status.settings.is_some());
    let open: &[CardPaymentView] = listed.data.as_ref().map_or(&[], |cards| &cards.open);
    let is_of_sale =
        |view: &&CardPaymentView| view.is_own && view.payment.charge.draft_id == props.draft_id;
    let is_charged =
        |view: &&CardPaymentView| view.is_own && view.payment.state == CardPaymentState::Approved;
    let of_sale = open.iter().filter(is_of_sale);
    let charged: Vec<_> = (of_sale.clone().filter(is_charged))
        .map(|view| (view.payment.card_payment_id, paid(view)))
        .collect();
    let undecided = of_sale
        .clone()
        .find(|view| view.payment.state.is_undecided());
    let is_first = of_sale.count() == 0 && pay.tenders.is_empty();
    let fits = |view: &&CardPaymentView| view.payment.charge.amount_minor <= props.due;
    let mut others = open.iter().filter(|_| is_first).filter(is_charged);
    let cards = Cards {
        undecided: undecided.cloned(),
        orphan: others.find(fits).cloned(),
        again: listed.again.clone(),
    };
    let pay = pay.dispatcher();
    use_effect_with((has_terminal, charged), move |(has_terminal, charged)| {
        pay.dispatch(PayAction::Terminal(*has_terminal));
        pay.dispatch(PayAction::Charged(charged.clone()));
    });
    cards
}

/// A charge as the payment that it is.
fn paid(view: &CardPaymentView) -> TenderedPayment {
    TenderedPayment {
        tender: view.payment.charge.tender,
        tendered_minor: view.payment.charge.amount_minor,
        reference: view.payment.reference().to_owned(),
    }
}

/// What a charge changes on the screen.
pub(super) struct Charge {
    pub(super) charging: UseStateHandle<Option<(CardPaymentId, Money)>>,
    pub(super) last: UseStateHandle<Option<CardPaymentView>>,
    pub(super) is_busy: UseStateHandle<bool>,
    pub(super) failure: UseStateHandle<Option<Failure>>,
    pub(super) on_changed: Callback<()>,
}

impl Charge {
    /// Asks the terminal, and finishes the sale when nothing remains then.
    pub(super) fn start(self, props: &PayProps, pay: &UseReducerHandle<Pay>, amount: Money) {
        let card_payment_id = CardPaymentId(new_draft().0);
        let command = ChargeCard {
            draft_id: props.draft_id,
            card_payment_id,
            tender: pay.tender,
            amount_minor: amount,
        };
        self.charging.set(Some((card_payment_id, amount)));
        let (props, pay) = (props.clone(), pay.clone());
        spawn_local(async move {
            match ipc::call(&command).await {
                Ok(view) => {
                    if view.payment.state == CardPaymentState::Approved {
                        let mut charged = pay.charged.clone();
                        charged.push((card_payment_id, paid(&view)));
                        let charged = PayAction::Charged(charged);
                        let next = Rc::new((*pay).clone()).reduce(charged.clone());
                        pay.dispatch(charged);
                        if matches!(next.standing(), Standing::Covered { .. }) {
                            self.is_busy.set(true);
                            complete(&props, &next, self.is_busy, self.failure);
                        }
                    }
                    self.last.set(Some(view));
                }
                Err(refused) => self.failure.set(Some(refused)),
            }
            self.charging.set(None);
            self.on_changed.emit(());
        });
    }
}

/// Money of a card that lies ready, and the way to take it.
pub(super) fn adoptable(view: &CardPaymentView, props: &PayProps, locale: &Locale) -> Html {
    let words = locale.words().card;
    let amount = format::money(view.payment.charge.amount_minor, locale);
    let draft_id = view.payment.charge.draft_id;
    html! {
        <div class="flex items-center gap-3 rounded-field border border-warning/40 bg-warning/10 py-2 pl-4 pr-2 text-sm" role="status" data-test="card-orphan">
            <Icon shape={Shape::CreditCard} class="size-5 text-warning" />
            <p class="grow">{ fill(words.use_here_lead, &[("amount", &amount)]) }</p>
            <button type="button" class="btn h-11" data-test="card-adopt" onclick={props.on_adopt.reform(move |_| draft_id)}>
                { words.use_here }
            </button>
        </div>
    }
}
