//! Which crate may know which: the arrows of ARCHITECTURE.md, proved from cargo's own tree of
//! what is compiled in. An absent arrow is a promise; it is kept here and nowhere else.

use anyhow::{Result, bail};

use crate::process;
use crate::wasm;
use crate::workspace::Workspace;

/// A crate of ours and everything that must not be compiled into it.
struct Ban {
    of: &'static str,
    banned: &'static [&'static str],
}

const BANS: [Ban; 7] = [
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
        of: "printing",
        banned: &[
            "sqlx",
            "reqwest",
            "tauri",
            "yew",
            "axum",
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
            "printing",
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
            "printing",
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

/// Fails with every forbidden dependency and the way by which it comes in.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut found = Vec::new();
    for ban in &BANS {
        let mut command = workspace.cargo();
        command.args([
            "tree",
            "--quiet",
            "--locked",
            "--package",
            ban.of,
            "--edges",
            "normal",
        ]);
        command.args(["--prefix", "depth"]);
        if ban.of == "ui" {
            command.args(["--target", wasm::TARGET]);
        }
        found.extend(forbidden(&process::output(&mut command)?, ban.banned));
    }
    if !found.is_empty() {
        bail!("forbidden dependencies:\n  {}", found.join("\n  "));
    }
    Ok(())
}

/// The ways to banned crates in a tree such as `0domain v0.1.0`, `1serde v1.0.0`: the depth, the
/// name, and what does not matter here. What cargo has shown before it does not show again.
fn forbidden(tree: &str, banned: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut way: Vec<&str> = Vec::new();
    for line in tree.lines() {
        let name_start = line
            .find(|letter: char| !letter.is_ascii_digit())
            .unwrap_or(0);
        let (depth, package) = line.split_at(name_start);
        let (Ok(depth), Some(name)) = (depth.parse(), package.split(' ').next()) else {
            continue;
        };
        way.truncate(depth);
        way.push(name);
        if banned.contains(&name) {
            found.push(way.join(" -> "));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "0domain v0.1.0 (/shop/domain)\n1serde v1.0.0\n2tokio v1.0.0\n\
                        3mio v1.0.0\n1uuid v1.0.0\n1replica v0.1.0 (/shop/replica) (*)\n";

    #[test]
    fn a_banned_crate_is_found_through_another() {
        assert_eq!(forbidden(TREE, &["tokio"]), ["domain -> serde -> tokio"]);
    }

    #[test]
    fn a_way_forgets_the_branches_it_left() {
        assert_eq!(
            forbidden(TREE, &["replica", "uuid"]),
            ["domain -> uuid", "domain -> replica"]
        );
    }

    #[test]
    fn only_a_whole_name_is_banned() {
        assert!(forbidden(TREE, &["tok", "sqlx", "uui"]).is_empty());
    }
}
