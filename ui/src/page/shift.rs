//! The drawer: open it, move cash, count it, close it; what it adds up to, and what came before.

pub mod cash;
pub mod close;
pub mod count;
pub mod history;
pub mod open;
pub mod report;

use domain::{
    contract::ipc::{Drawer, GetShift, ShiftReport},
    id::ShiftId,
    money::Money,
    shift::CashMovementKind,
    staff::Permission,
};
use yew::{Callback, Html, Properties, component, html, use_state};

use self::{
    cash::CashDialog, close::CloseDialog, count::CountDialog, history::History, open::OpenForm,
    report::Report,
};
use crate::{
    component::{
        dialog::Dialog,
        feedback::{Empty, Problem, Skeleton},
        icon::{Icon, Shape},
    },
    format::{
        self, Locale,
        time::{day, moment},
    },
    hook::{Shop, use_ipc, use_locale},
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct ShiftProps {
    pub shop: Shop,
}

/// What lies over the page.
#[derive(Debug, Clone, PartialEq)]
enum Over {
    Nothing,
    Move(CashMovementKind),
    Count,
    Close,
    Earlier(ShiftId),
    Closed(Box<ShiftReport>),
}

#[component]
pub fn ShiftPage(props: &ShiftProps) -> Html {
    let locale = use_locale();
    let words = locale.words().shift;
    let over = use_state(|| Over::Nothing);
    let drawer = use_ipc(Some(GetShift {}), props.shop.changes.shift);
    if !props.shop.may(Permission::RunShift) {
        return html! { <Empty shape={Shape::Lock} title={words.denied} /> };
    }
    let set = {
        let over = over.clone();
        Callback::from(move |what: Over| over.set(what))
    };
    let close = set.reform(|()| Over::Nothing);
    html! {
        <div class="grid h-full grid-cols-[minmax(0,1fr)] overflow-y-auto md:grid-cols-[minmax(0,1fr)_minmax(19rem,32%)] md:overflow-hidden" data-test="page-shift">
            <h1 class="sr-only">{ words.title }</h1>
            <section class="flex flex-col gap-5 p-5 md:min-h-0 md:overflow-y-auto">
                if let Some(failure) = drawer.failure.clone() {
                    <Problem {failure} on_retry={drawer.again.clone()} />
                } else if let Some(drawer) = drawer.data.as_ref() {
                    { standing(drawer, &set, &locale) }
                    { over_page(&over, drawer, &set, &close, &locale) }
                } else {
                    <Skeleton />
                }
            </section>
            <aside class="border-l border-base-300 bg-base-100 md:min-h-0 md:overflow-y-auto">
                <History version={props.shop.changes.shift} on_open={set.reform(Over::Earlier)} />
            </aside>
        </div>
    }
}

fn standing(drawer: &Drawer, set: &Callback<Over>, locale: &Locale) -> Html {
    let words = locale.words().shift;
    let Some(report) = drawer.shift.as_ref() else {
        let lead = if drawer.is_required {
            words.required_lead
        } else {
            words.closed_lead
        };
        return html! {
            <div class="mx-auto flex w-full max-w-md grow flex-col justify-center gap-5">
                <div class="flex flex-col items-center gap-2 text-center">
                    <span class="mb-2 grid size-14 place-items-center rounded-full bg-base-200 text-base-content/60">
                        <Icon shape={Shape::Banknote} class="size-7" />
                    </span>
                    <h2 class="text-xl font-semibold">{ words.closed_title }</h2>
                    <p class="muted max-w-sm text-sm">{ lead }</p>
                </div>
                <div class="card-surface p-6">
                    <OpenForm float_left={drawer.float_left_minor} on_opened={Callback::noop()} />
                </div>
            </div>
        };
    };
    let opened = moment(
        report.shift.opened_ms,
        report.shift.opening.utc_offset_min,
        locale,
    );
    html! {
        <>
            if report.is_overdue {
                <div class="flex items-start gap-3 rounded-field border border-warning/40 bg-warning/10 px-4 py-3 text-sm" role="alert" data-test="shift-overdue">
                    <Icon shape={Shape::TriangleAlert} class="mt-0.5 size-5 text-warning" />
                    <div>
                        <p class="font-semibold">
                            { fill(words.overdue_title, &[("date", &day(&report.shift.opening.business_date, locale))]) }
                        </p>
                        <p class="muted">{ words.overdue_lead }</p>
                    </div>
                </div>
            }
            <header class="flex flex-wrap items-center gap-x-4 gap-y-3">
                <div class="grow">
                    <p class="flex items-center gap-2 text-lg font-semibold" data-test="shift-open">
                        <span class="size-2.5 rounded-full bg-success" aria-hidden="true"></span>
                        { words.opened }{ " · " }{ day(&report.shift.opening.business_date, locale) }
                    </p>
                    <p class="muted text-sm">
                        { fill(words.opened_by, &[("name", &report.opened_by), ("when", &opened)]) }
                    </p>
                </div>
                <button type="button" class="btn btn-primary h-13 px-6 text-base font-semibold" data-test="shift-close" onclick={set.reform(|_| Over::Close)}>
                    <Icon shape={Shape::Lock} />{ words.close }
                </button>
            </header>
            { actions(set, locale) }
            <Report report={report.clone()} />
        </>
    }
}

/// A movement's name.
#[must_use]
pub fn movement_name(kind: CashMovementKind, locale: &Locale) -> &'static str {
    let words = locale.words().shift;
    match kind {
        CashMovementKind::In => words.move_in,
        CashMovementKind::Out => words.move_out,
        CashMovementKind::SafeDrop => words.safe_drop,
        CashMovementKind::PettyExpense => words.petty_expense,
        CashMovementKind::NoSale => words.no_sale,
    }
}

fn actions(set: &Callback<Over>, locale: &Locale) -> Html {
    let words = locale.words().shift;
    let shape = |kind| match kind {
        CashMovementKind::In => Shape::ArrowDown,
        CashMovementKind::Out => Shape::ArrowUp,
        CashMovementKind::SafeDrop => Shape::Shield,
        CashMovementKind::PettyExpense => Shape::Receipt,
        CashMovementKind::NoSale => Shape::ExternalLink,
    };
    html! {
        <div class="grid grid-cols-2 gap-2 xl:grid-cols-3" role="group" aria-label={words.move_cash}>
            { for CashMovementKind::ALL.into_iter().map(|kind| html! {
                <button type="button" class="btn h-13 justify-start gap-3 px-4 text-sm font-medium" data-test={format!("cash-move-{}", kind.name())}
                    onclick={set.reform(move |_| Over::Move(kind))}>
                    <Icon shape={shape(kind)} />{ movement_name(kind, locale) }
                </button>
            }) }
            <button type="button" class="btn h-13 justify-start gap-3 px-4 text-sm font-medium" data-test="spot-count" onclick={set.reform(|_| Over::Count)}>
                <Icon shape={Shape::Hash} />{ words.spot_count }
            </button>
        </div>
    }
}

fn over_page(
    over: &Over,
    drawer: &Drawer,
    set: &Callback<Over>,
    close: &Callback<()>,
    locale: &Locale,
) -> Html {
    let words = locale.words().shift;
    match over {
        Over::Nothing => Html::default(),
        Over::Move(kind) => html! {
            <CashDialog kind={*kind} on_done={close.clone()} on_close={close.clone()} />
        },
        Over::Count => html! {
            <CountDialog drawer={drawer.clone()} on_done={close.clone()} on_close={close.clone()} />
        },
        Over::Close => html! {
            <CloseDialog
                drawer={drawer.clone()}
                on_done={set.reform(|report: ShiftReport| Over::Closed(Box::new(report)))}
                on_close={close.clone()}
            />
        },
        Over::Earlier(shift_id) => html! {
            <history::EarlierDialog shift_id={*shift_id} drawer={drawer.clone()} on_close={close.clone()} />
        },
        Over::Closed(report) => html! {
            <Dialog title={words.closed} on_close={close.clone()} class="w-[min(46rem,calc(100vw-2rem))]" test="dialog-z">
                <div class="flex flex-col gap-5 p-6">
                    <Report report={(**report).clone()} />
                    <button type="button" class="btn btn-primary h-13 text-base font-semibold" autofocus=true data-test="z-done" onclick={close.reform(|_| ())}>
                        { words.done }
                    </button>
                </div>
            </Dialog>
        },
    }
}

/// An amount as typed; none when it is no amount, or less than zero.
pub(crate) fn read_amount(typed: &str, locale: &Locale) -> Option<Money> {
    let digits = locale.currency.minor_digits;
    let amount = Money::parse(&format::plain_number(typed), digits).ok()?;
    (amount >= Money::ZERO).then_some(amount)
}
