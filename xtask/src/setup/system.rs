//! The system's packages: which, why, and how they are installed on Debian and Ubuntu. Any other
//! system is told what to install and is never changed.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;

/// Packages wanted together, so that a small task installs no browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// To compile and link.
    Build,
    /// The till's window, on a screen or a virtual one.
    Window,
    /// Private PostgreSQL clusters and throw-away SQLite files.
    Database,
    /// What stands between server and database in large shops.
    Pooler,
    /// A browser that tests drive.
    Browser,
}

pub(crate) const ALL: [Group; 5] = [
    Group::Build,
    Group::Window,
    Group::Database,
    Group::Pooler,
    Group::Browser,
];

struct Package {
    group: Group,
    name: &'static str,
    reason: &'static str,
}

const fn package(group: Group, name: &'static str, reason: &'static str) -> Package {
    Package {
        group,
        name,
        reason,
    }
}

const PACKAGES: [Package; 22] = [
    package(
        Group::Build,
        "build-essential",
        "the linker, and the C compiler for SQLite and ring",
    ),
    package(
        Group::Build,
        "pkg-config",
        "finds the window libraries at build time",
    ),
    package(
        Group::Window,
        "libwebkit2gtk-4.1-dev",
        "the web view inside the till's window",
    ),
    package(Group::Window, "librsvg2-dev", "draws the window's icons"),
    package(
        Group::Window,
        "libxdo-dev",
        "key events in the window library",
    ),
    package(
        Group::Window,
        "libdbus-1-dev",
        "speaks to the desktop's keyring",
    ),
    package(
        Group::Window,
        "webkit2gtk-driver",
        "drives the real window in tests",
    ),
    package(
        Group::Window,
        "xvfb",
        "a virtual screen where there is no display",
    ),
    package(
        Group::Window,
        "imagemagick",
        "takes the picture of the virtual screen",
    ),
    package(
        Group::Window,
        "dbus",
        "a session bus for the virtual screen",
    ),
    package(
        Group::Window,
        "gnome-keyring",
        "keeps the till's key on the virtual screen",
    ),
    package(
        Group::Window,
        "fonts-dejavu-core",
        "letters where no font is installed",
    ),
    package(
        Group::Database,
        "postgresql",
        "the server's database, run privately in a folder",
    ),
    package(
        Group::Pooler,
        "pgbouncer",
        "shares connections to the database in tests",
    ),
    package(
        Group::Database,
        "sqlite3",
        "applies the till's migrations for checked queries",
    ),
    package(
        Group::Database,
        "strace",
        "records what a till asks of the disk, for tests of power loss",
    ),
    // Debian and Ubuntu call these two differently; `wanted` keeps what the system has.
    package(
        Group::Browser,
        "chromium",
        "shows the owner's console in tests",
    ),
    package(
        Group::Browser,
        "chromium-driver",
        "drives Chromium in tests",
    ),
    package(
        Group::Browser,
        "chromium-browser",
        "shows the owner's console in tests",
    ),
    package(
        Group::Browser,
        "chromium-chromedriver",
        "drives Chromium in tests",
    ),
    package(
        Group::Build,
        "ca-certificates",
        "fetches crates and npm packages over TLS",
    ),
    package(
        Group::Build,
        "util-linux",
        "runs PostgreSQL as its own user when we are root",
    ),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    Debian,
    Ubuntu,
    Other,
}

/// Installs the packages of these groups that are missing.
pub(crate) fn install(groups: &[Group]) -> Result<()> {
    let number = install_quietly(groups)?;
    process::step("system packages", format!("ok ({number})"));
    Ok(())
}

/// The same, silent when nothing is missing; tells how many packages were looked for.
pub(crate) fn install_quietly(groups: &[Group]) -> Result<usize> {
    let system = System::of_this_machine();
    let wanted = wanted(system, groups);
    if system == System::Other {
        check_by_hand(&wanted)?;
        return Ok(wanted.len());
    }
    let names: Vec<&str> = wanted.iter().map(|package| package.name).collect();
    let missing = missing_of(&names)?;
    if missing.is_empty() {
        return Ok(names.len());
    }
    for package in wanted
        .iter()
        .filter(|package| missing.contains(&package.name))
    {
        process::step(package.name, format!("installing: {}", package.reason));
    }
    apt_install(&missing)?;
    Ok(names.len())
}

impl System {
    fn of_this_machine() -> Self {
        Self::from_os_release(&fs::read_to_string("/etc/os-release").unwrap_or_default())
    }

    fn from_os_release(text: &str) -> Self {
        let value = |key: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
                .unwrap_or_default()
                .trim_matches('"')
                .to_owned()
        };
        let family = format!("{} {}", value("ID"), value("ID_LIKE"));
        let is = |name| family.split_whitespace().any(|word| word == name);
        if is("ubuntu") {
            Self::Ubuntu
        } else if is("debian") {
            Self::Debian
        } else {
            Self::Other
        }
    }
}

fn wanted(system: System, groups: &[Group]) -> Vec<&'static Package> {
    // Any Chrome with its driver serves; Ubuntu's own is a snap that not every machine can run.
    let has_browser = process::find_program(&["chromium", "chromium-browser", "google-chrome"])
        .is_some()
        && process::find_program(&["chromedriver"]).is_some();
    let here = |package: &Package| match package.name {
        "chromium" | "chromium-driver" => system != System::Ubuntu && !has_browser,
        "chromium-browser" | "chromium-chromedriver" => system == System::Ubuntu && !has_browser,
        _ => true,
    };
    PACKAGES
        .iter()
        .filter(|package| groups.contains(&package.group) && here(package))
        .collect()
}

fn missing_of<'a>(names: &[&'a str]) -> Result<Vec<&'a str>> {
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${db:Status-Status} ${Package}\n"])
        .args(names)
        .output()
        .context("cannot start dpkg-query")?;
    // It fails when one is unknown, and still lists the others.
    let listed = String::from_utf8_lossy(&output.stdout);
    let installed: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.strip_prefix("installed "))
        .collect();
    Ok(names
        .iter()
        .filter(|name| !installed.contains(name))
        .copied()
        .collect())
}

/// Installs without asking; with sudo when not root.
pub(crate) fn apt_install(names: &[&str]) -> Result<()> {
    // One unreachable archive of several must not keep the others from being used.
    let updated = apt_get(&["update", "-qq"]);
    let mut arguments = vec!["install", "--yes", "-qq", "--no-install-recommends"];
    arguments.extend(names);
    apt_get(&arguments).or_else(|error| updated.and(Err(error)))
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let mut command = if rustix::process::geteuid().is_root() {
        Command::new("env")
    } else if process::find_program(&["sudo"]).is_some() {
        let mut sudo = Command::new("sudo");
        sudo.arg("env");
        sudo
    } else {
        bail!(
            "not root and no sudo; as root: apt-get {}",
            arguments.join(" ")
        );
    };
    command
        .args(["DEBIAN_FRONTEND=noninteractive", "apt-get"])
        .args(arguments);
    // apt's progress is of no interest unless it fails.
    process::run_quietly(&mut command)
}

/// Elsewhere: look for what tells that each group is there, and say what is missing.
fn check_by_hand(wanted: &[&'static Package]) -> Result<()> {
    let missing: Vec<_> = wanted
        .iter()
        .filter(|package| !is_here(package.name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("This system is neither Debian nor Ubuntu, so nothing was installed.");
    eprintln!("Install what these Debian packages hold, then run the command again:");
    for package in missing {
        eprintln!("  {:<24} {}", package.name, package.reason);
    }
    bail!("system packages are missing");
}

fn is_here(package: &str) -> bool {
    let program = |names: &[&str]| process::find_program(names).is_some();
    let library =
        |name: &str| process::succeeds(Command::new("pkg-config").args(["--exists", name]));
    match package {
        "build-essential" => program(&["cc"]),
        "pkg-config" => program(&["pkg-config"]),
        "libwebkit2gtk-4.1-dev" => library("webkit2gtk-4.1"),
        "librsvg2-dev" => library("librsvg-2.0"),
        "libxdo-dev" => library("libxdo"),
        "libdbus-1-dev" => library("dbus-1"),
        "webkit2gtk-driver" => program(&["WebKitWebDriver"]),
        "xvfb" => program(&["Xvfb"]),
        "imagemagick" => program(&["import"]),
        "dbus" => program(&["dbus-daemon"]),
        "gnome-keyring" => program(&["gnome-keyring-daemon"]),
        "postgresql" => program(&["initdb"]),
        "pgbouncer" => program(&["pgbouncer"]) || Path::new("/usr/sbin/pgbouncer").exists(),
        "sqlite3" => program(&["sqlite3"]),
        "strace" => program(&["strace"]),
        "util-linux" => program(&["setpriv"]),
        "chromium" | "chromium-driver" => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_told_apart_by_os_release() {
        let of = System::from_os_release;
        assert_eq!(of("NAME=\"Debian GNU/Linux\"\nID=debian\n"), System::Debian);
        assert_eq!(of("ID=ubuntu\nID_LIKE=debian\n"), System::Ubuntu);
        assert_eq!(
            of("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"),
            System::Ubuntu
        );
        assert_eq!(of("ID=fedora\n"), System::Other);
        assert_eq!(of(""), System::Other);
    }

    #[test]
    fn a_package_that_no_archive_has_is_missing() {
        if System::of_this_machine() == System::Other {
            return;
        }
        let names = ["libc6", "techstore-no-such-package"];
        let missing = missing_of(&names).expect("dpkg-query is part of Debian");
        assert_eq!(missing, ["techstore-no-such-package"]);
    }
}
