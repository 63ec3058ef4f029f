//! A document as its paper shows it: the very lines that the printer prints, drawn on the screen.

use domain::{
    contract::ipc::DocumentView,
    receipt::{
        Align, Cell, Element, Emphasis, Form, Mark, Options, PrinterSettings, Receipt, code,
        lay_out,
    },
    replication::row::Organization,
    sale::TenderCode,
};
use yew::{Html, Properties, classes, component, html};

use crate::{format::Locale, hook::use_locale};

/// As wide as most rolls.
const COLUMNS: u16 = 42;

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct PaperProps {
    pub organization: Organization,
    pub view: DocumentView,
    /// What this till's printer says at the foot.
    #[prop_or_default]
    pub settings: Option<PrinterSettings>,
}

#[component]
pub fn Paper(props: &PaperProps) -> Html {
    let locale = use_locale();
    let form = Form::Roll(COLUMNS);
    let mut options = Options::plain(locale.language.plain(), form);
    if let Some(settings) = &props.settings {
        options.has_logo = settings.has_logo;
        options.return_days = settings.return_days;
        options.footer.clone_from(&settings.footer);
    }
    let elements = lay_out(&Receipt {
        organization: &props.organization,
        tenders: &locale.tenders,
        view: &props.view,
        options: &options,
    });
    html! {
        <article class="paper mx-auto w-fit max-w-full overflow-x-auto p-5" data-test="paper" aria-label={props.view.document.number.clone()}>
            { for elements.iter().map(drawn) }
        </article>
    }
}

fn drawn(element: &Element) -> Html {
    match element {
        Element::Line { cells, emphasis } => line(cells, *emphasis),
        Element::Rule => html! { <hr class="my-1.5 border-t border-dashed border-black/35" /> },
        Element::Gap => html! { <div class="h-3" aria-hidden="true"></div> },
        Element::Logo => html! {
            <svg class="mx-auto mb-2 size-12" viewBox="9 7 30 34" aria-hidden="true">
                <path
                    d="M14 9h20a3 3 0 0 1 3 3v27l-4.33-3-4.34 3L24 36l-4.33 3-4.34-3L11 39V12a3 3 0 0 1 3-3z"
                />
                <path d="M17 16h14v4h-5v11h-4V20h-5z" fill="#fff" />
            </svg>
        },
        Element::Qr(text) => match code::qr(text) {
            Some(rows) => modules(&rows, "mx-auto my-2 size-24"),
            None => Html::default(),
        },
        Element::Barcode(text) => match code::barcode(text) {
            Some(bars) => modules(&[bars], "mx-auto my-2 h-10 w-56"),
            None => Html::default(),
        },
        Element::Drawer | Element::Cut => Html::default(),
    }
}

fn line(cells: &[Cell], emphasis: Emphasis) -> Html {
    let look = match emphasis {
        Emphasis::Quiet => "text-black/65",
        Emphasis::Normal => "",
        Emphasis::Strong => "font-bold",
        Emphasis::Tall => "paper-tall font-bold",
    };
    html! {
        <p class={classes!("flex", "whitespace-pre", look)}>
            { for cells.iter().map(|cell| {
                let side = match cell.align {
                    Align::Left => "text-left",
                    Align::Center => "text-center",
                    Align::Right => "text-right",
                };
                let test = cell.mark.map(|mark| match mark {
                    Mark::Number => "receipt-number",
                    Mark::Total => "receipt-total",
                });
                html! {
                    <span class={classes!("block", "shrink-0", side)} style={format!("width: {}ch", cell.width)} data-test={test}>
                        { &cell.text }
                    </span>
                }
            }) }
        </p>
    }
}

/// Dark modules as one path, a square each; a single row is stretched to the picture's height.
fn modules(rows: &[Vec<bool>], class: &'static str) -> Html {
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut path = String::new();
    for (y, row) in rows.iter().enumerate() {
        for (x, _) in row.iter().enumerate().filter(|(_, is_dark)| **is_dark) {
            path.push_str(&format!("M{x} {y}h1v1h-1z"));
        }
    }
    html! {
        <svg
            class={class}
            viewBox={format!("0 0 {width} {}", rows.len())}
            preserveAspectRatio="none"
            shape-rendering="crispEdges"
            aria-hidden="true"
        >
            <path d={path} />
        </svg>
    }
}

/// A tender's name: the owner's, or the word for one that every shop has.
#[must_use]
pub fn tender_name(tender: TenderCode, locale: &Locale) -> String {
    let owned = locale.tenders.iter().find(|(code, _)| *code == tender);
    match owned {
        Some((_, name)) => name.clone(),
        None if tender == TenderCode::CASH => locale.words().common.cash.to_owned(),
        None if tender == TenderCode::CARD => locale.words().common.card.to_owned(),
        None if tender == TenderCode::EXCHANGE => locale.words().exchange.tender.to_owned(),
        None if tender == TenderCode::GIFT_CARD => locale.words().balance.gift_card.to_owned(),
        None if tender == TenderCode::STORE_CREDIT => {
            locale.words().balance.store_credit.to_owned()
        }
        None if tender == TenderCode::ACCOUNT => locale.words().balance.account.to_owned(),
        None => tender.name().replace('_', " "),
    }
}
