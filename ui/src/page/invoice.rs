//! A receipt becomes an invoice: for whom, and under which name, tax id and address.

use domain::{
    contract::{
        failure::Failure,
        ipc::{DocumentView, GetCustomer, MakeInvoice, PutCustomer},
    },
    country::PaperField,
    customer::{Customer, CustomerField},
    id::{DraftId, OpId},
    sale::invoice::is_required,
    staff::Permission,
};
use wasm_bindgen_futures::spawn_local;
use yew::{
    Callback, Html, Properties, SubmitEvent, UseStateHandle, component, html, use_effect_with,
    use_state,
};

use crate::{
    component::{
        dialog::Dialog,
        feedback::{Problem, Skeleton},
        field::Field,
        tax_id::tax_id_note,
    },
    hook::{Shop, keyboard::focus, shop::new_draft, use_ipc, use_locale},
    ipc,
    page::customers::picker::CustomerSearch,
    text::fill,
};

const TAX_ID_ID: &str = "invoice-tax-id";

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct InvoiceProps {
    pub shop: Shop,
    /// The receipt.
    pub view: DocumentView,
    pub on_done: Callback<DocumentView>,
    pub on_close: Callback<()>,
}

#[component]
pub fn InvoiceDialog(props: &InvoiceProps) -> Html {
    let locale = use_locale();
    let words = locale.words().invoice;
    let document = &props.view.document;
    let chosen = use_state(|| None::<Customer>);
    let wants_other = use_state(|| document.customer_id.is_none());
    let of_receipt = document.customer_id.filter(|_| !*wants_other);
    let asked = of_receipt.map(|customer_id| GetCustomer { customer_id });
    let known = use_ipc(asked, props.shop.changes.customers);
    let of_receipt = known.data.as_ref().map(|view| view.customer.clone());
    let customer = (*chosen).clone().or(of_receipt.filter(|_| !*wants_other));
    let choose = {
        let chosen = chosen.clone();
        Callback::from(move |customer| chosen.set(Some(customer)))
    };
    let other = {
        let (chosen, wants_other) = (chosen.clone(), wants_other.clone());
        Callback::from(move |()| {
            chosen.set(None);
            wants_other.set(true);
        })
    };
    html! {
        <Dialog
            title={fill(words.title, &[("number", &document.number)])}
            on_close={props.on_close.clone()}
            test="dialog-invoice"
        >
            if let Some(customer) = customer {
                <InvoiceForm
                    key={customer.customer_id.to_string()}
                    customer={customer.clone()}
                    receipt_id={document.document_id}
                    can_edit={props.shop.may(Permission::EditCustomer)}
                    on_other={other}
                    on_done={props.on_done.clone()}
                />
            } else if *wants_other {
                <div class="flex flex-col gap-4 p-6">
                    <p class="font-semibold">{ words.for_whom }</p>
                    <CustomerSearch
                        version={props.shop.changes.customers}
                        can_edit={props.shop.may(Permission::EditCustomer)}
                        on_choose={choose}
                    />
                </div>
            } else if let Some(failure) = known.failure.clone() {
                <div class="p-6"><Problem {failure} on_retry={known.again.clone()} /></div>
            } else {
                <Skeleton rows=4 />
            }
        </Dialog>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct FormProps {
    customer: Customer,
    receipt_id: OpId,
    can_edit: bool,
    on_other: Callback<()>,
    on_done: Callback<DocumentView>,
}

#[component]
fn InvoiceForm(props: &FormProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    let typed = use_state(|| filled(&props.customer));
    let drafts = use_state(|| (new_draft(), new_draft()));
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    use_effect_with((), |()| focus(TAX_ID_ID));
    let onsubmit = {
        let (props, typed, drafts) = (props.clone(), typed.clone(), *drafts);
        let (is_busy, failure) = (is_busy.clone(), failure.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if *is_busy {
                return;
            }
            is_busy.set(true);
            failure.set(None);
            let (props, typed) = (props.clone(), (*typed).clone());
            let (is_busy, failure) = (is_busy.clone(), failure.clone());
            spawn_local(async move {
                match make(&props, &typed, drafts).await {
                    Ok(view) => props.on_done.emit(view),
                    Err(refused) => {
                        failure.set(Some(refused));
                        is_busy.set(false);
                    }
                }
            });
        })
    };
    let note = tax_id_note(&typed.tax_id, &locale);
    html! {
        <form class="flex flex-col gap-4 p-6" {onsubmit}>
            <div class="flex items-center justify-between gap-3">
                <p class="min-w-0 truncate font-semibold" data-test="invoice-customer">{ &props.customer.name }</p>
                <button type="button" class="btn btn-ghost h-11" data-test="invoice-other" onclick={props.on_other.reform(|_| ())}>
                    { words.invoice.other }
                </button>
            </div>
            <p class="muted text-sm">{ words.invoice.lead }</p>
            <Field
                id={TAX_ID_ID}
                label={words.shop.tax_id}
                hint={note.hint}
                wrong={note.warning}
                value={typed.tax_id.clone()}
                on_input={setter(&typed, CustomerField::TaxId)}
                required={is_required(&locale.country, PaperField::CustomerTaxId)}
                test="invoice-tax-id"
            />
            <Field
                id="invoice-legal-name"
                label={words.customer.legal_name}
                value={typed.legal_name.clone()}
                on_input={setter(&typed, CustomerField::LegalName)}
                required=true
                test="invoice-legal-name"
            />
            <Field
                id="invoice-fiscal-address"
                label={words.customer.fiscal_address}
                value={typed.fiscal_address.clone()}
                on_input={setter(&typed, CustomerField::FiscalAddress)}
                required={is_required(&locale.country, PaperField::CustomerAddress)}
                test="invoice-fiscal-address"
            />
            if props.can_edit {
                <p class="muted text-sm">{ words.invoice.saved_too }</p>
            }
            if let Some(failure) = (*failure).clone() {
                <Problem {failure} />
            }
            <button type="submit" class="btn btn-primary h-13" disabled={*is_busy} data-test="invoice-confirm">
                { words.invoice.confirm }
            </button>
        </form>
    }
}

/// The record with what an invoice takes from it where nothing else is written.
fn filled(customer: &Customer) -> Customer {
    let mut filled = customer.clone();
    if filled.legal_name.trim().is_empty() {
        filled.legal_name.clone_from(&customer.name);
    }
    if filled.fiscal_address.trim().is_empty() {
        filled.fiscal_address.clone_from(&customer.address);
    }
    filled
}

fn setter(typed: &UseStateHandle<Customer>, field: CustomerField) -> Callback<String> {
    let typed = typed.clone();
    Callback::from(move |text: String| {
        let mut next = (*typed).clone();
        next.set(field, text);
        typed.set(next);
    })
}

/// Saves what was changed of the record, then makes the invoice out of it.
async fn make(
    props: &FormProps,
    typed: &Customer,
    (saving, making): (DraftId, DraftId),
) -> Result<DocumentView, Failure> {
    let customer_id = Some(props.customer.customer_id);
    if props.can_edit && *typed != filled(&props.customer) {
        ipc::call(&PutCustomer {
            draft_id: saving,
            customer_id,
            name: typed.name.clone(),
            phone: typed.phone.clone(),
            email: typed.email.clone(),
            address: typed.address.clone(),
            tax_id: typed.tax_id.clone(),
            notes: typed.notes.clone(),
            legal_name: typed.legal_name.clone(),
            fiscal_address: typed.fiscal_address.clone(),
            consent: typed.consent.clone(),
        })
        .await?;
    }
    let command = MakeInvoice {
        draft_id: making,
        receipt_id: props.receipt_id,
        customer_id,
    };
    ipc::call(&command).await
}
