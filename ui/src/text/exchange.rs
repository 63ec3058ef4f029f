//! Words of exchanges.

words! {
    exchange: "Cambiar por otro artículo", "Exchange for something else";
    tender: "Cambio de artículos", "Exchange";
    lead: "Lo que vuelve paga lo nuevo; se cobra o se devuelve la diferencia.", "What comes back pays for what is new; only the difference is paid or given back.";
    comes_back: "Vuelve de {number}", "Comes back from {number}";
    remove: "Quitar el cambio", "Leave out the exchange";
    scan_new: "Ahora escanea lo que se lleva.", "Now scan what the customer takes.";
    to_pay: "A pagar", "To pay";
    to_give_back: "A devolver", "To give back";
    goods_out: "Artículos nuevos", "New goods";
    goods_back: "Lo que vuelve", "What comes back";
    title: "Terminar el cambio", "Finish the exchange";
    even: "El cambio queda a la par: no hay nada que cobrar ni devolver.", "An even exchange: nothing to pay and nothing to give back.";
    confirm_even: "Hacer el cambio", "Make the exchange";
    confirm_back: "Hacer el cambio y devolver {amount}", "Exchange and give back {amount}";
    done: "Cambio terminado", "Exchange complete";
    given_back: "Devuelto", "Given back";
    paid: "Pagado", "Paid";
    nothing: "A la par", "Even";
    first: "Hay un cambio en el ticket", "There is an exchange in the cart";
    first_lead: "Termínalo con F9, o quítalo del ticket, y después aparca o vende el presupuesto.", "Finish it with F9, or leave it out of the cart, and then park or sell the quote.";
}
