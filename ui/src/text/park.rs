//! Words of carts that are put aside and taken up again.

words! {
    park: "Aparcar", "Park";
    park_lead: "El ticket queda guardado y se retoma en cualquier caja de la tienda.", "The cart is kept, and any till of the store can take it up.";
    note: "Nota", "Note";
    note_hint: "Para reconocerlo: un nombre, una seña", "To tell it by: a name, a sign";
    parked: "Aparcados", "Parked";
    parked_n: "Aparcados ({n})", "Parked ({n})";
    none: "No hay nada aparcado", "Nothing is parked";
    none_lead: "Con F5 apartas el ticket y atiendes a otro cliente.", "F5 puts the cart aside while you serve somebody else.";
    park_done: "Aparcado: {total}", "Parked: {total}";
    take_up: "Retomar", "Take up";
    let_go: "Descartar", "Let go";
    let_go_title: "Descartar el ticket aparcado", "Let go of the parked cart";
    let_go_reason: "Motivo", "Reason";
    reason_left: "No volvió", "Did not come back";
    reason_twice: "Repetido", "Typed twice";
    of_day: "del {date}", "of {date}";
    and_more: "{name} y {n} más", "{name} and {n} more";
    in_hand: "Hay un ticket empezado", "A cart is in hand";
    in_hand_lead: "Se aparca primero y después se retoma el otro; no se pierde nada.", "It is parked first, then the other is taken up; nothing is lost.";
    in_hand_go: "Aparcar y retomar", "Park and take up";
    changed_one: "{name}: {then} → {now}", "{name}: {then} → {now}";
    total_changed: "Antes {then}, ahora {now}.", "It was {then} and is now {now}.";
    missing: "Ya no se vende: {name}", "Not sold any more: {name}";
    twice: "Retomado en dos cajas: revisa que no se cobre dos veces.", "Taken up at two tills: see that it is not paid twice.";
    end_resumed: "retomado", "taken up";
    end_discarded: "descartado", "let go";
    help_park: "Aparcar el ticket", "Park the cart";
    help_parked: "Tickets aparcados", "Parked carts";
}
