//! Who asks: tills by an opaque token that they get for a signed challenge, people by a session
//! cookie. Tokens name their organization, so that its rows alone are looked at.

pub mod console;
pub mod rate;
pub mod secret;
pub mod till;
pub mod token;
