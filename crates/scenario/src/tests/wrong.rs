//! What is wrong with a file is said word for word as `wrong.txt` has it. The names of the cases follow the list of bad
//! inputs: B1, B2 and so on.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use std::fmt::Write as _;

use super::*;

/// What each case is answered with: `=== NAME`, then the text.
const EXPECTED: &str = include_str!("wrong.txt");

/// The cases that are a change of one part of the good scenario.
const CHANGES: &[(&str, &str, &str)] = &[
    ("B2 unknown field", "agents:", "agnets:"),
    ("B2 several unknown fields at once", "count: 5", "colour: red, cuont: 5"),
    ("B3 wrong type at depth 4", "accuracy: 0.6", "accuracy: ten"),
    ("B3 quoted number", "count: 5", "count: 5, limits: { turns_max: \"10\" }"),
    ("B3 text for a list", "[juror]", "juror"),
    ("B3 nothing for text", "[A, B]", "[~]"),
    ("B4 duplicate key", "name: jury", "name: jury\nname: x"),
    ("B5 slash", "  juror: { model", "  a/b: { model"),
    ("B5 dots", "  juror: { model", "  ../x: { model"),
    ("B5 text direction", "  juror: { model", "  \"juror\\u202e\": { model"),
    ("B5 reserved for the council", "  juror: { model", "  council: { model"),
    ("B6 missing agent", "[juror]", "[juror, jurer]"),
    ("B6 missing index", "[juror]", "['juror[7]']"),
    ("B6 missing model", "model: juror", "model: jurors"),
    ("B6 missing tool", "count: 5", "count: 5, tools: [read_fil]"),
    ("B11 tabs", "  juror:\n    stochastic", "\tjuror:\n\t\tstochastic"),
    ("B12 share above 1", "accuracy: 0.6", "accuracy: 1.5"),
    ("B12 not a number", "accuracy: 0.6", "accuracy: .nan"),
    ("B12 negative count", "count: 5", "count: -1"),
    ("B12 no agents", "count: 5", "count: 0"),
    ("B12 count of 2^64", "count: 5", "count: 18446744073709551616"),
    ("B12 count of 1e300", "count: 5", "count: 1e300"),
    ("B12 no turns", "count: 5", "count: 5, limits: { turns_max: 0 }"),
    ("B12 negative turns", "count: 5", "count: 5, limits: { turns_max: -1 }"),
    ("B12 endless latency", "accuracy: 0.6", "accuracy: 0.6\n      latency: 1000000000000s"),
    ("B13 too many agents", "count: 5", "count: 2000000"),
    ("B13 too many tasks", "count: 10", "count: 1000000000"),
    ("B15 no voters", "[juror]", "[]"),
    ("B15 quorum above the voters", "ties: coin", "ties: coin, quorum: { at_least: 9 }"),
    ("B15 unknown tie rule", "ties: coin", "ties: con"),
    ("B15 no tie rule", ", ties: coin", ""),
    ("B18 newer version", "folkmoot: 1", "folkmoot: 2"),
    ("no version", "folkmoot: 1\n", ""),
    ("missing field", "model: juror, ", ""),
    ("unknown variant", "stochastic:", "stocastic:"),
    ("two patterns", "vote:", "single: { member: juror }\n  vote:"),
    ("agent named twice", "[juror]", "[juror, 'juror[2]']"),
    ("a group is given the tasks", "\n  vote: { members: [juror], rule: majority, ties: coin }", " juror"),
    ("two sources of tasks", "generate:", "list: [a]\n  generate:"),
    ("choice twice", "[A, B]", "[A, A]"),
    ("choices that differ in case", "[A, B]", "[Yes, yes]"),
    ("a choice that means abstention", "[A, B]", "[act, Abstain]"),
    ("B17 environment variable", "count: 5", "count: 5, instructions: 'in ${CITY}'"),
    ("B16 no name of a variable", "count: 5", "count: 5, instructions: 'in ${CITY:-x}'"),
    (
        "a tool that nobody has ends a council",
        "ties: coin",
        "ties: coin, stop: { any: [{ statements: 3 }, { tool_called: { name: submit } }] }",
    ),
    (
        "a summary by a member",
        "vote: { members: [juror], rule: majority, ties: coin }",
        "round_robin: { members: [juror], exposure: { content: { summarised: { by: juror } } } }",
    ),
    (
        "a summary by nobody",
        "vote: { members: [juror], rule: majority, ties: coin }",
        "round_robin: { members: [juror], exposure: { content: { summarised: { by: jurer } } } }",
    ),
    (
        "answer that can't be given",
        "generate: { count: 10, choices: [A, B] }",
        "list: [{ prompt: x, choices: [yes, no], answer: yess }]",
    ),
];

/// The cases that add to the good scenario.
const ADDITIONS: &[(&str, &str)] = &[
    (
        "B7 councils contain each other",
        "councils:\n  a: { single: { member: b } }\n  b: { single: { member: c } }\n  c: { single: { member: a } }\n",
    ),
    ("B7 council contains itself", "councils:\n  a: { vote: { members: [juror, a], rule: unanimity } }\n"),
    ("B6 unknown metric", "measure: [accurcy]\n"),
    ("expected series", "expect: { metrics: { unanimity_by_round: { equals: 1 } } }\n"),
    ("B12 tolerated share", "tolerate: { failed: -0.1 }\n"),
    ("expectations", "expect: { status: complete, transcript: [{ agent: jurer, contains: x }] }\n"),
    ("expected names", "expect: { transcript: [{ agent: jurer, contains: x }], tools: { made: [reed_file] } }\n"),
    ("two documents", "---\nname: x\n"),
    ("unknown alias", "description: *nowhere\n"),
    ("control characters are shown escaped", "\"a\\e[31m\": 1\n"),
    ("B17 real folder", "workspace: { folder: work }\n"),
    ("B14 folder outside", "workspace: { folder: ../work }\n"),
    ("workspace outside", "workspace: { files: { /etc/passwd: x } }\n"),
    ("money without a price", "budgets: { run: { money: 1 } }\n"),
    ("B6 unknown fault", "faults: [{ crash_agnet: {} }]\n"),
    ("B2 unknown field of a fault", "faults: [{ crash_agent: { agent: juror, wehn: { nth: 1 } } }]\n"),
    ("unknown field of when", "faults: [{ crash_agent: { when: { nht: 1 } } }]\n"),
    ("unknown form of a fault", "faults: [{ rate_limit: { retry_after: [seconds, hugh] } }]\n"),
    ("two faults in one", "faults: [{ crash_agent: {}, crash_loop: {} }]\n"),
    (
        "fault of an unknown agent",
        "faults: [{ crash_agent: { agent: 'jurer[2]' } }, { crash_loop: { agent: 'juror[5]' } }]\n",
    ),
    ("fault of an unknown model", "faults: [{ rate_limit: { model: jurer } }]\n"),
    ("fault of an unknown tool", "faults: [{ tool_panic: { tool: read_fil } }]\n"),
    ("fault of a tool that nobody has", "faults: [{ tool_panic: { tool: read_file, agent: juror } }]\n"),
    ("fault on unknown edges", "faults: [{ drop_messages: { from: jurer, to: concil } }, { lie: { to: world } }]\n"),
    ("fault of an unknown group", "faults: [{ partition: { groups: [[juror, world], [jurer]] } }]\n"),
    ("fault of an unknown council", "faults: [{ crash_council: { council: jury } }]\n"),
    ("fault of an unknown actor", "faults: [{ slow_consumer: { actor: world/memry } }]\n"),
    ("fault of a hook where there is none", "faults: [{ hook_failure: {} }]\n"),
    ("fault of a person where there is none", "faults: [{ person_failure: { agent: juror } }]\n"),
    (
        "when a fault never strikes",
        "faults:\n  - crash_agent: { when: { probability: 2, nth: [0] } }\n  - crash_agent: { when: { from: 3s, until: 2s } }\n  - cancel: { when: {} }\n",
    ),
    ("unknown check", "check: [invariant]\n"),
    ("no check", "check: []\n"),
];

/// The cases that are `--set` texts on the good scenario.
const SETS: &[(&str, &str)] = &[
    ("set without a value", "seed"),
    ("set of an unknown field", "agents.juror.cuont=3"),
    ("set of an unknown agent", "agents.jurer.count=3"),
    ("set of a wrong value", "agents.juror.count=ten"),
    ("set of an item that is not there", "tasks.generate.choices[2]=C"),
    ("set of a second variant", "models.juror.scripted.steps=[]"),
];

/// The cases that are whole files.
fn files() -> Vec<(&'static str, String)> {
    let bomb: String = (1..30).fold("a0: &a0 [x, x, x, x]\n".to_owned(), |text, level| {
        let alias = format!("*a{}", level - 1);
        format!("{text}a{level}: &a{level} [{alias}, {alias}, {alias}, {alias}]\n")
    });
    let stairs: String = (0..1_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    vec![
        ("B1 empty", String::new()),
        ("B1 only comments", "# nothing\n\n".to_owned()),
        ("a list", "[1, 2]\n".to_owned()),
        ("not YAML", "name: jury: x\n".to_owned()),
        ("B8 alias bomb", bomb),
        ("B9 nested lists", format!("name: {}", "[".repeat(100_000))),
        ("B9 nested maps", stairs),
        ("B10 too many values", format!("name: [{}]", "1,".repeat(550_000))),
    ]
}

fn answers() -> String {
    let mut answers = String::new();
    let mut add = |name: &str, result: Result<Scenario, Problems>| {
        let text = result.map_or_else(|problems| problems.to_string(), |_| "nothing is wrong\n".to_owned());
        writeln!(answers, "=== {name}\n{text}").unwrap();
    };
    for (name, from, to) in CHANGES {
        add(name, read(&changed(from, to)));
    }
    for (name, addition) in ADDITIONS {
        add(name, read(&format!("{GOOD}{addition}")));
    }
    for (name, set) in SETS {
        add(name, with_sets(GOOD, &[set]));
    }
    for (name, text) in files() {
        add(name, read(&text));
    }
    answers
}

#[test]
fn every_wrong_file_is_answered_word_for_word() {
    let answers = answers();
    let mut expected = EXPECTED.split("=== ");
    for answer in answers.split("=== ") {
        assert_eq!(answer, expected.next().unwrap_or("nothing"), "all answers:\n{answers}");
    }
    assert_eq!(expected.next(), None);
}

#[test]
fn every_answer_has_a_place() {
    assert!(!answers().contains("nothing is wrong"));
    for (name, text) in files() {
        for problem in read(&text).unwrap_err().iter() {
            assert!(problem.line > 0 && problem.column > 0 && problem.length > 0, "{name}: {problem}");
        }
    }
}

#[test]
fn a_text_that_is_too_large_is_not_read() {
    let large = format!("name: {}", "x".repeat(16 * 1024 * 1024));
    let problems = read(&large).unwrap_err();
    assert_eq!(problems.to_string(), "jury.yaml: the text has 16777222 bytes; at most 16777216 are read\n");
}

#[test]
fn several_problems_are_found_at_once() {
    let text = changed("accuracy: 0.6", "acuracy: 0.6").replace("count: 5", "count: many").replace("rule", "ruel");
    let problems = read(&text).unwrap_err();
    let lines: Vec<usize> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [6, 8, 10], "{problems}");
    let text = changed("model: juror", "model: clerk").replace("[juror]", "[clerk]").replace("[A, B]", "[A, A]");
    assert_eq!(read(&text).unwrap_err().len(), 3);
}

#[test]
fn no_cut_and_no_flipped_byte_makes_it_panic() {
    for end in 0..GOOD.len() {
        let _whatever = read(&GOOD[..end]);
    }
    for index in 0..GOOD.len() {
        for replacement in ['\u{0}', ':', '[', '{', '*', '&', '\'', '"', '-', '\t', '\n', '9', 'é'] {
            let text = format!("{}{replacement}{}", &GOOD[..index], &GOOD[index + 1..]);
            if let Err(problems) = read(&text) {
                assert!(!problems.to_string().is_empty());
            }
        }
    }
}
