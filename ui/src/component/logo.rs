//! The mark of the product: a receipt whose torn edge is a screen's corner. The same drawing as
//! `icons/techstore.svg`.

use yew::{AttrValue, Html, Properties, component, html};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct LogoProps {
    #[prop_or(AttrValue::Static("size-9"))]
    pub class: AttrValue,
}

#[component]
pub fn Logo(props: &LogoProps) -> Html {
    html! {
        <svg class={props.class.clone()} viewBox="0 0 48 48" aria-hidden="true">
            <rect width="48" height="48" rx="11" fill="#2f54d0" />
            <path
                d="M14 9h20a3 3 0 0 1 3 3v27l-4.33-3-4.34 3L24 36l-4.33 3-4.34-3L11 39V12a3 3 0 0 1 3-3z"
                fill="#fff"
            />
            <path d="M17 16h14v4h-5v11h-4V20h-5z" fill="#2f54d0" />
        </svg>
    }
}
