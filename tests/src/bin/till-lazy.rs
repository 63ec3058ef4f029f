//! `till-lazy`: a till that answers before the disk has the sale, as none must. What looks for lost
//! sales has to find them here.

fn main() -> anyhow::Result<()> {
    replica::simulation::commit_lazily();
    tests::headless::main()
}
