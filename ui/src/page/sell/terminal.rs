//! The terminal within the pay dialog: what it is at, what nobody knows, and what it said last.

use domain::{
    card_payment::{CardPaymentState, Decline},
    contract::ipc::{CancelCard, CardPaymentView},
    id::CardPaymentId,
    money::Money,
};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, component, html, use_state};

use crate::{
    component::icon::{Icon, Shape},
    format::{self, Locale},
    hook::{
        time::{now_ms, use_now},
        use_locale,
    },
    ipc,
    page::card::CardActions,
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct WaitProps {
    pub card_payment_id: CardPaymentId,
    pub amount: Money,
}

/// The terminal has the word: how long already, and the way out.
#[component]
pub fn Waiting(props: &WaitProps) -> Html {
    let locale = use_locale();
    let words = locale.words().card;
    let since_ms = use_state(now_ms);
    let now = use_now(1_000);
    let is_cancelling = use_state(|| false);
    let cancel = {
        let (is_cancelling, card_payment_id) = (is_cancelling.clone(), props.card_payment_id);
        Callback::from(move |_| {
            is_cancelling.set(true);
            spawn_local(async move {
                // Whether it was in time, the charge itself says.
                let _ = ipc::call(&CancelCard { card_payment_id }).await;
            });
        })
    };
    let seconds = ((now - *since_ms).max(0) / 1_000).to_string();
    let amount = format::money(props.amount, &locale);
    html! {
        <section class="flex grow flex-col items-center justify-center gap-4 rounded-box bg-base-200 p-8 text-center" aria-live="polite" data-awake="" data-test="card-waiting">
            <span class="grid size-16 place-items-center rounded-full bg-primary/10 text-primary">
                <Icon shape={Shape::CreditCard} class="size-8" />
            </span>
            <h3 class="text-xl font-semibold">{ words.waiting }</h3>
            <p class="muted text-sm">{ fill(words.waiting_lead, &[("amount", &amount)]) }</p>
            <p class="flex items-center gap-3" aria-hidden="true">
                <span class="loading loading-spinner loading-sm"></span>
                <span class="tabular text-2xl font-bold" data-test="card-seconds">{ fill(words.seconds, &[("n", &seconds)]) }</span>
            </p>
            <button type="button" class="btn h-12 px-6" disabled={*is_cancelling} data-test="card-cancel" onclick={cancel}>
                { if *is_cancelling { words.giving_up } else { words.give_up } }
            </button>
        </section>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct DoubtProps {
    pub view: CardPaymentView,
    pub may_return: bool,
    pub utc_offset_min: i32,
    pub on_changed: Callback<()>,
}

/// Nobody knows the result: what not to do, and what to do.
#[component]
pub fn Doubtful(props: &DoubtProps) -> Html {
    let locale = use_locale();
    let words = locale.words().card;
    let payment = &props.view.payment;
    let amount = format::money(payment.charge.amount_minor, &locale);
    let (title, lead) = if payment.state == CardPaymentState::Returning {
        (words.returning_title, words.returning_lead)
    } else {
        (words.unknown_title, words.unknown_lead)
    };
    html! {
        <section class="flex grow flex-col justify-center gap-5 rounded-box border border-warning/40 bg-warning/10 p-6" role="alert" data-test="card-doubtful">
            <header class="flex items-start gap-3">
                <Icon shape={Shape::TriangleAlert} class="mt-0.5 size-6 text-warning" />
                <div class="flex flex-col gap-2">
                    <h3 class="text-lg font-semibold">{ title }</h3>
                    <p class="text-sm">{ fill(lead, &[("amount", &amount)]) }</p>
                </div>
            </header>
            <CardActions
                view={props.view.clone()}
                may_return={props.may_return}
                utc_offset_min={props.utc_offset_min}
                on_changed={props.on_changed.clone()}
            />
        </section>
    }
}

/// What the terminal said last, where it took nothing.
pub(super) fn took_nothing(view: &CardPaymentView, locale: &Locale) -> Html {
    let words = locale.words().card;
    if view.payment.state != CardPaymentState::Declined {
        return Html::default();
    }
    let text = match view.payment.declined {
        Some(Decline::Cancelled) => words.cancelled,
        Some(Decline::NotReached) => words.not_reached,
        Some(Decline::Refused) | None => words.declined,
    };
    html! {
        <p class="flex items-start gap-3 rounded-field border border-error/30 bg-error/8 px-4 py-3 text-sm" role="alert" data-test="card-declined">
            <Icon shape={Shape::CircleAlert} class="mt-0.5 size-5 text-error" />
            { text }
        </p>
    }
}
