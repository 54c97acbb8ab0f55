//! What the documentation shows is what happens: console blocks are run, and the help of every subcommand is kept.
//!
//! When a change is meant, `TRYCMD=overwrite cargo test --test integration documentation` writes the new output.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use trycmd::TestCases;
use trycmd::schema::Bin;

use crate::support::root;

/// Commands that documentation may show and that are not run here.
const NOT_RUN: &[&str] = &["cargo", "cd", "git", "mkdir", "cat", "head", "jq", "rm"];

fn cases() -> TestCases {
    let cases = TestCases::new();
    cases.register_bin("moot", PathBuf::from(env!("CARGO_BIN_EXE_moot")));
    cases.register_bins(NOT_RUN.iter().map(|name| (*name, Bin::Ignore)));
    cases.env("NO_COLOR", "1").env("COLUMNS", "80").timeout(Duration::from_secs(120));
    cases
}

#[test]
fn the_help_is_as_kept() {
    cases().case("tests/cmd/*.trycmd").run();
}

#[test]
fn every_subcommand_has_its_help_kept() {
    let help = crate::support::text(&crate::support::moot(&["help"]).stdout);
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names: Vec<&str> = list.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert!(names.len() >= 6, "{names:?}");
    for name in names.into_iter().filter(|name| *name != "help") {
        let path = root().join(format!("tests/cmd/{name}.trycmd"));
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(kept.contains(&format!("$ moot {name} --help\n")), "{} is to hold it", path.display());
    }
}

#[test]
fn what_the_texts_show_is_what_happens() {
    let folders = [root(), root().join("docs")];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten());
    let mut texts: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    // A text without a console block has nothing to run.
    texts.retain(|path| {
        let is_text = path.extension().is_some_and(|extension| extension == "md");
        is_text && fs::read_to_string(path).unwrap().contains("\n```console")
    });
    let cases = cases();
    for text in &texts {
        cases.case(text);
    }
    if !texts.is_empty() {
        cases.run();
    }
}
