//! Writes a document as a PDF into the till's folder of papers.

use std::path::Path;

use domain::{
    contract::ipc::{SavePdf, SavedFile},
    format::Language,
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
        write(&folder, &view.document.number, &pdf)
    });
    saved
        .await
        .map_err(|_| Error::Internal("the PDF was cut off"))?
}

/// A number is letters and digits; anything else in it would be a way out of the folder.
fn write(folder: &Path, number: &str, pdf: &[u8]) -> Result<SavedFile, Error> {
    let name: String = number.chars().filter(char::is_ascii_alphanumeric).collect();
    let path = folder.join(format!("{name}.pdf"));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&path, pdf))
        .map_err(|_| Error::FolderUnusable {
            folder: folder.to_owned(),
        })?;
    Ok(SavedFile {
        path: path.display().to_string(),
    })
}
