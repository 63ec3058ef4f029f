//! Finds what is known of a serial number: who has the unit, until when it is under warranty, and
//! what was repaired.

use domain::{
    contract::ipc::{FindSerial, FoundSerial, UnitView},
    serial::{SerialKind, normalize, warranty_until},
};

use crate::{error::Error, store, till::Shared};

pub(crate) async fn find_serial(till: &Shared, command: FindSerial) -> Result<FoundSerial, Error> {
    till.signed_in()?;
    let mut connection = till.db.reader().await?;
    // A number may be known as it is, or as an IMEI without the marks between its groups.
    let forms = [SerialKind::Serial, SerialKind::Imei];
    let mut forms: Vec<String> = forms
        .into_iter()
        .map(|kind| normalize(kind, &command.serial))
        .collect::<Result<_, _>>()
        .map_err(domain::sale::SaleError::SerialInvalid)?;
    forms.dedup();
    let mut found = FoundSerial::default();
    for serial in forms {
        for unit in store::serial::shown(&mut connection, &serial, command.product_id).await? {
            let product = store::catalog::products(&mut connection, &[unit.product_id]).await?;
            let product = product.into_iter().next();
            let months = product
                .as_ref()
                .map_or(0, |product| product.warranty_months);
            let sold = unit.sold();
            found.units.push(UnitView {
                warranty_until: sold.and_then(|sold| warranty_until(&sold.business_date, months)),
                unit,
                product,
            });
        }
        let repairs = store::repair::of_serial(&mut connection, &serial).await?;
        found.repairs.extend(repairs);
    }
    Ok(found)
}
