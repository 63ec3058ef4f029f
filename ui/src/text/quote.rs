//! Words of quotes.

words! {
    quote: "Presupuesto", "Quote";
    quotes: "Presupuestos", "Quotes";
    make: "Hacer presupuesto", "Make a quote";
    make_lead: "Los precios de ahora quedan fijados hasta el día elegido. No es una factura.", "Today's prices stand until the day chosen. It is no invoice.";
    days: "Días de validez", "Days that it holds";
    days_invalid: "Entre 1 y {max} días.", "Between 1 and {max} days.";
    note: "Nota", "Note";
    note_hint: "Sale en el papel", "Printed on the paper";
    no_customer: "Sin cliente", "No customer";
    none: "Todavía no hay presupuestos", "No quotes yet";
    none_lead: "Con F11 el ticket se convierte en presupuesto.", "F11 makes a quote of the cart.";
    sell: "Vender", "Sell";
    decline: "No lo quiere", "Declined";
    decline_title: "El cliente no lo quiere", "The customer does not want it";
    reason_price: "Precio", "Price";
    reason_elsewhere: "Comprado en otro sitio", "Bought elsewhere";
    in_hand_go: "Aparcar y vender el presupuesto", "Park and sell the quote";
    open: "Válido hasta el {date}", "Valid until {date}";
    expired: "Caducó el {date}", "Expired on {date}";
    accepted: "Vendido", "Sold";
    declined: "Rechazado", "Declined";
    sold_by: "Vendido con el recibo {number}", "Sold by receipt {number}";
    declined_for: "Rechazado: {reason}", "Declined: {reason}";
    twice: "Vendido dos veces: revisa los recibos.", "Sold twice: see the receipts.";
    in_cart: "Presupuesto {number}: se vende tal como está.", "Quote {number}: sold as it stands.";
    locked: "El presupuesto se vende tal como está. Cóbralo o vacía el ticket.", "A quote is sold as it stands. Take the payment, or clear the cart.";
    total_changed: "Impuestos de hoy: se presupuestó {then} y son {now}.", "Today's taxes: {then} was quoted and it is {now}.";
    help_make: "Presupuesto del ticket", "Quote of the cart";
    help_list: "Presupuestos", "Quotes";
}
