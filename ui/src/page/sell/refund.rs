//! A return against a receipt: find it, choose what comes back, give the money back.

use domain::{
    contract::{
        failure::{Failure, code},
        ipc::{CompleteRefund, DocumentView, FindDocument},
    },
    customer::Customer,
    id::{CustomerId, DraftId},
    money::Money,
    quantity::Quantity,
    sale::{CashRounding, DocumentKind, Tender, TenderCode},
    staff::Permission,
    stock::Location,
};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::{
    Callback, Html, Properties, SubmitEvent, UseReducerHandle, UseStateHandle, component, html,
    use_effect_with, use_reducer, use_state,
};

use crate::{
    component::{
        dialog::Dialog,
        feedback::{Empty, Key, Problem},
        field::Field,
        icon::{Icon, Shape},
        paper::tender_name,
        segmented::{Choice, Segmented},
        stepper::Stepper,
    },
    format::{self, Locale, time::moment},
    hook::{shop::new_draft, use_dialog_scanner, use_keydown, use_locale},
    ipc,
    page::{approval::ApprovalDialog, customers::picker::CustomerPicker},
    state::refund::{Refund, RefundAction},
    text::{failure::of_sale, fill},
};

const PLACES: [Location; 3] = [Location::ShopFloor, Location::Bench, Location::Faulty];

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct RefundProps {
    pub number: Option<String>,
    /// Means of payment in use.
    pub tenders: Rc<Vec<Tender>>,
    pub rounding: Option<CashRounding>,
    /// How often customers have changed, and whether the person may write a new one down.
    pub customers: u32,
    pub can_edit: bool,
    pub on_done: Callback<DocumentView>,
    /// The goods go into a sale; none for who may not sell.
    pub on_exchange: Option<Callback<Rc<Refund>>>,
    pub on_close: Callback<()>,
}

#[component]
pub fn RefundDialog(props: &RefundProps) -> Html {
    let words = use_locale().words();
    let typed = use_state(String::new);
    let receipt = use_state(|| None::<Rc<DocumentView>>);
    let failure = use_state(|| None::<Failure>);
    let find = {
        let (receipt, failure) = (receipt.clone(), failure.clone());
        Callback::from(move |number: String| {
            let number = number.trim().to_uppercase();
            let (receipt, failure) = (receipt.clone(), failure.clone());
            failure.set(None);
            spawn_local(async move {
                match of_number(number).await {
                    Ok(view) => receipt.set(Some(Rc::new(view))),
                    Err(refused) => failure.set(Some(refused)),
                }
            });
        })
    };
    use_effect_with(props.number.clone(), {
        let find = find.clone();
        move |number| {
            if let Some(number) = number {
                find.emit(number.clone());
            }
        }
    });
    use_dialog_scanner(receipt.is_none(), find.clone());
    let onsubmit = {
        let (typed, find) = (typed.clone(), find.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if !typed.trim().is_empty() {
                find.emit((*typed).clone());
            }
        })
    };
    html! {
        <Dialog
            title={words.sell.refund_title}
            on_close={props.on_close.clone()}
            class={if receipt.is_some() { "w-[min(52rem,calc(100vw-2rem))]" } else { "w-[min(30rem,calc(100vw-2rem))]" }}
            test="dialog-refund"
        >
            if let Some(receipt) = (*receipt).clone() {
                <RefundForm {receipt} tenders={props.tenders.clone()} rounding={props.rounding} customers={props.customers} can_edit={props.can_edit} on_done={props.on_done.clone()} on_exchange={props.on_exchange.clone()} />
            } else {
                <form class="flex flex-col gap-5 p-6" {onsubmit}>
                    <Field
                        id="refund-number"
                        label={words.sell.refund_number}
                        hint={words.sell.refund_number_lead}
                        value={(*typed).clone()}
                        on_input={ { let typed = typed.clone(); Callback::from(move |text| typed.set(text)) } }
                        required=true
                        autofocus=true
                        test="refund-number"
                    />
                    if let Some(failure) = (*failure).clone() {
                        <Problem {failure} />
                    }
                    <button type="submit" class="btn btn-primary h-13" disabled={typed.trim().is_empty()} data-test="refund-find">
                        { words.sell.refund_find }
                    </button>
                </form>
            }
        </Dialog>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct FormProps {
    receipt: Rc<DocumentView>,
    tenders: Rc<Vec<Tender>>,
    rounding: Option<CashRounding>,
    customers: u32,
    can_edit: bool,
    on_done: Callback<DocumentView>,
    on_exchange: Option<Callback<Rc<Refund>>>,
}

#[component]
fn RefundForm(props: &FormProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    let refund = {
        let (receipt, tenders, rounding) =
            (props.receipt.clone(), props.tenders.clone(), props.rounding);
        use_reducer(move || Refund::new(receipt, &tenders, rounding))
    };
    let draft_id = use_state(new_draft);
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    let needs_approval = use_state(|| false);
    let holder_of = use_state(|| None::<Customer>);
    let is_choosing = use_state(|| false);
    let exchange = {
        let (refund, on_exchange) = (refund.clone(), props.on_exchange.clone());
        Callback::from(move |()| {
            if let Some(on_exchange) = on_exchange.as_ref().filter(|_| !refund.lines().is_empty()) {
                on_exchange.emit(Rc::new((*refund).clone()));
            }
        })
    };
    {
        let exchange = exchange.clone();
        use_keydown(move |event| {
            if event.key() == "F9" {
                event.prevent_default();
                exchange.emit(());
            }
        });
    }
    if props.receipt.document.kind != DocumentKind::Receipt {
        return html! { <Empty shape={Shape::Undo2} title={words.sell.refund_not_receipt} /> };
    }
    if refund.is_spent() {
        return html! { <Empty shape={Shape::CircleCheck} title={words.sell.refund_nothing_left} /> };
    }
    let total = refund.total();
    // Store credit is in somebody's name.
    let is_named = props.receipt.document.customer_id.is_some();
    let needs_customer = refund.tender == TenderCode::STORE_CREDIT && !is_named;
    let is_ready = !refund.lines().is_empty() && (!needs_customer || holder_of.is_some());
    let can_confirm = total.as_ref().is_ok() && is_ready && !*is_busy;
    let submit = {
        let (refund, draft_id) = (refund.clone(), *draft_id);
        let customer_id = holder_of.as_ref().map(|customer| customer.customer_id);
        let sending = Sending {
            customer_id: customer_id.filter(|_| needs_customer),
            is_busy: is_busy.clone(),
            failure: failure.clone(),
            needs_approval: needs_approval.clone(),
            on_done: props.on_done.clone(),
        };
        Callback::from(move |()| {
            if can_confirm {
                sending.clone().complete(&refund, draft_id);
            }
        })
    };
    let onsubmit = submit.reform(|event: SubmitEvent| event.prevent_default());
    let document = &props.receipt.document;
    let all = {
        let refund = refund.clone();
        Callback::from(move |_| refund.dispatch(RefundAction::ChooseAll))
    };
    html! {
        <>
        <form class="grid grid-cols-[minmax(0,1fr)] md:grid-cols-[minmax(0,1fr)_19rem]" {onsubmit}>
            <div class="flex flex-col border-r border-base-300 md:max-h-[calc(100vh-8rem)] md:min-h-96">
                <div class="flex items-center gap-3 px-6 pb-2 pt-4">
                    <div class="grow">
                        <p class="tabular font-semibold" data-test="refund-of">{ &document.number }</p>
                        <p class="muted tabular text-xs">
                            { moment(document.wall_ms, document.utc_offset_min, &locale) }
                        </p>
                    </div>
                    <button type="button" class="btn" data-test="refund-all" onclick={all}>
                        { words.sell.refund_all }
                    </button>
                </div>
                <h3 class="sr-only">{ words.sell.refund_lines }</h3>
                <ul class="min-h-0 grow overflow-y-auto">
                    { for (0..document.lines.len()).map(|place| line(&refund, place, &locale)) }
                </ul>
            </div>
            <div class="flex flex-col gap-5 p-6">
                { options(&refund, &offered(&props.tenders, &refund, true), &locale) }
                if needs_customer {
                    { holder(&holder_of, &is_choosing, &locale) }
                }
                <span class="grow"></span>
                if let Err(error) = &total {
                    <Problem failure={of_sale(error)} />
                }
                if let Some(failure) = (*failure).clone() {
                    <Problem {failure} />
                }
                <div aria-live="polite">
                    <p class="muted text-sm">{ words.sell.refund_total }</p>
                    <p class="tabular text-3xl font-bold tracking-tight" data-test="refund-total">
                        { format::money(total.clone().unwrap_or(Money::ZERO), &locale) }
                    </p>
                </div>
                <button
                    type="submit"
                    class="btn btn-primary btn-block min-h-14 text-base font-semibold"
                    disabled={!can_confirm}
                    data-test="refund-confirm"
                >
                    { fill(words.sell.refund_confirm, &[
                        ("amount", &format::money(total.unwrap_or(Money::ZERO), &locale))
                    ]) }
                </button>
                if props.on_exchange.is_some() {
                    <button
                        type="button"
                        class="btn btn-block min-h-12 gap-2"
                        title={words.exchange.lead}
                        disabled={refund.lines().is_empty() || *is_busy}
                        data-test="refund-exchange"
                        onclick={exchange.reform(|_| ())}
                    >
                        <Icon shape={Shape::RefreshCw} class="size-4" />
                        { words.exchange.exchange }
                        <Key label="F9" />
                    </button>
                }
            </div>
        </form>
        if *is_choosing {
            <CustomerPicker
                version={props.customers}
                can_edit={props.can_edit}
                on_choose={ {
                    let (holder_of, is_choosing) = (holder_of.clone(), is_choosing.clone());
                    Callback::from(move |customer| {
                        holder_of.set(Some(customer));
                        is_choosing.set(false);
                    })
                } }
                on_close={ {
                    let is_choosing = is_choosing.clone();
                    Callback::from(move |()| is_choosing.set(false))
                } }
            />
        }
        if *needs_approval {
            <ApprovalDialog
                draft_id={*draft_id}
                permissions={vec![Permission::RefundOtherTender]}
                on_approved={submit}
                on_close={Callback::from(move |()| needs_approval.set(false))}
            />
        }
        </>
    }
}

/// Who gets the store credit of a receipt without a customer.
fn holder(
    chosen: &UseStateHandle<Option<Customer>>,
    is_choosing: &UseStateHandle<bool>,
    locale: &Locale,
) -> Html {
    let words = locale.words().balance;
    let choose = {
        let is_choosing = is_choosing.clone();
        Callback::from(move |_| is_choosing.set(true))
    };
    html! {
        <button type="button" class="btn h-12 gap-2" data-test="refund-customer" onclick={choose}>
            <Icon shape={Shape::User} class="size-4" />
            if let Some(customer) = chosen.as_ref() {
                <span class="truncate">{ fill(words.for_customer, &[("name", &customer.name)]) }</span>
            } else {
                { words.choose_customer }
            }
        </button>
    }
}

/// What a refund on its way to the till tells the form.
#[derive(Clone)]
struct Sending {
    /// Who gets store credit.
    customer_id: Option<CustomerId>,
    is_busy: UseStateHandle<bool>,
    failure: UseStateHandle<Option<Failure>>,
    needs_approval: UseStateHandle<bool>,
    on_done: Callback<DocumentView>,
}

impl Sending {
    fn complete(self, refund: &Refund, draft_id: DraftId) {
        let payouts = match refund.payouts() {
            Ok(payouts) => payouts,
            Err(error) => return self.failure.set(Some(of_sale(&error))),
        };
        self.is_busy.set(true);
        self.failure.set(None);
        self.needs_approval.set(false);
        let command = CompleteRefund {
            draft_id,
            original_id: Some(refund.receipt.document.document_id),
            lines: refund.lines(),
            loose: Vec::new(),
            customer_id: self.customer_id,
            tender: refund.tender,
            payouts,
            reason: refund.reason.clone(),
        };
        spawn_local(async move {
            match ipc::call(&command).await {
                Ok(view) => self.on_done.emit(view),
                Err(refused) => {
                    let exceeds = refused.code == code::REFUND_EXCEEDS_TENDER;
                    self.needs_approval.set(exceeds);
                    self.failure.set(Some(refused));
                    self.is_busy.set(false);
                }
            }
        });
    }
}

fn line(refund: &UseReducerHandle<Refund>, place: usize, locale: &Locale) -> Html {
    let words = locale.words().sell;
    let Some(sold) = refund.receipt.document.lines.get(place) else {
        return Html::default();
    };
    let left = refund.left_of_line(place);
    let chosen = refund.chosen.get(place).copied().unwrap_or_default();
    let told = fill(
        words.refund_left,
        &[
            ("n", &format::quantity(left, locale)),
            ("all", &format::quantity(sold.quantity_milli, locale)),
        ],
    );
    let choosing = refund.clone();
    html! {
        <li key={sold.n.to_string()} class="flex items-center gap-4 border-t border-base-300/70 px-6 py-3">
            <div class="min-w-0 grow">
                <p class="line-clamp-2 text-sm font-medium">{ &sold.name }</p>
                if let Some(serial) = &sold.details.serial {
                    <p class="tabular text-xs font-medium">{ locale.words().serial.serial }{ " " }{ serial }</p>
                }
                <p class="muted tabular text-xs">
                    { format::money(sold.total_minor, locale) }{ " · " }{ told }
                </p>
            </div>
            if left > Quantity::ZERO {
                <Stepper
                    value={chosen}
                    max={Some(left)}
                    label={sold.name.clone()}
                    test={format!("refund-{}", sold.n)}
                    on_change={Callback::from(move |quantity| choosing.dispatch(RefundAction::Choose(place, quantity)))}
                />
            }
        </li>
    }
}

/// Tenders by which money may go back: those that took some, then the others, for which a manager
/// must agree.
pub(super) fn offered(tenders: &[Tender], refund: &Refund, has_customer: bool) -> Vec<TenderCode> {
    // Nobody else's card or account gets the money; a customer may have it kept.
    let is_possible = |code: TenderCode| match code {
        TenderCode::GIFT_CARD | TenderCode::ACCOUNT => refund.took(code),
        TenderCode::STORE_CREDIT => has_customer,
        _ => true,
    };
    let gives_back = tenders.iter().filter(|tender| tender.is_refundable);
    let gives_back = gives_back.filter(|tender| is_possible(tender.code));
    let mut codes: Vec<TenderCode> = gives_back.map(|tender| tender.code).collect();
    codes.sort_by_key(|code| !refund.took(*code));
    codes
}

/// How a refund over several tenders is split.
fn split(refund: &Refund, locale: &Locale) -> Html {
    let payments = refund.payments().unwrap_or_default();
    if payments.len() < 2 {
        return Html::default();
    }
    html! {
        <ul class="flex flex-col gap-1 text-sm" data-test="refund-split">
            { for payments.iter().map(|payment| html! {
                <li class="flex justify-between gap-4">
                    <span class="muted">{ tender_name(payment.tender, locale) }</span>
                    <span class="num font-medium">{ format::money(payment.amount_minor, locale) }</span>
                </li>
            }) }
        </ul>
    }
}

fn options(refund: &UseReducerHandle<Refund>, offered: &[TenderCode], locale: &Locale) -> Html {
    let words = locale.words().sell;
    let reasons = [
        words.reason_defective,
        words.reason_mind,
        words.reason_wrong,
        words.reason_other,
    ];
    let names = [words.to_shelf, words.to_bench, words.to_faulty];
    let places = PLACES.iter().zip(names).map(|(location, name)| Choice {
        label: name.into(),
        shape: None,
        test: format!("refund-to-{}", location.name()).into(),
    });
    let on_tender = {
        let refund = refund.clone();
        Callback::from(move |tender| refund.dispatch(RefundAction::Tender(tender)))
    };
    let on_place = refund.clone();
    html! {
        <>
            <fieldset class="flex flex-col gap-2">
                <legend class="mb-1.5 text-sm font-medium">{ words.refund_reason }</legend>
                <div class="flex flex-wrap gap-2">
                    { for reasons.into_iter().enumerate().map(|(place, reason)| {
                        let choosing = refund.clone();
                        let is_on = refund.reason == reason;
                        html! {
                            <button
                                type="button"
                                class={if is_on { "btn btn-neutral min-h-11 px-3 text-sm font-normal" } else { "btn min-h-11 px-3 text-sm font-normal" }}
                                aria-pressed={is_on.to_string()}
                                data-test={format!("refund-reason-{place}")}
                                onclick={Callback::from(move |_| choosing.dispatch(RefundAction::Reason(reason.to_owned())))}
                            >
                                { reason }
                            </button>
                        }
                    }) }
                </div>
            </fieldset>
            <div class="flex flex-col gap-1.5">
                <p class="text-sm font-medium">{ words.refund_goods }</p>
                <Segmented
                    label={words.refund_goods}
                    choices={places.collect::<Vec<_>>()}
                    chosen={PLACES.iter().position(|place| *place == refund.location).unwrap_or(0)}
                    on_choose={Callback::from(move |place: usize| {
                        if let Some(location) = PLACES.get(place) {
                            on_place.dispatch(RefundAction::Location(*location));
                        }
                    })}
                />
            </div>
            <div class="flex flex-col gap-1.5">
                { tender_choice(refund, offered, on_tender, locale) }
                { split(refund, locale) }
            </div>
        </>
    }
}

/// By which tender money goes back.
pub(super) fn tender_choice(
    refund: &Refund,
    offered: &[TenderCode],
    on_choose: Callback<TenderCode>,
    locale: &Locale,
) -> Html {
    let label = locale.words().sell.refund_tender;
    let tenders = offered.iter().map(|tender| Choice {
        label: tender_name(*tender, locale).into(),
        shape: None,
        test: format!("refund-tender-{}", tender.name()).into(),
    });
    let chosen = offered.iter().position(|tender| *tender == refund.tender);
    let codes = offered.to_vec();
    html! {
        <>
            <p class="flex items-center gap-2 text-sm font-medium">
                <Icon shape={Shape::Banknote} class="size-4" />{ label }
            </p>
            <Segmented
                {label}
                choices={tenders.collect::<Vec<_>>()}
                chosen={chosen.unwrap_or(usize::MAX)}
                on_choose={Callback::from(move |place: usize| {
                    if let Some(tender) = codes.get(place) {
                        on_choose.emit(*tender);
                    }
                })}
            />
        </>
    }
}

/// The document of a number; of an invoice, its receipt, against which goods come back.
async fn of_number(number: String) -> Result<DocumentView, Failure> {
    let view = ipc::call(&FindDocument { number }).await?;
    match view
        .original_number
        .clone()
        .filter(|_| view.invoice.is_some())
    {
        Some(number) => ipc::call(&FindDocument { number }).await,
        None => Ok(view),
    }
}
