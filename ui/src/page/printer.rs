//! The till's printer: how it is reached, what it prints, and what waits for it.

mod queue;
mod terminal;

use domain::{
    contract::{
        failure::Failure,
        ipc::{GetPrinter, PrintTest, PrinterStatus, PutPrinter},
    },
    format::Language,
    quantity::Quantity,
    receipt::{COPIES_MAX, PrinterKind, ROLL_COLUMNS},
    staff::Permission,
};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, SubmitEvent, component, html, use_effect_with, use_state};

use self::{queue::Queue, terminal::TerminalCard};
use crate::{
    component::{
        feedback::{Problem, Skeleton},
        field::Field,
        icon::{Icon, Shape},
        segmented::{Choice, Segmented},
        stepper::Stepper,
    },
    format::Locale,
    hook::{Shop, use_ipc, use_locale},
    ipc,
    state::printer::PrinterForm,
    text::Language as Spoken,
};

const KINDS: [PrinterKind; 3] = [PrinterKind::Network, PrinterKind::Device, PrinterKind::File];
const LANGUAGES: [Language; 2] = [Language::Es, Language::En];

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct PrinterProps {
    pub shop: Shop,
    pub now_ms: i64,
}

#[component]
pub fn PrinterPage(props: &PrinterProps) -> Html {
    let locale = use_locale();
    let words = locale.words().printing;
    let shop = &props.shop;
    let asked = use_ipc(Some(GetPrinter {}), shop.changes.printing);
    let Some(status) = asked.data.as_deref().cloned() else {
        return match asked.failure.clone() {
            Some(failure) => html! {
                <div class="p-6"><Problem {failure} on_retry={asked.again.clone()} /></div>
            },
            None => html! { <Skeleton /> },
        };
    };
    let may_change = shop.may(Permission::ManageTills);
    html! {
        <div class="h-full overflow-y-auto p-6" data-test="page-printer">
            <div class="mx-auto flex max-w-6xl flex-col gap-5">
                <h1 class="text-2xl font-semibold tracking-tight">{ words.title }</h1>
                <div class="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]">
                    if may_change {
                        <Settings status={status.clone()} />
                    } else {
                        <section class="card-surface flex flex-col gap-3 p-6">
                            if let Some(settings) = &status.settings {
                                <p class="font-medium">{ &settings.address }</p>
                            } else {
                                <p class="font-medium">{ words.none }</p>
                                <p class="muted text-sm">{ words.none_lead }</p>
                            }
                            <p class="muted text-sm">{ words.only_manager }</p>
                        </section>
                    }
                    <div class="flex flex-col gap-5">
                        <Queue {status} now_ms={props.now_ms} />
                        <TerminalCard shop={shop.clone()} />
                    </div>
                </div>
            </div>
        </div>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct SettingsProps {
    status: PrinterStatus,
}

#[component]
fn Settings(props: &SettingsProps) -> Html {
    let locale = use_locale();
    let words = locale.words().printing;
    let kept = props.status.settings.clone();
    let language = locale.language.plain();
    let form = use_state(|| PrinterForm::of(kept.as_ref(), language));
    let failure = use_state(|| None::<Failure>);
    let is_saved = use_state(|| false);
    // What somebody else, or the till's own answer, made of it.
    use_effect_with(kept.clone(), {
        let form = form.clone();
        move |kept: &Option<_>| {
            if kept.is_some() {
                form.set(PrinterForm::of(kept.as_ref(), language));
            }
        }
    });
    let typed = form.settings();
    let change = {
        let (form, is_saved) = (form.clone(), is_saved.clone());
        Callback::from(move |next: PrinterForm| {
            is_saved.set(false);
            form.set(next);
        })
    };
    let put = {
        let (failure, is_saved, form) = (failure.clone(), is_saved.clone(), form.clone());
        move |settings| {
            let (failure, is_saved, form) = (failure.clone(), is_saved.clone(), form.clone());
            spawn_local(async move {
                match ipc::call(&PutPrinter { settings }).await {
                    Ok(status) => {
                        failure.set(None);
                        is_saved.set(status.settings.is_some());
                        if status.settings.is_none() {
                            form.set(PrinterForm::of(None, language));
                        }
                    }
                    Err(refused) => failure.set(Some(refused)),
                }
            });
        }
    };
    let onsubmit = {
        let (put, typed) = (put.clone(), typed.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if typed.is_some() {
                put(typed.clone());
            }
        })
    };
    let test = {
        let failure = failure.clone();
        Callback::from(move |_| {
            let failure = failure.clone();
            spawn_local(async move {
                failure.set(ipc::call(&PrintTest {}).await.err());
            });
        })
    };
    let is_changed = typed.is_some() && typed != kept;
    html! {
        <form class="card-surface flex flex-col gap-5 p-6" {onsubmit}>
            if kept.is_none() {
                <p class="muted text-sm">{ words.none_lead }</p>
            }
            { fields(&form, &change, &locale) }
            if let Some(failure) = (*failure).clone() {
                <Problem {failure} />
            }
            <div class="flex flex-wrap items-center gap-3 border-t border-base-300 pt-4">
                <button type="submit" class="btn btn-primary h-12 px-6" disabled={!is_changed} data-test="printer-save">
                    { words.save }
                </button>
                if kept.is_some() {
                    <button type="button" class="btn h-12 gap-2 px-5" disabled={is_changed} data-test="printer-test" onclick={test}>
                        <Icon shape={Shape::Printer} />{ words.test }
                    </button>
                    <span class="grow"></span>
                    <button
                        type="button"
                        class="btn btn-ghost h-12 gap-2 px-4"
                        data-test="printer-remove"
                        onclick={Callback::from(move |_| put(None))}
                    >
                        <Icon shape={Shape::Trash2} />{ words.remove }
                    </button>
                }
                <span role="status" class="text-sm text-success empty:hidden" data-test="printer-saved">
                    if *is_saved && !is_changed { { words.saved_settings } }
                </span>
            </div>
        </form>
    }
}

fn fields(form: &PrinterForm, change: &Callback<PrinterForm>, locale: &Locale) -> Html {
    let words = locale.words().printing;
    let hint = match form.kind {
        PrinterKind::Network => words.network_hint,
        PrinterKind::Device => words.device_hint,
        PrinterKind::File => words.file_hint,
    };
    let text = |set: fn(&mut PrinterForm, String)| {
        let form = form.clone();
        change.reform(move |typed: String| {
            let mut next = form.clone();
            set(&mut next, typed);
            next
        })
    };
    let pick = |set: fn(&mut PrinterForm, usize)| {
        let form = form.clone();
        change.reform(move |place: usize| {
            let mut next = form.clone();
            set(&mut next, place);
            next
        })
    };
    let [kinds, widths, languages] = choices(locale);
    html! {
        <>
            { labelled(words.kind, html! {
                <Segmented
                    label={words.kind}
                    choices={kinds}
                    chosen={KINDS.iter().position(|kind| *kind == form.kind).unwrap_or(0)}
                    on_choose={pick(|form, place| form.kind = KINDS[place.min(2)])}
                />
            }) }
            <Field
                id="printer-address"
                label={words.address}
                {hint}
                value={form.address.clone()}
                on_input={text(|form, typed| form.address = typed)}
                required=true
                test="printer-address"
            />
            { labelled(words.paper, html! {
                <Segmented
                    label={words.paper}
                    choices={widths}
                    chosen={ROLL_COLUMNS.iter().position(|columns| *columns == form.columns).unwrap_or(2)}
                    on_choose={pick(|form, place| form.columns = ROLL_COLUMNS[place.min(2)])}
                />
            }) }
            <div class="grid gap-5 sm:grid-cols-[minmax(0,1fr)_auto]">
                { labelled(words.language, html! {
                    <Segmented
                        label={words.language}
                        choices={languages}
                        chosen={LANGUAGES.iter().position(|language| *language == form.language).unwrap_or(0)}
                        on_choose={pick(|form, place| form.language = LANGUAGES[place.min(1)])}
                    />
                }) }
                { labelled(words.copies, copies(form, change, locale)) }
            </div>
            <div class="flex flex-col gap-1">
                { switch(words.at_once, "printer-at-once", form.prints_at_once, PrinterForm { prints_at_once: !form.prints_at_once, ..form.clone() }, change) }
                { switch(words.drawer, "printer-drawer", form.kicks_drawer, PrinterForm { kicks_drawer: !form.kicks_drawer, ..form.clone() }, change) }
                { switch(words.logo, "printer-logo", form.has_logo, PrinterForm { has_logo: !form.has_logo, ..form.clone() }, change) }
            </div>
            <Field
                id="printer-return-days"
                label={words.return_days}
                hint={words.return_days_hint}
                value={form.return_days.clone()}
                on_input={text(|form, typed| form.return_days = typed)}
                inputmode="numeric"
                test="printer-return-days"
            />
            <Field
                id="printer-footer"
                label={words.footer}
                value={form.footer.clone()}
                on_input={text(|form, typed| form.footer = typed)}
                area=true
                test="printer-footer"
            />
        </>
    }
}

/// Kinds of printers, widths of paper and languages, to choose from.
fn choices(locale: &Locale) -> [Vec<Choice>; 3] {
    let words = locale.words().printing;
    let kinds = [
        (words.network, Shape::Wifi, "network"),
        (words.device, Shape::Cable, "device"),
        (words.file, Shape::HardDrive, "file"),
    ]
    .map(|(label, shape, test)| choice(label, Some(shape), format!("printer-{test}")))
    .to_vec();
    let widths = [words.mm58, words.mm80_42, words.mm80_48];
    let widths: Vec<Choice> = widths
        .into_iter()
        .zip(ROLL_COLUMNS)
        .map(|(label, columns)| choice(label, None, format!("printer-columns-{columns}")))
        .collect();
    let languages: Vec<Choice> = Spoken::ALL
        .iter()
        .map(|language| {
            let test = format!("printer-language-{}", language.code());
            choice(language.own_name(), None, test)
        })
        .collect();
    [kinds, widths, languages]
}

fn copies(form: &PrinterForm, change: &Callback<PrinterForm>, locale: &Locale) -> Html {
    let words = locale.words().printing;
    html! {
        <Stepper
            value={Quantity::units(i64::from(form.copies))}
            min={Quantity::ONE}
            max={Some(Quantity::units(i64::from(COPIES_MAX)))}
            label={words.copies}
            test="printer-copies"
            on_change={ {
                let form = form.clone();
                change.reform(move |count: Quantity| PrinterForm {
                    copies: u8::try_from(count.milli() / 1_000).unwrap_or(1),
                    ..form.clone()
                })
            } }
        />
    }
}

fn choice(label: &'static str, shape: Option<Shape>, test: String) -> Choice {
    Choice {
        label: label.into(),
        shape,
        test: test.into(),
    }
}

fn labelled(label: &'static str, control: Html) -> Html {
    html! {
        <div class="flex flex-col gap-1.5">
            <p class="text-sm font-medium">{ label }</p>
            { control }
        </div>
    }
}

fn switch(
    label: &'static str,
    test: &'static str,
    is_on: bool,
    turned: PrinterForm,
    change: &Callback<PrinterForm>,
) -> Html {
    html! {
        <label class="flex min-h-11 cursor-pointer items-center gap-3 text-sm">
            <input
                type="checkbox"
                class="toggle toggle-primary"
                checked={is_on}
                data-test={test}
                onchange={change.reform(move |_| turned.clone())}
            />
            { label }
        </label>
    }
}
