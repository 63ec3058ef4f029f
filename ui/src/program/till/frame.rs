//! The frame around the till's pages: rail, top bar, help, and the palette that jumps anywhere.

use std::rc::Rc;

use domain::{
    contract::ipc::{GetPrinter, Place, Session, SignOut, SignedIn, SyncStatus},
    staff::Permission,
};
use wasm_bindgen_futures::spawn_local;
use yew::{
    Callback, Html, Properties, UseReducerHandle, classes, component, html, use_callback, use_state,
};

use crate::{
    component::{
        icon::{Icon, Shape},
        logo::Logo,
        top_bar::TopBar,
    },
    hook::{
        Shop, idle::is_awake, keyboard::is_dialog_open, use_idle, use_ipc, use_keydown, use_words,
    },
    ipc,
    page::{
        customers::CustomersPage,
        jump::{Goal, HelpDialog, JumpDialog},
        printer::PrinterPage,
        repairs::{RepairWish, RepairsPage},
        sell::{SellPage, SellWish},
        shift::ShiftPage,
        stock::StockPage,
        sync::SyncPage,
    },
    state::{
        cart::{Cart, CartAction},
        changes::Changes,
        look::{LookAction, Theme},
    },
    text::Words,
};

/// A page of the till.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    Sell,
    Repairs,
    Customers,
    Stock,
    Shift,
    Printer,
    Sync,
}

impl Page {
    pub const ALL: [Page; 7] = [
        Page::Sell,
        Page::Repairs,
        Page::Customers,
        Page::Stock,
        Page::Shift,
        Page::Printer,
        Page::Sync,
    ];

    /// The name for tests.
    const fn name(self) -> &'static str {
        match self {
            Self::Sell => "sell",
            Self::Repairs => "repairs",
            Self::Customers => "customers",
            Self::Stock => "stock",
            Self::Shift => "shift",
            Self::Printer => "printer",
            Self::Sync => "sync",
        }
    }

    pub(crate) const fn shape(self) -> Shape {
        match self {
            Self::Sell => Shape::ShoppingCart,
            Self::Repairs => Shape::Wrench,
            Self::Customers => Shape::Users,
            Self::Stock => Shape::Package,
            Self::Shift => Shape::Banknote,
            Self::Printer => Shape::Printer,
            Self::Sync => Shape::RefreshCw,
        }
    }

    pub(crate) const fn title(self, words: &'static Words) -> &'static str {
        match self {
            Self::Sell => words.shop.sell,
            Self::Repairs => words.shop.repairs,
            Self::Customers => words.shop.customers,
            Self::Stock => words.shop.stock,
            Self::Shift => words.shop.shift,
            Self::Printer => words.printing.page,
            Self::Sync => words.shop.sync,
        }
    }
}

/// What lies over the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    Nothing,
    Help,
    Jump,
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub(super) struct FrameProps {
    pub session: Rc<Session>,
    pub place: Rc<Place>,
    pub staff: Rc<SignedIn>,
    pub changes: Changes,
    pub cart: UseReducerHandle<Cart>,
    pub skew_ms: i64,
    pub now_ms: i64,
    pub status: Option<SyncStatus>,
    pub theme: Theme,
    pub on_look: Callback<LookAction>,
    pub on_session: Callback<Session>,
}

#[component]
pub(super) fn Frame(props: &FrameProps) -> Html {
    let can_sell = props.staff.permissions.contains(&Permission::Sell);
    let page = use_state(|| if can_sell { Page::Sell } else { Page::Repairs });
    let cart = props.cart.clone();
    let over = use_state(|| Over::Nothing);
    let printer = use_ipc(Some(GetPrinter {}), props.changes.printing);
    let wish = use_state(|| (0_u32, None::<Goal>));
    let go = {
        let (page, wish, over) = (page.clone(), wish.clone(), over.clone());
        Callback::from(move |goal: Goal| {
            over.set(Over::Nothing);
            page.set(goal.page());
            wish.set((wish.0.wrapping_add(1), Some(goal)));
        })
    };
    let sign_out = {
        let (on_session, cart) = (props.on_session.clone(), cart.dispatcher());
        let person = props.staff.staff_id;
        Callback::from(move |()| {
            let (on_session, cart) = (on_session.clone(), cart.clone());
            spawn_local(async move {
                // Signing out cannot fail at the till; should it, the person stays signed in.
                if let Ok(session) = ipc::call(&SignOut {}).await {
                    cart.dispatch(CartAction::Leave(person));
                    on_session.emit(session);
                }
            });
        })
    };
    let lock_after_min = props.place.organization.settings.lock_after_min();
    let limit_ms = lock_after_min.map(|minutes| i64::from(minutes) * 60_000);
    let lock = use_callback(props.staff.staff_id, {
        let sign_out = sign_out.clone();
        move |(), _| sign_out.emit(())
    });
    use_idle(limit_ms, lock);
    {
        let (go, over, sign_out) = (go.clone(), over.clone(), sign_out.clone());
        use_keydown(move |event| {
            let key = event.key();
            if event.ctrl_key() && key.eq_ignore_ascii_case("l") {
                event.prevent_default();
                if !is_awake() {
                    sign_out.emit(());
                }
                return;
            }
            if event.ctrl_key() && key.eq_ignore_ascii_case("k") {
                event.prevent_default();
                over.set(if *over == Over::Jump {
                    Over::Nothing
                } else {
                    Over::Jump
                });
                return;
            }
            if is_dialog_open() {
                return;
            }
            if (key == "?" && is_free(event)) || key == "F1" {
                event.prevent_default();
                over.set(Over::Help);
            } else if event.alt_key() {
                let place = event
                    .code()
                    .strip_prefix("Digit")
                    .and_then(|n| n.parse::<usize>().ok());
                let page = place.and_then(|n| Page::ALL.get(n.checked_sub(1)?));
                if let Some(page) = page {
                    event.prevent_default();
                    go.emit(Goal::Page(*page));
                }
            }
        });
    }
    let shop = Shop {
        place: props.place.clone(),
        staff: props.staff.clone(),
        changes: props.changes,
        business_date: props.session.business_date.as_str().into(),
        skew_ms: props.skew_ms,
        utc_offset_min: props.session.utc_offset_min,
    };
    let open = |what: Over| {
        let over = over.clone();
        Callback::from(move |()| over.set(what))
    };
    let sell_wish = match wish.1 {
        Some(Goal::Receipts) => Some((wish.0, SellWish::Receipts)),
        Some(Goal::Quotes) => Some((wish.0, SellWish::Quotes)),
        Some(Goal::Parked) => Some((wish.0, SellWish::Parked)),
        Some(Goal::Refund) => Some((wish.0, SellWish::Refund)),
        _ => None,
    };
    let to_shift = go.reform(|()| Goal::Page(Page::Shift));
    let repair_wish = matches!(wish.1, Some(Goal::Intake)).then_some((wish.0, RepairWish::Intake));
    html! {
        <div class="grid h-screen grid-cols-[5rem_minmax(0,1fr)] grid-rows-[minmax(0,1fr)] overflow-hidden">
            <Rail page={*page} on_page={go.reform(Goal::Page)} />
            <div class="grid min-h-0 min-w-0 grid-cols-[minmax(0,1fr)] grid-rows-[auto_minmax(0,1fr)]">
                <TopBar
                    store={props.place.store.name.clone()}
                    till_number={props.place.till.number}
                    person={props.staff.name.clone()}
                    role={props.staff.role}
                    now_ms={props.now_ms}
                    utc_offset_min={props.session.utc_offset_min}
                    status={props.status.clone()}
                    printer={printer.data.as_deref().cloned()}
                    theme={props.theme}
                    on_look={props.on_look.clone()}
                    on_sync={go.reform(|()| Goal::Page(Page::Sync))}
                    on_printer={go.reform(|()| Goal::Page(Page::Printer))}
                    on_jump={open(Over::Jump)}
                    on_help={open(Over::Help)}
                    on_sign_out={sign_out}
                />
                <main class="min-h-0 min-w-0">
                    { match *page {
                        Page::Sell => html! { <SellPage {shop} {cart} wish={sell_wish} on_shift={to_shift} /> },
                        Page::Repairs => html! { <RepairsPage {shop} now_ms={props.now_ms} wish={repair_wish} /> },
                        Page::Customers => html! { <CustomersPage {shop} /> },
                        Page::Stock => html! { <StockPage {shop} now_ms={props.now_ms} /> },
                        Page::Shift => html! { <ShiftPage {shop} /> },
                        Page::Printer => html! { <PrinterPage {shop} now_ms={props.now_ms} /> },
                        Page::Sync => html! { <SyncPage {shop} status={props.status.clone()} now_ms={props.now_ms} /> },
                    } }
                </main>
            </div>
            { match *over {
                Over::Nothing => Html::default(),
                Over::Help => html! { <HelpDialog on_close={open(Over::Nothing)} /> },
                Over::Jump => html! { <JumpDialog on_go={go} on_close={open(Over::Nothing)} /> },
            } }
        </div>
    }
}

/// A question mark asks for help unless it is being typed into a text that holds something.
fn is_free(event: &web_sys::KeyboardEvent) -> bool {
    use wasm_bindgen::JsCast;
    let input = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
    match input {
        Some(input) => {
            input.value().is_empty() && input.id() == crate::page::sell::browse::SEARCH_ID
        }
        None => !crate::hook::keyboard::is_typing(event),
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct RailProps {
    page: Page,
    on_page: Callback<Page>,
}

#[component]
fn Rail(props: &RailProps) -> Html {
    let words = use_words();
    html! {
        <nav class="flex flex-col items-center gap-1 overflow-y-auto border-r border-base-300 bg-base-100 py-2" aria-label={words.shop.rail}>
            <span class="grid h-12 place-items-center"><Logo /></span>
            { for Page::ALL.into_iter().enumerate().map(|(place, page)| {
                let is_on = page == props.page;
                html! {
                    <button
                        type="button"
                        class={classes!(
                            "flex", "w-17", "flex-col", "items-center", "gap-1", "rounded-field", "px-1",
                            "pb-1.5", "pt-2.5", "text-xs", "font-medium", "transition-colors",
                            if is_on { "bg-primary/10 text-primary" } else { "muted hover:bg-base-200" },
                        )}
                        aria-current={is_on.then_some("page")}
                        data-test={format!("rail-{}", page.name())}
                        onclick={props.on_page.reform(move |_| page)}
                    >
                        <Icon shape={page.shape()} class="size-6" />
                        <span>{ page.title(words) }</span>
                        <span class="tabular text-[0.6875rem] font-normal" aria-hidden="true">{ format!("Alt {}", place + 1) }</span>
                    </button>
                }
            }) }
        </nav>
    }
}
