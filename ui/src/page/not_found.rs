//! An address that stands for nothing.

use yew::{Html, component, html};
use yew_router::prelude::Link;

use crate::{
    component::{feedback::Empty, icon::Shape},
    hook::use_words,
    program::console::Route,
};

#[component]
pub fn NotFoundPage() -> Html {
    let words = use_words().console;
    html! {
        <Empty shape={Shape::Search} title={words.not_found} lead={words.not_found_lead}>
            <Link<Route> to={Route::Sales} classes="btn btn-primary mt-3">{ words.sales }</Link<Route>>
        </Empty>
    }
}
