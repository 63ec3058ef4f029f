//! A document's paper and what can be done with it: print it, save it, send it.

use domain::{
    contract::{
        failure::Failure,
        ipc::{DocumentView, GetPrinter, PrintDocument, SavePdf},
    },
    receipt::{Form, chat_link, mail_link, share_text},
};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, component, html, use_effect_with, use_state};

use crate::{
    component::{
        feedback::{Key, Problem},
        icon::{Icon, Shape},
        paper::Paper,
    },
    hook::{Shop, use_ipc, use_keydown, use_locale},
    ipc,
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct ReceiptPanelProps {
    pub shop: Shop,
    pub view: DocumentView,
}

/// What the last button came to.
#[derive(Debug, Clone, PartialEq)]
enum Outcome {
    Nothing,
    Queued,
    Saved(String),
    Failed(Failure),
}

#[component]
pub fn ReceiptPanel(props: &ReceiptPanelProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    let shop = &props.shop;
    let printer = use_ipc(Some(GetPrinter {}), shop.changes.printing);
    let settings = printer
        .data
        .as_ref()
        .and_then(|status| status.settings.clone());
    let has_printer = settings.is_some();
    let outcome = use_state(|| Outcome::Nothing);
    let document_id = props.view.document.document_id;
    use_effect_with(document_id, {
        let outcome = outcome.clone();
        move |_| outcome.set(Outcome::Nothing)
    });
    let print = {
        let outcome = outcome.clone();
        Callback::from(move |()| {
            let outcome = outcome.clone();
            spawn_local(async move {
                outcome.set(match ipc::call(&PrintDocument { document_id }).await {
                    Ok(_) => Outcome::Queued,
                    Err(failure) => Outcome::Failed(failure),
                });
            });
        })
    };
    let save = {
        let outcome = outcome.clone();
        move |form: Form| {
            let outcome = outcome.clone();
            Callback::from(move |_| {
                let outcome = outcome.clone();
                spawn_local(async move {
                    let command = SavePdf { document_id, form };
                    outcome.set(match ipc::call(&command).await {
                        Ok(saved) => Outcome::Saved(saved.path),
                        Err(failure) => Outcome::Failed(failure),
                    });
                });
            })
        }
    };
    let open = {
        let outcome = outcome.clone();
        move |link: String| {
            let outcome = outcome.clone();
            Callback::from(move |_| {
                let (outcome, link) = (outcome.clone(), link.clone());
                spawn_local(async move {
                    if let Err(failure) = ipc::open_link(&link).await {
                        outcome.set(Outcome::Failed(failure));
                    }
                });
            })
        }
    };
    {
        let print = print.clone();
        use_keydown(move |event| {
            if has_printer && event.ctrl_key() && event.key().eq_ignore_ascii_case("p") {
                event.prevent_default();
                print.emit(());
            }
        });
    }
    let view = &props.view;
    let text = share_text(&shop.place.organization, view, locale.language.plain());
    let subject = format!("{} {}", shop.place.store.name, view.document.number);
    let chat = chat_link(&view.customer_phone, &text);
    let mail = mail_link(&view.customer_email, &subject, &text);
    let button = "btn h-11 gap-2 px-3 text-sm font-medium";
    html! {
        <div class="flex flex-col gap-4" data-test="receipt-panel">
            <div class="flex flex-wrap justify-center gap-2">
                if has_printer {
                    <button type="button" class={button} data-test="receipt-print" onclick={print.reform(|_| ())}>
                        <Icon shape={Shape::Printer} class="size-4" />{ words.printing.print }<Key label="Ctrl P" />
                    </button>
                }
                <button type="button" class={button} data-test="receipt-pdf" title={words.printing.pdf_sheet} onclick={save(Form::Sheet)}>
                    <Icon shape={Shape::ArrowDown} class="size-4" />{ words.printing.pdf }
                </button>
                <button type="button" class={button} data-test="receipt-pdf-roll" title={words.printing.pdf_roll_lead} onclick={save(Form::Roll(48))}>
                    <Icon shape={Shape::ArrowDown} class="size-4" />{ words.printing.pdf_roll }
                </button>
                <button type="button" class={button} data-test="receipt-chat" onclick={open(chat)}>
                    <Icon shape={Shape::MessageSquare} class="size-4" />{ words.printing.chat }
                </button>
                <button type="button" class={button} data-test="receipt-mail" onclick={open(mail)}>
                    <Icon shape={Shape::ExternalLink} class="size-4" />{ words.printing.mail }
                </button>
            </div>
            <div role="status" class="empty:hidden text-center text-sm">
                { match &*outcome {
                    Outcome::Nothing => Html::default(),
                    Outcome::Queued => html! {
                        <span class="inline-flex items-center gap-2" data-test="receipt-queued">
                            <Icon shape={Shape::Printer} class="size-4" />{ words.printing.queued }
                        </span>
                    },
                    Outcome::Saved(path) => html! {
                        <span class="break-all" data-test="receipt-saved">
                            { fill(words.printing.saved, &[("path", path)]) }
                        </span>
                    },
                    Outcome::Failed(failure) => html! { <Problem failure={failure.clone()} /> },
                } }
            </div>
            <Paper organization={shop.place.organization.clone()} view={view.clone()} {settings} />
        </div>
    }
}
