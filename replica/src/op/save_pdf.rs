//! Writes a document as a PDF into the till's folder of papers.

use std::path::Path;

use domain::{
    contract::ipc::{SavePdf, SavedFile},
    format::Language,
    receipt::Form,
    sale::Document,
};

use super::document_view::load_paper;
use crate::{error::Error, print::pdf_of, store, till::Shared};

pub(crate) async fn save_pdf(till: &Shared, command: SavePdf) -> Result<SavedFile, Error> {
    let person = till.signed_in()?;
    let identity = till.identity()?;
    let (view, settings) = {
        let mut connection = till.db.reader().await?;
        let view = load_paper(&mut connection, &identity, command.document_id).await?;
        (view, store::print::settings(&mut connection).await?)
    };
    let language = if person.language.starts_with("en") {
        Language::En
    } else {
        Language::Es
    };
    let folder = till.papers.clone();
    // Putting a PDF together and writing it takes milliseconds that others need.
    let saved = tokio::task::spawn_blocking(move || {
        let pdf = pdf_of(&identity, &view, settings.as_ref(), language, command.form)?;
        write(&folder, &file_name(&view.document, command.form), &pdf)
    });
    saved
        .await
        .map_err(|_| Error::Internal("the PDF was cut off"))?
}

/// The number, of which two copies of one till may have given the same, so a part of the document's
/// id; and the form, where it is not a sheet. A number is letters and digits: anything else in it
/// would be a way out of the folder.
fn file_name(document: &Document, form: Form) -> String {
    let number = document.number.chars().filter(char::is_ascii_alphanumeric);
    let id = document.document_id.0.simple().to_string();
    let form = match form {
        Form::Sheet => String::new(),
        Form::Roll(columns) => format!("-roll{columns}"),
    };
    format!("{}-{}{form}.pdf", number.collect::<String>(), &id[24..])
}

fn write(folder: &Path, name: &str, pdf: &[u8]) -> Result<SavedFile, Error> {
    let path = folder.join(name);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&path, pdf))
        .map_err(|_| Error::FolderUnusable {
            folder: folder.to_owned(),
        })?;
    Ok(SavedFile {
        path: path.display().to_string(),
    })
}
