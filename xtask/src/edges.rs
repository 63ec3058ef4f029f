//! Which crate may know which: the arrows of ARCHITECTURE.md, proved from cargo's own graph of
//! what is compiled in. An absent arrow is a promise; it is kept here and nowhere else.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process;
use crate::workspace::Workspace;

/// A crate of ours and everything that must not be compiled into it.
struct Ban {
    of: &'static str,
    banned: &'static [&'static str],
}

const BANS: [Ban; 6] = [
    Ban {
        of: "domain",
        banned: &[
            "tokio",
            "sqlx",
            "reqwest",
            "tauri",
            "yew",
            "replica",
            "ui",
            "sync-server",
            "techstore-till",
            "tests",
            "xtask",
        ],
    },
    Ban {
        of: "replica",
        banned: &[
            "tauri",
            "yew",
            "axum",
            "ui",
            "sync-server",
            "techstore-till",
            "tests",
            "xtask",
        ],
    },
    Ban {
        of: "ui",
        banned: &[
            "tokio",
            "sqlx",
            "reqwest",
            "tauri",
            "replica",
            "sync-server",
            "techstore-till",
            "tests",
            "xtask",
        ],
    },
    Ban {
        of: "sync-server",
        banned: &[
            "tauri",
            "yew",
            "replica",
            "ui",
            "techstore-till",
            "tests",
            "xtask",
        ],
    },
    Ban {
        of: "techstore-till",
        banned: &["yew", "axum", "ui", "sync-server", "tests", "xtask"],
    },
    Ban {
        of: "xtask",
        banned: &[
            "domain",
            "replica",
            "ui",
            "sync-server",
            "techstore-till",
            "tests",
        ],
    },
];

/// Package name to the names of what it is built from, development dependencies left out.
type Graph = BTreeMap<String, BTreeSet<String>>;

/// Fails with every forbidden dependency and the path by which it comes in.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut command = workspace.cargo();
    command.args(["metadata", "--format-version", "1", "--locked"]);
    let metadata: Value = serde_json::from_str(&process::output(&mut command)?)?;
    let found = forbidden(&graph(&metadata)?);
    if !found.is_empty() {
        bail!("forbidden dependencies:\n  {}", found.join("\n  "));
    }
    Ok(())
}

fn graph(metadata: &Value) -> Result<Graph> {
    let list = |value: &Value| value.as_array().cloned().context("not cargo's metadata");
    let text = |value: &Value| {
        value
            .as_str()
            .map(str::to_owned)
            .context("not cargo's metadata")
    };
    let mut names = BTreeMap::new();
    for package in list(&metadata["packages"])? {
        names.insert(text(&package["id"])?, text(&package["name"])?);
    }
    let mut graph = Graph::new();
    for node in list(&metadata["resolve"]["nodes"])? {
        let name = names
            .get(&text(&node["id"])?)
            .context("a node without a package")?
            .clone();
        let edges = graph.entry(name).or_default();
        for dependency in list(&node["deps"])? {
            let compiled_in = list(&dependency["dep_kinds"])?
                .iter()
                .any(|kind| kind["kind"].is_null());
            if compiled_in {
                let id = text(&dependency["pkg"])?;
                edges.insert(names.get(&id).context("an edge to no package")?.clone());
            }
        }
    }
    Ok(graph)
}

fn forbidden(graph: &Graph) -> Vec<String> {
    let mut found = Vec::new();
    for ban in &BANS {
        for banned in ban.banned {
            if let Some(path) = path_to(graph, ban.of, banned) {
                found.push(path.join(" -> "));
            }
        }
    }
    found
}

/// A shortest way from one package to another.
fn path_to(graph: &Graph, from: &str, to: &str) -> Option<Vec<String>> {
    let mut paths = vec![vec![from.to_owned()]];
    let mut seen = BTreeSet::from([from.to_owned()]);
    while !paths.is_empty() {
        let mut longer = Vec::new();
        for path in paths {
            for next in path
                .last()
                .and_then(|last| graph.get(last))
                .into_iter()
                .flatten()
            {
                if !seen.insert(next.clone()) {
                    continue;
                }
                let mut path = path.clone();
                path.push(next.clone());
                if next == to {
                    return Some(path);
                }
                longer.push(path);
            }
        }
        paths = longer;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph_of(edges: &[(&str, &str)]) -> Graph {
        let mut graph = Graph::new();
        for (from, to) in edges {
            graph
                .entry((*from).to_owned())
                .or_default()
                .insert((*to).to_owned());
        }
        graph
    }

    #[test]
    fn a_forbidden_crate_is_found_through_another() {
        let graph = graph_of(&[
            ("domain", "serde"),
            ("serde", "tokio"),
            ("replica", "tokio"),
        ]);
        assert_eq!(forbidden(&graph), ["domain -> serde -> tokio"]);
    }

    #[test]
    fn siblings_may_not_see_each_other() {
        let graph = graph_of(&[("replica", "domain"), ("ui", "domain"), ("ui", "replica")]);
        assert_eq!(forbidden(&graph), ["ui -> replica"]);
    }

    #[test]
    fn tests_may_see_everything() {
        let graph = graph_of(&[
            ("tests", "replica"),
            ("tests", "sync-server"),
            ("tests", "sqlx"),
        ]);
        assert!(forbidden(&graph).is_empty());
    }

    #[test]
    fn only_what_is_compiled_in_counts() {
        let metadata = serde_json::json!({
            "packages": [
                {"id": "1", "name": "domain"}, {"id": "2", "name": "tokio"},
                {"id": "3", "name": "serde"}
            ],
            "resolve": {"nodes": [
                {"id": "1", "deps": [
                    {"pkg": "2", "dep_kinds": [{"kind": "dev"}]},
                    {"pkg": "3", "dep_kinds": [{"kind": "dev"}, {"kind": null}]}
                ]},
                {"id": "2", "deps": []}, {"id": "3", "deps": []}
            ]}
        });
        let graph = graph(&metadata).expect("it is shaped like cargo's");
        assert_eq!(graph["domain"], BTreeSet::from(["serde".to_owned()]));
    }
}
