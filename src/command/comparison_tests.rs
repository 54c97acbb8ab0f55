//! Comparisons as people read them: what stands where, and never wider than a terminal.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use folkmoot::Comparison;

use super::*;

const SCENARIO: &str = "
folkmoot: 1
name: sizes
models: { m: { stochastic: { accuracy: 0.6, latency: 1s, tokens: { input: 100, output: 50 }, price: { input: 1, output: 2 } } } }
agents: { juror: { model: m, count: 3 } }
coordination: { vote: { members: [juror], rule: majority, ties: none } }
tasks: { generate: { count: 200, choices: [A, B] } }
MORE
compare:
  variants:
    - { name: three }
    - { name: two, set: { agents.juror.count: 2 } }
    - { name: a-jury-of-five-with-a-name-that-goes-on-and-on, set: { agents.juror.count: 5 } }
EQUAL
";

fn shown_as(text: &str, measure: &[&str]) -> String {
    let scenario = folkmoot::parse(text).unwrap_or_else(|problems| panic!("{problems}"));
    let compared = Comparison::new(&scenario).threads(1).play().unwrap();
    let measure: Vec<String> = measure.iter().map(ToString::to_string).collect();
    let text = tables(&compared, &measure);
    assert!(text.lines().all(|line| line.chars().count() <= WIDTH && line.trim_end() == line), "{text}");
    text
}

fn scenario(more: &str, equal: &str) -> String {
    SCENARIO.replace("MORE", more).replace("EQUAL", equal)
}

/// The cells of a row in the table that has this column, split where two blanks stand.
fn cells<'t>(text: &'t str, head: &str, row: &str) -> Vec<&'t str> {
    let table = text.split("\n\n").find(|table| table.lines().next().is_some_and(|line| line.contains(head))).unwrap();
    let line = table.lines().find(|line| line.starts_with(row)).unwrap();
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

#[test]
fn every_column_is_there_and_what_is_the_same_for_all_tasks_has_no_interval() {
    let text = shown_as(&scenario("", ""), &["accuracy", "cost_usd", "tool_calls", "virtual_time_ms"]);
    assert!(
        text.starts_with(
            "comparison  sizes, seed 1\ntasks       200, the same for every row\ndifference  in accuracy to three, "
        ),
        "{text}"
    );
    let three = cells(&text, "accuracy", "three");
    assert_eq!((three[0], three[2]), ("three", "-"), "the first is held against nothing");
    assert!(three[1].starts_with("0.6") && three[1].ends_with(']'), "{three:?}");
    assert!(cells(&text, "difference", "two")[2].starts_with('-'), "{text}");
    // Two jurors who disagree are tied: 2 * 0.6 * 0.4 = 0.48 of the tasks.
    let undecided: u64 = cells(&text, "undecided", "two").iter().find_map(|cell| cell.parse().ok()).unwrap();
    assert!((68..=124).contains(&undecided), "96 of 200 with a standard deviation of 7.07: {undecided}");
    for (head, cell) in [("cost", "0.12 USD"), ("calls a task", "3"), ("latency", "1.000 s"), ("messages a task", "6")]
    {
        assert!(cells(&text, head, "three").contains(&cell), "{head}: {text}");
    }
    assert!(cells(&text, "tool calls", "three").contains(&"0"), "{text}");
    assert!(cells(&text, "virtual time", "constant").contains(&"-"), "{text}");
    assert!(cells(&text, "error ratio", "one agent").contains(&"1.0000"), "{text}");
    assert!(text.contains("\none agent: juror[0] alone, held against all\n"), "{text}");
    assert!(text.contains("\none agent, 5 votes: 5 answers of juror[0], each on its own; "), "{text}");
    assert!(text.contains("\nconstant answer: always "), "{text}");
    assert!(text.contains("a-jury-of-five-with-a-name") && text.contains("\n-that-goes-on-and-on\n"), "{text}");
    assert_eq!(text.matches("cost").count(), 1, "what is always shown is not shown again");
}

#[test]
fn a_difference_of_few_tasks_is_starred_and_explained() {
    let text = shown_as(&scenario("", "").replace("count: 200", "count: 12"), &[]);
    assert!(text.contains("] *"), "{text}");
    assert!(text.contains("* two: only 12 tasks, too few for an interval; by chance alone p = "), "{text}");
    let same = scenario("", "  baselines: { same_calls: false }").replace("count: 2 ", "count: 3 ");
    let text = shown_as(&same, &[]);
    assert_eq!(cells(&text, "difference", "two")[2], "none in any task");
    assert!(!text.contains("votes"), "{text}");
}

#[test]
fn what_is_measured_has_its_interval_and_a_series_a_column_for_each_round() {
    let measure = ["unanimity", "expected_correctness", "critical_path_ms", "unanimity_by_round", "mast_1_3"];
    let text = shown_as(&scenario(&format!("measure: [{}]", measure.join(", ")), ""), &measure);
    // Three jurors agree with 0.6^3 + 0.4^3 = 0.28; four standard errors of 200 tasks are 0.127.
    let cell = |head: &str| cells(&text, head, "three").into_iter().map(str::to_owned).collect::<Vec<_>>();
    let unanimity = cell("unanimity");
    let found = unanimity.iter().find(|cell| cell.starts_with("0.2") || cell.starts_with("0.3"));
    assert!(found.is_some_and(|cell| cell.ends_with(']')), "{text}");
    assert_eq!(cell("unanimity in round 0").iter().filter(|other| Some(*other) == found).count(), 1, "{text}");
    assert!(cell("expected correctness").iter().any(|cell| cell.starts_with("0.") && cell.ends_with(']')), "{text}");
    assert!(cell("critical path").iter().any(|cell| cell == "1.000 s [1.000 s, 1.000 s]"), "{text}");
    assert!(text.contains("MAST 1.3"), "{text}");
}

#[test]
fn equal_calls_have_columns_of_their_own() {
    let text = shown_as(&scenario("", "  equal: calls"), &[]);
    assert!(cells(&text, "votes", "two").contains(&"3"), "{text}");
    assert!(text.contains("to as many calls"), "{text}");
    assert!(text.contains("one agent, 3 votes") && text.contains("one agent, 5 votes"), "{text}");
}

#[test]
fn equal_tokens_and_equal_cost_are_named_as_such() {
    let text = shown_as(&scenario("", "  equal: tokens"), &[]);
    assert!(cells(&text, "votes", "two").contains(&"3") && text.contains("to as many tokens"), "{text}");
    assert!(cells(&text, "tokens a task", "two").contains(&"300"), "{text}");
    assert!(text.contains("to as many tokens: the difference to so many votes of one agent"), "{text}");
    let text = shown_as(&scenario("", "  equal: cost"), &[]);
    assert!(cells(&text, "votes", "a-jury").contains(&"5") && text.contains("to the same cost"), "{text}");
    assert!(text.contains("one agent, 5 votes: 5 answers of juror[0]") && !text.contains("tokens a task"), "{text}");
}

#[test]
fn what_went_wrong_is_shown() {
    let failing = scenario("", "").replace("agents.juror.count: 2", "models.m.stochastic.failures: { refused: 1 }");
    let text = shown_as(&failing, &[]);
    assert!(cells(&text, "status", "two").contains(&"failed"), "{text}");
    assert!(cells(&text, "failed", "two").contains(&"200"), "{text}");
    assert!(text.contains("\ntwo: failed: "), "{text}");
}

#[test]
fn tasks_without_known_answers_have_no_accuracy() {
    let text = "
folkmoot: 1
name: greetings
models: { m: { scripted: { steps: [{ say: hello }] } } }
agents: { a: { model: m } }
coordination: a
tasks: { list: [Greet.] }
compare: { variants: [{ name: as-it-is }] }
";
    let text = shown_as(text, &[]);
    assert!(!text.contains("difference") && !text.contains("error ratio"), "{text}");
    assert!(text.contains("no task has a known answer, so there is no accuracy to compare\n"), "{text}");
    assert!(cells(&text, "cost", "as-it-is").contains(&"unknown"), "{text}");
}
