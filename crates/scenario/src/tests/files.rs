//! Files on disk: formats, task files and what can be wrong with them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use std::fs;
use std::path::PathBuf;

use super::*;

/// A folder with a scenario whose tasks are in a file.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn load(&self, tasks: &str) -> Result<Scenario, String> {
        let text = changed("generate: { count: 10, choices: [A, B] }", &format!("file: {tasks}"));
        let path = self.write("jury.yaml", text);
        load(&path, &[]).map_err(|problems| self.shorten(&problems))
    }

    /// The problems without the folder, which differs from run to run.
    fn shorten(&self, problems: &Problems) -> String {
        problems.to_string().replace(&format!("{}/", self.0.path().display()), "")
    }
}

#[test]
fn json_lines_and_csv_give_the_same_tasks() {
    let folder = Folder::new();
    folder.write(
        "tasks.jsonl",
        "{\"prompt\": \"p, 1\", \"choices\": [\"A\", 2], \"answer\": 2}\n\n{\"prompt\": \"q\"}\r\n\"r\"",
    );
    folder.write("tasks.csv", "prompt,choices,answer\n\"p, 1\",A | 2,2\nq,,\nr,,\n");
    let lines = folder.load("{ path: tasks.jsonl }").unwrap();
    let csv = folder.load("{ path: ./tasks.csv }").unwrap();
    assert_eq!(lines.tasks, csv.tasks);
    assert_ne!(lines.source_hash, csv.source_hash);
    let tasks: Vec<_> = lines.tasks.tasks(1, 0).collect();
    assert_eq!((tasks.len(), &*tasks[0].prompt, tasks[0].answer.as_deref()), (3, "p, 1", Some("2")));
    let common = folder.load("{ path: tasks.csv, choices: [yes, no] }").unwrap();
    assert_eq!(*common.tasks.tasks(1, 0).nth(1).unwrap().choices, ["yes", "no"].map(Into::into));
}

#[test]
fn wrong_lines_have_their_place() {
    let folder = Folder::new();
    folder.write("a.jsonl", "{\"prompt\": \"p\"}\n{\"promt\": \"q\"}\n{\"prompt\": \n");
    assert_eq!(
        folder.load("{ path: a.jsonl }").unwrap_err(),
        "a.jsonl:2:1: unknown field `promt`
  2 | {\"promt\": \"q\"}
    | ^^^^^^^^^^^^^^
expected: `prompt`, `choices` or `answer`
help: did you mean `prompt`?

a.jsonl:3:10: this line is not JSON: EOF while parsing a value
  3 | {\"prompt\":
    |          ^
"
    );
    folder.write("a.csv", "prompt,anser\np,1\n");
    let problems = folder.load("{ path: a.csv }").unwrap_err();
    assert!(problems.starts_with("a.csv:1:1: unknown column `anser`\n"), "{problems}");
    assert!(problems.contains("help: did you mean `answer`?"), "{problems}");
    folder.write("b.csv", "prompt,answer\np,1\nq\n");
    let problems = folder.load("{ path: b.csv }").unwrap_err();
    assert!(problems.starts_with("b.csv:3:1: this line has 1 fields where the header has 2\n"), "{problems}");
    folder.write("c.csv", "prompt,choices,answer\np,A|B,C\n");
    let problems = folder.load("{ path: c.csv }").unwrap_err();
    assert!(problems.starts_with("c.csv:2:1: the answer `C` is not among the choices\n"), "{problems}");
    folder.write("empty.jsonl", "\n");
    assert!(folder.load("{ path: empty.jsonl }").unwrap_err().contains("there are no tasks"));
}

#[test]
fn files_outside_of_the_folder_are_refused() {
    let folder = Folder::new();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("x.jsonl"), "\"a\"\n").unwrap();
    std::os::unix::fs::symlink(outside.path().join("x.jsonl"), folder.0.path().join("link.jsonl")).unwrap();
    fs::create_dir(folder.0.path().join("d.jsonl")).unwrap();
    for (path, message) in [
        ("../x.jsonl", "`../x.jsonl` is outside of the scenario's folder"),
        ("/dev/zero", "the name of the file does not say how it is written"),
        ("/etc/x.csv", "`/etc/x.csv` is outside of the scenario's folder"),
        ("a/../../x.csv", "`a/../../x.csv` is outside of the scenario's folder"),
        ("link.jsonl", "`link.jsonl` is outside of the scenario's folder"),
        ("none.jsonl", "there is no file `none.jsonl`"),
        ("d.jsonl", "`d.jsonl`: this is a folder, not a file"),
    ] {
        let problems = folder.load(&format!("{{ path: {path} }}")).unwrap_err();
        assert!(problems.starts_with(&format!("jury.yaml:12:17: {message}\n")), "{path}: {problems}");
    }
}

#[test]
fn a_text_that_is_no_file_names_no_files() {
    let text = changed("generate: { count: 10, choices: [A, B] }", "file: { path: a.csv }");
    let problems = read(&text).unwrap_err().to_string();
    assert!(problems.contains("a scenario that was not read from a file can't name other files"), "{problems}");
}

#[test]
fn what_is_no_text_file_is_refused() {
    let folder = Folder::new();
    let fault = |path: &std::path::Path| folder.shorten(&load(path, &[]).unwrap_err());
    assert_eq!(fault(&folder.0.path().join("none.yaml")), "none.yaml: there is no file `none.yaml`\n");
    let inner = folder.0.path().join("inner.yaml");
    fs::create_dir(&inner).unwrap();
    assert_eq!(fault(&inner), "inner.yaml: this is a folder, not a file\n");
    assert_eq!(fault(std::path::Path::new("/dev/zero")), "/dev/zero: this is not a regular file\n");
    let latin = folder.write("latin.yaml", b"folkmoot: 1\nname: caf\xe9\n");
    assert_eq!(
        fault(&latin),
        "latin.yaml:2:10: the byte 0xe9 at offset 21 is not UTF-8
  2 | name: caf\u{fffd}
    |          ^
help: save the file as UTF-8
"
    );
    let wide = folder.write("wide.yaml", b"\xff\xfef\0o\0");
    assert_eq!(fault(&wide), "wide.yaml: the file is UTF-16, not UTF-8\nhelp: save the file as UTF-8\n");
    let large = folder.write("large.yaml", vec![b'#'; 16 * 1024 * 1024 + 1]);
    assert_eq!(fault(&large), "large.yaml: the file has 16777217 bytes; at most 16777216 are read\n");
}

#[test]
fn the_end_of_the_name_says_how_it_is_written() {
    let folder = Folder::new();
    let toml = folder.write("a.toml", "name = \n");
    let problems = folder.shorten(&load(&toml, &[]).unwrap_err());
    assert!(problems.starts_with("a.toml:1:"), "{problems}");
    let yaml = folder.write("a.yml", GOOD);
    assert_eq!(load(&yaml, &[]).unwrap().agents, read(GOOD).unwrap().agents);
}

#[test]
fn what_stands_twice_in_a_task_file_is_refused() {
    let folder = Folder::new();
    folder.write("a.jsonl", "{\"prompt\": \"p\", \"prompt\": \"q\"}\n");
    let problems = folder.load("{ path: a.jsonl }").unwrap_err();
    assert!(problems.starts_with("a.jsonl:1:"), "{problems}");
    assert!(problems.contains(": the key `prompt` stands twice in one map\n"), "{problems}");
    folder.write("a.csv", "prompt,answer,answer\np,1,2\n");
    let problems = folder.load("{ path: a.csv }").unwrap_err();
    assert!(problems.starts_with("a.csv:1:1: the column `answer` stands twice\n"), "{problems}");
    folder.write("b.jsonl", "{\"prompt\": \"p\", \"choices\": [\"A\", \"a\"]}\n");
    let problems = folder.load("{ path: b.jsonl }").unwrap_err();
    assert!(problems.contains("differ only in case"), "{problems}");
}

#[test]
fn a_pipe_is_refused_and_never_opened() {
    let folder = Folder::new();
    let made = std::process::Command::new("mkfifo").arg(folder.0.path().join("pipe.jsonl")).status();
    assert!(made.is_ok_and(|status| status.success()), "mkfifo is part of POSIX");
    let problems = folder.load("{ path: pipe.jsonl }").unwrap_err();
    assert!(problems.contains("`pipe.jsonl`: this is not a regular file"), "{problems}");
}

#[test]
fn what_is_wrong_in_a_file_of_prices_has_its_place_there() {
    let folder = Folder::new();
    let path = folder.write("jury.yaml", format!("{GOOD}prices: {{ file: prices.yaml }}\n"));
    let read = |prices: &str| {
        folder.write("prices.yaml", prices);
        load(&path, &[]).map_err(|problems| folder.shorten(&problems))
    };
    let priced = read("models:\n  juror: { input: 1, output: 2 }\n").unwrap();
    assert!(priced.harness.prices.as_ref().unwrap().price("juror").is_some());
    for (prices, place, message) in [
        ("models:\n  juror: { inputs: 1, output: 2 }\n", "prices.yaml:2:12: ", "unknown field `inputs`"),
        ("models:\n  juror: { input: -1, output: 2 }\n", "prices.yaml:2:19: ", "-1 is not a price"),
        ("models: {\n", "prices.yaml:", ""),
        ("folkmoot: 1\n", "prices.yaml:1:1: ", "unknown field `folkmoot`"),
    ] {
        let problems = read(prices).unwrap_err();
        assert!(problems.starts_with(place) && problems.contains(message), "{prices}: {problems}");
        assert!(!problems.contains("\\n"), "{problems}");
    }
}

#[test]
fn a_file_may_stand_for_instructions_and_documents() {
    let folder = Folder::new();
    folder.write("juror.md", "Judge ${this} fairly.\n");
    folder.write("corpus.yaml", "documents:\n  - { title: T, url: 'https://a.example', text: x }\n");
    let with = |instructions: &str| {
        let text = changed("count: 5", &format!("count: 5, instructions: {{ file: {instructions} }}"));
        let path = folder.write("files.yaml", format!("{text}corpus: {{ file: corpus.yaml }}\n"));
        load(&path, &[]).map_err(|problems| folder.shorten(&problems))
    };
    let scenario = with("juror.md").unwrap();
    assert_eq!(scenario.agents[0].instructions.as_deref(), Some("Judge ${this} fairly.\n"), "files are not expanded");
    assert_eq!(scenario.harness.corpus.as_ref().map(|corpus| corpus.documents.len()), Some(1));
    let again = read(&scenario.resolved_json()).unwrap();
    assert_eq!((again.agents, again.harness), (scenario.agents, scenario.harness), "it needs its files no more");
    for (path, message) in
        [("../x.md", "`../x.md` is outside of the scenario's folder"), ("none.md", "there is no file `none.md`")]
    {
        let problems = with(path).unwrap_err();
        assert!(problems.starts_with("files.yaml:8:58: ") && problems.contains(message), "{problems}");
    }
    folder.write("corpus.yaml", "documents:\n  - { titel: T, url: 'https://a.example', text: x }\n");
    let problems = with("juror.md").unwrap_err();
    assert!(problems.starts_with("corpus.yaml:2:7: unknown field `titel`"), "{problems}");
}
