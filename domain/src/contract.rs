//! The only shapes that cross a process: between the window and the till ([`ipc`]), between till
//! and server ([`sync_v1`]), between browser and server ([`rest`]), and failures on all of them.

pub mod failure;
pub mod ipc;
pub mod rest;
pub mod sync_v1;
