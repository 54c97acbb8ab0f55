//! Wrong scenario files through the command: exit code 2, the place underlined, what was expected, and never a hang.
//! The names of the cases are those of the list of bad inputs. Every message is tested word for word where it is made.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{root, text};

const GOOD: &str = "\
folkmoot: 1
name: jury
models:
  juror:
    stochastic:
      accuracy: 0.6
agents:
  juror: { model: juror, count: 5 }
coordination:
  vote: { members: [juror], rule: majority, ties: coin }
tasks:
  generate: { count: 10, choices: [A, B] }
";

/// A change of the good file, the place that is told, and what else.
const CHANGES: &[(&str, &str, &str, &str, &str)] = &[
    ("B2 unknown field", "agents:", "agnets:", "7:1", "did you mean `agents`?"),
    ("B3 wrong type at depth 4", "0.6", "ten", "6:17", "expected: a number from 0 to 1"),
    ("B4 duplicate key", "name: jury", "name: jury\nname: x", "3:1", "stands twice"),
    ("B5 id with a slash", "  juror: { model", "  a/b: { model", "8:3", "names hold ASCII letters"),
    ("B5 id that turns text around", "  juror: { model", "  \"a\u{202e}b\": { model", "8:3", "\\u{202e}"),
    ("B6 missing agent", "[juror]", "[jurer]", "10:21", "did you mean `juror`?"),
    ("B6 missing model", "model: juror", "model: jury", "8:19", "expected: `juror`"),
    ("B6 missing tool", "count: 5", "count: 5, tools: [read]", "8:44", "`read_file`"),
    ("B11 tab as indent", "  juror:\n    stochastic", "\tjuror:\n\t\tstochastic", "4:2", "not with tabs"),
    ("B12 probability", "0.6", "1.5", "6:17", "0 to 1"),
    ("B12 negative count", "count: 5", "count: -1", "8:33", "a whole number from 1"),
    ("B12 2^64 turns", "count: 5", "limits: { turns_max: 18446744073709551616 }", "8:47", "from 1 to 100000"),
    ("B13 too many agents", "count: 5", "count: 1000001", "8:33", "limits.agents=1000001"),
    ("B15 no voters", "[juror]", "[]", "10:11", "nobody is named"),
    ("B15 quorum", "ties: coin", "ties: coin, quorum: { at_least: 9 }", "10:77", "the council has 5"),
    ("B15 unknown tie rule", "ties: coin", "ties: cion", "10:51", "did you mean `coin`?"),
    ("B15 no tie rule", ", ties: coin", "", "10:3", "coin, first, chair or none"),
    ("B18 newer version", "folkmoot: 1", "folkmoot: 2", "1:11", "needs version >= 2"),
];

/// What the command says about a file; it must end within half a minute, with exit code 2 and nothing on its output.
fn told(subcommand: &str, path: &Path, case: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("told");
    let mut child = Command::new(env!("CARGO_BIN_EXE_moot"))
        .current_dir(root())
        .arg(subcommand)
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(File::create(&written).unwrap())
        .spawn()
        .unwrap();
    for _ in 0..3_000 {
        if child.try_wait().unwrap().is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    if child.try_wait().unwrap().is_none() {
        child.kill().unwrap();
        panic!("{case}: it hangs");
    }
    let output = child.wait_with_output().unwrap();
    let told = fs::read_to_string(&written).unwrap();
    assert_eq!(output.status.code(), Some(2), "{case}: {told}");
    assert_eq!(text(&output.stdout), "", "{case}");
    assert!(told.chars().all(|character| character == '\n' || !character.is_control()), "{case}: {told:?}");
    told
}

#[test]
fn every_wrong_file_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.yaml");
    for (case, from, to, place, part) in CHANGES {
        assert!(GOOD.contains(from), "{case}");
        fs::write(&path, GOOD.replacen(from, to, 1)).unwrap();
        for subcommand in ["check", "run"] {
            let told = told(subcommand, &path, case);
            assert!(told.starts_with(&format!("{}:{place}: ", path.display())), "{case}: {told}");
            assert!(told.contains("^") && told.contains(part), "{case}: {told}");
        }
    }
}

#[test]
fn councils_that_contain_each_other_are_told_with_the_cycle() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cycle.yaml");
    let councils = "councils:\n  a: { single: { member: b } }\n  b: { single: { member: a } }\n";
    fs::write(&path, format!("{GOOD}{councils}")).unwrap();
    assert!(told("check", &path, "B7").contains("a -> b -> a"));
}

#[test]
fn what_is_no_readable_text_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let utf_16: Vec<u8> = GOOD.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let files: [(&str, Vec<u8>); 6] = [
        ("B1 empty", Vec::new()),
        ("B1 only comments", b"# nothing\n".to_vec()),
        (
            "B11 invalid UTF-8",
            GOOD.replace("jury", "j\u{1}ry")
                .replace('\u{1}', "\u{fffd}")
                .into_bytes()
                .into_iter()
                .map(|byte| if byte == 0xef { 0xff } else { byte })
                .collect(),
        ),
        ("B11 UTF-16", [b"\xff\xfe".to_vec(), utf_16].concat()),
        ("B11 NUL", GOOD.replace("jury", "j\0ry").into_bytes()),
        ("B9 deep", format!("name: {}", "[".repeat(100_000)).into_bytes()),
    ];
    for (case, bytes) in files {
        let path = path("file.yaml");
        fs::write(&path, bytes).unwrap();
        let told = told("check", &path, case);
        assert!(told.starts_with(&path.display().to_string()), "{case}: {told}");
    }
    fs::create_dir(path("folder")).unwrap();
    assert!(told("check", &path("folder"), "B1 a folder").contains("folder"));
    assert!(Command::new("mkfifo").arg(path("pipe.yaml")).status().unwrap().success());
    told("check", &path("pipe.yaml"), "a pipe that nobody writes to");
    told("check", Path::new("/dev/zero"), "a device without end");
    // 200 MB of nothing, which take no room on the disk.
    File::create(path("large.yaml")).unwrap().set_len(200_000_000).unwrap();
    assert!(told("run", &path("large.yaml"), "B10").contains("16777216"));
}

#[test]
fn an_alias_bomb_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.yaml");
    let bomb: String = (1..40).fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, level| {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        text + format!("a{level}: &a{level} [{aliases}]\n").as_str()
    });
    fs::write(&path, bomb).unwrap();
    assert!(told("check", &path, "B8").contains("bomb.yaml:1:"));
}

#[test]
fn a_byte_order_mark_and_other_line_ends_are_fine() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("good.yaml");
    for good in [GOOD.to_owned(), format!("\u{feff}{GOOD}"), GOOD.replace('\n', "\r\n")] {
        fs::write(&path, good).unwrap();
        let output = crate::support::moot(&["check", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    }
}

/// Councils within councils multiply: 40 levels of two are 2^40 assignments, 100 levels of one are too deep.
#[test]
fn councils_that_multiply_without_end_are_refused() {
    let base =
        "folkmoot: 1\nname: x\nmodels: { m: { scripted: { steps: [{ say: a }] } } }\nagents: { a: { model: m } }\n";
    let vote =
        |left: &str, right: &str| format!("{{ vote: {{ members: [{left}, {right}], rule: plurality, ties: first }} }}");
    let mut broad =
        format!("{base}councils:\n  c0: {{ single: {{ member: a }} }}\n  d0: {{ single: {{ member: a }} }}\n");
    for level in 1..40 {
        let below = vote(&format!("c{}", level - 1), &format!("d{}", level - 1));
        broad += &format!("  c{level}: {below}\n  d{level}: {below}\n");
    }
    broad += "coordination: c39\ntasks: { list: [go] }\n";
    let problems = folkmoot::parse(&broad).unwrap_err().to_string();
    assert!(problems.contains("would be assigned"), "{problems}");

    let mut deep = format!("{base}councils:\n  c0: {{ single: {{ member: a }} }}\n");
    for level in 1..100 {
        deep += &format!("  c{level}: {{ single: {{ member: c{} }} }}\n", level - 1);
    }
    deep += "coordination: c99\ntasks: { list: [go] }\n";
    let problems = folkmoot::parse(&deep).unwrap_err().to_string();
    assert!(problems.contains("levels deep"), "{problems}");
}

#[test]
fn a_path_without_end_is_refused() {
    let set = format!("{}=1", vec!["a"; 40_000].join("."));
    let problems = folkmoot::scenario::load(&crate::support::root().join("scenarios/jury.yaml"), &[set]).unwrap_err();
    assert!(problems.to_string().contains("at most 64 parts"), "{problems}");
}
