//! Signs the person out.

use domain::contract::ipc::{Session, SignOut};

use super::get_session::session;
use crate::{error::Error, till::Shared};

pub(crate) async fn sign_out(till: &Shared, _: SignOut) -> Result<Session, Error> {
    till.set_session(None);
    Ok(session(till))
}
