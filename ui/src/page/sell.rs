//! Selling: search or scan at the left, the cart at the right, one button that pays. Everything
//! has a key, and the keys are on the buttons.

pub mod aside;
pub mod browse;
pub mod charge;
pub mod choose;
pub mod done;
pub mod drawer;
pub mod exchange;
pub mod keys;
pub mod line_editor;
mod lookup;
pub mod make_quote;
mod notice;
pub mod park;
pub mod parked;
pub mod pay;
pub mod pay_in;
pub mod quotes;
pub mod receipts;
pub mod refund;
pub mod serial;
pub mod spend;
pub mod terminal;
pub mod terms;
pub mod unit;

use domain::{
    catalog::Product,
    contract::ipc::{DocumentView, FoundSerial, ListParked, ParkedSummary, ProductHit},
    id::{DraftId, OpId, ProductId},
    money::Money,
    quantity::Quantity,
    sale::{Tender, TenderCode, TenderedPayment, needs},
    staff::Permission,
};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::{
    Callback, Html, Properties, UseReducerHandle, UseStateHandle, component, html, use_effect_with,
    use_state,
};

use self::{
    browse::Browse,
    choose::ChooseDialog,
    done::Done,
    exchange::{ExchangeDialog, exchanged},
    keys::SellKey,
    line_editor::LineEditor,
    lookup::{Found, found},
    notice::{Notice, said, said_added, warned},
    pay::PayDialog,
    pay_in::{CollectDialog, GiftCardDialog},
    receipts::ReceiptsDialog,
    refund::RefundDialog,
    serial::{SerialDialog, asks_units},
    terms::TermsDialog,
    unit::UnitDialog,
};
use crate::{
    component::{
        cart_panel::{CartPanel, CartWish},
        feedback::Key,
        icon::{Icon, Shape},
    },
    hook::{
        Shop, keyboard::focus, query::Asked, shop::new_draft, use_ipc, use_keydown, use_locale,
        use_scanner,
    },
    ipc,
    page::{approval::ApprovalDialog, customers::picker::CustomerPicker},
    state::cart::{Cart, CartAction},
    text::fill,
};

/// How a button at the foot looks.
const TOOL: &str = "btn btn-ghost h-auto min-h-11 flex-col gap-0.5 px-2 py-1 text-xs font-medium \
                    2xl:flex-row 2xl:gap-2 2xl:px-3 2xl:text-sm";

/// What lies over the page.
#[derive(Debug, Clone, PartialEq)]
pub enum Over {
    Nothing,
    Pay(Money),
    Edit(u32),
    /// The discount on all, and coupons.
    Terms,
    /// Somebody must agree before so much is paid.
    Approve {
        permissions: Vec<Permission>,
        given: Money,
        due: Money,
        /// It is to be quoted, not paid.
        is_quote: bool,
    },
    Customer,
    /// The cart is to be put aside.
    Park,
    /// What was put aside.
    Parked,
    /// A quote of the cart is to be made.
    MakeQuote,
    /// Quotes, and which one is shown first.
    Quotes(Option<OpId>),
    Receipts,
    /// A return, of the receipt of that number when it is known already.
    Refund(Option<String>),
    Choose {
        code: String,
        hits: Vec<ProductHit>,
        quantity: Quantity,
    },
    Done(Box<DocumentView>),
    /// Which unit it is, the n-th of so many.
    Serial {
        product: Box<Product>,
        n: u32,
        all: u32,
    },
    /// What is known of a serial number.
    Unit(Rc<FoundSerial>),
    /// A gift card is sold or topped up; its code when it is known already.
    GiftCard(String),
    /// The cart's customer pays what they owe.
    Collect,
}

/// What opens from outside of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SellWish {
    Parked,
    Quotes,
    Receipts,
    Refund,
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct SellProps {
    pub shop: Shop,
    pub cart: UseReducerHandle<Cart>,
    /// A wish and its number, so that the same one can be made twice.
    #[prop_or_default]
    pub wish: Option<(u32, SellWish)>,
    /// To the page of the drawer.
    pub on_shift: Callback<()>,
}

#[component]
pub fn SellPage(props: &SellProps) -> Html {
    let locale = use_locale();
    let words = locale.words().sell;
    let shop = props.shop.clone();
    let cart = props.cart.clone();
    let over = use_state(|| Over::Nothing);
    let text = use_state(String::new);
    let notice = use_state(Notice::default);
    let organization = &shop.place.organization;
    let mode = organization.tax_mode;
    let priced = cart.priced(&shop.place, shop.business_date());
    let approved = use_state(|| None::<(DraftId, Money)>);
    let can_sell = shop.may(Permission::Sell);

    use_effect_with(props.wish, {
        let over = over.clone();
        move |wish| match wish {
            Some((_, SellWish::Parked)) if can_sell => over.set(Over::Parked),
            Some((_, SellWish::Quotes)) => over.set(Over::Quotes(None)),
            Some((_, SellWish::Receipts)) => over.set(Over::Receipts),
            Some((_, SellWish::Refund)) => over.set(Over::Refund(None)),
            Some((_, SellWish::Parked)) | None => {}
        }
    });
    use_refreshed_prices(&cart, shop.changes.catalog);
    let parked = use_ipc(can_sell.then_some(ListParked {}), shop.changes.parked);

    let add = {
        let (cart, notice) = (cart.clone(), notice.clone());
        let (text, over, locale) = (text.clone(), over.clone(), locale.clone());
        Callback::from(move |(product, quantity): (Product, Quantity)| {
            let said = if cart.quote.is_some() {
                locale.words().quote.locked.to_owned()
            } else {
                said_added(&cart, &product, quantity, &locale)
            };
            notice.set(Notice {
                text: said,
                ..Notice::default()
            });
            text.set(String::new());
            over.set(Over::Nothing);
            cart.dispatch(CartAction::Add { product, quantity });
            focus(browse::SEARCH_ID);
        })
    };
    let add = {
        let (cart, text, over, add) = (cart.clone(), text.clone(), over.clone(), add.clone());
        Callback::from(move |(product, quantity): (Product, Quantity)| {
            match asks_units(&cart, &product, quantity) {
                Some(all) => {
                    text.set(String::new());
                    over.set(Over::Serial {
                        product: Box::new(product),
                        n: 1,
                        all,
                    });
                }
                None => add.emit((product, quantity)),
            }
        })
    };
    let look_up = {
        let (add, over, notice, text) = (add.clone(), over.clone(), notice.clone(), text.clone());
        Callback::from(move |(code, quantity): (String, Quantity)| {
            let (add, over) = (add.clone(), over.clone());
            let (notice, text) = (notice.clone(), text.clone());
            spawn_local(async move {
                match found(&code).await {
                    Ok(Found::Product(product)) => add.emit((*product, quantity)),
                    Ok(Found::Several(hits)) => {
                        over.set(Over::Choose {
                            code,
                            hits,
                            quantity,
                        });
                    }
                    Ok(Found::Document(view)) => over.set(Over::Done(view)),
                    Ok(Found::Unit(found)) => over.set(Over::Unit(Rc::new(found))),
                    Ok(Found::GiftCard(code)) => over.set(Over::GiftCard(code)),
                    Ok(Found::Quote(quote_id)) => over.set(Over::Quotes(Some(quote_id))),
                    Ok(Found::Nothing) => {
                        text.set(String::new());
                        notice.set(Notice {
                            unknown_code: Some(code),
                            ..Notice::default()
                        });
                    }
                    Err(failure) => {
                        notice.set(Notice {
                            failure: Some(failure),
                            ..Notice::default()
                        });
                    }
                }
            });
        })
    };
    // A dialog gives the focus back to the button that opened it; the hands go on at the search.
    use_effect_with(*over == Over::Nothing, |is_free| {
        if *is_free {
            focus(browse::SEARCH_ID);
        }
    });
    let is_open = matches!(*over, Over::Nothing | Over::Done(_));
    use_scanner(is_open && can_sell, {
        let (look_up, text, over) = (look_up.clone(), text.clone(), over.clone());
        Callback::from(move |code: String| {
            // The factor stands in the field, or came so fast that it leads the code itself.
            let (times, code) = keys::split_times(&code);
            let quantity = times.or(keys::split_times(&text).0);
            let code = code.to_owned();
            // A scan after a finished sale starts the next one.
            over.set(Over::Nothing);
            text.set(String::new());
            look_up.emit((code, quantity.unwrap_or(Quantity::ONE)));
        })
    });

    let wish = {
        let (cart, over) = (cart.clone(), over.clone());
        let (notice, locale) = (notice.clone(), locale.clone());
        let to_pay = priced.clone().ok().map(|(lines, priced)| {
            // What a quote gives away was allowed when it was made.
            let mut missing = match &cart.quote {
                Some(_) => Vec::new(),
                None => needs(&lines, &priced, shop.staff.discount_limit_ppm),
            };
            missing.retain(|permission| !shop.may(*permission));
            let set_off = cart.set_off(priced.total).ok().flatten();
            let due = set_off.map_or(priced.total, |set_off| set_off.due);
            let due = due + cart.paid_in_total();
            (due, priced.given_by_hand(), missing)
        });
        let approved = approved.clone();
        Callback::from(move |wish: CartWish| match wish {
            CartWish::Select(key) => cart.dispatch(CartAction::Select(Some(key))),
            CartWish::Quantity(key, quantity)
                if cart.line(key).is_some_and(|line| line.serial.is_some()) =>
            {
                let product = cart.line(key).map(|line| Box::new(line.product.clone()));
                if let Some(product) = product.filter(|_| quantity > Quantity::ONE) {
                    over.set(Over::Serial {
                        product,
                        n: 1,
                        all: 1,
                    });
                }
            }
            CartWish::Quantity(key, quantity) => {
                cart.dispatch(CartAction::SetQuantity(key, quantity));
            }
            CartWish::Edit(key) => over.set(Over::Edit(key)),
            CartWish::Remove(key) => {
                let name = cart
                    .line(key)
                    .map_or_else(String::new, |line| line.product.name.clone());
                let text = fill(locale.words().sell.removed, &[("name", &name)]);
                notice.set(Notice {
                    text,
                    ..Notice::default()
                });
                cart.dispatch(CartAction::Remove(key));
            }
            CartWish::Clear => {
                let text = locale.words().sell.cleared.to_owned();
                notice.set(Notice {
                    text,
                    ..Notice::default()
                });
                cart.dispatch(CartAction::Clear(new_draft()));
            }
            CartWish::Customer => over.set(Over::Customer),
            CartWish::NoCustomer => cart.dispatch(CartAction::SetCustomer(None)),
            CartWish::NoPayIn(place) => cart.dispatch(CartAction::NotPayIn(place)),
            CartWish::Collect => over.set(Over::Collect),
            CartWish::NoExchange => cart.dispatch(CartAction::Exchange(None)),
            CartWish::Terms => over.set(Over::Terms),
            CartWish::Park => over.set(Over::Park),
            CartWish::Pay | CartWish::Quote => {
                let is_quote = wish == CartWish::Quote;
                let to_pay = to_pay.clone().filter(|_| !cart.is_empty());
                let Some((due, given, permissions)) = to_pay else {
                    return;
                };
                let covers =
                    |(draft, up_to): (DraftId, Money)| draft == cart.draft_id && up_to >= given;
                over.set(if permissions.is_empty() || approved.is_some_and(covers) {
                    after_approval(is_quote, due)
                } else {
                    Over::Approve {
                        permissions,
                        given,
                        due,
                        is_quote,
                    }
                });
            }
        })
    };
    {
        let (cart, over, text) = (cart.clone(), over.clone(), text.clone());
        let wish = wish.clone();
        use_keydown(move |event| {
            if *over != Over::Nothing || crate::hook::keyboard::is_dialog_open() {
                return;
            }
            let Some(key) = keys::read(event, text.is_empty(), cart.removed.is_some()) else {
                return;
            };
            event.prevent_default();
            let selected = cart
                .selected_line()
                .map(|line| (line.key, line.quantity_milli));
            match (key, selected) {
                (SellKey::Search, _) => focus(browse::SEARCH_ID),
                (SellKey::Edit, Some((line, _))) if cart.quote.is_none() => {
                    wish.emit(CartWish::Edit(line))
                }
                (SellKey::Remove, Some((line, _))) if cart.quote.is_none() => {
                    wish.emit(CartWish::Remove(line))
                }
                (SellKey::More(by), Some((line, now))) => {
                    wish.emit(CartWish::Quantity(line, now + by));
                }
                (SellKey::Customer, _) => wish.emit(CartWish::Customer),
                (SellKey::Park, _) if can_sell && cart.needs_parking() => {
                    wish.emit(CartWish::Park);
                }
                (SellKey::MakeQuote, _) if can_sell && cart.needs_parking() => {
                    wish.emit(CartWish::Quote);
                }
                (SellKey::Quotes, _) => over.set(Over::Quotes(None)),
                (SellKey::GiftCard, _) if can_sell && cart.exchange.is_none() => {
                    over.set(Over::GiftCard(String::new()));
                }
                (SellKey::Park | SellKey::Parked, _) if can_sell => over.set(Over::Parked),
                (SellKey::Terms, Some(_)) if can_sell && cart.quote.is_none() => {
                    wish.emit(CartWish::Terms)
                }
                (SellKey::Receipts, _) => over.set(Over::Receipts),
                (SellKey::Refund, _) => over.set(Over::Refund(None)),
                (SellKey::Pay, _) if can_sell => wish.emit(CartWish::Pay),
                (SellKey::Undo, _) => cart.dispatch(CartAction::Undo),
                (SellKey::Step(by), _) => cart.dispatch(CartAction::Step(by)),
                _ => {}
            }
        });
    }

    let tell = {
        let notice = notice.clone();
        Callback::from(move |said: Notice| notice.set(said))
    };
    let close = {
        let over = over.clone();
        Callback::from(move |()| {
            over.set(Over::Nothing);
            focus(browse::SEARCH_ID);
        })
    };
    let open = {
        let over = over.clone();
        move |what: Over| {
            let over = over.clone();
            Callback::from(move |_| over.set(what.clone()))
        }
    };
    html! {
        <div class="relative grid h-full grid-cols-[minmax(0,1fr)] overflow-y-auto md:grid-cols-[minmax(0,1fr)_minmax(21rem,34%)] md:overflow-hidden" data-test="page-sell">
            <h1 class="sr-only">{ locale.words().shop.sell }</h1>
            <section class="flex flex-col md:min-h-0" aria-label={words.search_label}>
                <Browse
                    version={shop.changes.catalog.wrapping_add(shop.changes.stock)}
                    text={(*text).clone()}
                    on_text={ { let text = text.clone(); Callback::from(move |t| text.set(t)) } }
                    on_add={add.clone()}
                    on_code={look_up.clone()}
                />
                { warned(&notice, &locale, &text) }
                <footer class="flex min-h-14 flex-wrap items-center gap-2 border-t md:flex-nowrap border-base-300 bg-base-100 px-4">
                    { said(&notice, &cart, &locale) }
                    if can_sell && cart.exchange.is_none() {
                        { tool(locale.words().balance.gift_card, "Ctrl G", Shape::Tag, "open-gift-card", open(Over::GiftCard(String::new()))) }
                    }
                    if can_sell {
                        { aside::parked_tool(&parked, &locale, open(Over::Parked)) }
                    }
                    { tool(locale.words().quote.quotes, "F12", Shape::FileText, "open-quotes", open(Over::Quotes(None))) }
                    { tool(words.recent, "F7", Shape::Clock, "open-receipts", open(Over::Receipts)) }
                    if shop.may(Permission::Refund) {
                        { tool(words.refund, "F8", Shape::Undo2, "open-refund", open(Over::Refund(None))) }
                    }
                </footer>
            </section>
            <CartPanel
                cart={(*cart).clone()}
                priced={priced.map(|(_, priced)| priced)}
                tax_mode={mode}
                {can_sell}
                balances={shop.changes.balances}
                on_wish={wish}
            />
            { over_page(props, &over, &close, &add, &tell, &approved, &parked) }
            if can_sell {
                <drawer::DrawerGate version={shop.changes.shift} on_shift={props.on_shift.clone()} />
            }
        </div>
    }
}

/// A button at the foot: where there is little room its key stands below its word.
fn tool(
    label: &str,
    key: &'static str,
    shape: Shape,
    test: &'static str,
    onclick: Callback<yew::MouseEvent>,
) -> Html {
    html! {
        <button type="button" class={TOOL} data-test={test} {onclick}>
            <Icon {shape} class="hidden size-4 2xl:block" />
            <span>{ label.to_owned() }</span>
            <Key label={key} />
        </button>
    }
}

fn over_page(
    props: &SellProps,
    over: &yew::UseStateHandle<Over>,
    close: &Callback<()>,
    add: &Callback<(Product, Quantity)>,
    tell: &Callback<Notice>,
    approved: &UseStateHandle<Option<(DraftId, Money)>>,
    parked: &Asked<Vec<ParkedSummary>>,
) -> Html {
    let cart = &props.cart;
    let shop = &props.shop;
    let minor_digits = shop.place.organization.currency.minor_digits;
    match &**over {
        Over::Nothing => Html::default(),
        Over::Park | Over::Parked | Over::MakeQuote | Over::Quotes(_)
            if cart.exchange.is_some() =>
        {
            aside::exchange_first(close)
        }
        Over::Park | Over::Parked | Over::MakeQuote | Over::Quotes(_)
            if !cart.paid_in.is_empty() =>
        {
            aside::balances_first(close)
        }
        Over::Pay(due) => pay(*due, shop, cart, over, close, tell),
        Over::MakeQuote => aside::quote(props, over, close),
        Over::Quotes(first) => aside::quotes(props, *first, tell, close),
        Over::Park => aside::park(props, tell, close),
        Over::Parked => aside::parked_list(props, parked, tell, close),
        Over::Edit(key) => edit(*key, props, close),
        Over::Terms => {
            let cart = cart.clone();
            html! {
                <TermsDialog
                    terms={cart.terms.clone()}
                    {minor_digits}
                    limit_ppm={shop.staff.discount_limit_ppm}
                    codes={codes(shop)}
                    on_change={Callback::from(move |terms| cart.dispatch(CartAction::SetTerms(terms)))}
                    on_close={close.clone()}
                />
            }
        }
        Over::Approve {
            permissions,
            given,
            due,
            is_quote,
        } => {
            let next = after_approval(*is_quote, *due);
            let (over, approved) = (over.clone(), approved.clone());
            let (draft_id, given) = (cart.draft_id, *given);
            let on_approved = Callback::from(move |()| {
                approved.set(Some((draft_id, given)));
                over.set(next.clone());
            });
            html! {
                <ApprovalDialog {draft_id} permissions={permissions.clone()} {given} {on_approved} on_close={close.clone()} />
            }
        }
        Over::Customer => customer(props, close),
        Over::Receipts => {
            let opener = over.clone();
            html! {
                <ReceiptsDialog
                    shop={shop.clone()}
                    version={shop.changes.documents}
                    can_refund={shop.may(Permission::Refund)}
                    on_refund={Callback::from(move |number| opener.set(Over::Refund(Some(number))))}
                    on_close={close.clone()}
                />
            }
        }
        Over::Refund(number) => refund(number.as_ref(), props, over, close),
        Over::Choose {
            code,
            hits,
            quantity,
        } => {
            let (add, quantity) = (add.clone(), *quantity);
            html! {
                <ChooseDialog
                    code={code.clone()}
                    hits={hits.clone()}
                    on_choose={Callback::from(move |hit: ProductHit| add.emit((hit.product, quantity)))}
                    on_close={close.clone()}
                />
            }
        }
        Over::Serial { product, n, all } => ask_serial(cart, over, close, (product, *n, *all)),
        Over::Unit(found) => unit(found, shop, over, close),
        Over::GiftCard(code) => gift_card(code, props, close),
        Over::Collect => collect(props, close),
        Over::Done(view) => {
            html! { <Done shop={shop.clone()} view={(**view).clone()} on_new={close.clone()} /> }
        }
    }
}

fn refund(
    number: Option<&String>,
    props: &SellProps,
    over: &UseStateHandle<Over>,
    close: &Callback<()>,
) -> Html {
    let (cart, shop) = (&props.cart, &props.shop);
    let over = over.clone();
    html! {
        <RefundDialog
            number={number.cloned()}
            tenders={offered(shop)}
            rounding={shop.place.organization.settings.cash_rounding}
            customers={shop.changes.customers}
            can_edit={shop.may(Permission::EditCustomer)}
            on_close={close.clone()}
            on_done={ {
                let over = over.clone();
                Callback::from(move |view: DocumentView| over.set(Over::Done(Box::new(view))))
            } }
            on_exchange={(shop.may(Permission::Sell) && cart.paid_in.is_empty()).then(|| {
                let (cart, close) = (cart.clone(), close.clone());
                Callback::from(move |refund| {
                    cart.dispatch(CartAction::Exchange(Some(refund)));
                    close.emit(());
                })
            })}
        />
    }
}

/// What is known of a number, and the ways from there.
fn unit(
    found: &Rc<FoundSerial>,
    shop: &Shop,
    over: &UseStateHandle<Over>,
    close: &Callback<()>,
) -> Html {
    let on_document = {
        let over = over.clone();
        Callback::from(move |view| over.set(Over::Done(Box::new(view))))
    };
    let over = over.clone();
    let on_return = Callback::from(move |number| over.set(Over::Refund(Some(number))));
    html! {
        <UnitDialog
            shop={shop.clone()}
            found={found.clone()}
            {on_document}
            on_return={shop.may(Permission::Refund).then_some(on_return)}
            on_close={close.clone()}
        />
    }
}

/// One number after another; whoever has none sells the rest without.
fn ask_serial(
    cart: &UseReducerHandle<Cart>,
    over: &UseStateHandle<Over>,
    close: &Callback<()>,
    (product, n, all): (&Product, u32, u32),
) -> Html {
    let on_serial = {
        let (cart, over, close) = (cart.clone(), over.clone(), close.clone());
        let product = product.clone();
        Callback::from(move |serial: String| {
            let product = product.clone();
            cart.dispatch(CartAction::AddUnit {
                product: product.clone(),
                serial,
            });
            if n == all {
                close.emit(());
            } else {
                over.set(Over::Serial {
                    product: Box::new(product),
                    n: n + 1,
                    all,
                });
            }
        })
    };
    let on_without = {
        let (cart, close, product) = (cart.clone(), close.clone(), product.clone());
        Callback::from(move |()| {
            cart.dispatch(CartAction::Add {
                product: product.clone(),
                quantity: Quantity::units(i64::from(all - n + 1)),
            });
            close.emit(());
        })
    };
    html! {
        <SerialDialog
            product={product.clone()}
            {n}
            {all}
            taken={cart.serials_of(product.product_id)}
            {on_serial}
            {on_without}
            on_close={close.clone()}
        />
    }
}

/// What is paid in joins the cart.
fn paid_in(props: &SellProps, close: &Callback<()>) -> Callback<TenderedPayment> {
    let (cart, close) = (props.cart.clone(), close.clone());
    Callback::from(move |payment| {
        cart.dispatch(CartAction::PayIn(payment));
        close.emit(());
    })
}

fn gift_card(code: &str, props: &SellProps, close: &Callback<()>) -> Html {
    html! {
        <GiftCardDialog
            code={code.to_owned()}
            minor_digits={props.shop.place.organization.currency.minor_digits}
            version={props.shop.changes.balances}
            on_add={paid_in(props, close)}
            on_close={close.clone()}
        />
    }
}

fn collect(props: &SellProps, close: &Callback<()>) -> Html {
    let Some(customer) = props.cart.customer.clone() else {
        return Html::default();
    };
    html! {
        <CollectDialog
            {customer}
            minor_digits={props.shop.place.organization.currency.minor_digits}
            version={props.shop.changes.balances}
            on_add={paid_in(props, close)}
            on_close={close.clone()}
        />
    }
}

fn edit(key: u32, props: &SellProps, close: &Callback<()>) -> Html {
    let (cart, shop) = (&props.cart, &props.shop);
    let Some(line) = cart.line(key) else {
        return Html::default();
    };
    html! {
        <LineEditor
            line={line.clone()}
            minor_digits={shop.place.organization.currency.minor_digits}
            can_price={shop.may(Permission::OverridePrice)}
            limit_ppm={shop.staff.discount_limit_ppm}
            person={shop.staff.name.clone()}
            on_change={ { let cart = cart.clone(); Callback::from(move |action| cart.dispatch(action)) } }
            on_close={close.clone()}
        />
    }
}

/// Coupons that make a promotion count today.
fn codes(shop: &Shop) -> Vec<String> {
    let day = shop.business_date();
    let promotions = shop.place.promotions.iter();
    let codes = promotions.filter_map(|promotion| {
        let coupon = promotion.coupon.clone()?;
        let counts = promotion.counts(day, std::slice::from_ref(&coupon));
        counts.then_some(coupon)
    });
    codes.collect()
}

/// Means of payment that are in use here.
fn offered(shop: &Shop) -> std::rc::Rc<Vec<Tender>> {
    let tenders = shop.place.tenders.iter().filter(|tender| tender.active);
    std::rc::Rc::new(tenders.cloned().collect())
}

/// Those that can pay: what is in a customer's name needs a customer.
fn to_pay_with(shop: &Shop, has_customer: bool) -> Rc<Vec<Tender>> {
    let of_customer = [TenderCode::ACCOUNT, TenderCode::STORE_CREDIT];
    let mut tenders = (*offered(shop)).clone();
    tenders.retain(|tender| has_customer || !of_customer.contains(&tender.code));
    Rc::new(tenders)
}

/// Asks for the cart's products anew when the catalogue changed, so that the total on the screen
/// is the one that the till will take.
#[yew::hook]
fn use_refreshed_prices(cart: &UseReducerHandle<Cart>, catalog_version: u32) {
    let cart = cart.clone();
    use_effect_with(catalog_version, move |_| {
        let mut ids: Vec<ProductId> = cart.lines.iter().map(|l| l.product.product_id).collect();
        ids.dedup();
        spawn_local(async move {
            for product_id in ids {
                let asked = domain::contract::ipc::GetProduct { product_id };
                // A product that is gone stays as it was: the till decides when it is sold.
                if let Ok(view) = ipc::call(&asked).await {
                    cart.dispatch(CartAction::Refresh(view.product));
                }
            }
        });
    });
}

fn pay(
    due: Money,
    shop: &Shop,
    cart: &UseReducerHandle<Cart>,
    over: &UseStateHandle<Over>,
    close: &Callback<()>,
    tell: &Callback<Notice>,
) -> Html {
    let on_done = {
        let (over, cart, tell) = (over.clone(), cart.clone(), tell.clone());
        Callback::from(move |view: DocumentView| {
            cart.dispatch(CartAction::Finish(new_draft()));
            // What was said of the last sale is of no use in the next.
            tell.emit(Notice::default());
            over.set(Over::Done(Box::new(view)));
        })
    };
    let sold = cart.priced(&shop.place, shop.business_date());
    let sold = sold.map_or(Money::ZERO, |(_, priced)| priced.total);
    let set_off = cart.set_off(sold).ok().flatten();
    let customer_id = cart.customer_id();
    let tenders = to_pay_with(shop, customer_id.is_some());
    if let (Some(refund), Some(set_off)) = (&cart.exchange, set_off.filter(|_| due.is_zero())) {
        return html! {
            <ExchangeDialog
                refund={refund.clone()}
                {sold}
                {set_off}
                tenders={offered(shop)}
                draft_id={cart.draft_id}
                lines={cart.sale_lines()}
                terms={cart.terms.clone()}
                {customer_id}
                quote_id={cart.quote.as_ref().map(|quote| quote.quote_id)}
                {on_done}
                on_close={close.clone()}
            />
        };
    }
    let cart = cart.clone();
    let on_adopt = {
        let cart = cart.clone();
        Callback::from(move |draft_id| cart.dispatch(CartAction::Adopt(draft_id)))
    };
    html! {
        <PayDialog
            {due}
            minor_digits={shop.place.organization.currency.minor_digits}
            rounding={shop.place.organization.settings.cash_rounding}
            {tenders}
            draft_id={cart.draft_id}
            version={shop.changes.card_payments}
            may_return={shop.may(Permission::Refund)}
            utc_offset_min={shop.utc_offset_min}
            on_adopt={on_adopt}
            lines={cart.sale_lines()}
            terms={cart.terms.clone()}
            {customer_id}
            paid_in={cart.paid_in.clone()}
            balances={shop.changes.balances}
            quote_id={cart.quote.as_ref().map(|quote| quote.quote_id)}
            exchange={cart.exchange.as_deref().map(|refund| exchanged(refund, None))}
            on_close={close.clone()}
            {on_done}
        />
    }
}

/// What comes once nobody needs to allow anything any more.
const fn after_approval(is_quote: bool, due: Money) -> Over {
    if is_quote {
        Over::MakeQuote
    } else {
        Over::Pay(due)
    }
}

fn customer(props: &SellProps, close: &Callback<()>) -> Html {
    let (cart, close_after) = (props.cart.clone(), close.clone());
    html! {
        <CustomerPicker
            version={props.shop.changes.customers}
            can_edit={props.shop.may(Permission::EditCustomer)}
            on_choose={Callback::from(move |customer| {
                cart.dispatch(CartAction::SetCustomer(Some(customer)));
                close_after.emit(());
            })}
            on_close={close.clone()}
        />
    }
}
