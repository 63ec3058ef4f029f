//! Paying from a balance: whose it is, what it holds, and how much of it may be spent here and now.

use domain::{
    balance::{BalanceKind, gift_code},
    contract::ipc::{BalanceView, FindBalances},
    id::CustomerId,
    money::Money,
};
use yew::{Callback, Html, Properties, UseReducerHandle, component, html, use_effect_with};

use super::pay_in::{of_kind, said_of};
use crate::{
    component::{feedback::Problem, field::Field},
    format::{self, Locale},
    hook::{use_dialog_scanner, use_ipc, use_locale},
    state::pay::{Pay, PayAction, Standing},
    text::fill,
};

pub(super) const CODE_ID: &str = "pay-gift-code";

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct SpendProps {
    pub kind: BalanceKind,
    pub pay: UseReducerHandle<Pay>,
    pub customer_id: Option<CustomerId>,
    /// How often balances have changed.
    pub version: u32,
}

#[component]
pub fn Spend(props: &SpendProps) -> Html {
    let locale = use_locale();
    let words = locale.words().balance;
    let pay = &props.pay;
    let is_card = props.kind == BalanceKind::GiftCard;
    let code = gift_code(&pay.reference).ok().filter(|_| is_card);
    let question = if is_card {
        code.clone().map(|code| FindBalances {
            code: Some(code),
            customer_id: None,
        })
    } else {
        props.customer_id.map(|customer_id| FindBalances {
            code: None,
            customer_id: Some(customer_id),
        })
    };
    let asked = use_ipc(question, props.version);
    let views = asked.data.as_deref().map_or(&[][..], Vec::as_slice);
    let view = of_kind(views, props.kind).cloned();
    // Nothing typed means what is left to pay, and no more than may be spent.
    use_effect_with(view.as_ref().map(|view| view.allowance_minor), {
        let pay = pay.clone();
        move |allowance| pay.dispatch(PayAction::Spendable(*allowance))
    });
    let set_code = {
        let pay = pay.clone();
        Callback::from(move |text| pay.dispatch(PayAction::Reference(text)))
    };
    use_dialog_scanner(is_card, set_code.clone());
    let is_missing = pay.standing() == Standing::ReferenceMissing && !pay.reference.is_empty();
    html! {
        <div class="flex flex-col gap-2">
            if is_card {
                <Field
                    id={CODE_ID}
                    label={words.code}
                    value={pay.reference.clone()}
                    on_input={set_code}
                    wrong={if is_missing { words.code_wrong } else { "" }}
                    required=true
                    test="pay-gift-code"
                />
            }
            if let Some(failure) = asked.failure.clone() {
                <Problem {failure} on_retry={asked.again.clone()} />
            }
            <p class="min-h-5 text-sm" aria-live="polite" data-test="pay-balance">
                if let Some(view) = view.as_ref() {
                    { told(view, &locale) }
                } else if code.is_some() && asked.data.is_some() {
                    <span class="text-warning">{ words.card_unknown }</span>
                }
            </p>
        </div>
    }
}

fn told(view: &BalanceView, locale: &Locale) -> Html {
    let words = locale.words().balance;
    let spendable = view.balance.spendable();
    let money = |amount: Money| format::money(amount, locale);
    html! {
        <>
            <span class="font-semibold">{ said_of(view, locale) }</span>
            if view.balance.of.kind() == BalanceKind::Account {
                { " · " }{ fill(words.spendable, &[("amount", &money(spendable))]) }
            }
            if view.allowance_minor < spendable {
                <span class="block text-warning">
                    { fill(words.out_of_touch, &[("amount", &money(view.allowance_minor))]) }
                </span>
            }
        </>
    }
}
