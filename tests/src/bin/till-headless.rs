//! `till-headless`: a till without a window, to be driven by another program.

fn main() -> anyhow::Result<()> {
    tests::headless::main()
}
