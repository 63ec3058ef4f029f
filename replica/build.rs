//! Tells cargo that the migrations are part of this program.

fn main() {
    println!("cargo:rerun-if-changed=../migrations/sqlite");
}
