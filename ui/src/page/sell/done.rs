//! After a sale or a return: the change in huge digits, the paper, and the next sale one key away.

use domain::{
    contract::ipc::{DocumentView, FindDocument},
    money::Money,
    sale::{Document, DocumentKind, TenderCode},
};
use yew::{Callback, Html, Properties, component, html, use_effect_with};

use crate::{
    component::icon::{Icon, Shape},
    format,
    hook::{
        Shop,
        keyboard::{focus, is_dialog_open},
        use_ipc, use_keydown, use_locale,
    },
    page::receipt::ReceiptPanel,
};

const NEW_SALE_ID: &str = "new-sale";

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct DoneProps {
    pub shop: Shop,
    pub view: DocumentView,
    pub on_new: Callback<()>,
}

#[component]
pub fn Done(props: &DoneProps) -> Html {
    let locale = use_locale();
    let words = locale.words().sell;
    let document = &props.view.document;
    let change = document
        .payments
        .iter()
        .fold(Money::ZERO, |sum, payment| sum + payment.change_minor);
    let is_refund = document.kind == DocumentKind::CreditNote;
    let exchange = locale.words().exchange;
    // The credit note of the exchange says what went back.
    let other = document.details.exchange.as_ref().filter(|_| !is_refund);
    let other = other.map(|other| FindDocument {
        number: other.number.clone(),
    });
    let is_exchange = other.is_some();
    let other = use_ipc(other, 0);
    let back = (other.data.as_ref()).map_or(Money::ZERO, |other| in_money(&other.document));
    let (title, label, amount) = if is_exchange && back > Money::ZERO {
        (exchange.done, exchange.given_back, back)
    } else if is_exchange && change.is_zero() {
        let paid = in_money(document);
        let label = if paid.is_zero() {
            exchange.nothing
        } else {
            exchange.paid
        };
        (exchange.done, label, paid)
    } else if is_refund {
        (words.refund_done, words.refunded, document.total_minor)
    } else if change > Money::ZERO {
        (words.sale_done, words.change_due, change)
    } else {
        (words.sale_done, words.paid, document.total_minor)
    };
    use_effect_with(document.document_id, |_| focus(NEW_SALE_ID));
    {
        let on_new = props.on_new.clone();
        use_keydown(move |event| {
            // A dialog over it closes by itself.
            if is_dialog_open() {
                return;
            }
            if event.key() == "Escape" || event.key() == "F2" {
                event.prevent_default();
                on_new.emit(());
            }
        });
    }
    html! {
        <section
            class="arrives fixed inset-y-0 left-20 right-0 top-14 z-20 grid grid-cols-[minmax(0,1fr)] overflow-y-auto bg-base-200 md:grid-cols-[minmax(0,1fr)_minmax(22rem,38%)] md:overflow-hidden"
            aria-label={title}
            data-test="page-done"
        >
            <div class="flex flex-col items-center justify-center gap-6 p-8 text-center">
                <p class="flex items-center gap-2 text-lg font-medium text-success" role="status">
                    <Icon shape={Shape::CircleCheck} class="size-6" />
                    { title }
                </p>
                <div aria-live="assertive">
                    <p class="muted text-xl">{ label }</p>
                    <p
                        class="tabular text-huge font-bold leading-none tracking-tighter"
                        data-test={if change > Money::ZERO { "change-due" } else { "done-amount" }}
                    >
                        { format::money(amount, &locale) }
                    </p>
                    if change > Money::ZERO {
                        <p class="muted tabular mt-3">
                            { words.total }{ " " }{ format::money(document.total_minor, &locale) }
                        </p>
                    }
                </div>
                <button
                    id={NEW_SALE_ID}
                    type="button"
                    class="btn btn-primary h-16 px-10 text-lg font-semibold"
                    data-test="new-sale"
                    onclick={props.on_new.reform(|_| ())}
                >
                    <Icon shape={Shape::Plus} class="size-6" />
                    { words.new_sale }
                </button>
                <p class="muted flex items-center gap-2 text-sm" data-test="done-saved" data-pending={props.view.is_pending.to_string()}>
                    if props.view.is_pending {
                        <Icon shape={Shape::HardDrive} class="size-4" />{ words.saved_here }
                    } else {
                        <Icon shape={Shape::CloudCheck} class="size-4" />{ words.saved_server }
                    }
                </p>
            </div>
            <div class="border-l md:overflow-y-auto border-base-300 bg-base-300/40 p-6">
                <ReceiptPanel shop={props.shop.clone()} view={props.view.clone()} />
            </div>
        </section>
    }
}

/// What changed hands, goods that pay for goods aside.
fn in_money(document: &Document) -> Money {
    let payments = document.payments.iter();
    let money = payments.filter(|one| one.tender != TenderCode::EXCHANGE);
    money.fold(Money::ZERO, |sum, one| sum + one.amount_minor)
}
