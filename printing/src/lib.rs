//! A paper that `domain::receipt` has laid out, as ESC/POS bytes and as PDF, and the printers that
//! take the bytes. What stands on a paper and when it is printed is decided elsewhere.

mod code_page;
pub mod device;
pub mod escpos;
pub mod pdf;
