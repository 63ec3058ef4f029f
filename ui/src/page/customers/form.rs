//! A customer's record as a form.

use domain::{
    contract::{failure::Failure, ipc::PutCustomer},
    customer::{Consent, Customer, CustomerField},
    id::CustomerId,
};
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, SubmitEvent, UseStateHandle, component, html, use_state};

use crate::{
    component::{
        feedback::Problem,
        field::Field,
        tax_id::{TaxIdNote, tax_id_note},
    },
    format::Locale,
    hook::{shop::new_draft, use_locale},
    ipc,
    text::Words,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct FormProps {
    /// None creates one.
    pub customer: Option<Customer>,
    pub can_edit: bool,
    /// What the name starts with when one is created.
    #[prop_or_default]
    pub name: String,
    pub on_saved: Callback<Customer>,
}

#[component]
pub fn CustomerForm(props: &FormProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    let typed = use_state(|| {
        props.customer.clone().unwrap_or_else(|| Customer {
            name: props.name.clone(),
            ..Customer::empty(CustomerId(Uuid::nil()))
        })
    });
    let draft_id = use_state(new_draft);
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    let is_changed = props.customer.as_ref() != Some(&*typed);
    let can_save = props.can_edit && is_changed && !typed.name.trim().is_empty() && !*is_busy;
    let onsubmit = {
        let (typed, is_busy, failure) = (typed.clone(), is_busy.clone(), failure.clone());
        let (draft_id, on_saved) = (draft_id.clone(), props.on_saved.clone());
        let customer_id = props.customer.as_ref().map(|customer| customer.customer_id);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if !can_save {
                return;
            }
            is_busy.set(true);
            failure.set(None);
            let command = command(*draft_id, customer_id, &typed);
            let (typed, is_busy, failure) = (typed.clone(), is_busy.clone(), failure.clone());
            let (draft_id, on_saved) = (draft_id.clone(), on_saved.clone());
            spawn_local(async move {
                match ipc::call(&command).await {
                    Ok(customer) => {
                        // What is changed next is another entry.
                        draft_id.set(new_draft());
                        typed.set(customer.clone());
                        on_saved.emit(customer);
                    }
                    Err(refused) => failure.set(Some(refused)),
                }
                is_busy.set(false);
            });
        })
    };
    let title = if props.customer.is_some() {
        words.shop.customer_edit
    } else {
        words.shop.customer_new
    };
    html! {
        <form class="flex flex-col gap-4 p-6" {onsubmit} aria-label={title}>
            <h2 class="text-lg font-semibold">{ title }</h2>
            { for CONTACT.into_iter().map(|field| text_field(field, &typed, &locale)) }
            <fieldset class="flex flex-col gap-4 rounded-field border border-base-300 p-4">
                <legend class="px-1 text-sm font-semibold">{ words.customer.invoice_data }</legend>
                { for INVOICE.into_iter().map(|field| text_field(field, &typed, &locale)) }
            </fieldset>
            { consents(&typed, words) }
            { text_field(CustomerField::Notes, &typed, &locale) }
            if let Some(failure) = (*failure).clone() {
                <Problem {failure} />
            }
            if props.can_edit {
                <button type="submit" class="btn btn-primary h-12" disabled={!can_save} data-test="customer-save">
                    { words.common.save }
                </button>
            }
        </form>
    }
}

fn command(
    draft_id: domain::id::DraftId,
    customer_id: Option<CustomerId>,
    typed: &Customer,
) -> PutCustomer {
    PutCustomer {
        draft_id,
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
    }
}

const CONTACT: [CustomerField; 4] = [
    CustomerField::Name,
    CustomerField::Phone,
    CustomerField::Email,
    CustomerField::Address,
];
const INVOICE: [CustomerField; 3] = [
    CustomerField::TaxId,
    CustomerField::LegalName,
    CustomerField::FiscalAddress,
];

fn text_field(field: CustomerField, typed: &UseStateHandle<Customer>, locale: &Locale) -> Html {
    let words = locale.words();
    let typed = typed.clone();
    // Said as it is typed, and no reason not to save it.
    let note = match field {
        CustomerField::TaxId => tax_id_note(&typed.tax_id, locale),
        _ => TaxIdNote::default(),
    };
    html! {
        <Field
            key={field.name()}
            id={format!("customer-{}", field.name())}
            label={label(field, words)}
            value={typed.get(field).to_owned()}
            hint={note.hint}
            wrong={note.warning}
            kind={kind(field)}
            inputmode={inputmode(field)}
            required={field == CustomerField::Name}
            autofocus={field == CustomerField::Name}
            area={field == CustomerField::Notes}
            test={format!("customer-{}-field", field.name())}
            on_input={Callback::from(move |text: String| set(&typed, field, text))}
        />
    }
}

fn set(typed: &UseStateHandle<Customer>, field: CustomerField, text: String) {
    let mut next = (**typed).clone();
    next.set(field, text);
    typed.set(next);
}

/// In which ways the customer may be reached.
fn consents(typed: &UseStateHandle<Customer>, words: &'static Words) -> Html {
    let ways = Consent::read(&typed.consent);
    html! {
        <fieldset class="flex flex-wrap items-center gap-x-5 gap-y-2">
            <legend class="mb-1.5 text-sm font-medium">{ words.customer.consent }</legend>
            { for Consent::ALL.into_iter().map(|way| {
                let is_given = ways.contains(&way);
                let next: Vec<Consent> = Consent::ALL
                    .into_iter()
                    .filter(|other| ways.contains(other) != (*other == way))
                    .collect();
                let typed = typed.clone();
                let onchange = Callback::from(move |_| {
                    set(&typed, CustomerField::Consent, Consent::write(&next));
                });
                html! {
                    <label class="flex min-h-11 items-center gap-2 text-sm" key={way.name()}>
                        <input
                            type="checkbox"
                            class="checkbox checkbox-primary checkbox-sm"
                            checked={is_given}
                            data-test={format!("customer-consent-{}", way.name())}
                            {onchange}
                        />
                        { consent_name(way, words) }
                    </label>
                }
            }) }
        </fieldset>
    }
}

/// What a way of reaching a customer is called.
#[must_use]
pub const fn consent_name(way: Consent, words: &'static Words) -> &'static str {
    match way {
        Consent::Email => words.customer.consent_email,
        Consent::Phone => words.customer.consent_phone,
        Consent::Message => words.customer.consent_message,
    }
}

const fn label(field: CustomerField, words: &'static Words) -> &'static str {
    match field {
        CustomerField::Name => words.shop.name,
        CustomerField::Phone => words.shop.phone,
        CustomerField::Email => words.shop.email,
        CustomerField::Address => words.shop.address,
        CustomerField::TaxId => words.shop.tax_id,
        CustomerField::Notes => words.shop.notes,
        CustomerField::LegalName => words.customer.legal_name,
        CustomerField::FiscalAddress => words.customer.fiscal_address,
        // Not typed: ticked, and written by merging.
        CustomerField::Consent => words.customer.consent,
        CustomerField::MergedInto | CustomerField::ApartFrom => words.customer.merged,
    }
}

const fn kind(field: CustomerField) -> &'static str {
    match field {
        CustomerField::Phone => "tel",
        _ => "text",
    }
}

const fn inputmode(field: CustomerField) -> &'static str {
    match field {
        CustomerField::Phone => "tel",
        CustomerField::Email => "email",
        _ => "text",
    }
}
