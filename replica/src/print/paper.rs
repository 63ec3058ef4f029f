//! What is printed: the document as it stands, laid out for this till's roll.

use domain::{
    contract::ipc::DocumentView,
    format::{Language, Locale},
    id::{OpId, StaffId},
    receipt::{Form, Options, PrinterSettings, Receipt, lay_out, lay_out_test},
    sale::{Document, Tender, owned_names},
};
use printing::{escpos, pdf};
use sqlx::SqliteConnection;

use crate::{
    error::Error,
    identity::Identity,
    op::document_view::load_paper,
    store::{
        self,
        print::{NewJob, NextJob},
    },
    till::Shared,
};

/// The bytes of a paper with all its copies.
pub(super) async fn bytes_of(
    till: &Shared,
    settings: &PrinterSettings,
    job: &NextJob,
) -> Result<Vec<u8>, Error> {
    let identity = till.identity()?;
    let mut options = Options {
        language: settings.language,
        form: settings.form(),
        return_days: settings.return_days,
        footer: settings.footer.clone(),
        // One that was begun and not ended well may have come out.
        is_copy: job.is_copy || job.is_begun,
        is_training: false,
        has_logo: settings.has_logo,
        // The drawer that was opened once is not opened by a later try.
        kicks_drawer: job.kicks_drawer && job.tries == 0,
    };
    let view = match job.document_id {
        Some(document_id) => {
            let mut connection = till.db.reader().await?;
            Some(load_paper(&mut connection, &identity, document_id).await?)
        }
        None => None,
    };
    let tenders = owned_names(&identity.place.tenders);
    let mut bytes = Vec::new();
    for _ in 0..settings.copies.max(1) {
        let elements = match &view {
            Some(view) => lay_out(&Receipt {
                organization: &identity.place.organization,
                tenders: &tenders,
                view,
                options: &options,
            }),
            None => test_page(&identity, &options),
        };
        bytes.extend(escpos::encode(&elements, options.form));
        options.kicks_drawer = false;
    }
    Ok(bytes)
}

fn test_page(identity: &Identity, options: &Options) -> Vec<domain::receipt::Element> {
    let place = &identity.place;
    let locale = Locale {
        language: options.language,
        country: &place.organization.country,
        currency: &place.organization.currency,
    };
    let till = format!("{} · {}", place.store.name, place.till.name);
    lay_out_test(locale, &till, options)
}

/// The PDF of a document in a person's language.
pub(crate) fn pdf_of(
    identity: &Identity,
    view: &DocumentView,
    settings: Option<&PrinterSettings>,
    language: Language,
    form: Form,
) -> Result<Vec<u8>, Error> {
    let mut options = Options::plain(language, form);
    options.has_logo = true;
    if let Some(settings) = settings {
        options.return_days = settings.return_days;
        options.footer.clone_from(&settings.footer);
    }
    let elements = lay_out(&Receipt {
        organization: &identity.place.organization,
        tenders: &owned_names(&identity.place.tenders),
        view,
        options: &options,
    });
    pdf::render(&elements, form, &view.document.number)
        .map_err(|error| Error::Pdf(error.to_string()))
}

/// Queues a finished document's paper in the transaction that makes it, where the printer is set up
/// to print at once. The drawer opens where one of its tenders says so.
pub(crate) async fn queue_document(
    connection: &mut SqliteConnection,
    identity: &Identity,
    document: &Document,
    staff_id: StaffId,
    now_ms: i64,
) -> Result<(), Error> {
    let Some(settings) = store::print::settings(connection).await? else {
        return Ok(());
    };
    if !settings.prints_at_once {
        return Ok(());
    }
    let job = NewJob {
        document_id: Some(document.document_id),
        number: &document.number,
        staff_id,
        is_copy: false,
        kicks_drawer: settings.kicks_drawer && opens_drawer(document, &identity.place.tenders),
        now_ms,
    };
    store::print::queue(connection, &job).await
}

fn opens_drawer(document: &Document, tenders: &[Tender]) -> bool {
    let opens = |tender: &Tender| {
        let mut payments = document.payments.iter();
        tender.opens_drawer && payments.any(|payment| payment.tender == tender.code)
    };
    tenders.iter().any(opens)
}

/// Whether the paper of a document must say that it is a copy: this till has printed it, or it is
/// another's.
pub(crate) async fn is_copy(
    connection: &mut SqliteConnection,
    identity: &Identity,
    view: &DocumentView,
) -> Result<bool, Error> {
    let document_id: OpId = view.document.document_id;
    let is_own = view.document.device_id == identity.device_id();
    Ok(!is_own || store::print::has_paper(connection, document_id).await?)
}
