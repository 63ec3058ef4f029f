//! A sentence for every failure code: what happened, what is safe, what to do.

use domain::balance::BalanceError;
use domain::contract::failure::{Failure, code};
use domain::money::Money;
use domain::quantity::Quantity;
use domain::sale::SaleError;

use super::{Language, fill};
use crate::format::{self, Locale, time::day};

/// What a person reads of a failure. Codes without a sentence of their own (from a newer server)
/// get the one of an internal failure.
#[must_use]
pub fn sentence(failure: &Failure, locale: &Locale) -> String {
    let (es, en) = texts(&failure.code).unwrap_or(INTERNAL);
    let text = match locale.language {
        Language::Es => es,
        Language::En => en,
    };
    let values = values(failure, locale);
    let values: Vec<(&str, &str)> = values
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    fill(text, &values)
}

/// The failure that a cart's or a return's error is, before the till is asked at all.
#[must_use]
pub fn of_sale(error: &SaleError) -> Failure {
    let plain = |code: &str| Failure::new(code, error.to_string());
    match error {
        SaleError::NoLines => plain(code::NO_LINES),
        SaleError::TooManyLines => plain(code::TOO_MANY_LINES),
        SaleError::QuantityInvalid { n } => plain(code::QUANTITY_INVALID).with("n", *n),
        SaleError::PriceInvalid { n } => plain(code::PRICE_INVALID).with("n", *n),
        SaleError::DiscountInvalid { n } => plain(code::DISCOUNT_INVALID).with("n", *n),
        SaleError::CartDiscountInvalid => plain(code::DISCOUNT_INVALID),
        SaleError::AdvanceExceedsSale => plain(code::PAYMENT_INVALID),
        SaleError::PaymentInvalid => plain(code::PAYMENT_INVALID),
        SaleError::PaymentShort { due, paid } => plain(code::PAYMENT_SHORT)
            .with("due_minor", due.minor())
            .with("paid_minor", paid.minor()),
        SaleError::OverpaidWithoutCash { .. } => plain(code::OVERPAID_WITHOUT_CASH),
        SaleError::RefundExceedsSale { n, left } => plain(code::REFUND_EXCEEDS_SALE)
            .with("n", *n)
            .with("left_milli", left.milli()),
        SaleError::LineUnknown { n } => plain(code::LINE_UNKNOWN).with("n", *n),
        SaleError::NotRefundable => plain(code::NOT_REFUNDABLE),
        SaleError::Balance(error) => plain(match error {
            BalanceError::CodeInvalid => code::GIFT_CODE_INVALID,
            BalanceError::CustomerMissing => code::BALANCE_CUSTOMER_MISSING,
            BalanceError::LimitInvalid => code::CREDIT_LIMIT_INVALID,
            BalanceError::AdjustmentInvalid => code::ADJUSTMENT_INVALID,
        }),
        SaleError::BalanceShort { tender, left } => plain(code::BALANCE_SHORT)
            .with("tender", tender.name())
            .with("left_minor", left.minor()),
        SaleError::SerialInvalid(_) => plain(code::SERIAL_INVALID),
        SaleError::SerialQuantity { n } => plain(code::SERIAL_QUANTITY).with("n", *n),
        SaleError::SerialTwice { serial } => {
            plain(code::SERIAL_TWICE).with("serial", serial.as_str())
        }
        SaleError::ReferenceMissing { tender } => {
            plain(code::REFERENCE_MISSING).with("tender", tender.name())
        }
        SaleError::TenderUnknown { tender } => {
            plain(code::TENDER_UNKNOWN).with("tender", tender.name())
        }
        SaleError::TenderNotRefundable { tender } => {
            plain(code::TENDER_NOT_REFUNDABLE).with("tender", tender.name())
        }
        SaleError::RefundExceedsTender { tender, left } => plain(code::REFUND_EXCEEDS_TENDER)
            .with("tender", tender.name())
            .with("left_minor", left.minor()),
        SaleError::Money(_) => plain(code::AMOUNT_INVALID),
    }
}

fn values(failure: &Failure, locale: &Locale) -> Vec<(String, String)> {
    let mut values: Vec<(String, String)> = failure
        .fields
        .iter()
        .map(|(name, value)| {
            let text = match (name.as_str(), value.as_i64()) {
                (name, Some(minor)) if name.ends_with("_minor") => {
                    format::money(Money(minor), locale)
                }
                (name, Some(milli)) if name.ends_with("_milli") => {
                    format::quantity(Quantity(milli), locale)
                }
                (name, None) if name.ends_with("_date") || name == "valid_until" => {
                    day(value.as_str().unwrap_or_default(), locale)
                }
                _ => value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned),
            };
            (name.clone(), text)
        })
        .collect();
    for (name, value) in [
        ("attempts_left", "?"),
        ("n", "?"),
        ("max", "?"),
        ("left_milli", "?"),
        ("left_minor", "?"),
        ("due_minor", "?"),
        ("paid_minor", "?"),
        ("amount_minor", "?"),
        ("limit_minor", "?"),
        ("business_date", "?"),
        ("valid_until", "?"),
        ("number", "?"),
        ("serial", "?"),
        ("field", "?"),
    ] {
        if !values.iter().any(|(known, _)| known == name) {
            values.push((name.to_owned(), value.to_owned()));
        }
    }
    values
}

const INTERNAL: (&str, &str) = (
    "Algo ha fallado dentro del programa. Lo que ya estaba guardado sigue a salvo. Vuelve a intentarlo; si se repite, avisa al propietario.",
    "Something failed inside the program. What was saved is safe. Try again; if it happens again, tell the owner.",
);

fn texts(code: &str) -> Option<(&'static str, &'static str)> {
    signing_in(code)
        .or_else(|| enrolling(code))
        .or_else(|| selling(code))
        .or_else(|| naming_units(code))
        .or_else(|| keeping_balances(code))
        .or_else(|| invoicing(code))
        .or_else(|| paying(code))
        .or_else(|| charging(code))
        .or_else(|| filling_in(code))
        .or_else(|| storing(code))
        .or_else(|| serving(code))
}

fn naming_units(of: &str) -> Option<(&'static str, &'static str)> {
    Some(match of {
        code::SERIAL_INVALID => (
            "El número de serie no vale: hasta 40 letras y cifras, en una línea.",
            "The serial number is not valid: up to 40 letters and digits, on one line.",
        ),
        code::SERIAL_QUANTITY => (
            "Línea {n}: con número de serie se vende y se devuelve una unidad por línea.",
            "Line {n}: with a serial number one unit is sold and returned on a line.",
        ),
        code::SERIAL_TWICE => (
            "El número de serie {serial} está en dos líneas. Quita una.",
            "Serial number {serial} is on two lines. Remove one.",
        ),
        _ => return None,
    })
}

fn keeping_balances(of: &str) -> Option<(&'static str, &'static str)> {
    Some(match of {
        code::GIFT_CODE_INVALID => (
            "El código de una tarjeta regalo tiene entre 6 y 40 letras y cifras.",
            "The code of a gift card has 6 to 40 letters and digits.",
        ),
        code::BALANCE_CUSTOMER_MISSING => (
            "Elige antes el cliente: su vale o su cuenta van a su nombre.",
            "Choose the customer first: store credit and accounts are in a customer's name.",
        ),
        code::BALANCE_SHORT => (
            "Solo queda un saldo de {left_minor}. Paga el resto de otra forma.",
            "Only {left_minor} is left on it. Pay the rest another way.",
        ),
        code::CREDIT_LIMIT_INVALID => (
            "El límite de crédito es un importe de cero en adelante.",
            "A credit limit is an amount from zero up.",
        ),
        code::ADJUSTMENT_INVALID => (
            "Una corrección necesita un importe distinto de cero y un motivo.",
            "A correction needs an amount other than zero and a reason.",
        ),
        _ => return None,
    })
}

fn charging(of: &str) -> Option<(&'static str, &'static str)> {
    Some(match of {
        code::TERMINAL_MISSING => (
            "Esta caja no tiene datáfono configurado. Un gerente lo pone en la página Impresora.",
            "This till has no card terminal set up. A manager does that on the Printer page.",
        ),
        code::TERMINAL_BUSY => (
            "El datáfono está ocupado con otro cobro. Espera a que termine.",
            "The card terminal is busy with another charge. Wait until it is done.",
        ),
        code::TERMINAL_INVALID => (
            "La configuración del datáfono no vale: revisa los tiempos.",
            "The card terminal's settings are not valid: check the times.",
        ),
        code::CARD_PAYMENT_UNKNOWN => (
            "Ese pago con tarjeta no se conoce en esta caja.",
            "That card payment is not known at this till.",
        ),
        code::CARD_PAYMENT_ELSEWHERE => (
            "Ese pago se hizo en el datáfono de otra caja. Pregúntalo allí, o que un gerente lo resuelva con el comprobante.",
            "That payment was made at another till's terminal. Ask there, or let a manager settle it by the slip.",
        ),
        code::CARD_PAYMENTS_OPEN => (
            "Pagos con tarjeta sin resolver: {n} ({amount_minor}). Resuélvelos abajo, en Pagos con tarjeta, antes de cerrar.",
            "Card payments not settled: {n} ({amount_minor}). Settle them under Card payments before closing.",
        ),
        code::CARD_UNDECIDED => (
            "No se sabe si la tarjeta se cobró ({amount_minor}). No cobres otra vez: pregunta al datáfono o avisa a un gerente.",
            "Nobody knows whether the card was charged ({amount_minor}). Do not charge again: ask the terminal, or a manager.",
        ),
        code::CARD_NOT_CHARGED => (
            "El datáfono no ha cobrado {amount_minor} para esta venta. Cóbralo en el datáfono o usa otro medio de pago.",
            "The terminal has not charged {amount_minor} for this sale. Charge it there, or use another means of payment.",
        ),
        code::CARD_LEFT_OVER => (
            "La tarjeta ya pagó {amount_minor} de esta venta. Inclúyelo en el pago o devuélvelo en el datáfono.",
            "The card has already paid {amount_minor} of this sale. Make it part of the payment, or give it back on the terminal.",
        ),
        code::CARD_STEP_IMPOSSIBLE => (
            "Ese pago con tarjeta ya ha cambiado. Mira cómo está ahora.",
            "That card payment has changed meanwhile. See how it stands now.",
        ),
        code::SALE_FINISHED => (
            "Esta venta ya está terminada: no se cobra nada más.",
            "This sale is finished already: nothing more is charged.",
        ),
        _ => return None,
    })
}

fn signing_in(of: &str) -> Option<(&'static str, &'static str)> {
    Some(match of {
        code::WRONG_PIN => (
            "PIN incorrecto. Intentos que quedan: {attempts_left}.",
            "Wrong PIN. Attempts left: {attempts_left}.",
        ),
        code::PIN_LOCKED => (
            "Demasiados PIN incorrectos. Espera un poco antes de volver a intentarlo.",
            "Too many wrong PINs. Wait a little before trying again.",
        ),
        code::NOT_SIGNED_IN => (
            "Nadie ha iniciado sesión en esta caja. Entra con tu PIN.",
            "Nobody is signed in at this till. Sign in with your PIN.",
        ),
        code::PERMISSION_DENIED => (
            "Tu usuario no tiene permiso para esto. Pídelo a un gerente.",
            "Your user may not do this. Ask a manager.",
        ),
        code::WRONG_PASSWORD => (
            "El correo o la contraseña no son correctos.",
            "The e-mail or the password is not right.",
        ),
        code::UNAUTHORIZED => (
            "La sesión ha terminado. Vuelve a entrar.",
            "The session has ended. Sign in again.",
        ),
        code::FORBIDDEN => (
            "Tu usuario no puede ver ni hacer esto.",
            "Your user may not see or do this.",
        ),
        _ => return None,
    })
}

fn enrolling(of: &str) -> Option<(&'static str, &'static str)> {
    Some(match of {
        code::NOT_ENROLLED => (
            "Esta caja aún no está conectada a una tienda. Pide un código de alta.",
            "This till does not belong to a store yet. Ask for an enrolment code.",
        ),
        code::STILL_WAITING => (
            "Aún hay operaciones por enviar. Espera a que lleguen al servidor y vuelve a intentarlo.",
            "Some operations are still on their way. Wait until the server has them, then try again.",
        ),
        code::CODE_FOR_OTHER_TILL => (
            "Este código es para otra caja. Pide uno para esta.",
            "This code is for another till. Ask for one for this till.",
        ),
        code::ALREADY_ENROLLED => (
            "Este ordenador ya es una caja. No hace falta otro código.",
            "This computer is a till already. It needs no other code.",
        ),
        code::ENROL_CODE_UNKNOWN => (
            "El servidor no conoce este código. Revísalo letra por letra.",
            "The server does not know this code. Check it letter by letter.",
        ),
        code::ENROL_CODE_EXPIRED => (
            "El código ha caducado: vale 15 minutos. Pide uno nuevo.",
            "The code has expired: it lasts 15 minutes. Ask for a new one.",
        ),
        code::ENROL_CODE_SPENT => (
            "Este código ya se usó. Pide uno nuevo para esta caja.",
            "This code was used already. Ask for a new one for this till.",
        ),
        code::TILL_REVOKED => (
            "El servidor ha retirado esta caja. Lo guardado aquí está a salvo. Avisa al propietario.",
            "The server has revoked this till. What is saved here is safe. Tell the owner.",
        ),
        code::INSECURE_ADDRESS => (
            "La dirección debe empezar por https://. Sin cifrar solo vale en este mismo ordenador.",
            "The address has to start with https://. Without encryption only this same computer works.",
        ),
        _ => return None,
    })
}

fn invoicing(of: &str) -> Option<(&'static str, &'static str)> {
    Some(match of {
        code::INVOICE_ISSUED => (
            "Este recibo ya tiene factura: {number}. No se ha hecho otra.",
            "This receipt has an invoice already: {number}. No other was made.",
        ),
        code::INVOICE_NEEDS_RECEIPT => (
            "Solo un recibo se convierte en factura. Usa el número del recibo original.",
            "Only a receipt becomes an invoice. Use the original receipt's number.",
        ),
        code::INVOICE_NEEDS_NAME => (
            "La factura necesita a nombre de quién va. Elige el cliente o escribe su nombre.",
            "An invoice needs whom it is for. Choose the customer, or type their name.",
        ),
        code::INVOICE_NEEDS_TAX_ID => (
            "La factura necesita el identificador fiscal del cliente. No se ha hecho nada todavía.",
            "An invoice needs the customer's tax id. Nothing has been made yet.",
        ),
        code::INVOICE_NEEDS_ADDRESS => (
            "La factura necesita la dirección fiscal del cliente. No se ha hecho nada todavía.",
            "An invoice needs the customer's fiscal address. Nothing has been made yet.",
        ),
        _ => return None,
    })
}

fn selling(of: &str) -> Option<(&'static str, &'static str)> {
    Some(match of {
        code::NO_LINES => (
            "No hay nada en el ticket. Añade al menos un producto.",
            "There is nothing in the cart. Add at least one product.",
        ),
        code::TOO_MANY_LINES => (
            "El ticket tiene demasiadas líneas. Termina esta venta y sigue en otra.",
            "The cart has too many lines. Complete this sale and go on in another.",
        ),
        code::QUANTITY_INVALID => (
            "La cantidad de la línea {n} no vale. Debe ser mayor que cero.",
            "The quantity of line {n} is not valid. It must be above zero.",
        ),
        code::PRICE_INVALID => (
            "El precio de la línea {n} no puede ser negativo.",
            "The price of line {n} cannot be negative.",
        ),
        code::DISCOUNT_INVALID => (
            "El descuento de la línea {n} es mayor que su importe.",
            "The discount of line {n} is larger than its amount.",
        ),
        code::PAYMENT_INVALID => (
            "Un pago no puede ser negativo. Corrige el importe.",
            "A payment cannot be negative. Correct the amount.",
        ),
        code::PAYMENT_SHORT => (
            "Falta dinero: son {due_minor} y se entregaron {paid_minor}. La venta sigue abierta.",
            "Not enough: {due_minor} is due and {paid_minor} was paid. The sale is still open.",
        ),
        code::OVERPAID_WITHOUT_CASH => (
            "Solo el efectivo da cambio. Reduce el importe de la tarjeta.",
            "Only cash gives change. Reduce the card's amount.",
        ),
        code::REFUND_EXCEEDS_SALE => (
            "De la línea {n} solo quedan {left_milli} por devolver. No se ha devuelto nada.",
            "Only {left_milli} of line {n} can still come back. Nothing was given back.",
        ),
        code::LINE_UNKNOWN => (
            "Ese recibo no tiene la línea {n}.",
            "That receipt has no line {n}.",
        ),
        code::NOT_REFUNDABLE => (
            "Ese documento ya es una devolución. Usa el número del recibo original.",
            "That document is a return itself. Use the original receipt's number.",
        ),
        code::AMOUNT_INVALID => (
            "El importe no vale. Escríbelo con números, por ejemplo 12.50.",
            "The amount is not valid. Type it in numbers, for example 12.50.",
        ),
        code::PRODUCT_UNKNOWN => (
            "Ese producto no está en el catálogo de esta caja.",
            "That product is not in this till's catalogue.",
        ),
        code::DOCUMENT_UNKNOWN => (
            "Esta caja no conoce ese número. Revísalo; si es de hoy en otra caja, espera a que sincronice.",
            "This till does not know that number. Check it; if it was made today at another till, wait for it to sync.",
        ),
        code::PARKED_UNKNOWN => (
            "Esta caja no conoce ese ticket aparcado. Si es de otra caja, espera a que sincronice.",
            "This till does not know that parked cart. If another till parked it, wait for it to sync.",
        ),
        code::PARKED_ENDED => (
            "Ese ticket ya lo ha retomado o descartado alguien. La lista ya está al día.",
            "Somebody has taken that cart up or let it go already. The list is up to date now.",
        ),
        code::QUOTE_UNKNOWN => (
            "Esta caja no conoce ese presupuesto. Si es de otra caja, espera a que sincronice.",
            "This till does not know that quote. If another till made it, wait for it to sync.",
        ),
        code::QUOTE_ENDED => (
            "Ese presupuesto ya se vendió o se rechazó. No se ha cobrado nada ahora.",
            "That quote was sold or declined already. Nothing was charged now.",
        ),
        code::QUOTE_EXPIRED => (
            "El presupuesto era válido hasta el {valid_until}. Haz uno nuevo con los precios de hoy.",
            "The quote was valid until {valid_until}. Make a new one at today's prices.",
        ),
        code::DAYS_INVALID => (
            "Los días de validez no valen: entre 1 y 365.",
            "The days that it holds are not valid: from 1 to 365.",
        ),
        code::CUSTOMER_UNKNOWN => (
            "Ese cliente no está en esta caja.",
            "That customer is not on this till.",
        ),
        code::REPAIR_UNKNOWN => (
            "Esa reparación no está en esta caja.",
            "That repair is not on this till.",
        ),
        code::OPERATION_TOO_LARGE => (
            "Es demasiado grande para guardarse de una vez. Divídelo en partes.",
            "This is too large to be saved at once. Split it into parts.",
        ),
        _ => return None,
    })
}

fn paying(of: &str) -> Option<(&'static str, &'static str)> {
    Some(match of {
        code::TENDER_UNKNOWN => (
            "Esta caja no acepta ahora ese medio de pago. Elige otro.",
            "This till does not take that means of payment now. Choose another.",
        ),
        code::TENDER_NOT_REFUNDABLE => (
            "Con ese medio de pago no se devuelve dinero. Elige otro.",
            "Money does not go back by that means of payment. Choose another.",
        ),
        code::REFERENCE_MISSING => (
            "Ese medio de pago necesita su referencia. Escríbela y repite.",
            "That means of payment needs its reference. Type it and repeat.",
        ),
        code::REFUND_EXCEEDS_TENDER => (
            "Por ese medio de pago solo se pueden devolver {left_minor}. Reparte el resto o que lo autorice un gerente.",
            "Only {left_minor} can go back by that means of payment. Split the rest, or let a manager agree.",
        ),
        code::SHIFT_NOT_OPEN => (
            "No hay turno abierto en esta caja. Ábrelo contando el efectivo del cajón.",
            "No shift is open at this till. Open one by counting the cash in the drawer.",
        ),
        code::SHIFT_OPEN_ALREADY => (
            "Esta caja ya tiene un turno abierto. Ciérralo antes de abrir otro.",
            "A shift is open at this till already. Close it before you open another.",
        ),
        code::SHIFT_OVERDUE => (
            "El turno del {business_date} sigue abierto. Ciérralo y abre el de hoy; nada se ha perdido.",
            "The shift of {business_date} is still open. Close it and open today's; nothing is lost.",
        ),
        code::SHIFT_UNKNOWN => (
            "Esta caja no conoce ese turno. Espera a que sincronice.",
            "This till does not know that shift. Wait for it to sync.",
        ),
        code::COUNT_INCOMPLETE => (
            "Falta contar un medio de pago. Escribe lo que hay, aunque sea cero.",
            "One means of payment is not counted. Type what is there, even if it is zero.",
        ),
        code::FLOAT_LEFT_TOO_HIGH => (
            "No puede quedar en el cajón más de lo que se ha contado.",
            "No more can stay in the drawer than was counted.",
        ),
        code::DIFFERENCE_OVER_LIMIT => (
            "Lo contado no cuadra y pasa del límite de {limit_minor}. Vuelve a contar, o que lo autorice un gerente. El turno sigue abierto.",
            "What was counted does not fit, above the limit of {limit_minor}. Count again, or let a manager agree. The shift is still open.",
        ),
        _ => return None,
    })
}

fn filling_in(of: &str) -> Option<(&'static str, &'static str)> {
    Some(match of {
        code::TEXT_MISSING => (
            "Falta rellenar un campo obligatorio.",
            "A required field is empty.",
        ),
        code::TEXT_TOO_LONG => (
            "Un texto es demasiado largo: como mucho {max} caracteres.",
            "A text is too long: at most {max} characters.",
        ),
        code::PRINTER_INVALID => (
            "Los datos de la impresora no son válidos.",
            "The printer's settings are not valid.",
        ),
        code::PRINTER_MISSING => (
            "Todavía no hay impresora. Configúrala en la página Impresora.",
            "There is no printer yet. Set it up on the Printer page.",
        ),
        code::PRINT_JOB_UNKNOWN => (
            "Ese papel ya no está en cola.",
            "That paper is not waiting any more.",
        ),
        code::NOTHING_CHANGED => (
            "No hay cambios que guardar.",
            "There is nothing changed to save.",
        ),
        code::REASON_INVALID => (
            "Elige un motivo de la lista.",
            "Choose a reason from the list.",
        ),
        code::ILLEGAL_TRANSITION => (
            "Ese paso no es posible desde el estado actual. La reparación sigue como estaba.",
            "That step is not possible from the present status. The repair stays as it was.",
        ),
        code::CONFLICT => (
            "Otra persona lo cambió a la vez. Mira cómo está ahora y repite.",
            "Someone else changed it at the same time. See how it is now and repeat.",
        ),
        _ => return None,
    })
}

fn storing(of: &str) -> Option<(&'static str, &'static str)> {
    Some(match of {
        code::DISK_FULL => (
            "El disco de este ordenador está lleno: esto no se ha guardado. Lo anterior está a salvo. Libera espacio y repite.",
            "This computer's disk is full: this was not saved. All before is safe. Free some space and repeat.",
        ),
        code::ALREADY_RUNNING => (
            "Esta caja ya está abierta en este ordenador. Busca su otra ventana.",
            "This till is open on this computer already. Look for its other window.",
        ),
        code::FOLDER_UNUSABLE => (
            "No se puede escribir en la carpeta de datos de la caja. Revisa sus permisos; no se ha perdido nada.",
            "The till's data folder cannot be written. Check its permissions; nothing is lost.",
        ),
        code::DATABASE_NEWER => (
            "Los datos de esta caja son de una versión más nueva del programa. Actualízalo; no se ha tocado nada.",
            "This till's data belong to a newer version of the program. Update it; nothing was touched.",
        ),
        code::DATABASE_MISSING => (
            "Faltan los datos de esta caja. Puede que se haya movido la carpeta. No la conectes de nuevo sin avisar al propietario.",
            "This till's data are missing. The folder may have been moved. Do not enrol it again without telling the owner.",
        ),
        code::DATABASE_DAMAGED => (
            "Los datos de esta caja están dañados. No borres nada y avisa al propietario: lo sincronizado está en el servidor.",
            "This till's data are damaged. Delete nothing and tell the owner: what was synced is on the server.",
        ),
        _ => return None,
    })
}

fn serving(of: &str) -> Option<(&'static str, &'static str)> {
    Some(match of {
        code::SERVER_UNREACHABLE => (
            "No se llega al servidor. Lo guardado en esta caja está a salvo y se enviará solo.",
            "The server cannot be reached. What is saved on this till is safe and will be sent by itself.",
        ),
        code::SERVER_REFUSED => (
            "El servidor ha rechazado la petición. Nada se ha perdido; avisa al propietario si se repite.",
            "The server refused the request. Nothing is lost; tell the owner if it happens again.",
        ),
        code::MALFORMED => (
            "El servidor no entendió la petición. Revisa lo escrito y vuelve a intentarlo.",
            "The server did not understand the request. Check what you typed and try again.",
        ),
        code::BODY_TOO_LARGE => (
            "Lo enviado es más grande de lo que admite el servidor.",
            "What was sent is larger than the server takes.",
        ),
        code::NOT_FOUND => (
            "No existe, o no es de este negocio.",
            "It does not exist, or belongs to another business.",
        ),
        code::DAMAGED_OPERATION => (
            "Una operación guardada no coincide con su huella. Está apartada; avisa al propietario.",
            "A saved operation does not match its fingerprint. It is set aside; tell the owner.",
        ),
        code::MUST_REBOOTSTRAP => (
            "La caja debe copiar de nuevo los datos del servidor. Lo hará sola; lo no enviado se conserva.",
            "The till has to copy the server's data afresh. It does so by itself and keeps what was not sent.",
        ),
        code::UPGRADE_REQUIRED => (
            "El servidor necesita una versión más nueva de este programa. Puedes seguir vendiendo; actualízalo pronto.",
            "The server needs a newer version of this program. You can keep selling; update soon.",
        ),
        code::TOO_MANY_REQUESTS => (
            "Demasiados intentos seguidos. Espera un minuto.",
            "Too many attempts in a row. Wait a minute.",
        ),
        code::COMMAND_UNKNOWN => (
            "La ventana y el programa son de versiones distintas. Cierra y vuelve a abrir.",
            "The window and the program are of different versions. Close and open again.",
        ),
        code::INTERNAL => INTERNAL,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_sentence_of_its_own_in_both_languages() {
        for known in code::ALL {
            let (es, en) = texts(known).unwrap_or_else(|| panic!("{known} has no sentence"));
            assert!(es.len() > 15 && en.len() > 15 && es != en, "{known}");
        }
        assert_eq!(texts("unheard_of"), None);
    }

    #[test]
    fn amounts_and_counts_are_written_as_people_write_them() {
        let locale = Locale::of(Language::En, "US", "USD", 2);
        let short = Failure::new(code::PAYMENT_SHORT, "")
            .with("due_minor", 1_795)
            .with("paid_minor", 1_000);
        assert_eq!(
            sentence(&short, &locale),
            "Not enough: $17.95 is due and $10.00 was paid. The sale is still open."
        );
        let over = Failure::new(code::REFUND_EXCEEDS_SALE, "")
            .with("n", 2)
            .with("left_milli", 1_500);
        assert_eq!(
            sentence(&over, &locale),
            "Only 1.5 of line 2 can still come back. Nothing was given back."
        );
    }

    #[test]
    fn no_place_stays_open_when_a_field_is_missing() {
        for language in [Language::Es, Language::En] {
            let locale = Locale::of(language, "ES", "EUR", 2);
            for known in code::ALL {
                let text = sentence(&Failure::new(known, ""), &locale);
                assert!(!text.contains('{'), "{known}: {text}");
            }
        }
    }
}
