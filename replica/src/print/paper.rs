//! What is printed: the document as it stands, laid out for this till's roll.

use domain::{
    contract::ipc::{DocumentView, PrintKind},
    format::{Language, Locale},
    id::{OpId, StaffId},
    receipt::{
        Element, Form, Options, PrinterSettings, Receipt, lay_out, lay_out_test, may_open_drawer,
    },
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

/// The bytes of one copy of a paper, or of the drawer's pulse.
pub(super) async fn bytes_of(
    till: &Shared,
    settings: &PrinterSettings,
    job: &NextJob,
) -> Result<Vec<u8>, Error> {
    let identity = till.identity()?;
    let options = Options {
        language: settings.language,
        form: settings.form(),
        return_days: settings.return_days,
        footer: settings.footer.clone(),
        // One that was begun and not ended well may have come out.
        is_copy: job.is_copy || job.is_begun,
        is_training: false,
        has_logo: settings.has_logo,
        kicks_drawer: may_kick(job, till.clock.now_ms()),
    };
    let elements = match (job.kind, job.document_id) {
        (PrintKind::Drawer, _) => vec![Element::Drawer],
        (PrintKind::Document, Some(document_id)) => {
            let mut connection = till.db.reader().await?;
            let view = load_paper(&mut connection, &identity, document_id).await?;
            lay_out(&Receipt {
                organization: &identity.place.organization,
                tenders: &owned_names(&identity.place.tenders),
                view: &view,
                options: &options,
            })
        }
        (PrintKind::Document | PrintKind::Test, _) => test_page(&identity, &options),
    };
    Ok(escpos::encode(&elements, options.form))
}

/// Whether the drawer still opens for a job: not a second time after what may have been the first,
/// and not when nobody waits for it any more.
pub(super) fn may_kick(job: &NextJob, now_ms: i64) -> bool {
    job.kicks_drawer && !job.is_begun && may_open_drawer(job.queued_ms, now_ms)
}

fn test_page(identity: &Identity, options: &Options) -> Vec<Element> {
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
/// to print at once. The drawer opens where one of its tenders says so, with the paper or without.
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
    let kicks_drawer = settings.kicks_drawer && opens_drawer(document, &identity.place.tenders);
    let job = if settings.prints_at_once {
        NewJob {
            kind: PrintKind::Document,
            document_id: Some(document.document_id),
            number: &document.number,
            staff_id,
            is_copy: false,
            kicks_drawer,
            now_ms,
        }
    } else if kicks_drawer {
        NewJob::drawer(staff_id, now_ms)
    } else {
        return Ok(());
    };
    store::print::queue(connection, &job).await
}

/// Queues the drawer's pulse for cash that moves beside sales, where it has a drawer.
pub(crate) async fn queue_drawer(
    connection: &mut SqliteConnection,
    staff_id: StaffId,
    now_ms: i64,
) -> Result<(), Error> {
    let settings = store::print::settings(connection).await?;
    if settings.is_some_and(|settings| settings.kicks_drawer) {
        store::print::queue(connection, &NewJob::drawer(staff_id, now_ms)).await?;
    }
    Ok(())
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
