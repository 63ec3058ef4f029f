//! Words of gift cards, store credit and customers' accounts.

words! {
    gift_card: "Tarjeta regalo", "Gift card";
    store_credit: "Vale", "Store credit";
    account: "A cuenta", "On account";
    gift_title: "Vender o recargar tarjeta regalo", "Sell or top up a gift card";
    code: "Código de la tarjeta", "Code of the card";
    code_hint: "Escanéala, escríbelo o crea uno nuevo: sale impreso en el recibo.", "Scan it, type it or make a new one: it is printed on the receipt.";
    code_wrong: "Entre 6 y 40 letras y cifras.", "6 to 40 letters and digits.";
    new_code: "Código nuevo", "New code";
    amount: "Importe", "Amount";
    amount_wrong: "Escribe un importe mayor que cero, por ejemplo {example}.", "Type an amount above zero, for example {example}.";
    card_new: "Tarjeta nueva, sin saldo todavía", "A new card, without a balance yet";
    card_unknown: "Esta caja no conoce esa tarjeta.", "This till does not know that card.";
    card_holds: "Saldo {amount}", "Balance {amount}";
    add: "Añadir al ticket", "Add to the sale";
    in_cart: "Recarga {code}", "Top-up {code}";
    on_account: "Pago a cuenta", "Payment on account";
    remove: "Quitar {name}", "Remove {name}";
    to_pay: "A pagar", "To pay";
    collect: "Cobrar deuda", "Take payment";
    collect_title: "Cobrar deuda de {name}", "Take a payment of {name}";
    owes: "Debe {amount}", "Owes {amount}";
    has_credit: "Vale {amount}", "Store credit {amount}";
    ahead: "A favor {amount}", "In credit {amount}";
    spendable: "Puede gastar {amount}", "May spend {amount}";
    out_of_touch: "Sin conexión solo se puede gastar {amount} sin permiso de un gerente.", "Without a connection only {amount} may be spent unless a manager agrees.";
    known_as_of: "Según lo último que supo esta caja.", "By what this till last heard.";
    first: "Primero cobra lo que va a saldos", "Take the money for balances first";
    first_lead: "El ticket tiene una recarga o un pago a cuenta. Cóbralo o quítalo antes de aparcar o presupuestar.", "The cart holds a top-up or a payment on account. Take it or remove it before parking or quoting.";
    title: "Saldos", "Balances";
    limit: "Límite de crédito", "Credit limit";
    no_limit: "Sin crédito", "No credit";
    set_limit: "Cambiar límite", "Change limit";
    adjust: "Corregir", "Correct";
    adjust_of: "Corregir: {name}", "Correct: {name}";
    adjust_hint: "Con signo menos para quitar.", "With a minus sign to take off.";
    reason: "Motivo", "Reason";
    save: "Guardar", "Save";
    entries: "Últimos movimientos", "Latest entries";
    no_entries: "Sin movimientos", "No entries";
    pending: "Pendiente de enviar", "Not sent yet";
    choose_customer: "Elegir cliente", "Choose a customer";
    for_customer: "A nombre de {name}", "For {name}";
    help_gift_card: "Tarjeta regalo", "Gift card";
}
