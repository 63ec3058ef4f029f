//! What pages are made of. Components take props and give callbacks; none asks the till or the
//! server, and none keeps what another must know.

pub mod bar_chart;
pub mod cart_panel;
pub mod category_tiles;
pub mod dialog;
pub mod feedback;
pub mod field;
pub mod fill_bar;
pub mod icon;
pub mod keypad;
pub mod logo;
pub mod paper;
pub mod price_steps;
pub mod print_light;
pub mod product_list;
pub mod segmented;
pub mod standing_card;
pub mod stepper;
pub mod sync_light;
pub mod tax_id;
pub mod top_bar;
