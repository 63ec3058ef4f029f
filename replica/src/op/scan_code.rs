//! Looks a scanned code up: exact barcode, else exact SKU.

use domain::{
    barcode::normalize,
    contract::ipc::{ProductHit, ScanCode},
};

use crate::{error::Error, store, till::Shared};

pub(crate) async fn scan_code(till: &Shared, command: ScanCode) -> Result<Vec<ProductHit>, Error> {
    till.identity()?;
    let mut connection = till.db.reader().await?;
    let code = command.code.trim();
    store::catalog::scan(&mut connection, &normalize(code), code).await
}
