//! What the documentation shows is what happens: console blocks are run, and the help of every subcommand is kept. What
//! README shows of a run that was kept is what `moot show` prints of it.
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
    // Long texts go on in further lines, which begin further right.
    let named = list.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    let names: Vec<&str> = named.map(|line| line.split_whitespace().next().unwrap()).collect();
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
    // Not a test of its own, for both may write README.
    what_readme_shows_of_a_kept_run_is_what_show_prints();
}

/// A `sh` block with `moot run … --out runs/X` or `moot show runs/X`, or the comparison of the flagship, followed by a
/// `text` block with what the last of its commands prints.
fn what_readme_shows_of_a_kept_run_is_what_show_prints() {
    let path = root().join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().to_str().unwrap();
    let (mut written, mut compared) = (String::new(), 0);
    let mut rest = readme.as_str();
    while let Some((before, after)) = rest.split_once("```sh\n") {
        let (commands, after) = after.split_once("```\n").unwrap();
        written.extend([before, "```sh\n", commands, "```\n"]);
        rest = after;
        let shows = commands.lines().any(|line| line.starts_with("moot show runs/"));
        let Some((shown, after)) = after.strip_prefix("\n```text\n").and_then(|text| text.split_once("```\n")) else {
            assert!(!shows, "what this prints is to be shown: {commands}");
            continue;
        };
        let mut printed = String::new();
        for command in commands.lines() {
            if command == crate::support::DEBATE_OR_VOTE {
                printed = crate::support::debate_or_vote().to_owned();
                continue;
            }
            let words: Vec<String> =
                command.split(' ').map(|word| word.replacen("runs/", &format!("{runs}/"), 1)).collect();
            assert_eq!(words[0], "moot", "{command}");
            let arguments: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
            let output = crate::support::moot(&arguments);
            assert!(output.status.success(), "{command}: {}", crate::support::text(&output.stderr));
            printed = crate::support::text(&output.stdout);
        }
        if std::env::var("TRYCMD").as_deref() != Ok("overwrite") {
            assert_eq!(shown, printed, "{commands}");
        }
        written.extend(["\n```text\n", &printed, "```\n"]);
        (rest, compared) = (after, compared + 1);
    }
    written.push_str(rest);
    assert_eq!(compared, 4, "the blocks that README shows");
    if written != readme {
        fs::write(path, written).unwrap();
    }
}
