//! The payment terminal of this till: set up and taken away.

use domain::{
    contract::ipc::{Changed, GetTerminal, PutTerminal, TerminalStatus},
    staff::Permission,
};

use super::card_payment::settings;
use crate::{error::Error, store, till::Shared};

pub(crate) async fn get_terminal(till: &Shared, _: GetTerminal) -> Result<TerminalStatus, Error> {
    let settings = settings(till).await?;
    Ok(TerminalStatus { settings })
}

pub(crate) async fn put_terminal(
    till: &Shared,
    command: PutTerminal,
) -> Result<TerminalStatus, Error> {
    till.authorize(Permission::ManageTills)?;
    if let Some(settings) = &command.settings {
        settings.check()?;
    }
    // What it is at would be without an answer.
    let hold = till.terminals.try_hold()?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    store::terminal::put_settings(&mut transaction, command.settings.as_ref()).await?;
    transaction.commit().await?;
    drop(writer);
    drop(hold);
    till.announce(&[Changed::CardPayments]);
    Ok(TerminalStatus {
        settings: command.settings,
    })
}
