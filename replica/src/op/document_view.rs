//! A document with the names around it, as a screen shows it.

use domain::{
    contract::ipc::DocumentView,
    customer::Customer,
    id::OpId,
    sale::{Document, DocumentKind, Invoice},
};
use sqlx::SqliteConnection;

use super::{invoice_view, prove, quote_view::paper};
use crate::{error::Error, identity::Identity, store};

/// Who the customer is and how to reach them.
#[derive(Debug, Default)]
pub(super) struct Contact {
    pub(super) name: String,
    pub(super) phone: String,
    pub(super) email: String,
}

impl Contact {
    pub(super) fn of(customer: Customer) -> Self {
        Self {
            name: customer.name,
            phone: customer.phone,
            email: customer.email,
        }
    }
}

/// Reads a document and what belongs to it.
pub(crate) async fn load_view(
    connection: &mut SqliteConnection,
    identity: &Identity,
    document_id: OpId,
) -> Result<DocumentView, Error> {
    let (document, is_pending) = store::document::load(connection, document_id)
        .await?
        .ok_or(Error::DocumentUnknown)?;
    view(connection, identity, document, is_pending).await
}

/// The same, or a quote, for whoever draws its paper.
pub(crate) async fn load_paper(
    connection: &mut SqliteConnection,
    identity: &Identity,
    id: OpId,
) -> Result<DocumentView, Error> {
    if let Some((document, is_pending)) = store::document::load(connection, id).await? {
        return view(connection, identity, document, is_pending).await;
    }
    if let Some(invoice) = invoice_view::paper(connection, identity, &id.to_string()).await? {
        return Ok(invoice);
    }
    let store_id = identity.enrolment.store.store_id;
    let quote = store::quote::one_shown(connection, store_id, id).await?;
    paper(connection, identity, &quote.ok_or(Error::DocumentUnknown)?).await
}

/// What belongs to a document that is at hand.
pub(crate) async fn view(
    connection: &mut SqliteConnection,
    identity: &Identity,
    document: Document,
    is_pending: bool,
) -> Result<DocumentView, Error> {
    let own = document.device_id == identity.device_id();
    let till = if own {
        Some(identity.place.till.clone())
    } else {
        store::place::till(connection, document.device_id).await?
    };
    let store = std::iter::once(&identity.place.store)
        .chain(&identity.place.stores)
        .find(|store| store.store_id == document.store_id)
        .cloned();
    let staff_name = store::staff::name(connection, document.staff_id).await?;
    let customer = match document.customer_id {
        Some(customer_id) => store::customer::one_shown(connection, customer_id)
            .await?
            .map_or_else(Contact::default, Contact::of),
        None => Contact::default(),
    };
    let original_number = match document.original_id {
        Some(original_id) => store::document::number(connection, original_id).await?,
        None => None,
    };
    let proof = prove::of(connection, identity, &document).await?;
    let refunded = store::document::refunded(connection, document.document_id).await?;
    let balances = match document.kind {
        DocumentKind::Receipt => {
            store::document::balances(connection, document.document_id).await?
        }
        DocumentKind::CreditNote => Vec::new(),
    };
    let (store_id, document_id) = (document.store_id, document.document_id);
    let invoice = store::invoice::one_shown(connection, store_id, document_id).await?;
    let invoices = invoice.iter().flat_map(Invoice::all);
    let invoices = invoices.map(|one| one.invoiced.number.clone()).collect();
    Ok(DocumentView {
        store,
        till_number: till.map(|till| till.number),
        staff_name,
        customer_name: customer.name,
        customer_phone: customer.phone,
        customer_email: customer.email,
        proof,
        original_number,
        refunded,
        balances,
        is_pending,
        quote: None,
        invoice: None,
        invoices,
        document,
    })
}
