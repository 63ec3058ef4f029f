//! What a paper says beside the document's own texts, in both languages.

use crate::{
    contract::ipc::DocumentView,
    format::Language,
    sale::{DocumentKind, TenderCode},
};

/// The words of one language.
#[derive(Debug)]
pub(super) struct Words {
    receipt: &'static str,
    credit_note: &'static str,
    quote: &'static str,
    invoice: &'static str,
    pub(super) of_invoice: &'static str,
    pub(super) tax_id: &'static str,
    pub(super) receipt_of_day: &'static str,
    cash: &'static str,
    card: &'static str,
    exchange: &'static str,
    pub(super) exchanged_with: &'static str,
    /// Before a unit's serial number or IMEI.
    pub(super) serial: &'static str,
    pub(super) of_receipt: &'static str,
    pub(super) till: &'static str,
    pub(super) customer: &'static str,
    pub(super) served_by: &'static str,
    pub(super) quantity: &'static str,
    pub(super) description: &'static str,
    pub(super) unit_price: &'static str,
    pub(super) tax: &'static str,
    pub(super) amount: &'static str,
    pub(super) net: &'static str,
    pub(super) included: &'static str,
    pub(super) total: &'static str,
    pub(super) given_back: &'static str,
    /// What the tenders pay, where money is paid into a balance too.
    pub(super) to_pay: &'static str,
    pub(super) left: &'static str,
    pub(super) owed: &'static str,
    gift_card: &'static str,
    store_credit: &'static str,
    account: &'static str,
    pub(super) rounding: &'static str,
    pub(super) change: &'static str,
    pub(super) reason: &'static str,
    pub(super) valid_until: &'static str,
    pub(super) no_invoice: &'static str,
    pub(super) note: &'static str,
    pub(super) thanks: &'static str,
    pub(super) copy: &'static str,
    pub(super) training: &'static str,
    return_days: &'static str,
    pub(super) hash: &'static str,
    pub(super) sound: &'static str,
    pub(super) not_sound: &'static str,
    pub(super) test_page: &'static str,
    pub(super) test_strong: &'static str,
}

static ES: Words = Words {
    receipt: "Recibo",
    credit_note: "Factura rectificativa",
    quote: "Presupuesto",
    invoice: "Factura",
    of_invoice: "De la factura",
    tax_id: "NIF / id. fiscal",
    receipt_of_day: "Fecha del recibo",
    cash: "Efectivo",
    card: "Tarjeta",
    exchange: "Cambio de artículos",
    exchanged_with: "Cambio con",
    serial: "Nº serie",
    of_receipt: "Del recibo",
    till: "Caja",
    customer: "Cliente",
    served_by: "Le atendió",
    quantity: "Cant.",
    description: "Descripción",
    unit_price: "Precio",
    tax: "Impuesto",
    amount: "Importe",
    net: "Base",
    included: "incluido",
    total: "TOTAL",
    given_back: "TOTAL DEVUELTO",
    to_pay: "A PAGAR",
    left: "Saldo",
    owed: "Pendiente en cuenta",
    gift_card: "Tarjeta regalo",
    store_credit: "Vale de tienda",
    account: "Cuenta de cliente",
    rounding: "Redondeo del efectivo",
    change: "Cambio",
    reason: "Motivo",
    valid_until: "Válido hasta el",
    no_invoice: "ESTO NO ES UNA FACTURA",
    note: "Nota",
    thanks: "Gracias por su compra",
    copy: "* * * COPIA * * *",
    training: "PRÁCTICAS - SIN VALOR FISCAL",
    return_days: "Devoluciones en {n} días con este recibo",
    hash: "Huella",
    sound: "Anotado y comprobado en la cadena de esta caja",
    not_sound: "LA CADENA DE ESTA CAJA NO CUADRA CON ESTE DOCUMENTO",
    test_page: "PÁGINA DE PRUEBA",
    test_strong: "Esta línea va en negrita",
};

static EN: Words = Words {
    receipt: "Receipt",
    credit_note: "Credit note",
    quote: "Quote",
    invoice: "Invoice",
    of_invoice: "Of invoice",
    tax_id: "Tax id",
    receipt_of_day: "Date of the receipt",
    cash: "Cash",
    card: "Card",
    exchange: "Exchange",
    exchanged_with: "Exchange with",
    serial: "S/N",
    of_receipt: "Of receipt",
    till: "Till",
    customer: "Customer",
    served_by: "Served by",
    quantity: "Qty",
    description: "Description",
    unit_price: "Price",
    tax: "Tax",
    amount: "Amount",
    net: "Net",
    included: "included",
    total: "TOTAL",
    given_back: "TOTAL GIVEN BACK",
    to_pay: "TO PAY",
    left: "Balance",
    owed: "Owed on account",
    gift_card: "Gift card",
    store_credit: "Store credit",
    account: "Customer account",
    rounding: "Cash rounding",
    change: "Change",
    reason: "Reason",
    valid_until: "Valid until",
    no_invoice: "THIS IS NOT AN INVOICE",
    note: "Note",
    thanks: "Thank you",
    copy: "* * * COPY * * *",
    training: "TRAINING - NO FISCAL VALUE",
    return_days: "Returns within {n} days with this receipt",
    hash: "Hash",
    sound: "Recorded and checked in this till's chain",
    not_sound: "THIS TILL'S CHAIN DOES NOT AGREE WITH THIS DOCUMENT",
    test_page: "TEST PAGE",
    test_strong: "This line is bold",
};

impl Words {
    pub(super) const fn of(language: Language) -> &'static Words {
        match language {
            Language::Es => &ES,
            Language::En => &EN,
        }
    }

    /// What the paper is called.
    pub(super) const fn title(&self, view: &DocumentView) -> &'static str {
        match view.document.kind {
            _ if view.quote.is_some() => self.quote,
            _ if view.invoice.is_some() => self.invoice,
            DocumentKind::Receipt => self.receipt,
            DocumentKind::CreditNote => self.credit_note,
        }
    }

    /// A tender's name: the owner's, or the word for one that every shop has.
    pub(super) fn tender(&self, tender: TenderCode, owned: &[(TenderCode, String)]) -> String {
        let name = owned.iter().find(|(code, _)| *code == tender);
        match name {
            Some((_, name)) => name.clone(),
            None if tender == TenderCode::CASH => self.cash.to_owned(),
            None if tender == TenderCode::CARD => self.card.to_owned(),
            None if tender == TenderCode::EXCHANGE => self.exchange.to_owned(),
            None if tender == TenderCode::GIFT_CARD => self.gift_card.to_owned(),
            None if tender == TenderCode::STORE_CREDIT => self.store_credit.to_owned(),
            None if tender == TenderCode::ACCOUNT => self.account.to_owned(),
            None => tender.name().replace('_', " "),
        }
    }

    pub(super) fn return_days(&self, days: u16) -> String {
        self.return_days.replace("{n}", &days.to_string())
    }
}
