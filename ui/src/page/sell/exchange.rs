//! An exchange that the customer pays nothing for: what comes back is worth as much as what goes
//! out, or more. One button makes both documents.

use std::rc::Rc;

use domain::{
    contract::{
        failure::{Failure, code},
        ipc::{AskedTerms, CompleteSale, DocumentView, ExchangedGoods, SaleLine},
    },
    id::{CustomerId, DraftId, OpId},
    money::Money,
    sale::{SetOff, Tender, TenderCode},
    staff::Permission,
};
use wasm_bindgen_futures::spawn_local;
use yew::{
    Callback, Html, Properties, SubmitEvent, component, html, use_effect_with, use_reducer,
    use_state,
};

use super::refund::{offered, tender_choice};
use crate::{
    component::{dialog::Dialog, feedback::Problem},
    format::{self, Locale},
    hook::{keyboard::focus, use_locale},
    ipc,
    page::approval::ApprovalDialog,
    state::refund::{Refund, RefundAction},
    text::{failure::of_sale, fill},
};

const CONFIRM_ID: &str = "exchange-confirm";

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct ExchangeProps {
    /// What comes back.
    pub refund: Rc<Refund>,
    /// What the new goods come to.
    pub sold: Money,
    pub set_off: SetOff,
    /// Means of payment in use.
    pub tenders: Rc<Vec<Tender>>,
    pub draft_id: DraftId,
    pub lines: Vec<SaleLine>,
    pub terms: AskedTerms,
    pub customer_id: Option<CustomerId>,
    pub quote_id: Option<OpId>,
    pub on_done: Callback<DocumentView>,
    pub on_close: Callback<()>,
}

#[component]
pub fn ExchangeDialog(props: &ExchangeProps) -> Html {
    let locale = use_locale();
    let words = locale.words().exchange;
    let refund = {
        let refund = props.refund.clone();
        use_reducer(move || (*refund).clone())
    };
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    let needs_approval = use_state(|| false);
    use_effect_with((), |()| focus(CONFIRM_ID));
    let back = refund.money_back(&props.set_off);
    let submit = {
        let (refund, props) = (refund.clone(), props.clone());
        let (is_busy, failure) = (is_busy.clone(), failure.clone());
        let needs_approval = needs_approval.clone();
        Callback::from(move |()| {
            if *is_busy {
                return;
            }
            is_busy.set(true);
            failure.set(None);
            needs_approval.set(false);
            let command = command(&props, &refund);
            let (is_busy, failure) = (is_busy.clone(), failure.clone());
            let (needs_approval, on_done) = (needs_approval.clone(), props.on_done.clone());
            spawn_local(async move {
                match ipc::call(&command).await {
                    Ok(view) => on_done.emit(view),
                    Err(refused) => {
                        needs_approval.set(refused.code == code::REFUND_EXCEEDS_TENDER);
                        failure.set(Some(refused));
                        is_busy.set(false);
                    }
                }
            });
        })
    };
    let onsubmit = submit.reform(|event: SubmitEvent| event.prevent_default());
    let choose = {
        let refund = refund.clone();
        Callback::from(move |tender: TenderCode| refund.dispatch(RefundAction::Tender(tender)))
    };
    let is_even = props.set_off.back == Money::ZERO;
    let amount = format::money(back.clone().unwrap_or(Money::ZERO), &locale);
    html! {
        <>
        <Dialog title={words.title} on_close={props.on_close.clone()} class="w-[min(30rem,calc(100vw-2rem))]" test="dialog-exchange">
            <form class="flex flex-col gap-5 p-6" {onsubmit}>
                <dl class="flex flex-col gap-1 text-sm">
                    { row(words.goods_out, props.sold, &locale) }
                    { row(words.goods_back, -(props.set_off.covered + props.set_off.back), &locale) }
                </dl>
                if is_even {
                    <p data-test="exchange-even">{ words.even }</p>
                } else {
                    { tender_choice(&refund, &offered(&props.tenders, &refund, props.customer_id.is_some()), choose, &locale) }
                    <div aria-live="polite">
                        <p class="muted text-sm">{ words.to_give_back }</p>
                        <p class="tabular text-3xl font-bold tracking-tight" data-test="exchange-back">{ &amount }</p>
                    </div>
                }
                if let Err(error) = &back {
                    <Problem failure={of_sale(error)} />
                }
                if let Some(failure) = (*failure).clone() {
                    <Problem {failure} />
                }
                <button
                    id={CONFIRM_ID}
                    type="submit"
                    class="btn btn-primary btn-block min-h-14 text-base font-semibold"
                    disabled={*is_busy || back.is_err()}
                    data-test="exchange-confirm"
                >
                    if is_even {
                        { words.confirm_even }
                    } else {
                        { fill(words.confirm_back, &[("amount", &amount)]) }
                    }
                </button>
            </form>
        </Dialog>
        if *needs_approval {
            <ApprovalDialog
                draft_id={props.draft_id}
                permissions={vec![Permission::RefundOtherTender]}
                on_approved={submit}
                on_close={Callback::from(move |()| needs_approval.set(false))}
            />
        }
        </>
    }
}

fn command(props: &ExchangeProps, refund: &Refund) -> CompleteSale {
    CompleteSale {
        draft_id: props.draft_id,
        lines: props.lines.clone(),
        payments: Vec::new(),
        customer_id: props.customer_id,
        terms: props.terms.clone(),
        quote_id: props.quote_id,
        exchange: Some(exchanged(refund, Some(&props.set_off))),
    }
}

/// The goods as the till is asked to take them back; what is left of their worth goes back by the
/// chosen tenders.
pub(super) fn exchanged(refund: &Refund, set_off: Option<&SetOff>) -> ExchangedGoods {
    ExchangedGoods {
        original_id: refund.receipt.document.document_id,
        lines: refund.lines(),
        tender: refund.tender,
        payouts: set_off.map_or_else(Vec::new, |set_off| refund.rest(set_off)),
        reason: refund.reason.clone(),
    }
}

fn row(label: &str, amount: Money, locale: &Locale) -> Html {
    html! {
        <div class="flex justify-between gap-4 py-0.5">
            <dt class="muted">{ label.to_owned() }</dt>
            <dd class="num font-medium">{ format::money(amount, locale) }</dd>
        </div>
    }
}
