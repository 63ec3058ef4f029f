//! How a line came to its price: what each step of pricing did to its amount, in their order.

use domain::sale::details::{PriceStep, StepKind};
use yew::{Html, html};

use crate::format::{self, Locale};

/// The steps; a price by hand is not among them, for it stands beside the catalogue's.
pub fn price_steps(steps: &[PriceStep], locale: &Locale) -> Html {
    let words = locale.words().sell;
    let shown = steps.iter().filter(|step| step.kind != StepKind::Override);
    let shown: Vec<&PriceStep> = shown.collect();
    if shown.is_empty() {
        return Html::default();
    }
    html! {
        <ul class="mt-0.5 text-xs" data-test="price-steps">
            { for shown.into_iter().map(|step| {
                let word = match step.kind {
                    StepKind::LineDiscount => words.discount,
                    StepKind::CartDiscount => words.cart_discount,
                    _ => step.name.as_str(),
                };
                let rate = step.rate_ppm.map(|rate| format!(" {}", format::rate(rate, locale)));
                html! {
                    <li class="muted flex justify-between gap-2">
                        <span class="truncate">{ word }{ rate }</span>
                        <span class="num">{ format::money(step.amount_minor, locale) }</span>
                    </li>
                }
            }) }
        </ul>
    }
}
