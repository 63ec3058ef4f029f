//! Taking a device in: customer, device, fault. Enter goes on, Escape leaves, so that the whole
//! of it is done without a mouse.

use domain::{
    contract::{
        failure::Failure,
        ipc::{FindSerial, TakeInRepair},
    },
    id::{DraftId, RepairId},
    staff::Permission,
};
use wasm_bindgen_futures::spawn_local;
use yew::{
    Callback, Html, Properties, SubmitEvent, UseReducerHandle, classes, component, html,
    use_effect_with, use_reducer, use_state,
};

use super::ticket::kind_name;
use crate::{
    component::{
        dialog::Dialog,
        feedback::Problem,
        field::Field,
        icon::{Icon, Shape},
    },
    format::{Locale, time::day},
    hook::{Shop, keyboard::focus, shop::new_draft, use_ipc, use_locale},
    ipc,
    page::{customers::picker::CustomerSearch, sell::unit::warranty},
    state::intake::{Intake, IntakeAction, Step},
    text::fill,
};

const KINDS: [(&str, Shape); 6] = [
    ("phone", Shape::Smartphone),
    ("laptop", Shape::Laptop),
    ("tablet", Shape::Tablet),
    ("desktop", Shape::Monitor),
    ("console", Shape::Gamepad2),
    ("other", Shape::Box),
];

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct IntakeProps {
    pub shop: Shop,
    pub on_done: Callback<RepairId>,
    pub on_close: Callback<()>,
}

#[component]
pub fn IntakeDialog(props: &IntakeProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    let intake = use_reducer(Intake::default);
    let draft_id = use_state(new_draft);
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    use_effect_with(intake.step, |step| match step {
        Step::Customer => {}
        Step::Device => focus("kind-phone"),
        Step::Fault => focus("intake-fault"),
    });
    let onsubmit = {
        let (intake, is_busy, failure) = (intake.clone(), is_busy.clone(), failure.clone());
        let (on_done, draft_id) = (props.on_done.clone(), *draft_id);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if *is_busy || !intake.is_step_done() {
                return;
            }
            if intake.step == Step::Fault {
                is_busy.set(true);
                failure.set(None);
                finish(
                    &intake,
                    draft_id,
                    &on_done,
                    is_busy.clone(),
                    failure.clone(),
                );
            } else {
                intake.dispatch(IntakeAction::Next);
            }
        })
    };
    let on_customer = {
        let intake = intake.clone();
        Callback::from(move |customer| {
            intake.dispatch(IntakeAction::Customer(Some(Box::new(customer))))
        })
    };
    html! {
        <Dialog
            title={words.repair.intake}
            on_close={props.on_close.clone()}
            class="w-[min(40rem,calc(100vw-2rem))]"
            test="dialog-intake"
        >
            { steps(&intake, &locale) }
            if intake.step == Step::Customer {
                <div class="flex flex-col gap-3 p-6">
                    <CustomerSearch
                        version={props.shop.changes.customers}
                        can_edit={props.shop.may(Permission::EditCustomer)}
                        on_choose={on_customer}
                    />
                    <button
                        type="button"
                        class="btn btn-ghost justify-start"
                        data-test="intake-no-customer"
                        onclick={ { let intake = intake.clone(); Callback::from(move |_| intake.dispatch(IntakeAction::Customer(None))) } }
                    >
                        <Icon shape={Shape::ChevronRight} />{ words.repair.without_customer }
                    </button>
                </div>
            } else {
                <form class="flex flex-col gap-5 p-6" {onsubmit}>
                    if intake.step == Step::Device {
                        { device(&intake, props.shop.business_date(), &locale) }
                    } else {
                        { fault(&intake, &locale) }
                    }
                    if let Some(failure) = (*failure).clone() {
                        <Problem {failure} />
                    }
                    <div class="flex justify-between gap-3 border-t border-base-300 pt-4">
                        <button
                            type="button"
                            class="btn btn-ghost h-12"
                            data-test="intake-back"
                            onclick={ { let intake = intake.clone(); Callback::from(move |_| intake.dispatch(IntakeAction::Back)) } }
                        >
                            <Icon shape={Shape::ArrowLeft} class="size-4" />{ words.common.back }
                        </button>
                        <button
                            type="submit"
                            class="btn btn-primary h-12 px-8"
                            disabled={!intake.is_step_done() || *is_busy}
                            data-test={if intake.step == Step::Fault { "intake-finish" } else { "intake-next" }}
                        >
                            if intake.step == Step::Fault { { words.repair.finish } } else { { words.common.next } }
                        </button>
                    </div>
                </form>
            }
        </Dialog>
    }
}

fn finish(
    intake: &Intake,
    draft_id: DraftId,
    on_done: &Callback<RepairId>,
    is_busy: yew::UseStateHandle<bool>,
    failure: yew::UseStateHandle<Option<Failure>>,
) {
    let command = TakeInRepair {
        draft_id,
        customer_id: intake
            .customer
            .as_ref()
            .map(|customer| customer.customer_id),
        device: intake.device.clone(),
        fault: intake.fault.clone(),
        accessories: intake.accessories.clone(),
        promised_date: (!intake.promised_date.is_empty()).then(|| intake.promised_date.clone()),
    };
    let on_done = on_done.clone();
    spawn_local(async move {
        match ipc::call(&command).await {
            Ok(view) => on_done.emit(view.repair.repair_id),
            Err(refused) => {
                failure.set(Some(refused));
                is_busy.set(false);
            }
        }
    });
}

fn steps(intake: &Intake, locale: &Locale) -> Html {
    let words = locale.words().repair;
    let names = [words.step_customer, words.step_device, words.step_fault];
    let customer = intake
        .customer
        .as_ref()
        .map(|customer| customer.name.clone());
    html! {
        <div class="flex items-center gap-3 px-6 pt-4" aria-label={fill(words.step_of, &[("n", &intake.step.number().to_string())])}>
            { for Step::ALL.into_iter().zip(names).map(|(step, name)| {
                let is_now = step == intake.step;
                let is_done = step < intake.step;
                html! {
                    <div
                        class={classes!(
                            "flex", "min-w-0", "grow", "items-center", "gap-2", "border-t-2", "pt-2", "text-sm",
                            if is_now || is_done { "border-primary font-medium" } else { "muted border-base-300" },
                        )}
                        aria-current={is_now.then_some("step")}
                    >
                        if is_done { <Icon shape={Shape::Check} class="size-4 text-primary" /> }
                        <span class="truncate">
                            { match (&customer, step) {
                                (Some(customer), Step::Customer) => customer.clone(),
                                _ => name.to_owned(),
                            } }
                        </span>
                    </div>
                }
            }) }
        </div>
    }
}

fn set(intake: &UseReducerHandle<Intake>, action: fn(String) -> IntakeAction) -> Callback<String> {
    let intake = intake.clone();
    Callback::from(move |text| intake.dispatch(action(text)))
}

/// Fewer characters are no number yet.
const SERIAL_CHARS_MIN: usize = 5;

#[derive(Debug, Clone, PartialEq, Properties)]
struct KnownProps {
    serial: String,
    today: String,
}

/// What the shop knows of a device by its number: that it sold it, when, and until when it is under
/// warranty.
#[component]
fn Known(props: &KnownProps) -> Html {
    let locale = use_locale();
    let words = locale.words().serial;
    let serial = props.serial.trim().to_owned();
    let is_asked = serial.chars().count() >= SERIAL_CHARS_MIN;
    let found = use_ipc(
        is_asked.then_some(FindSerial {
            serial,
            product_id: None,
        }),
        0,
    );
    let Some(found) = found.data.as_ref().filter(|_| is_asked) else {
        return Html::default();
    };
    html! {
        { for found.units.iter().filter_map(|known| {
            let sold = known.unit.sold()?;
            let said = fill(words.known, &[
                ("name", &known.unit.name),
                ("date", &day(&sold.business_date, &locale)),
                ("number", &sold.number),
            ]);
            let until = known.warranty_until.as_ref();
            Some(html! {
                <div class="flex gap-3 rounded-field bg-base-200 px-4 py-3 text-sm" role="status" data-test="intake-known">
                    <Icon shape={Shape::CircleCheck} class="size-5 text-primary" />
                    <div>
                        <p class="font-medium">{ said }</p>
                        if let Some(until) = until {
                            <p class="muted">{ warranty(until, &props.today, &locale) }</p>
                        }
                    </div>
                </div>
            })
        }) }
    }
}

fn device(intake: &UseReducerHandle<Intake>, today: &str, locale: &Locale) -> Html {
    let words = locale.words().repair;
    let wrong = if intake.is_imei_doubtful() {
        words.imei_doubtful
    } else {
        ""
    };
    html! {
        <>
            <fieldset>
                <legend class="pb-2 text-sm font-medium">{ words.kind }</legend>
                <div class="grid grid-cols-3 gap-2">
                    { for KINDS.into_iter().map(|(kind, shape)| {
                        let is_on = intake.device.kind == kind;
                        let choosing = intake.clone();
                        html! {
                            <button
                                id={format!("kind-{kind}")}
                                type="button"
                                class={classes!(
                                    "btn", "h-16", "flex-col", "gap-1", "text-sm", "font-medium",
                                    if is_on { "btn-primary" } else { "" },
                                )}
                                aria-pressed={is_on.to_string()}
                                data-test={format!("kind-{kind}")}
                                onclick={Callback::from(move |_| {
                                    choosing.dispatch(IntakeAction::Kind(kind.to_owned()));
                                    focus("intake-brand");
                                })}
                            >
                                <Icon {shape} />{ kind_name(kind, locale) }
                            </button>
                        }
                    }) }
                </div>
            </fieldset>
            <div class="grid grid-cols-2 gap-4">
                <Field id="intake-brand" label={words.brand} value={intake.device.brand.clone()} on_input={set(intake, IntakeAction::Brand)} test="intake-brand" />
                <Field id="intake-model" label={words.model} value={intake.device.model.clone()} on_input={set(intake, IntakeAction::Model)} test="intake-model" />
            </div>
            <Field id="intake-serial" label={words.serial} value={intake.device.serial.clone()} {wrong} on_input={set(intake, IntakeAction::Serial)} test="intake-serial" />
            <Known serial={intake.device.serial.clone()} today={today.to_owned()} />
        </>
    }
}

fn fault(intake: &UseReducerHandle<Intake>, locale: &Locale) -> Html {
    let words = locale.words().repair;
    html! {
        <>
            <Field
                id="intake-fault"
                label={words.fault}
                placeholder={words.fault_placeholder}
                value={intake.fault.clone()}
                on_input={set(intake, IntakeAction::Fault)}
                required=true
                area=true
                test="intake-fault"
            />
            <Field
                id="intake-accessories"
                label={words.accessories}
                placeholder={words.accessories_placeholder}
                value={intake.accessories.clone()}
                on_input={set(intake, IntakeAction::Accessories)}
                test="intake-accessories"
            />
            <Field
                id="intake-promised"
                label={words.promised}
                kind="date"
                value={intake.promised_date.clone()}
                on_input={set(intake, IntakeAction::Promised)}
                test="intake-promised"
            />
        </>
    }
}
