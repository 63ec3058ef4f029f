//! One dialog wherever somebody with more rights must agree: who, and their PIN. It changes nothing
//! of what was being done, and gives it back when it closes.

use domain::{
    contract::{
        failure::Failure,
        ipc::{Approve, ListStaff, StaffName},
    },
    id::DraftId,
    money::Money,
    staff::Permission,
};
use wasm_bindgen_futures::spawn_local;
use yew::{
    Callback, Html, Properties, SubmitEvent, classes, component, html, use_effect_with,
    use_reducer, use_state,
};

use crate::{
    component::{
        dialog::Dialog,
        feedback::{Problem, Skeleton},
        field::Field,
        keypad::{Keypad, PadKey},
    },
    format,
    hook::{keyboard::focus, use_ipc, use_locale},
    ipc,
    state::pin::{Pin, PinAction},
    text::fill,
};

const PIN_ID: &str = "approval-pin";

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct ApprovalProps {
    pub draft_id: DraftId,
    /// All of them are agreed to at once.
    pub permissions: Vec<Permission>,
    /// What is given away by hand.
    #[prop_or(Money::ZERO)]
    pub given: Money,
    pub on_approved: Callback<()>,
    pub on_close: Callback<()>,
}

#[component]
pub fn ApprovalDialog(props: &ApprovalProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    let staff = use_ipc(Some(ListStaff {}), 0);
    let chosen = use_state(|| None::<StaffName>);
    let pin = use_reducer(Pin::default);
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    let may = |name: &StaffName| {
        let mut asked = props.permissions.iter();
        name.can_sign_in && asked.all(|permission| name.permissions.contains(permission))
    };
    let names: Vec<StaffName> = match staff.data.as_ref() {
        Some(all) => all.iter().filter(|name| may(name)).cloned().collect(),
        None => Vec::new(),
    };
    let person = (*chosen).clone().or_else(|| names.first().cloned());
    // The field comes with the names, after the dialog has given its first focus away.
    use_effect_with(person.is_some(), |is_known| {
        if *is_known {
            focus(PIN_ID);
        }
    });
    let onsubmit = {
        let (pin, is_busy, failure) = (pin.clone(), is_busy.clone(), failure.clone());
        let (props, person) = (props.clone(), person.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let Some(person) = person.clone().filter(|_| !*is_busy && !pin.0.is_empty()) else {
                return;
            };
            is_busy.set(true);
            failure.set(None);
            let (pin, is_busy, failure) = (pin.clone(), is_busy.clone(), failure.clone());
            let props = props.clone();
            spawn_local(async move {
                match approve(&props, &person, &pin.0).await {
                    Ok(()) => props.on_approved.emit(()),
                    Err(refused) => {
                        pin.dispatch(PinAction::Clear);
                        failure.set(Some(refused));
                        focus(PIN_ID);
                    }
                }
                is_busy.set(false);
            });
        })
    };
    let typed = {
        let pin = pin.dispatcher();
        Callback::from(move |text: String| {
            pin.dispatch(PinAction::Clear);
            text.chars()
                .for_each(|digit| pin.dispatch(PinAction::Digit(digit)));
        })
    };
    let press = {
        let pin = pin.dispatcher();
        Callback::from(move |key: PadKey| {
            pin.dispatch(match key {
                PadKey::Char(digit) => PinAction::Digit(digit),
                PadKey::Delete => PinAction::Delete,
            });
        })
    };
    html! {
        <Dialog
            title={words.approval.title}
            on_close={props.on_close.clone()}
            class="w-[min(26rem,calc(100vw-2rem))]"
            test="dialog-approval"
        >
            <form class="flex flex-col gap-4 p-6" {onsubmit}>
                <div class="flex flex-col gap-1 text-sm" data-test="approval-what">
                    { for props.permissions.iter().map(|permission| html! {
                        <p>{ words.approval.of(*permission) }</p>
                    }) }
                    if props.given > Money::ZERO {
                        <p class="muted">
                            { fill(words.approval.given, &[("amount", &format::money(props.given, &locale))]) }
                        </p>
                    }
                </div>
                if let Some(failure) = staff.failure.clone() {
                    <Problem {failure} on_retry={staff.again.clone()} />
                } else if staff.data.is_none() {
                    <Skeleton rows=2 />
                } else if names.is_empty() {
                    <p class="rounded-field bg-base-200 p-4 text-sm" role="alert">{ words.approval.nobody }</p>
                } else {
                    <div class="grid grid-cols-2 gap-2" role="group" aria-label={words.approval.who}>
                        { for names.iter().map(|name| {
                            let is_on = person.as_ref().is_some_and(|one| one.staff_id == name.staff_id);
                            let (chosen, one) = (chosen.clone(), name.clone());
                            html! {
                                <button
                                    type="button"
                                    class={classes!("btn", "h-12", "truncate", if is_on { "btn-primary" } else { "" })}
                                    aria-pressed={is_on.to_string()}
                                    data-test={format!("approver-{}", name.name)}
                                    onclick={Callback::from(move |_| {
                                        chosen.set(Some(one.clone()));
                                        focus(PIN_ID);
                                    })}
                                >
                                    { &name.name }
                                </button>
                            }
                        }) }
                    </div>
                    <Field
                        id={PIN_ID}
                        kind="password"
                        label={words.pin.pin}
                        value={pin.0.clone()}
                        on_input={typed}
                        inputmode="numeric"
                        required=true
                        autofocus=true
                        test="approval-pin"
                    />
                    <Keypad on_key={press} disabled={*is_busy} test="approval" />
                    if let Some(failure) = (*failure).clone() {
                        <Problem {failure} />
                    }
                    <button
                        type="submit"
                        class="btn btn-primary h-13"
                        disabled={pin.0.is_empty() || *is_busy}
                        data-test="approval-enter"
                    >
                        if *is_busy { { words.pin.checking } } else { { words.approval.allow } }
                    </button>
                }
            </form>
        </Dialog>
    }
}

async fn approve(props: &ApprovalProps, person: &StaffName, pin: &str) -> Result<(), Failure> {
    for permission in &props.permissions {
        let command = Approve {
            draft_id: props.draft_id,
            permission: *permission,
            given_minor: Some(props.given),
            staff_id: person.staff_id,
            pin: pin.to_owned(),
        };
        ipc::call(&command).await?;
    }
    Ok(())
}

/// The permission that a failure says is missing, if that is what it says.
#[must_use]
pub fn asked_for(failure: &Failure) -> Option<Permission> {
    let is_denied = failure.code == domain::contract::failure::code::PERMISSION_DENIED;
    let permission = failure.fields.get("permission").filter(|_| is_denied)?;
    serde_json::from_value(permission.clone()).ok()
}
