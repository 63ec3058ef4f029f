//! Words of card payments at a terminal, and of the terminal itself.

use domain::{card_payment::CardPaymentState, terminal::SimulatedAnswer};

words! {
    charge: "Cobrar {amount} en el datáfono", "Charge {amount} on the terminal";
    waiting: "Esperando al datáfono", "Waiting for the terminal";
    waiting_lead: "{amount}. El cliente acerca o introduce su tarjeta.", "{amount}. The customer taps or inserts the card.";
    seconds: "{n} s", "{n} s";
    give_up: "Cancelar el cobro", "Cancel the charge";
    giving_up: "Cancelando…", "Cancelling…";
    returning: "Devolviendo en el datáfono", "Giving back on the terminal";
    asking: "Preguntando al datáfono…", "Asking the terminal…";
    approved: "Cobrado con tarjeta", "Charged on the card";
    code: "Autorización {code}", "Authorisation {code}";
    declined: "El datáfono ha rechazado la tarjeta. No se ha cobrado nada: prueba otra vez, con otra tarjeta o con otro medio de pago.", "The terminal declined the card. Nothing was charged: try again, another card, or another means of payment.";
    cancelled: "El cobro se canceló. No se ha cobrado nada.", "The charge was cancelled. Nothing was charged.";
    not_reached: "El cobro no llegó al datáfono. No se ha cobrado nada: prueba otra vez.", "The charge never reached the terminal. Nothing was charged: try again.";
    unknown_title: "No se sabe si la tarjeta se cobró", "Nobody knows whether the card was charged";
    unknown_lead: "Son {amount}. No cobres otra vez. Pregunta al datáfono; si no responde, mira su comprobante y que un gerente diga qué pone. La venta sigue aquí.", "It is {amount}. Do not charge again. Ask the terminal; if it does not answer, look at its slip and let a manager say what it says. The sale stays here.";
    returning_title: "No se sabe si el dinero se devolvió", "Nobody knows whether the money was given back";
    returning_lead: "Son {amount}. Pregunta al datáfono; si no responde, mira su comprobante y que un gerente diga qué pone.", "It is {amount}. Ask the terminal; if it does not answer, look at its slip and let a manager say what it says.";
    ask: "Preguntar al datáfono", "Ask the terminal";
    settle: "Resolver con el comprobante", "Settle by the slip";
    settle_title: "¿Qué dice el comprobante?", "What does the slip say?";
    settle_lead: "{amount}, {when}. Mira el comprobante o el último movimiento del datáfono.", "{amount}, {when}. Look at the slip, or at the terminal's last movement.";
    slip_charged: "Cobrado", "Charged";
    slip_not_charged: "No cobrado", "Not charged";
    slip_returned: "Devuelto", "Given back";
    slip_reference: "Número del comprobante o autorización", "Slip number or authorisation code";
    slip_reference_hint: "Hace falta si hubo cobro o devolución.", "Needed where money was taken or given back.";
    slip_note: "Nota", "Note";
    slip_state: "Anotar", "Record";
    give_back: "Devolver en el datáfono", "Give back on the terminal";
    give_back_sure: "¿Devolver {amount}?", "Give {amount} back?";
    give_back_amount: "Devolver {amount} a la tarjeta", "Give {amount} back to the card";
    return_refused: "El datáfono no lo ha devuelto: sigue cobrado.", "The terminal did not give it back: it is still charged.";
    list: "Pagos con tarjeta", "Card payments";
    list_lead: "Dinero que el datáfono cobró, o quizá cobró, y que no está en ninguna venta.", "Money that the terminal took, or may have taken, and that is in no sale.";
    none_open: "Ninguno pendiente.", "None is waiting.";
    recent: "Últimos", "Latest";
    elsewhere: "Caja {n}", "Till {n}";
    in_document: "En {number}", "In {number}";
    by_hand: "según comprobante, {name}", "by the slip, {name}";
    use_here: "Usar en esta venta", "Use for this sale";
    use_here_lead: "La tarjeta ya pagó {amount} en una venta que no se terminó.", "The card has already paid {amount} in a sale that was not finished.";
    state_started: "En el datáfono", "At the terminal";
    state_unknown: "No se sabe si se cobró", "Unknown whether charged";
    state_approved: "Cobrado, sin venta", "Charged, not in a sale";
    state_returning: "No se sabe si se devolvió", "Unknown whether given back";
    state_declined: "Rechazado", "Declined";
    state_not_charged: "No cobrado", "Not charged";
    state_used: "En una venta", "In a sale";
    state_returned: "Devuelto", "Given back";
    terminal: "Datáfono", "Card terminal";
    terminal_lead: "Sin datáfono, las tarjetas se anotan con su código de autorización.", "Without a terminal, cards are noted with their authorisation code.";
    simulated: "Simulado: no mueve dinero. Para probar y aprender.", "Simulated: no money moves. For trying and learning.";
    wait: "Segundos que se espera una tarjeta", "Seconds to wait for a card";
    answers_after: "Segundos que tarda en responder", "Seconds until it answers";
    seconds_invalid: "Escribe segundos, de {min} a {max}.", "Type seconds, {min} to {max}.";
    answer: "Qué hace", "What it does";
    answer_approve: "Aprueba", "Approves";
    answer_decline: "Rechaza", "Declines";
    answer_time_out_charged: "Cobra y no contesta", "Charges and does not answer";
    answer_time_out_not_charged: "No cobra y no contesta", "Does not charge and does not answer";
    answer_drop_charged: "Cobra y se corta la conexión", "Charges and the connection drops";
    answer_drop_not_charged: "Se corta la conexión sin cobrar", "The connection drops before charging";
    save: "Guardar datáfono", "Save terminal";
    add: "Usar un datáfono simulado", "Use a simulated terminal";
    saved: "Datáfono guardado", "Terminal saved";
    only_manager: "Para cambiar el datáfono hace falta el permiso de gestionar cajas.", "Changing the terminal needs the permission to manage tills.";
    remove: "Quitar datáfono", "Remove terminal";
}

impl Words {
    /// Where a card payment stands.
    #[must_use]
    pub const fn state(&self, state: CardPaymentState) -> &'static str {
        match state {
            CardPaymentState::Started => self.state_started,
            CardPaymentState::Unknown => self.state_unknown,
            CardPaymentState::Approved => self.state_approved,
            CardPaymentState::Returning => self.state_returning,
            CardPaymentState::Declined => self.state_declined,
            CardPaymentState::NotCharged => self.state_not_charged,
            CardPaymentState::Used => self.state_used,
            CardPaymentState::Returned => self.state_returned,
        }
    }

    /// What a simulated terminal does.
    #[must_use]
    pub const fn answer(&self, answer: SimulatedAnswer) -> &'static str {
        match answer {
            SimulatedAnswer::Approve => self.answer_approve,
            SimulatedAnswer::Decline => self.answer_decline,
            SimulatedAnswer::TimeOutCharged => self.answer_time_out_charged,
            SimulatedAnswer::TimeOutNotCharged => self.answer_time_out_not_charged,
            SimulatedAnswer::DropCharged => self.answer_drop_charged,
            SimulatedAnswer::DropNotCharged => self.answer_drop_not_charged,
        }
    }
}
