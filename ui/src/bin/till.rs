//! The till's window.

fn main() {
    yew::Renderer::<ui::program::till::Till>::new().render();
}
