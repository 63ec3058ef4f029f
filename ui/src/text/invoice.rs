//! Words of invoices.

words! {
    invoice: "Factura", "Invoice";
    make: "Hacer factura", "Make an invoice";
    title: "Factura del recibo {number}", "Invoice of receipt {number}";
    lead: "La factura sustituye al recibo ante Hacienda: no es una segunda venta.", "The invoice stands for the receipt before the tax office: it is no second sale.";
    for_whom: "¿A nombre de quién?", "Who is it for?";
    other: "Otro cliente", "Another customer";
    saved_too: "Lo que cambies se guarda también en la ficha del cliente.", "What you change is saved in the customer's record too.";
    confirm: "Hacer la factura", "Make the invoice";
    show: "Ver la factura {number}", "Show invoice {number}";
    show_receipt: "Ver el recibo {number}", "Show receipt {number}";
    again: "Otra caja ya había hecho una factura de este recibo. Las dos están guardadas; la propiedad decide.", "Another till had made an invoice of this receipt before. Both are kept; the owner decides.";
    tax_id_fits: "{kind}: correcto", "{kind}: looks right";
    tax_id_digit: "El dígito de control no cuadra. Compruébalo con el cliente; se puede guardar igualmente.", "The check digit does not fit. Ask the customer; it can be saved all the same.";
    tax_id_shape: "No tiene la forma de un identificador fiscal de este país. Se puede guardar igualmente.", "This does not look like a tax id of this country. It can be saved all the same.";
}
