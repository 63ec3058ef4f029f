//! The cart beside the search: lines, total, and the one next step.

use domain::{
    balance::grouped,
    money::Money,
    quantity::Quantity,
    sale::{PricedCart, PricedLine, SaleError, SetOff, TenderCode, TenderedPayment},
    tax::TaxMode,
};
use yew::{Callback, Html, MouseEvent, Properties, classes, component, html};

use super::{
    feedback::{Empty, Key, Problem},
    icon::{Icon, Shape},
    price_steps::price_steps,
    stepper::Stepper,
};
use crate::{
    format::{self, Locale},
    hook::use_locale,
    page::sell::{pay_in::CustomerBalances, serial::label_of},
    state::cart::{Cart, Line},
    text::{failure::of_sale, fill},
};

/// What a person asked of the cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CartWish {
    Select(u32),
    Quantity(u32, Quantity),
    Edit(u32),
    Remove(u32),
    Clear,
    Customer,
    NoCustomer,
    /// Nothing is paid into the balance at that place after all.
    NoPayIn(usize),
    /// The customer pays what they owe.
    Collect,
    /// What comes back stays with the customer.
    NoExchange,
    /// The discount on all, and coupons.
    Terms,
    Park,
    /// A quote of the cart.
    Quote,
    Pay,
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct CartPanelProps {
    pub cart: Cart,
    pub priced: Result<PricedCart, SaleError>,
    pub tax_mode: TaxMode,
    pub can_sell: bool,
    /// How often balances have changed.
    pub balances: u32,
    pub on_wish: Callback<CartWish>,
}

#[component]
pub fn CartPanel(props: &CartPanelProps) -> Html {
    let locale = use_locale();
    let words = locale.words().sell;
    let cart = &props.cart;
    let wish = |asked| wish(&props.on_wish, asked);
    let units: Quantity = cart.lines.iter().map(|line| line.quantity_milli).sum();
    let count = format::quantity(units, &locale);
    let due = props
        .priced
        .as_ref()
        .ok()
        .map(|priced| due(cart, priced.total));
    html! {
        <section
            class="flex flex-col border-l border-base-300 bg-base-100 md:min-h-0"
            aria-label={words.cart}
        >
            <header class="flex min-h-14 items-center gap-2 border-b border-base-300 py-1.5 pl-5 pr-2">
                <h2 class="text-base font-semibold">{ words.cart }</h2>
                if !cart.lines.is_empty() {
                    <span class="muted tabular text-sm" data-test="cart-count">
                        { if units == Quantity::ONE { words.cart_line.to_owned() } else { fill(words.cart_lines, &[("n", &count)]) } }
                    </span>
                }
                <span class="grow"></span>
                { customer_button(cart, &locale, &props.on_wish) }
                if cart.needs_parking() && props.can_sell {
                    <button
                        type="button"
                        class={if cart.has_terms() { "btn btn-ghost gap-2 px-3 text-primary" } else { "btn btn-ghost gap-2 px-3" }}
                        title={words.cart_discount}
                        data-test="cart-terms"
                        onclick={wish(CartWish::Terms)}
                    >
                        <Icon shape={Shape::Percent} class="size-5" />
                        <span class="sr-only">{ words.cart_discount }</span>
                        <Key label="F6" />
                    </button>
                }
                if !cart.is_empty() {
                    <button
                        type="button"
                        class="btn btn-ghost btn-square"
                        aria-label={words.clear}
                        title={words.clear}
                        data-test="cart-clear"
                        onclick={wish(CartWish::Clear)}
                    >
                        <Icon shape={Shape::Trash2} />
                    </button>
                }
            </header>
            if let Some(quote) = cart.quote.as_ref() {
                <p class="flex items-center gap-2 border-b border-base-300 bg-primary/8 px-5 py-2 text-sm font-medium" data-test="cart-quoted">
                    <Icon shape={Shape::FileText} class="size-4 text-primary" />
                    { fill(locale.words().quote.in_cart, &[("number", &quote.number)]) }
                </p>
            }
            if let Some(customer_id) = cart.customer_id() {
                <CustomerBalances
                    {customer_id}
                    version={props.balances}
                    on_collect={(props.can_sell && cart.exchange.is_none()).then(|| props.on_wish.reform(|()| CartWish::Collect))}
                />
            }
            { exchange(cart, &locale, &props.on_wish) }
            if cart.is_empty() {
                <div class="grow">
                    <Empty
                        shape={Shape::ScanBarcode}
                        title={words.cart_empty}
                        lead={if cart.exchange.is_some() { locale.words().exchange.scan_new } else { words.cart_empty_lead }}
                    />
                </div>
            } else {
                <ul class="grow md:min-h-0 md:overflow-y-auto" data-test="cart-lines">
                    { for cart.lines.iter().enumerate().map(|(place, line)| {
                        let priced = props.priced.as_ref().ok()
                            .and_then(|priced| priced.lines.get(place));
                        let is_selected = cart.selected == Some(line.key);
                        cart_line(line, priced, (is_selected, cart.quote.is_none()), &locale, &props.on_wish)
                    }) }
                    { for cart.paid_in.iter().enumerate().map(|(place, payment)| {
                        paid_in_line(place, payment, &locale, &props.on_wish)
                    }) }
                </ul>
            }
            { totals(props, &locale) }
            <div class="p-4 pt-2">
                if props.can_sell {
                    if cart.needs_parking() && cart.exchange.is_none() {
                        <div class="mb-2 grid grid-cols-2 gap-2">
                            { aside(locale.words().park.park, "F5", Shape::CircleParking, "cart-park", props, wish(CartWish::Park)) }
                            { aside(locale.words().quote.quote, "F11", Shape::FileText, "cart-quote", props, wish(CartWish::Quote)) }
                        </div>
                    }
                    <button
                        type="button"
                        class="btn btn-primary btn-block h-16 justify-between px-6 text-lg font-semibold"
                        disabled={cart.is_empty() || props.priced.is_err()}
                        data-test="pay"
                        onclick={wish(CartWish::Pay)}
                    >
                        <span class="flex items-center gap-3">
                            { if cart.exchange.is_some() && due.is_some_and(|due| due <= Money::ZERO) { locale.words().exchange.title } else { words.pay } }
                            <Key label="F9" />
                        </span>
                        <span class="tabular">
                            { due.map_or_else(String::new, |due| format::money(due, &locale)) }
                        </span>
                    </button>
                } else {
                    <p class="rounded-field bg-base-200 p-4 text-sm">{ words.cannot_sell }</p>
                }
            </div>
        </section>
    }
}

/// A button that puts the cart somewhere else than into the till.
fn aside(
    label: &'static str,
    key: &'static str,
    shape: Shape,
    test: &'static str,
    props: &CartPanelProps,
    onclick: Callback<MouseEvent>,
) -> Html {
    html! {
        <button
            type="button"
            class="btn btn-ghost h-11 gap-2 px-2 text-sm font-medium"
            disabled={props.priced.is_err()}
            data-test={test}
            {onclick}
        >
            <Icon {shape} class="size-4" />
            { label }
            <Key label={key} />
        </button>
    }
}

fn wish(on_wish: &Callback<CartWish>, asked: CartWish) -> Callback<MouseEvent> {
    on_wish.reform(move |event: MouseEvent| {
        // A button on a line is not a click on the line as well.
        event.stop_propagation();
        asked.clone()
    })
}

fn customer_button(cart: &Cart, locale: &Locale, on_wish: &Callback<CartWish>) -> Html {
    let words = locale.words();
    let wish = |asked| wish(on_wish, asked);
    match &cart.customer {
        None => html! {
            <button
                type="button"
                class="btn btn-ghost gap-2 px-3 text-sm font-medium"
                data-test="cart-customer"
                onclick={wish(CartWish::Customer)}
            >
                <Icon shape={Shape::UserPlus} class="size-5" />
                <span class="sr-only">{ words.sell.add_customer }</span>
                <Key label="F4" />
            </button>
        },
        Some(customer) => html! {
            <div class="flex min-w-0 items-center rounded-field bg-primary/8">
                <button
                    type="button"
                    class="btn btn-ghost max-w-28 gap-2 px-3 text-sm font-medium"
                    data-test="cart-customer"
                    onclick={wish(CartWish::Customer)}
                >
                    <Icon shape={Shape::User} class="size-4 text-primary" />
                    <span class="truncate">{ &customer.name }</span>
                </button>
                <button
                    type="button"
                    class="btn btn-ghost btn-square btn-sm"
                    aria-label={words.common.remove}
                    onclick={wish(CartWish::NoCustomer)}
                >
                    <Icon shape={Shape::X} class="size-4" />
                </button>
            </div>
        },
    }
}

fn cart_line(
    line: &Line,
    priced: Option<&PricedLine>,
    (is_selected, is_editable): (bool, bool),
    locale: &Locale,
    on_wish: &Callback<CartWish>,
) -> Html {
    let words = locale.words();
    let wish = |asked| wish(on_wish, asked);
    let sold = &line.product;
    let key = line.key;
    let quantity = format::quantity(line.quantity_milli, locale);
    html! {
        <li
            key={key.to_string()}
            class={classes!(
                "border-b", "border-base-300/70", "px-5", "py-2.5",
                if is_selected { "bg-primary/6 shadow-[inset_3px_0_0_var(--color-primary)]" } else { "" },
            )}
            aria-current={is_selected.then_some("true")}
            data-test={format!("line-{}", sold.sku)}
            onclick={wish(CartWish::Select(key))}
        >
            <div class="flex items-start gap-3">
                <span
                    class="tabular mt-px min-w-7 rounded-md bg-base-300/60 px-1.5 py-0.5 text-center text-sm font-semibold"
                    data-test={format!("quantity-{}", sold.sku)}
                >
                    { quantity }
                </span>
                <div class="min-w-0 grow">
                    <p class="line-clamp-2 text-sm leading-snug">{ &sold.name }</p>
                    if let Some(serial) = &line.serial {
                        <p class="tabular mt-0.5 truncate text-xs font-medium" data-test="line-serial">
                            { label_of(sold.serial_kind, locale) }{ " " }{ serial }
                        </p>
                    }
                    <p class="muted tabular mt-0.5 text-xs">
                        { format::unit_price(line.price_e4(), locale) }
                        if line.is_overridden() {
                            { " " }
                            <s>{ format::unit_price(sold.price_e4, locale) }</s>
                        }
                    </p>
                    if let Some(priced) = priced {
                        { price_steps(&priced.details.steps, locale) }
                    }
                </div>
                <span class="num text-sm font-semibold" data-test={format!("line-total-{}", sold.sku)}>
                    { priced.map(|priced| format::money(priced.total, locale)) }
                </span>
            </div>
            if is_selected && is_editable {
                <div class="-mb-1 mt-1 flex items-center gap-1">
                    if line.serial.is_none() {
                        <Stepper
                            value={line.quantity_milli}
                            label={sold.name.clone()}
                            test="line"
                            on_change={on_wish.reform(move |quantity| CartWish::Quantity(key, quantity))}
                        />
                    }
                    <span class="grow"></span>
                    <button
                        type="button"
                        class="btn btn-ghost px-3 text-sm font-medium"
                        data-test="line-edit"
                        onclick={wish(CartWish::Edit(key))}
                    >
                        <Icon shape={Shape::Pencil} class="size-4" />
                        <Key label="F3" />
                        <span class="sr-only">{ words.sell.line_edit }</span>
                    </button>
                    <button
                        type="button"
                        class="btn btn-ghost btn-square"
                        aria-label={format!("{}: {}", words.common.remove, sold.name)}
                        data-test="line-remove"
                        onclick={wish(CartWish::Remove(key))}
                    >
                        <Icon shape={Shape::Trash2} class="size-4" />
                    </button>
                </div>
            }
        </li>
    }
}

/// What is paid into a balance, below the goods.
fn paid_in_line(
    place: usize,
    payment: &TenderedPayment,
    locale: &Locale,
    on_wish: &Callback<CartWish>,
) -> Html {
    let words = locale.words().balance;
    let name = if payment.tender == TenderCode::GIFT_CARD {
        fill(words.in_cart, &[("code", &grouped(&payment.reference))])
    } else {
        words.on_account.to_owned()
    };
    html! {
        <li
            key={format!("paid-in-{place}")}
            class="flex items-center gap-3 border-b border-base-300/70 py-1.5 pl-5 pr-2"
            data-test={format!("paid-in-{}", payment.tender.name())}
        >
            <Icon shape={if payment.tender == TenderCode::GIFT_CARD { Shape::Tag } else { Shape::User }} class="size-4 text-primary" />
            <p class="tabular min-w-0 grow text-sm leading-snug">{ &name }</p>
            <span class="num text-sm font-semibold">{ format::money(-payment.tendered_minor, locale) }</span>
            <button
                type="button"
                class="btn btn-ghost btn-square"
                aria-label={fill(words.remove, &[("name", &name)])}
                data-test="paid-in-remove"
                onclick={wish(on_wish, CartWish::NoPayIn(place))}
            >
                <Icon shape={Shape::Trash2} class="size-4" />
            </button>
        </li>
    }
}

fn totals(props: &CartPanelProps, locale: &Locale) -> Html {
    let words = locale.words().sell;
    let priced = match &props.priced {
        Ok(priced) => priced,
        Err(error) => {
            return html! {
                <div class="px-4 pt-3"><Problem failure={of_sale(error)} /></div>
            };
        }
    };
    let taxed: Vec<_> = priced
        .taxes
        .iter()
        .filter(|tax| tax.rate_ppm.0 > 0)
        .collect();
    let set_off = props.cart.set_off(priced.total).ok().flatten();
    let paid_in = props.cart.paid_in_total();
    html! {
        <dl class="border-t border-base-300 px-5 pt-3 text-sm">
            if props.tax_mode == TaxMode::Exclusive && !taxed.is_empty() {
                { total_row(words.subtotal, format::money(priced.total - priced.tax, locale)) }
            }
            { for taxed.iter().map(|tax| {
                let label = fill(words.tax_of, &[("rate", &format::rate(tax.rate_ppm, locale))]);
                let label = match props.tax_mode {
                    TaxMode::Inclusive => format!("{label} ({})", words.included),
                    TaxMode::Exclusive => label,
                };
                total_row(&label, format::money(tax.tax_minor, locale))
            }) }
            <div class="flex items-baseline justify-between gap-4 pt-1" aria-live="polite">
                <dt class="text-base font-semibold">{ words.total }</dt>
                <dd class={if set_off.is_some() || !paid_in.is_zero() { "num text-base font-semibold" } else { "num text-money font-bold tracking-tight" }} data-test="cart-total">
                    { format::money(priced.total, locale) }
                </dd>
            </div>
            if let Some(set_off) = set_off {
                { difference(&set_off, locale) }
            } else if !paid_in.is_zero() {
                <div class="flex items-baseline justify-between gap-4 pt-1" aria-live="polite">
                    <dt class="text-base font-semibold">{ locale.words().balance.to_pay }</dt>
                    <dd class="num text-money font-bold tracking-tight" data-test="cart-due">
                        { format::money(priced.total + paid_in, locale) }
                    </dd>
                </div>
            }
        </dl>
    }
}

/// What the customer pays, or less than zero for what they get back.
fn due(cart: &Cart, total: Money) -> Money {
    let set_off = cart.set_off(total).ok().flatten();
    set_off.map_or(total, |set_off| set_off.due - set_off.back) + cart.paid_in_total()
}

/// What comes back in an exchange, and the difference.
fn difference(set_off: &SetOff, locale: &Locale) -> Html {
    let words = locale.words().exchange;
    let (label, amount) = if set_off.back > Money::ZERO {
        (words.to_give_back, set_off.back)
    } else {
        (words.to_pay, set_off.due)
    };
    html! {
        <>
        { total_row(words.goods_back, format::money(-(set_off.covered + set_off.back), locale)) }
        <div class="flex items-baseline justify-between gap-4 pt-1" aria-live="polite">
            <dt class="text-base font-semibold">{ label }</dt>
            <dd class="num text-money font-bold tracking-tight" data-test="cart-difference">
                { format::money(amount, locale) }
            </dd>
        </div>
        </>
    }
}

/// What comes back, above what goes out.
fn exchange(cart: &Cart, locale: &Locale, on_wish: &Callback<CartWish>) -> Html {
    let Some(refund) = &cart.exchange else {
        return Html::default();
    };
    let words = locale.words().exchange;
    let document = &refund.receipt.document;
    let chosen = document.lines.iter().zip(&refund.chosen);
    let chosen = chosen.filter(|(_, quantity)| **quantity > Quantity::ZERO);
    html! {
        <div class="flex items-start gap-2 border-b border-base-300 bg-primary/8 py-2 pl-5 pr-2 text-sm" data-test="cart-exchange">
            <Icon shape={Shape::RefreshCw} class="mt-0.5 size-4 text-primary" />
            <div class="min-w-0 grow">
                <p class="font-medium">
                    { fill(words.comes_back, &[("number", &document.number)]) }
                </p>
                <ul class="muted max-h-24 overflow-y-auto">
                    { for chosen.map(|(line, quantity)| html! {
                        <li class="truncate">{ format::quantity(*quantity, locale) }{ " × " }{ &line.name }</li>
                    }) }
                </ul>
            </div>
            <button
                type="button"
                class="btn btn-ghost btn-square"
                aria-label={words.remove}
                title={words.remove}
                data-test="cart-exchange-remove"
                onclick={wish(on_wish, CartWish::NoExchange)}
            >
                <Icon shape={Shape::X} class="size-4" />
            </button>
        </div>
    }
}

fn total_row(label: &str, amount: String) -> Html {
    html! {
        <div class="muted flex justify-between gap-4 py-0.5">
            <dt>{ label.to_owned() }</dt>
            <dd class="num">{ amount }</dd>
        </div>
    }
}
