//! Words of the dialog where somebody with more rights agrees to something.

use domain::staff::Permission;

words! {
    title: "Hace falta un gerente", "A manager must agree";
    who: "¿Quién autoriza?", "Who agrees?";
    allow: "Autorizar", "Allow";
    given: "Se rebajan {amount}", "{amount} given away";
    nobody: "Aquí nadie con ese permiso tiene PIN en esta caja. Llama a un gerente de la tienda.", "Nobody with that right has a PIN on this till. Ask a manager of this store.";
    override_price: "Vender a otro precio que el del catálogo", "Sell at another price than the catalogue's";
    exceed_discount: "Un descuento por encima de tu límite", "A discount above your limit";
    refund_without_receipt: "Devolver sin recibo", "Give back without a receipt";
    adjust_stock: "Corregir existencias", "Correct the stock";
    settle_card_payment: "Decir qué pasó con un pago con tarjeta, según el comprobante", "Say what became of a card payment, by its slip";
    settle_shift: "Cerrar el turno con una diferencia por encima del límite", "Close the shift with a difference above the limit";
    refund_other_tender: "Devolver por otro medio de pago que el del cobro", "Give money back by another tender than took it";
    overdraw_balance: "Gastar de un saldo más de lo que se sabe que hay, o pasar el límite de crédito", "Spend more of a balance than is known to be there, or pass the credit limit";
    other: "Algo que tu usuario no puede hacer", "Something that your user may not do";
}

impl Words {
    /// What is to be allowed.
    #[must_use]
    pub const fn of(&self, permission: Permission) -> &'static str {
        match permission {
            Permission::OverridePrice => self.override_price,
            Permission::ExceedDiscount => self.exceed_discount,
            Permission::RefundWithoutReceipt => self.refund_without_receipt,
            Permission::AdjustStock => self.adjust_stock,
            Permission::SettleCardPayment => self.settle_card_payment,
            Permission::SettleShift => self.settle_shift,
            Permission::RefundOtherTender => self.refund_other_tender,
            Permission::OverdrawBalance => self.overdraw_balance,
            _ => self.other,
        }
    }
}
