//! Finding scenarios, and playing them on several threads.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use std::fs;

use super::*;

fn scenario(name: &str, expect: &str, count: u32) -> String {
    format!(
        "folkmoot: 1
name: {name}
models: {{ m: {{ stochastic: {{ accuracy: 0.7 }} }} }}
agents: {{ a: {{ model: m, count: 3 }} }}
coordination: {{ vote: {{ members: [a], rule: majority, ties: coin }} }}
tasks: {{ generate: {{ count: {count}, choices: [A, B] }} }}
expect: {expect}
"
    )
}

fn folder(files: &[(&str, String)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn names(folder: &tempfile::TempDir, found: &[PathBuf]) -> Vec<String> {
    found.iter().map(|path| path.strip_prefix(folder.path()).unwrap().display().to_string()).collect()
}

#[test]
fn scenarios_are_found_in_folders_and_in_order() {
    let folder = folder(&[
        ("b.yaml", "folkmoot: 1\n".into()),
        ("a/deep/c.YML", "# comment\n\"folkmoot\" : 1\n".into()),
        ("a/d.toml", "folkmoot = 1\n".into()),
        ("a/flow.yaml", "{ folkmoot: 1 }\n".into()),
        ("a/data/no.yaml", "folkmoot: 1\n".into()),
        (".hidden/no.yaml", "folkmoot: 1\n".into()),
        ("other.yaml", "version: 1\nnested:\n  folkmoot: 1\nfolkmoots: 2\n".into()),
        ("no.txt", "folkmoot: 1\n".into()),
    ]);
    let found = find(&[folder.path()]).unwrap();
    assert_eq!(names(&folder, &found), ["a/d.toml", "a/deep/c.YML", "a/flow.yaml", "b.yaml"]);
    // What is named itself is taken as it is, and once.
    let named = [folder.path().join("no.txt"), folder.path().join("b.yaml"), folder.path().to_path_buf()];
    assert_eq!(find(&named).unwrap().len(), 5);
    assert!(matches!(find(&[folder.path().join("a/data/none")]), Err(FindError::Read { .. })));
    assert!(matches!(find(&[folder.path().join(".hidden/no.yaml")]), Ok(files) if files.len() == 1));
    fs::remove_file(folder.path().join("a/data/no.yaml")).unwrap();
    assert!(matches!(find(&[folder.path().join("a/data")]), Err(FindError::Nothing { .. })));
}

#[test]
fn results_come_in_file_order_and_are_the_same_on_any_number_of_threads() {
    let mut files: Vec<(String, String)> = (0..12)
        // The first take longest, so that on several threads the later ones end before them.
        .map(|number| (format!("{number:02}.yaml"), scenario("s", "{ status: completed }", 600 - number * 50)))
        .collect();
    files.push(("90.yaml".into(), scenario("s", "{ metrics: { accuracy: { at_least: 0.99 } } }", 200)));
    files.push(("91.yaml".into(), "folkmoot: 2\n".into()));
    let files: Vec<(&str, String)> = files.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    let folder = folder(&files);
    let files = find(&[folder.path()]).unwrap();
    let play = |threads| {
        let mut told = Vec::new();
        Suite::new(&files).threads(threads).play(|tested| {
            let verdict = match tested.verdict {
                Verdict::Passed(result) => format!("passed {}", result.digest),
                Verdict::Failed { mismatches, result } => format!("{} {}", mismatches[0].what, result.digest),
                Verdict::Invalid(problem) => problem.lines().next().unwrap().to_owned(),
                Verdict::Cancelled => "cancelled".to_owned(),
            };
            told.push((tested.path, verdict));
        });
        told
    };
    let alone = play(1);
    assert!(alone.iter().map(|(path, _)| path).eq(&files));
    assert!(alone[12].1.starts_with("accuracy "), "{alone:?}");
    assert!(alone[13].1.contains("91.yaml:1:11: this file needs version >= 2"), "{alone:?}");
    for threads in [0, 2, 8] {
        assert_eq!(play(threads), alone, "{threads} threads");
    }
}

#[test]
fn what_is_called_off_is_told_as_such() {
    let folder = folder(&[("a.yaml", scenario("s", "{}", 10)), ("b.yaml", scenario("s", "{}", 10))]);
    let files = find(&[folder.path()]).unwrap();
    let live = Arc::new(Live::new());
    let mut cancelled = Vec::new();
    Suite::new(&files).threads(1).live(&live).play(|tested| {
        live.cancel();
        cancelled.push(matches!(tested.verdict, Verdict::Cancelled));
    });
    // The second may have been played before the first was told.
    assert_eq!((cancelled.len(), cancelled[0]), (2, false));
    let mut cancelled = 0;
    Suite::new(&files).live(&live).play(|tested| cancelled += u32::from(matches!(tested.verdict, Verdict::Cancelled)));
    assert_eq!(cancelled, 2);
}

#[test]
fn unknown_custom_parts_make_a_file_one_that_can_not_be_played() {
    let text = scenario("s", "{}", 10).replace("stochastic: { accuracy: 0.7 }", "custom: { name: mine }");
    let folder = folder(&[("a.yaml", text)]);
    let files = find(&[folder.path()]).unwrap();
    let mut told = Vec::new();
    Suite::new(&files).play(|tested| told.push(tested.verdict));
    assert!(
        matches!(&told[..], [Verdict::Invalid(problem)] if problem.contains("no custom model \"mine\"")),
        "{told:?}"
    );
}
