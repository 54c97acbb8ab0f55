//! Rules that no compiler knows: the crate arrows of ARCHITECTURE.md, where ractor is named, module docs, and sources
//! of order or randomness that would differ between equal runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

type Arrows = BTreeMap<String, BTreeSet<String>>;

/// The longest source file, in lines: beyond it, a file is rarely one thing.
const LINES_MAX: usize = 600;

/// Everything that is not tidy, as `file:line: what`.
pub fn findings(root: &Path) -> Vec<String> {
    let mut findings = arrow_findings(root);
    for path in sources(root) {
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string().replace('\\', "/");
        match std::fs::read_to_string(&path) {
            Ok(text) => findings.extend(source_findings(&name, &text)),
            Err(error) => findings.push(format!("{name}: can't be read: {error}")),
        }
    }
    findings
}

fn arrow_findings(root: &Path) -> Vec<String> {
    let documented = match std::fs::read_to_string(root.join("ARCHITECTURE.md")) {
        Ok(text) => documented_arrows(&text),
        Err(error) => return vec![format!("ARCHITECTURE.md: can't be read: {error}")],
    };
    match real_arrows(root) {
        Ok(real) => compare(&documented, &real),
        Err(problem) => vec![problem],
    }
}

/// The lines of the block fenced with ```arrows, each `crate -> crate crate`.
fn documented_arrows(text: &str) -> Arrows {
    let block = text.split("```arrows").nth(1).and_then(|rest| rest.split("```").next()).unwrap_or("");
    let arrow = |line: &str| {
        let (from, to) = line.split_once("->")?;
        Some((from.trim().to_owned(), to.split_whitespace().map(str::to_owned).collect()))
    };
    block.lines().filter_map(arrow).collect()
}

/// What cargo says: the workspace's own normal dependencies.
fn real_arrows(root: &Path) -> Result<Arrows, String> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(root)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .output()
        .map_err(|error| format!("cargo metadata could not be started: {error}"))?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata can't be read: {error}"))?;
    let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
    let name = |package: &serde_json::Value| package["name"].as_str().unwrap_or_default().to_owned();
    let ours: BTreeSet<String> = packages.iter().map(name).collect();
    let arrows = packages.iter().filter(|package| name(package) != "xtask").map(|package| {
        let dependencies = package["dependencies"].as_array().cloned().unwrap_or_default();
        let normal = dependencies.iter().filter(|dependency| dependency["kind"].is_null()).map(name);
        (name(package), normal.filter(|dependency| ours.contains(dependency)).collect())
    });
    Ok(arrows.collect())
}

fn compare(documented: &Arrows, real: &Arrows) -> Vec<String> {
    let names: BTreeSet<&String> = documented.keys().chain(real.keys()).collect();
    let mut findings = Vec::new();
    for name in names {
        match (documented.get(name), real.get(name)) {
            (Some(documented), Some(real)) if documented == real => {}
            (Some(documented), Some(real)) => findings
                .push(format!("ARCHITECTURE.md: {name} -> {documented:?} is documented, Cargo.toml says {real:?}")),
            (Some(_), None) => findings.push(format!("ARCHITECTURE.md: there is no crate {name}")),
            (None, _) => findings.push(format!("ARCHITECTURE.md: the arrows of {name} are missing")),
        }
    }
    findings
}

/// Rust files and crate manifests, sorted.
fn sources(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["src", "crates", "tests", "benches", "examples", "xtask"] {
        collect(&root.join(folder), &mut found);
    }
    found.sort();
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") || path.ends_with("Cargo.toml") {
            found.push(path);
        }
    }
}

/// What is not tidy in one file.
fn source_findings(name: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let may_name_ractor =
        name.starts_with("crates/runtime/") || name.starts_with("benches/") || name.starts_with("xtask/");
    if !may_name_ractor {
        let named = |line: &str| {
            let code = line.split("//").next().unwrap_or("");
            code.contains("ractor::") || code.trim_start().starts_with("ractor")
        };
        findings.extend(lines(text, named).map(|line| format!("{name}:{line}: only crates/runtime may name ractor")));
    }
    if !name.ends_with(".rs") {
        return findings;
    }
    if !text.trim_start().starts_with("//!") {
        findings.push(format!("{name}:1: the module does not start with //! (what it is for, what it must not know)"));
    }
    let length = text.lines().count();
    if length > LINES_MAX {
        findings.push(format!("{name}:{length}: more than {LINES_MAX} lines; is it still one thing?"));
    }
    findings.extend(banned(name, text));
    findings
}

/// What may differ between equal runs, and the files that may use it all the same.
const BANNED: &[(&str, &[&str])] = &[
    (
        "Instant::now(",
        &[
            "crates/runtime/src/world/drive.rs",
            "crates/runtime/src/outside/clock.rs",
            "crates/tool/src/process/",
            "src/command/",
            "benches/",
            "tests/",
        ],
    ),
    ("SystemTime::now(", &[]),
    ("HashMap<", &[]),
    ("HashSet<", &[]),
    ("HashMap::", &[]),
    ("HashSet::", &[]),
    ("thread_rng(", &[]),
    ("rand::rng(", &[]),
    ("spawn_blocking(", &[]),
    ("RandomState", &[]),
];

fn banned(name: &str, text: &str) -> Vec<String> {
    if name.starts_with("xtask/") {
        return Vec::new();
    }
    let allowed = |places: &[&str]| places.iter().any(|place| name.starts_with(place));
    let mut findings = Vec::new();
    for (pattern, places) in BANNED.iter().filter(|(_, places)| !allowed(places)) {
        let used = |line: &str| line.split("//").next().unwrap_or("").contains(pattern);
        let _ = places;
        findings.extend(lines(text, used).map(|line| {
            format!("{name}:{line}: {pattern} may differ between equal runs; see clippy.toml for what to use")
        }));
    }
    findings
}

/// The numbers, from 1, of the lines of which something is true.
fn lines<'a>(text: &'a str, is: impl Fn(&str) -> bool + 'a) -> impl Iterator<Item = usize> + 'a {
    text.lines().enumerate().filter(move |(_, line)| is(line)).map(|(index, _)| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_hash_map_or_clock_is_found() {
        let planted =
            "//! Doc.\nuse std::collections::HashMap;\nfn f(m: HashMap<u8, u8>) {}\nlet t = Instant::now();\n";
        let found = source_findings("crates/mind/src/planted.rs", planted);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("crates/mind/src/planted.rs:4:"), "{found:?}");
        assert!(found[1].starts_with("crates/mind/src/planted.rs:3:"), "{found:?}");
    }

    #[test]
    fn a_module_without_documentation_and_a_stray_ractor_are_found() {
        let found = source_findings("src/stray.rs", "use ractor::Actor;\n");
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(source_findings("crates/runtime/src/fine.rs", "//! Doc.\nuse ractor::Actor;\n").is_empty());
    }

    #[test]
    fn an_arrow_that_is_not_documented_is_found() {
        let documented = documented_arrows("text\n```arrows\na -> b\nb ->\n```\n");
        let mut real = documented.clone();
        assert!(compare(&documented, &real).is_empty());
        real.get_mut("b").unwrap().insert("a".to_owned());
        assert_eq!(compare(&documented, &real).len(), 1);
    }
}
