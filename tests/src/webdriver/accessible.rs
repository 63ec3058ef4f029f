//! What axe-core finds wrong with a page for people who do not see it, or use no pointer: the rules of
//! WCAG 2.1 AA that a program can judge. Every page and dialog that a test keeps a picture of is asked.

use anyhow::{Context, Result, ensure};
use fantoccini::Client;

/// As `ui/package-lock.json` names it.
const SOURCE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../ui/node_modules/axe-core/axe.min.js"
);
const IS_THERE: &str = "return typeof window.axe === 'object'";
const RUN: &str = "
    const done = arguments[arguments.length - 1];
    const only = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'];
    window.axe.run(document, { runOnly: only, resultTypes: ['violations'] }).then(
        found => done(found.violations.map(rule => rule.id + ': ' + rule.help + '\\n' +
            rule.nodes.map(node => '    ' + node.html.slice(0, 200) + '\\n      ' +
                node.failureSummary.replaceAll('\\n', ' ')).join('\\n')).join('\\n')),
        error => done('axe-core: ' + error));";

/// Fails with all that is wrong with the page as it stands.
pub(super) async fn check(client: &Client, name: &str) -> Result<()> {
    let is_there = client.execute(IS_THERE, Vec::new()).await?;
    if is_there != serde_json::Value::Bool(true) {
        let source = std::fs::read_to_string(SOURCE).context("cargo xtask setup installs it")?;
        client.execute(&source, Vec::new()).await?;
    }
    let found = client.execute_async(RUN, Vec::new()).await?;
    let found = found.as_str().context("axe-core says nothing")?;
    ensure!(found.is_empty(), "{name} is not for everybody:\n{found}");
    Ok(())
}
