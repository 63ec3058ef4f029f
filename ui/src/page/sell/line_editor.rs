//! One line's quantity, price, discount and seller. What is beyond the person's own rights may be
//! typed all the same: a manager is asked when it comes to paying.

use domain::{
    contract::ipc::ListStaff,
    money::{Money, line_amount},
    quantity::Quantity,
    sale::Discount,
    tax::RatePpm,
};
use web_sys::HtmlSelectElement;
use yew::{
    Callback, Html, Properties, SubmitEvent, component, html, use_effect_with, use_node_ref,
    use_state,
};

use crate::{
    component::{
        dialog::Dialog,
        field::{Field, chosen},
    },
    format::{self, Locale},
    hook::{use_ipc, use_locale},
    state::cart::{CartAction, Line},
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct LineEditorProps {
    pub line: Line,
    pub minor_digits: u8,
    /// Whether the person may give another price without asking.
    pub can_price: bool,
    /// How much the person may take off without asking.
    pub limit_ppm: RatePpm,
    /// Who is at the till.
    pub person: String,
    pub on_change: Callback<CartAction>,
    pub on_close: Callback<()>,
}

/// How a discount is written, and how far one may go without asking.
pub(super) fn limit_hint(limit_ppm: RatePpm, locale: &Locale) -> String {
    let words = locale.words().sell;
    if limit_ppm >= RatePpm(1_000_000) {
        return words.discount_hint.to_owned();
    }
    let limit = format::rate(limit_ppm, locale);
    fill(words.discount_limit_hint, &[("limit", &limit)])
}

#[component]
pub fn LineEditor(props: &LineEditorProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    let line = &props.line;
    let sellers = use_ipc(Some(ListStaff {}), 0);
    let quantity =
        use_state(|| format::quantity(line.quantity_milli, &locale).replace('\u{2212}', "-"));
    let price = use_state(|| format::unit_price_typed(line.price_e4(), &locale));
    let discount = use_state(|| format::discount_typed(line.discount, &locale));
    let seller = use_state(|| line.seller_id);
    let new_quantity = format::parse_quantity(&quantity).filter(|q| q.is_sellable());
    let new_price = format::parse_unit_price(&price);
    let new_discount = format::parse_discount(&discount, props.minor_digits).ok();
    // What the line comes to before its discount, to refuse one that is larger.
    let amount = line_amount(
        new_quantity.unwrap_or(Quantity::ONE),
        new_price.unwrap_or(line.price_e4()),
        props.minor_digits,
    );
    let new_discount = new_discount.filter(|discount| match discount {
        Some(Discount::Amount(off)) => amount.as_ref().is_ok_and(|amount| off <= amount),
        _ => true,
    });
    let is_right = new_quantity.is_some() && new_price.is_some() && new_discount.is_some();
    let onsubmit = {
        let (on_change, on_close) = (props.on_change.clone(), props.on_close.clone());
        let (key, seller) = (line.key, *seller);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let (Some(quantity), Some(price), Some(discount)) =
                (new_quantity, new_price, new_discount)
            else {
                return;
            };
            on_change.emit(CartAction::SetQuantity(key, quantity));
            on_change.emit(CartAction::SetPrice(key, Some(price)));
            on_change.emit(CartAction::SetDiscount(key, discount));
            on_change.emit(CartAction::SetSeller(key, seller));
            on_close.emit(());
        })
    };
    let set = |state: &yew::UseStateHandle<String>| {
        let state = state.clone();
        Callback::from(move |text: String| state.set(text))
    };
    let example = format::money_typed(Money(12_50), &locale);
    let wrong = |is_wrong: bool, text: String| if is_wrong { text } else { String::new() };
    let bad_amount = fill(words.sell.amount_invalid, &[("example", &example)]);
    let choose_seller = {
        let seller = seller.clone();
        Callback::from(move |event: yew::Event| seller.set(chosen(&event).parse().ok()))
    };
    // The web view of the window shows another option than the one marked when options come later
    // than their list; said to the list itself it holds.
    let list = use_node_ref();
    use_effect_with((sellers.data.is_some(), *seller), {
        let list = list.clone();
        move |(_, seller)| {
            if let Some(list) = list.cast::<HtmlSelectElement>() {
                list.set_value(&seller.map_or_else(String::new, |id| id.to_string()));
            }
        }
    });
    html! {
        <Dialog
            title={words.sell.line_edit}
            on_close={props.on_close.clone()}
            class="w-[min(28rem,calc(100vw-2rem))]"
            test="dialog-line"
        >
            <form class="flex flex-col gap-5 p-6" {onsubmit}>
                <p class="text-sm font-medium">{ &line.product.name }</p>
                if line.serial.is_none() {
                    <Field
                        id="line-quantity"
                        label={words.sell.quantity}
                        value={(*quantity).clone()}
                        on_input={set(&quantity)}
                        wrong={wrong(new_quantity.is_none(), words.sell.quantity_invalid.to_owned())}
                        inputmode="decimal"
                        replaces=true
                        required=true
                        autofocus=true
                        test="line-quantity"
                    />
                }
                <Field
                    id="line-price"
                    label={words.sell.unit_price}
                    hint={if props.can_price { "" } else { words.sell.price_denied }}
                    value={(*price).clone()}
                    on_input={set(&price)}
                    wrong={wrong(new_price.is_none(), bad_amount.clone())}
                    inputmode="decimal"
                    replaces=true
                    required=true
                    autofocus={line.serial.is_some()}
                    test="line-price"
                />
                <Field
                    id="line-discount"
                    label={words.sell.line_discount}
                    hint={limit_hint(props.limit_ppm, &locale)}
                    value={(*discount).clone()}
                    on_input={set(&discount)}
                    wrong={wrong(new_discount.is_none(), bad_amount)}
                    inputmode="decimal"
                    replaces=true
                    test="line-discount"
                />
                if let Some(names) = sellers.data.as_ref().filter(|names| names.len() > 1) {
                    <label class="flex flex-col gap-1.5 text-sm font-medium">
                        { words.sell.seller }
                        <select ref={list} class="field bg-base-100" data-test="line-seller" onchange={choose_seller}>
                            <option value="" selected={seller.is_none()}>{ &props.person }</option>
                            { for names.iter().filter(|name| name.name != props.person).map(|name| html! {
                                <option
                                    value={name.staff_id.to_string()}
                                    selected={*seller == Some(name.staff_id)}
                                >
                                    { &name.name }
                                </option>
                            }) }
                        </select>
                    </label>
                }
                <div class="flex items-center justify-end border-t border-base-300 pt-4">
                    <button type="submit" class="btn btn-primary h-12 px-8" disabled={!is_right} data-test="line-save">
                        { words.common.save }
                    </button>
                </div>
            </form>
        </Dialog>
    }
}
