//! Words of the pay dialog.

words! {
    title: "Cobrar", "Pay";
    due: "A pagar", "To pay";
    remaining: "Falta", "Remaining";
    change: "Cambio", "Change";
    amount: "Entrega", "Amount handed over";
    card_amount: "Importe en la tarjeta", "Amount on the card";
    reference: "Código de autorización", "Authorisation code";
    reference_hint: "Lo muestra el datáfono", "Shown by the card terminal";
    exact: "Exacto", "Exact";
    confirm: "Terminar venta", "Complete sale";
    add_tender: "Añadir {amount} y seguir", "Add {amount} and go on";
    completing: "Guardando…", "Saving…";
    remove_tender: "Quitar {tender} {amount}", "Remove {tender} {amount}";
    over_card: "Una tarjeta no da cambio: como mucho {amount}.", "A card gives no change: at most {amount}.";
    reference_missing: "Escribe el código de autorización.", "Type the authorisation code.";
    other_amount: "Importe", "Amount";
    other_reference: "Referencia", "Reference";
    other_reference_missing: "Este medio de pago necesita su referencia.", "This means of payment needs its reference.";
    rounded: "En efectivo {amount}", "{amount} in cash";
    keypad: "Teclado", "Keypad";
    tenders: "Medio de pago", "Pay by";
    received: "Recibido", "Received";
    nothing_due: "Nada que pagar", "Nothing to pay";
}
