//! Advances: a deposit that was taxed when it was received comes off the sale with its tax, rate by
//! rate, so that no tax counts twice.

use crate::{
    money::Money,
    sale::{SaleError, details::AdvanceTaken},
    tax::TaxTotal,
};

/// What a sale still owes and is taxed after its advances: the breakdown, rates that are used up
/// aside.
pub fn deduct_advances(
    taxes: &[TaxTotal],
    advances: &[AdvanceTaken],
) -> Result<Vec<TaxTotal>, SaleError> {
    let mut left = taxes.to_vec();
    for advance in advances {
        for taken in &advance.taxes {
            let of_rate = left.iter_mut().find(|tax| tax.rate_ppm == taken.rate_ppm);
            let Some(tax) = of_rate.filter(|tax| tax.gross_minor >= taken.gross_minor) else {
                return Err(SaleError::AdvanceExceedsSale);
            };
            tax.net_minor = tax.net_minor - taken.net_minor;
            tax.tax_minor = tax.tax_minor - taken.tax_minor;
            tax.gross_minor = tax.gross_minor - taken.gross_minor;
        }
    }
    left.retain(|tax| tax.gross_minor != Money::ZERO || tax.tax_minor != Money::ZERO);
    Ok(left)
}
