//! Takes a parked sale up at this till: from here on it is this till's cart, at today's prices.

use domain::{
    contract::ipc::{Changed, ResumeParked, ResumedCart, ResumedLine, SaleLine},
    id::OpId,
    replication::{
        OpBody,
        body::SaleResumeBody,
        log::{Happening, LogEvent},
    },
    sale::{
        self, ParkedSale,
        parked::{ParkedSaleEvent, changed_prices},
    },
    staff::Permission,
};
use sqlx::SqliteConnection;

use super::price_lines::{price_lines, products_of};
use crate::{
    error::Error,
    identity::Identity,
    record::{Recording, chain_head, record},
    store,
    till::Shared,
};

pub(crate) async fn resume_parked(
    till: &Shared,
    command: ResumeParked,
) -> Result<ResumedCart, Error> {
    let person = till.authorize(Permission::Sell)?;
    let identity = till.identity()?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    let now_ms = till.clock.now_ms();
    let store_id = identity.enrolment.store.store_id;
    let parked = store::parked::one_shown(&mut transaction, store_id, command.parked_id)
        .await?
        .ok_or(Error::ParkedUnknown)?;
    match store::draft::find(&mut transaction, command.draft_id).await? {
        Some(op_id) => resumed_by(&mut transaction, op_id, command.parked_id).await?,
        None => {
            parked.check_waits()?;
            let chain = chain_head(&mut transaction).await?;
            let parked_id = command.parked_id;
            let recording = Recording {
                identity: &identity,
                op_id: OpId(till.clock.new_id()),
                draft_id: command.draft_id,
                staff_id: person.staff_id,
                wall_ms: now_ms,
                body: OpBody::SaleResume(SaleResumeBody { parked_id }),
                private: Vec::new(),
            };
            record(&mut transaction, chain, recording).await?;
        }
    }
    let cart = cart_of(&mut transaction, &identity, parked, now_ms).await?;
    transaction.commit().await?;
    drop(writer);
    till.committed(&[Changed::Parked]);
    Ok(cart)
}

/// Refuses a draft that became something else than taking up this sale.
async fn resumed_by(
    connection: &mut SqliteConnection,
    op_id: OpId,
    parked_id: OpId,
) -> Result<(), Error> {
    let event: Option<LogEvent> = store::log::first_of(connection, op_id).await?;
    let is_it = event.is_some_and(|event| {
        event.happening == Happening::ParkedSale(ParkedSaleEvent::Resumed)
            && event.key == parked_id.into()
    });
    is_it.then_some(()).ok_or(Error::ParkedUnknown)
}

/// The cart with its products and prices as they are now.
async fn cart_of(
    connection: &mut SqliteConnection,
    identity: &Identity,
    parked: ParkedSale,
    now_ms: i64,
) -> Result<ResumedCart, Error> {
    let then = parked.cart;
    let ids = then.lines.iter().map(|line| line.asked.product_id);
    let products = products_of(connection, ids).await?;
    let (mut lines, mut missing) = (Vec::new(), Vec::new());
    for line in &then.lines {
        match products.get(&line.asked.product_id) {
            Some(product) => lines.push(ResumedLine {
                asked: line.asked.clone(),
                product: product.clone(),
            }),
            None => missing.push(line.name.clone()),
        }
    }
    let asked: Vec<&SaleLine> = lines.iter().map(|line| &line.asked).collect();
    let cart = price_lines(connection, identity, None, &asked).await?;
    let terms = identity.terms(&identity.day(now_ms).date, &then.terms);
    let organization = &identity.place.organization;
    let minor_digits = organization.currency.minor_digits;
    let priced = sale::price(&cart, organization.tax_mode, minor_digits, &terms)?;
    let customer = match then.customer_id {
        Some(customer_id) => store::customer::one_shown(connection, customer_id).await?,
        None => None,
    };
    Ok(ResumedCart {
        parked_id: parked.parked_id,
        changed: changed_prices(&then, &cart),
        lines,
        terms: then.terms,
        customer,
        note: then.note,
        then_minor: then.total_minor,
        now_minor: priced.total,
        missing,
    })
}
