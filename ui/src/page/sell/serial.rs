//! Asks for the serial number of each unit that is sold. A doubt is said once and never refuses: the
//! unit is in the cashier's hand.

use domain::{
    barcode,
    catalog::Product,
    contract::ipc::FindSerial,
    quantity::Quantity,
    serial::{Doubt, SerialError, SerialKind, doubt, normalize},
};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, SubmitEvent, component, html, use_effect_with, use_state};

use crate::{
    component::{dialog::Dialog, field::Field},
    format::{Locale, time::day},
    hook::{keyboard::focus, use_dialog_scanner, use_locale},
    ipc,
    state::cart::Cart,
    text::fill,
};

const FIELD: &str = "unit-serial";

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct SerialProps {
    pub product: Product,
    /// Which unit of how many is asked for.
    pub n: u32,
    pub all: u32,
    /// Numbers of the product that are in the cart.
    pub taken: Vec<String>,
    pub on_serial: Callback<String>,
    /// This one and the rest are sold without numbers.
    pub on_without: Callback<()>,
    pub on_close: Callback<()>,
}

/// What is to be said of what was typed.
#[derive(Debug, Clone, PartialEq, Default)]
struct Said {
    /// Normalised, once it was doubted.
    doubted: Option<String>,
    text: String,
}

/// The label of the number.
#[must_use]
pub fn label_of(kind: SerialKind, locale: &Locale) -> &'static str {
    let words = locale.words().serial;
    match kind {
        SerialKind::Imei => words.imei,
        SerialKind::Serial | SerialKind::None => words.serial,
    }
}

#[component]
pub fn SerialDialog(props: &SerialProps) -> Html {
    let locale = use_locale();
    let words = locale.words().serial;
    let typed = use_state(String::new);
    let said = use_state(Said::default);
    let is_busy = use_state(|| false);
    let submit = {
        let (said, is_busy, locale) = (said.clone(), is_busy.clone(), locale.clone());
        let (props, typed) = (props.clone(), typed.clone());
        Callback::from(move |text: String| {
            if *is_busy {
                return;
            }
            let kind = props.product.serial_kind;
            let serial = match normalize(kind, &text) {
                Ok(serial) => serial,
                Err(error) => {
                    return said.set(Said {
                        doubted: None,
                        text: wrong(&error, &locale).to_owned(),
                    });
                }
            };
            typed.set(text);
            if props.taken.contains(&serial) {
                let text = locale.words().serial.in_cart.to_owned();
                return said.set(Said {
                    doubted: None,
                    text,
                });
            }
            if said.doubted.as_ref() == Some(&serial) {
                typed.set(String::new());
                said.set(Said::default());
                return props.on_serial.emit(serial);
            }
            is_busy.set(true);
            let (props, typed) = (props.clone(), typed.clone());
            let (said, is_busy, locale) = (said.clone(), is_busy.clone(), locale.clone());
            spawn_local(async move {
                let doubts = doubts(&props.product, &serial, &locale).await;
                is_busy.set(false);
                if doubts.is_empty() {
                    typed.set(String::new());
                    said.set(Said::default());
                    props.on_serial.emit(serial);
                } else {
                    said.set(Said {
                        doubted: Some(serial),
                        text: doubts,
                    });
                    focus(FIELD);
                }
            });
        })
    };
    use_dialog_scanner(true, submit.clone());
    // A button that was clicked keeps the focus, and the next number is typed.
    use_effect_with(props.n, |_| focus(FIELD));
    let onsubmit = {
        let (typed, submit) = (typed.clone(), submit.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            submit.emit((*typed).clone());
        })
    };
    let on_input = {
        let (typed, said) = (typed.clone(), said.clone());
        Callback::from(move |text| {
            typed.set(text);
            said.set(Said::default());
        })
    };
    let counted = fill(
        words.unit_of,
        &[("n", &props.n.to_string()), ("all", &props.all.to_string())],
    );
    html! {
        <Dialog
            title={props.product.name.clone()}
            on_close={props.on_close.clone()}
            class="w-[min(30rem,calc(100vw-2rem))]"
            test="dialog-serial"
        >
            <form class="flex flex-col gap-5 p-6" {onsubmit}>
                if props.all > 1 {
                    <p class="muted tabular -mb-2 text-sm" aria-live="polite" data-test="serial-count">{ counted }</p>
                }
                <Field
                    id={FIELD}
                    label={label_of(props.product.serial_kind, &locale)}
                    hint={words.ask}
                    value={(*typed).clone()}
                    {on_input}
                    wrong={said.text.clone()}
                    required=true
                    autofocus=true
                    test="serial"
                />
                <div class="flex flex-wrap gap-3">
                    <button
                        type="button"
                        class="btn btn-ghost h-12 grow"
                        data-test="serial-without"
                        onclick={props.on_without.reform(|_| ())}
                    >
                        { words.without }
                    </button>
                    <button type="submit" class="btn btn-primary h-12 grow" disabled={*is_busy || typed.trim().is_empty()} data-test="serial-add" data-doubted={said.doubted.is_some().to_string()}>
                        { if said.doubted.is_some() { words.add_anyway } else { words.add } }
                    </button>
                </div>
            </form>
        </Dialog>
    }
}

/// How many numbers are asked for when so much of a product is sold; none of what is not counted in
/// units, or beside a quote.
pub(super) fn asks_units(cart: &Cart, product: &Product, quantity: Quantity) -> Option<u32> {
    let units = quantity.milli() / Quantity::ONE.milli();
    let is_whole = Quantity::units(units) == quantity && units > 0;
    let asks = is_whole && !product.serial_kind.is_none() && cart.quote.is_none();
    u32::try_from(units).ok().filter(|_| asks)
}

fn wrong(error: &SerialError, locale: &Locale) -> &'static str {
    let words = locale.words().serial;
    match error {
        SerialError::Empty => words.empty,
        SerialError::TooLong => words.too_long,
        SerialError::Unprintable => words.unprintable,
    }
}

/// What speaks against a number; nothing where the till cannot say.
async fn doubts(product: &Product, serial: &str, locale: &Locale) -> String {
    let words = locale.words().serial;
    let mut doubts: Vec<String> = Vec::new();
    if product.sku == serial || product.barcodes.contains(&barcode::normalize(serial)) {
        return words.is_barcode.to_owned();
    }
    match doubt(product.serial_kind, serial) {
        Some(Doubt::NoImei) => doubts.push(words.no_imei.to_owned()),
        Some(Doubt::CheckDigit) => doubts.push(words.check_digit.to_owned()),
        None => {}
    }
    let asked = FindSerial {
        serial: serial.to_owned(),
        product_id: Some(product.product_id),
    };
    let found = ipc::call(&asked).await.unwrap_or_default();
    let sold = found.units.iter().find_map(|known| known.unit.sold());
    doubts.extend(sold.map(|sold| {
        let date = day(&sold.business_date, locale);
        fill(
            words.sold_already,
            &[("date", &date), ("number", &sold.number)],
        )
    }));
    doubts.join(" ")
}
