//! Puts a cart aside, durably, for any till of the store.

use domain::{
    contract::ipc::{Changed, ParkSale, ParkedSummary, SaleLine},
    id::OpId,
    replication::OpBody,
    sale::{
        self,
        parked::{Parking, park},
    },
    staff::Permission,
};

use super::{parked_view::summary, price_lines::price_lines};
use crate::{
    error::Error,
    record::{Recording, chain_head, record},
    store,
    till::Shared,
};

pub(crate) async fn park_sale(till: &Shared, command: ParkSale) -> Result<ParkedSummary, Error> {
    let person = till.authorize(Permission::Sell)?;
    let identity = till.identity()?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    let now_ms = till.clock.now_ms();
    let known = store::draft::find(&mut transaction, command.draft_id).await?;
    let parked_id = match known {
        Some(op_id) => op_id,
        None => {
            if let Some(customer_id) = command.customer_id {
                store::customer::one_shown(&mut transaction, customer_id)
                    .await?
                    .ok_or(Error::CustomerUnknown(customer_id))?;
            }
            let lines: Vec<&SaleLine> = command.lines.iter().collect();
            let cart = price_lines(&mut transaction, &identity, None, &lines).await?;
            let day = identity.day(now_ms);
            let terms = identity.terms(&day.date, &command.terms);
            let organization = &identity.place.organization;
            let minor_digits = organization.currency.minor_digits;
            let priced = sale::price(&cart, organization.tax_mode, minor_digits, &terms)?;
            let parking = Parking {
                business_date: day.date,
                utc_offset_min: day.utc_offset_min,
                currency: organization.currency.clone(),
                customer_id: command.customer_id,
                note: command.note,
                terms: command.terms,
            };
            let body = park(parking, &command.lines, &cart, &priced)?;
            let chain = chain_head(&mut transaction).await?;
            let op_id = OpId(till.clock.new_id());
            let recording = Recording {
                identity: &identity,
                op_id,
                draft_id: command.draft_id,
                staff_id: person.staff_id,
                wall_ms: now_ms,
                body: OpBody::SalePark(Box::new(body)),
                private: Vec::new(),
            };
            record(&mut transaction, chain, recording).await?;
            op_id
        }
    };
    let store_id = identity.enrolment.store.store_id;
    let parked = store::parked::one_shown(&mut transaction, store_id, parked_id)
        .await?
        .ok_or(Error::ParkedUnknown)?;
    let shown = summary(&mut transaction, &identity, &parked, now_ms).await?;
    transaction.commit().await?;
    drop(writer);
    till.committed(&[Changed::Parked]);
    Ok(shown)
}
