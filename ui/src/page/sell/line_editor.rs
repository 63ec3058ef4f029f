//! One line's quantity, and its price and discount for who may change them.

use domain::{
    money::{Money, UnitPrice, line_amount, share},
    quantity::Quantity,
};
use yew::{Callback, Html, Properties, SubmitEvent, component, html, use_state};

use crate::{
    component::{dialog::Dialog, field::Field},
    format,
    hook::use_locale,
    state::cart::{CartAction, Line},
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct LineEditorProps {
    pub line: Line,
    pub minor_digits: u8,
    pub can_price: bool,
    pub on_change: Callback<CartAction>,
    pub on_close: Callback<()>,
}

/// A discount as typed: an amount, or a percentage of the line's amount.
fn discount_of(typed: &str, amount: Money, minor_digits: u8) -> Option<Money> {
    let typed = format::plain_number(typed);
    if typed.is_empty() {
        return Some(Money::ZERO);
    }
    let discount = match typed.strip_suffix('%') {
        Some(percent) => {
            let hundredths = Money::parse(percent, 2).ok()?;
            share(amount, hundredths.minor(), 10_000).ok()?
        }
        None => Money::parse(&typed, minor_digits).ok()?,
    };
    (discount >= Money::ZERO && discount <= amount).then_some(discount)
}

#[component]
pub fn LineEditor(props: &LineEditorProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    let sold = &props.line.line;
    let quantity =
        use_state(|| format::quantity(sold.quantity_milli, &locale).replace('\u{2212}', "-"));
    let price = use_state(|| format::unit_price_typed(sold.unit_price_e4, &locale));
    let discount = use_state(|| {
        if sold.discount_minor == Money::ZERO {
            String::new()
        } else {
            format::money_typed(sold.discount_minor, &locale)
        }
    });
    let new_quantity = format::parse_quantity(&quantity).filter(|q| q.is_sellable());
    let new_price = UnitPrice::parse(&format::plain_number(&price))
        .ok()
        .filter(|price| *price >= UnitPrice(0));
    let amount = line_amount(
        new_quantity.unwrap_or(Quantity::ONE),
        new_price.unwrap_or(sold.unit_price_e4),
        props.minor_digits,
    )
    .unwrap_or(Money::ZERO);
    let new_discount = discount_of(&discount, amount, props.minor_digits);
    let is_right = new_quantity.is_some() && new_price.is_some() && new_discount.is_some();
    let onsubmit = {
        let (on_change, on_close) = (props.on_change.clone(), props.on_close.clone());
        let (key, can_price) = (props.line.key, props.can_price);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let (Some(quantity), Some(price), Some(discount)) =
                (new_quantity, new_price, new_discount)
            else {
                return;
            };
            on_change.emit(CartAction::SetQuantity(key, quantity));
            if can_price {
                on_change.emit(CartAction::SetPrice(key, price));
                on_change.emit(CartAction::SetDiscount(key, discount));
            }
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
    html! {
        <Dialog
            title={words.sell.line_edit}
            on_close={props.on_close.clone()}
            class="w-[min(28rem,calc(100vw-2rem))]"
            test="dialog-line"
        >
            <form class="flex flex-col gap-5 p-6" {onsubmit}>
                <p class="text-sm font-medium">{ &sold.name }</p>
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
                if props.can_price {
                    <Field
                        id="line-price"
                        label={words.sell.unit_price}
                        value={(*price).clone()}
                        on_input={set(&price)}
                        wrong={wrong(new_price.is_none(), bad_amount.clone())}
                        inputmode="decimal"
                    replaces=true
                        required=true
                        test="line-price"
                    />
                    <Field
                        id="line-discount"
                        label={words.sell.line_discount}
                        hint={words.sell.discount_hint}
                        value={(*discount).clone()}
                        on_input={set(&discount)}
                        wrong={wrong(new_discount.is_none(), bad_amount)}
                        inputmode="decimal"
                    replaces=true
                        test="line-discount"
                    />
                } else {
                    <p class="muted text-sm">{ words.sell.price_denied }</p>
                }
                <div class="flex items-center justify-between border-t border-base-300 pt-4">
                    <span class="num text-xl font-semibold">
                        { format::money(amount - new_discount.unwrap_or(Money::ZERO), &locale) }
                    </span>
                    <button type="submit" class="btn btn-primary h-12 px-8" disabled={!is_right} data-test="line-save">
                        { words.common.save }
                    </button>
                </div>
            </form>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_discount_is_an_amount_or_a_percentage_and_never_more_than_the_line() {
        let of = |typed: &str| discount_of(typed, Money(2_599), 2);
        assert_eq!(of(""), Some(Money::ZERO));
        assert_eq!(of("5"), Some(Money(500)));
        assert_eq!(of("1,50"), Some(Money(150)));
        assert_eq!(of("10%"), Some(Money(260)));
        assert_eq!(of("30"), None);
        assert_eq!(of("-1"), None);
        assert_eq!(of("x"), None);
    }
}
