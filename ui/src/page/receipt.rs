//! A document's paper and what can be done with it: print it, save it, send it.

use domain::{
    contract::{
        failure::Failure,
        ipc::{DocumentView, FindDocument, GetPrinter, PrintDocument, SavePdf},
    },
    receipt::{Form, chat_link, mail_link, share_text},
    sale::DocumentKind,
    staff::Permission,
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
    page::invoice::InvoiceDialog,
    text::{Words, fill},
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

/// The paper of a document. Of a receipt that became an invoice, either can be shown.
#[component]
pub fn ReceiptPanel(props: &ReceiptPanelProps) -> Html {
    let shown = use_state(|| None::<DocumentView>);
    let making = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    use_effect_with(props.view.document.document_id, {
        let (shown, making, failure) = (shown.clone(), making.clone(), failure.clone());
        move |_| {
            shown.set(None);
            making.set(false);
            failure.set(None);
        }
    });
    let view = (*shown).clone().unwrap_or_else(|| props.view.clone());
    let on_invoice = {
        let (shown, making, failure) = (shown.clone(), making.clone(), failure.clone());
        let can_make = props.shop.may(Permission::Sell);
        Callback::from(move |wish: Wish| match wish {
            Wish::Make => making.set(can_make),
            Wish::Show(number) => {
                let (shown, failure) = (shown.clone(), failure.clone());
                failure.set(None);
                spawn_local(async move {
                    match ipc::call(&FindDocument { number }).await {
                        Ok(view) => shown.set(Some(view)),
                        Err(refused) => failure.set(Some(refused)),
                    }
                });
            }
        })
    };
    let on_done = {
        let (shown, making) = (shown.clone(), making.clone());
        Callback::from(move |view: DocumentView| {
            making.set(false);
            shown.set(Some(view));
        })
    };
    html! {
        <>
        if let Some(failure) = (*failure).clone() {
            <Problem {failure} />
        }
        <PaperPanel shop={props.shop.clone()} view={view.clone()} {on_invoice} />
        if *making {
            <InvoiceDialog
                shop={props.shop.clone()}
                {view}
                {on_done}
                on_close={Callback::from(move |()| making.set(false))}
            />
        }
        </>
    }
}

/// What is asked about invoices.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wish {
    Make,
    /// The invoice or the receipt of that number.
    Show(String),
}

/// What the document has to do with invoices: the label, its key, and what is asked.
fn invoice_wish(view: &DocumentView, words: &Words) -> Option<(String, &'static str, Wish)> {
    if view.quote.is_some() || view.document.kind != DocumentKind::Receipt {
        return None;
    }
    if view.invoice.is_some() {
        let number = view.original_number.clone()?;
        let label = fill(words.invoice.show_receipt, &[("number", &number)]);
        return Some((label, "Ctrl I", Wish::Show(number)));
    }
    let Some(number) = view.invoices.first() else {
        let label = words.invoice.make.to_owned();
        return Some((label, "Ctrl I", Wish::Make));
    };
    let label = fill(words.invoice.show, &[("number", number)]);
    Some((label, "Ctrl I", Wish::Show(number.clone())))
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct PaperPanelProps {
    shop: Shop,
    view: DocumentView,
    on_invoice: Callback<Wish>,
}

#[component]
fn PaperPanel(props: &PaperPanelProps) -> Html {
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
    let wish = invoice_wish(&props.view, words);
    let wish = wish.filter(|(_, _, wish)| *wish != Wish::Make || shop.may(Permission::Sell));
    {
        let (wish, on_invoice) = (wish.clone(), props.on_invoice.clone());
        use_keydown(move |event| {
            let asks = event.ctrl_key() && event.key().eq_ignore_ascii_case("i");
            if let Some((_, _, wish)) = wish.as_ref().filter(|_| asks) {
                event.prevent_default();
                on_invoice.emit(wish.clone());
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
                if let Some((label, key, wish)) = wish {
                    <button
                        type="button"
                        class={button}
                        data-test="receipt-invoice"
                        onclick={props.on_invoice.reform(move |_| wish.clone())}
                    >
                        <Icon shape={Shape::FileText} class="size-4" />{ label }
                        <Key label={key} />
                    </button>
                }
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
            if view.invoice.as_ref().is_some_and(|invoice| !invoice.counts) || view.invoices.len() > 1 {
                <p class="rounded-field border border-warning/40 bg-warning/10 p-3 text-sm" role="alert" data-test="invoice-again">
                    { words.invoice.again }
                </p>
            }
            <Paper organization={shop.place.organization.clone()} view={view.clone()} {settings} />
        </div>
    }
}
