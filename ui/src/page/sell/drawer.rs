//! What stands between a cashier and a sale while the drawer is closed: its float, or the shift that
//! somebody forgot.

use domain::contract::ipc::GetShift;
use yew::{Callback, Html, Properties, component, html, use_state};

use crate::{
    component::icon::{Icon, Shape},
    format::time::day,
    hook::{use_ipc, use_locale},
    page::shift::open::OpenForm,
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct GateProps {
    pub version: u32,
    /// To the page of the drawer.
    pub on_shift: Callback<()>,
}

/// Nothing while selling is possible. A shift of a past day can be closed after the customer who
/// waits.
#[component]
pub fn DrawerGate(props: &GateProps) -> Html {
    let locale = use_locale();
    let words = locale.words().shift;
    let asked = use_ipc(Some(GetShift {}), props.version);
    let is_later = use_state(|| false);
    let Some(drawer) = asked.data.as_ref() else {
        return Html::default();
    };
    if *is_later && drawer.shift.is_some() {
        return Html::default();
    }
    let overdue = drawer.shift.as_ref().filter(|report| report.is_overdue);
    let (title, lead) = match overdue {
        Some(report) => {
            let date = day(&report.shift.opening.business_date, &locale);
            (
                fill(words.overdue_title, &[("date", &date)]),
                words.overdue_lead,
            )
        }
        None if drawer.is_required && drawer.shift.is_none() => {
            (words.required_title.to_owned(), words.required_lead)
        }
        None => return Html::default(),
    };
    html! {
        <div class="absolute inset-0 z-20 grid place-items-center bg-base-200/80 p-6 backdrop-blur-sm" data-test="drawer-gate">
            <section class="card-surface flex w-[min(28rem,100%)] flex-col gap-5 p-6 shadow-float" aria-label={title.clone()}>
                <header class="flex items-start gap-4">
                    <span class="grid size-12 shrink-0 place-items-center rounded-full bg-primary/10 text-primary">
                        <Icon shape={Shape::Banknote} class="size-6" />
                    </span>
                    <div>
                        <h2 class="text-lg font-semibold">{ title }</h2>
                        <p class="muted text-sm">{ lead }</p>
                    </div>
                </header>
                if overdue.is_some() {
                    <button type="button" class="btn btn-primary h-13 text-base font-semibold" autofocus=true data-test="gate-close" onclick={props.on_shift.reform(|_| ())}>
                        { words.overdue_go }
                    </button>
                    <button type="button" class="btn btn-ghost h-12" data-test="gate-later" onclick={Callback::from(move |_| is_later.set(true))}>
                        { words.overdue_later }
                    </button>
                } else {
                    <OpenForm float_left={drawer.float_left_minor} on_opened={Callback::noop()} />
                }
            </section>
        </div>
    }
}
