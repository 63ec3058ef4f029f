//! The owner's console in a browser.

fn main() {
    yew::Renderer::<ui::program::console::Console>::new().render();
}
