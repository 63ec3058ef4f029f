//! Who allowed what is given away by hand.

use domain::{
    contract::ipc::SignedIn,
    id::DraftId,
    money::Money,
    sale::{self, CartLine, SaleTerms, details::ApprovedBy},
};

use crate::{error::Error, identity::Identity, till::Shared};

/// Who allowed what the person may not give away; nobody needs to where a cart is plain.
pub(super) fn allowed(
    till: &Shared,
    identity: &Identity,
    person: &SignedIn,
    draft_id: DraftId,
    cart: &[CartLine],
    terms: &SaleTerms,
) -> Result<Vec<ApprovedBy>, Error> {
    let is_plain = |line: &CartLine| {
        let by_hand = line.discount_minor != Money::ZERO || line.terms.discount_ppm.is_some();
        !by_hand && !line.is_overridden()
    };
    if terms.discount.is_none() && cart.iter().all(is_plain) {
        return Ok(Vec::new());
    }
    let organization = &identity.place.organization;
    let minor_digits = organization.currency.minor_digits;
    let priced = sale::price(cart, organization.tax_mode, minor_digits, terms)?;
    let given = priced.given_by_hand();
    let mut approvals = Vec::new();
    for permission in sale::needs(cart, &priced, person.discount_limit_ppm) {
        approvals.extend(till.permit(person, permission, draft_id, given)?);
    }
    Ok(approvals)
}
