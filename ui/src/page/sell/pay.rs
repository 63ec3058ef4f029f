//! Paying: one amount, one tender at a time, one button. Nothing typed means the exact amount.

use domain::{
    contract::{
        failure::Failure,
        ipc::{AskedTerms, CompleteSale, DocumentView, SaleLine},
    },
    id::{CustomerId, DraftId},
    money::Money,
    sale::{Tender, cash_suggestions},
};
use wasm_bindgen_futures::spawn_local;
use yew::{
    Callback, Html, InputEvent, Properties, SubmitEvent, UseReducerHandle, component, html,
    use_effect_with, use_reducer, use_state,
};

use crate::{
    component::{
        dialog::Dialog,
        feedback::Problem,
        field::{Field, typed},
        icon::{Icon, Shape},
        keypad::{Keypad, PadKey},
        paper::tender_name,
        segmented::{Choice, Segmented},
    },
    format::{self, Locale},
    hook::{keyboard::focus, use_locale},
    ipc,
    state::pay::{Pay, PayAction, Standing},
    text::fill,
};

const AMOUNT_ID: &str = "pay-amount";
const TENDERS: [Tender; 2] = [Tender::Cash, Tender::Card];

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct PayProps {
    pub due: Money,
    pub minor_digits: u8,
    pub draft_id: DraftId,
    pub lines: Vec<SaleLine>,
    pub terms: AskedTerms,
    pub customer_id: Option<CustomerId>,
    pub on_done: Callback<DocumentView>,
    pub on_close: Callback<()>,
}

#[component]
pub fn PayDialog(props: &PayProps) -> Html {
    let locale = use_locale();
    let words = locale.words().pay;
    let (due, minor_digits) = (props.due, props.minor_digits);
    let pay = use_reducer(|| Pay::new(due, minor_digits));
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    use_effect_with((pay.tender, pay.tenders.len()), |_| focus(AMOUNT_ID));

    let onsubmit = {
        let (pay, is_busy, failure) = (pay.clone(), is_busy.clone(), failure.clone());
        let props = props.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if *is_busy {
                return;
            }
            match pay.standing() {
                Standing::Covered { .. } => {
                    is_busy.set(true);
                    failure.set(None);
                    complete(&props, &pay, is_busy.clone(), failure.clone());
                }
                Standing::Short { .. } => pay.dispatch(PayAction::Keep),
                Standing::Unreadable | Standing::OverCard { .. } => {}
            }
        })
    };
    let press = {
        let pay = pay.clone();
        Callback::from(move |key: PadKey| {
            pay.dispatch(match key {
                PadKey::Char(char) => PayAction::Key(char),
                PadKey::Delete => PayAction::Delete,
            });
        })
    };
    let standing = pay.standing();
    let choices = TENDERS.iter().map(|tender| Choice {
        label: tender_name(*tender, &locale).into(),
        shape: Some(tender_shape(*tender)),
        test: format!("tender-{}", tender.name()).into(),
    });
    html! {
        <Dialog
            title={words.title}
            on_close={props.on_close.clone()}
            class="w-[min(54rem,calc(100vw-2rem))]"
            test="dialog-pay"
        >
            <form class="grid grid-cols-[minmax(0,1fr)] gap-6 p-6 md:grid-cols-[minmax(0,1fr)_18rem]" {onsubmit}>
                <div class="flex flex-col gap-3">
                    <Segmented
                        label={words.tenders}
                        choices={choices.collect::<Vec<_>>()}
                        chosen={TENDERS.iter().position(|tender| *tender == pay.tender).unwrap_or(0)}
                        on_choose={ {
                            let pay = pay.clone();
                            Callback::from(move |place: usize| {
                                if let Some(tender) = TENDERS.get(place) {
                                    pay.dispatch(PayAction::Choose(*tender));
                                }
                            })
                        } }
                    />
                    { amount_field(&pay, &locale) }
                    <div class="min-h-18">
                    if pay.tender == Tender::Cash {
                        { suggestions(&pay, minor_digits, &locale) }
                    } else {
                        <Field
                            id="pay-reference"
                            label={words.reference}
                            placeholder={words.reference_hint}
                            value={pay.reference.clone()}
                            on_input={ { let pay = pay.clone(); Callback::from(move |text| pay.dispatch(PayAction::Reference(text))) } }
                            test="card-reference"
                        />
                    }
                    </div>
                    <Keypad on_key={press} mark={Some(locale.decimal_mark())} disabled={*is_busy} test="pay-key" />
                </div>
                <div class="flex flex-col gap-4">
                    { sums(&pay, &standing, &locale) }
                    <span class="grow"></span>
                    if let Some(failure) = (*failure).clone() {
                        <Problem {failure} />
                    }
                    { confirm(&pay, &standing, *is_busy, &locale) }
                </div>
            </form>
        </Dialog>
    }
}

fn complete(
    props: &PayProps,
    pay: &Pay,
    is_busy: yew::UseStateHandle<bool>,
    failure: yew::UseStateHandle<Option<Failure>>,
) {
    let command = CompleteSale {
        draft_id: props.draft_id,
        lines: props.lines.clone(),
        payments: pay.payments(),
        customer_id: props.customer_id,
        terms: props.terms.clone(),
    };
    let on_done = props.on_done.clone();
    spawn_local(async move {
        match ipc::call(&command).await {
            Ok(view) => on_done.emit(view),
            Err(refused) => {
                failure.set(Some(refused));
                is_busy.set(false);
            }
        }
    });
}

const fn tender_shape(tender: Tender) -> Shape {
    match tender {
        Tender::Cash => Shape::Banknote,
        Tender::Card => Shape::CreditCard,
    }
}

fn amount_field(pay: &UseReducerHandle<Pay>, locale: &Locale) -> Html {
    let words = locale.words().pay;
    let label = match pay.tender {
        Tender::Cash => words.amount,
        Tender::Card => words.card_amount,
    };
    let (wrong, text) = match pay.standing() {
        Standing::Unreadable => {
            let example = format::money_typed(Money(12_50), locale);
            (
                true,
                fill(locale.words().sell.amount_invalid, &[("example", &example)]),
            )
        }
        Standing::OverCard { at_most } => (
            true,
            fill(
                words.over_card,
                &[("amount", &format::money(at_most, locale))],
            ),
        ),
        Standing::Covered { .. } | Standing::Short { .. } => (false, String::new()),
    };
    let typing = pay.clone();
    html! {
        <div class="flex flex-col gap-1.5">
            <label for={AMOUNT_ID} class="text-sm font-medium">{ label }</label>
            <input
                id={AMOUNT_ID}
                class="field num h-16 text-3xl font-semibold"
                type="text"
                inputmode="decimal"
                autocomplete="off"
                autofocus=true
                value={pay.typed.clone()}
                placeholder={format::money_typed(pay.remaining(), locale)}
                aria-invalid={wrong.to_string()}
                aria-describedby="pay-amount-note"
                data-test="amount"
                oninput={Callback::from(move |event: InputEvent| typing.dispatch(PayAction::Type(typed(&event))))}
            />
            <p id="pay-amount-note" class="min-h-4 text-xs text-error">{ text }</p>
        </div>
    }
}

fn suggestions(pay: &UseReducerHandle<Pay>, minor_digits: u8, locale: &Locale) -> Html {
    let words = locale.words().pay;
    let amounts = cash_suggestions(pay.remaining(), minor_digits);
    html! {
        <div class="grid grid-cols-3 gap-2 sm:grid-cols-5">
            { for amounts.into_iter().enumerate().map(|(place, amount)| {
                let typed = format::money_typed(amount, locale);
                let is_on = pay.typed == typed;
                let suggest = pay.clone();
                html! {
                    <button
                        type="button"
                        class={if is_on { "btn btn-primary h-14 px-1" } else { "btn h-14 px-1" }}
                        data-test={format!("cash-{}", amount.minor())}
                        onclick={Callback::from(move |_| {
                            suggest.dispatch(PayAction::Suggest(typed.clone()));
                            focus(AMOUNT_ID);
                        })}
                    >
                        <span class="flex flex-col leading-tight">
                            <span class="tabular font-semibold">{ format::money(amount, locale) }</span>
                            if place == 0 {
                                <span class="text-xs font-normal">{ words.exact }</span>
                            }
                        </span>
                    </button>
                }
            }) }
        </div>
    }
}

fn sums(pay: &UseReducerHandle<Pay>, standing: &Standing, locale: &Locale) -> Html {
    let words = locale.words().pay;
    let (label, amount, class, test) = match standing {
        Standing::Covered { change } => (words.change, *change, "text-success", "pay-change"),
        Standing::Short { remaining } => {
            (words.remaining, *remaining, "text-warning", "pay-remaining")
        }
        Standing::Unreadable | Standing::OverCard { .. } => (
            words.remaining,
            pay.remaining(),
            "text-warning",
            "pay-remaining",
        ),
    };
    html! {
        <div class="flex flex-col gap-4 rounded-box bg-base-200 p-5">
            <div>
                <p class="muted text-sm">{ words.due }</p>
                <p class="tabular text-3xl font-bold tracking-tight" data-test="pay-due">
                    { format::money(pay.due, locale) }
                </p>
            </div>
            if !pay.tenders.is_empty() {
                <ul class="flex flex-col gap-1 text-sm" aria-label={words.received}>
                    { for pay.tenders.iter().enumerate().map(|(place, payment)| {
                        let name = tender_name(payment.tender, locale);
                        let amount = format::money(payment.tendered_minor, locale);
                        let label = fill(words.remove_tender, &[("tender", name), ("amount", &amount)]);
                        let remove = pay.clone();
                        html! {
                            <li class="flex items-center gap-2">
                                <Icon shape={tender_shape(payment.tender)} class="size-4" />
                                <span class="grow">{ name }</span>
                                <span class="num font-medium">{ amount }</span>
                                <button
                                    type="button"
                                    class="btn btn-ghost btn-square btn-sm"
                                    aria-label={label}
                                    onclick={Callback::from(move |_| remove.dispatch(PayAction::Remove(place)))}
                                >
                                    <Icon shape={Shape::X} class="size-4" />
                                </button>
                            </li>
                        }
                    }) }
                </ul>
            }
            <div class="border-t border-base-300 pt-4" aria-live="polite">
                <p class="muted text-sm">{ label }</p>
                <p class={yew::classes!("tabular", "text-3xl", "font-bold", "tracking-tight", class)} data-test={test}>
                    { format::money(amount, locale) }
                </p>
            </div>
        </div>
    }
}

fn confirm(pay: &Pay, standing: &Standing, is_busy: bool, locale: &Locale) -> Html {
    let words = locale.words().pay;
    let (text, can, test) = match standing {
        Standing::Short { .. } => {
            let amount = pay
                .current()
                .map_or(Money::ZERO, |payment| payment.tendered_minor);
            let text = fill(
                words.add_tender,
                &[("amount", &format::money(amount, locale))],
            );
            (text, amount > Money::ZERO, "add-tender")
        }
        Standing::Covered { .. } => (words.confirm.to_owned(), true, "confirm-payment"),
        Standing::Unreadable | Standing::OverCard { .. } => {
            (words.confirm.to_owned(), false, "confirm-payment")
        }
    };
    html! {
        <button
            type="submit"
            class="btn btn-primary btn-block min-h-16 text-lg font-semibold"
            disabled={!can || is_busy}
            data-test={test}
        >
            if is_busy {
                <span class="loading loading-spinner loading-sm"></span>{ words.completing }
            } else {
                { text }
                <span class="key" aria-hidden="true">{ "↵" }</span>
            }
        </button>
    }
}
