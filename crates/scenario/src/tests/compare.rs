//! Files that compare variants of themselves.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use super::*;
use crate::file::Equal;

const COMPARE: &str = "folkmoot: 1
name: sizes
models: { m: { stochastic: { accuracy: 0.6 } } }
agents: { juror: { model: m, count: 5 } }
councils: { panel: { vote: { members: [juror], rule: majority, ties: coin } } }
coordination: panel
tasks: { generate: { count: 10, choices: [A, B] } }
compare:
  variants:
    - name: three
      description: Three of them.
      set: { agents.juror.count: 3 }
    - name: alone
      set:
        \"coordination\": { single: { member: 'juror[0]' } }
        agents.juror.count: 1
    - { name: five }
  baselines: { constant: false }
  equal: calls
";

/// The place and the message of each problem of the file with one part replaced.
fn wrong(from: &str, to: &str) -> Vec<(usize, usize, String)> {
    assert!(COMPARE.contains(from), "{from}");
    let problems = read(&COMPARE.replacen(from, to, 1)).unwrap_err();
    problems.iter().map(|problem| (problem.line, problem.column, problem.message.clone())).collect()
}

#[track_caller]
fn assert_wrong(from: &str, to: &str, line: usize, column: usize, message: &str) {
    assert_eq!(wrong(from, to), [(line, column, message.to_owned())]);
}

#[test]
fn each_variant_is_the_file_with_its_changes_in_the_order_of_the_file() {
    let scenario = read(COMPARE).unwrap();
    let plan = scenario.compare.as_ref().unwrap();
    let found: Vec<(&str, usize, &str)> = (plan.variants.iter())
        .map(|variant| (variant.name.as_str(), variant.scenario.agents.len(), variant.scenario.root.as_str()))
        .collect();
    assert_eq!(found, [("three", 3, "panel"), ("alone", 1, "council"), ("five", 5, "panel")]);
    assert_eq!((scenario.agents.len(), scenario.plays().len()), (5, 1), "what is run is the file as it is");
    assert_eq!(plan.variants[0].description.as_deref(), Some("Three of them."));
    assert_eq!((plan.baselines.one_agent, plan.baselines.constant, plan.equal), (true, false, Equal::Calls));
    assert!(plan.variants.iter().all(|variant| variant.scenario.compare.is_none()));
    let mut hashes: Vec<&str> = plan.variants.iter().map(|variant| variant.scenario.source_hash.as_str()).collect();
    hashes.dedup();
    assert_eq!(hashes.len(), 3);
}

#[test]
fn what_a_path_leads_to_is_set_before_what_lies_in_it() {
    let set = "set: { 'coordination.vote[\"quorum\"]': { at_least: 2 }, coordination: { vote: { members: [juror], rule: \
               plurality, ties: coin } } }";
    let scenario = read(&COMPARE.replace("set: { agents.juror.count: 3 }", set)).unwrap();
    let pattern = &scenario.compare.as_ref().unwrap().variants[0].scenario.councils[0].pattern;
    let written = serde_json::to_value(pattern).unwrap();
    assert_eq!(written["vote"]["quorum"]["at_least"], 2);
}

#[test]
fn changes_from_outside_reach_all_variants_or_one() {
    let set = ["tasks.generate.count=7", "compare.variants[0].set[\"agents.juror.count\"]=4", "compare.equal=none"];
    let scenario = with_sets(COMPARE, &set).unwrap();
    let plan = scenario.compare.unwrap();
    let found: Vec<(u32, usize)> =
        plan.variants.iter().map(|variant| (variant.scenario.tasks.total(), variant.scenario.agents.len())).collect();
    assert_eq!((found, plan.equal), (vec![(7, 4), (7, 1), (7, 5)], Equal::None));
    let without = with_sets(COMPARE, &["compare=null"]).unwrap();
    assert_eq!(without.compare, None);
    let problems = with_sets(COMPARE, &["compare.variants[0].set[\"agents.juror.count\"]=none"]).unwrap_err();
    let problem = problems.iter().next().unwrap();
    assert_eq!((problem.file.as_str(), problem.excerpt.contains("=none")), ("--set", true));
}

#[test]
fn a_comparison_reads_back_as_the_same() {
    let scenario = read(COMPARE).unwrap();
    for again in [scenario.resolved_json(), scenario.resolved_yaml()] {
        let read_back = read(&again).unwrap_or_else(|problems| panic!("{problems}\n{again}"));
        let unhashed = |scenario: &Scenario| {
            let mut scenario = Scenario { source_hash: String::new(), ..scenario.clone() };
            for variant in scenario.compare.iter_mut().flat_map(|plan| &mut plan.variants) {
                variant.scenario.source_hash = String::new();
            }
            scenario
        };
        assert_eq!(unhashed(&read_back), unhashed(&scenario));
    }
}

#[test]
fn what_is_wrong_with_a_variant_stands_where_the_variant_is() {
    assert_wrong("count: 3 }", "cuont: 3 }", 12, 27, "in the variant `three`: unknown field `cuont`");
    assert_wrong("count: 3 }", "count: none }", 12, 34, "in the variant `three`: the text \"none\" can't stand here");
    assert_wrong(
        "agents.juror.count: 3",
        "agents.jurer.count: 3",
        12,
        21,
        "in the variant `three`: the field `model` is missing",
    );
    assert_wrong(
        "agents.juror.count: 3",
        "'tasks.list[0]': x",
        12,
        14,
        "in the variant `three`: there can be no index here: the path so far leads to nothing",
    );
    assert_wrong(
        "member: 'juror[0]'",
        "member: 'juror[1]'",
        15,
        45,
        "in the variant `alone`: there is no `juror[1]`: `juror` has 1 agents",
    );
    assert_wrong("agents.juror.count: 3", "agents..count: 3", 12, 14, "this is no path: a name is empty");
    // A quoted path is pointed at as a whole.
    assert_wrong(
        "\"coordination\"",
        "\"coordination.x.y\"",
        15,
        9,
        "in the variant `alone`: there can be no `x` here: the path so far leads to the text \"panel\"",
    );
}

#[test]
fn a_slip_in_a_path_is_answered_with_what_was_meant() {
    let problems = read(&COMPARE.replace("agents.juror.count: 3", "agents.jurer.count: 3")).unwrap_err();
    assert_eq!(problems.iter().next().unwrap().hint.as_deref(), Some("did you mean `juror`?"));
}

#[test]
fn what_is_wrong_with_the_file_is_told_once_and_what_is_wrong_in_variants_too() {
    assert_wrong("accuracy: 0.6", "accuracy: 1.6", 3, 40, "1.6 is not a share; allowed are 0 to 1");
    // The same mistake at two places is two, one place that is wrong for two variants in the same way is one.
    let both = COMPARE.replace("- { name: five }", "- { name: five, set: { seeds: 1 } }");
    let both = both.replace("agents.juror.count: 3", "agents.juror.count: 3, seeds: 1");
    assert_eq!(read(&both).unwrap_err().len(), 2);
    let one = COMPARE.replace("members: [juror]", "members: ['juror[4]']");
    let one = one.replace("- { name: five }", "- { name: five, set: { agents.juror.count: 3 } }");
    let found = read(&one).unwrap_err();
    let lines: Vec<&str> = found.iter().map(|problem| problem.message.as_str()).collect();
    let expected = [
        "in the variant `three`: there is no `juror[4]`: `juror` has 3 agents",
        "in the variant `alone`: there is no `juror[4]`: `juror` has 1 agents",
    ];
    assert_eq!(lines, expected);
    assert!(found.iter().all(|problem| (problem.line, problem.column) == (5, 40)), "{found}");
}

#[test]
fn what_belongs_to_the_file_is_no_variants() {
    let set = "set: { agents.juror.count: 3 }";
    for (key, value, message) in [
        ("seed", "5", "a variant can't change `seed`: all variants are played with the same seed"),
        ("name", "x", "a variant can't change `name`: its name is the variant's `name`"),
        ("compare", "~", "a variant can't change `compare`: a variant has no variants of its own"),
    ] {
        assert_wrong(set, &format!("set: {{ {key}: {value} }}"), 12, 14, message);
    }
    let other = "in the variant `three`: its tasks are not those of the file, so it can't be compared task by task";
    assert_wrong(set, "set: { limits.tasks: 20, tasks.generate.count: 9 }", 12, 32, other);
    assert!(read(&COMPARE.replace(set, "set: { tasks.at_once: 4 }")).is_ok());
    let twice = "set: { agents.juror.count: 3, 'agents[\"juror\"].count': 4 }";
    assert_wrong(set, twice, 12, 37, "`agents.juror.count` is set twice");
}

#[test]
fn the_block_itself_is_checked() {
    assert_wrong("equal: calls", "equal: money", 19, 10, "`money` is not known here");
    assert_wrong("constant: false", "constants: false", 18, 16, "unknown field `constants`");
    assert_wrong("name: five", "name: three", 17, 15, "two variants are named `three`");
    assert_wrong("    - { name: five }\n", "    - { set: {} }\n", 17, 7, "the field `name` is missing");
    let wrong_name = "the character '/' is not allowed; names hold ASCII letters, digits, '_', '-' and '.'";
    assert_wrong("name: five", "name: a/b", 17, 15, wrong_name);
    assert_wrong("name: five", "name: 'as  is'", 17, 15, "a name is empty");
    let long = "long ".repeat(13);
    assert_wrong("name: five", &format!("name: {long}x"), 17, 15, "the name is 66 bytes long; at most 64 are allowed");
    assert!(read(&COMPARE.replace("name: five", "name: as it is")).is_ok());
    let problems = with_sets(COMPARE, &["compare.variants=[]"]).unwrap_err();
    assert_eq!(problems.iter().next().unwrap().message, "there are no variants");
    let many: Vec<String> = (0..101).map(|number| format!("{{ name: v{number} }}")).collect();
    let problems = with_sets(COMPARE, &[&format!("compare.variants=[{}]", many.join(", "))]).unwrap_err();
    assert_eq!(problems.iter().next().unwrap().message, "101 variants are too many; at most 100 are allowed");
    let several = format!("{COMPARE}runs: [{{ name: monday }}]\n");
    let problems = read(&several).unwrap_err();
    let problem = problems.iter().next().unwrap();
    assert_eq!(
        (problem.line, problem.message.as_str()),
        (20, "a file that compares variants holds one run, not several")
    );
    let in_run = "runs: [{ name: monday, compare: { variants: [{ name: a }] } }]\n";
    let text = format!("{}{in_run}", COMPARE.split("compare:").next().unwrap());
    assert_eq!(read(&text).unwrap_err().iter().next().unwrap().message, "a run can't change `compare`");
}

#[test]
fn toml_names_variants_too() {
    let text = "folkmoot = 1
name = \"sizes\"
coordination = \"a\"
[models.m.stochastic]
accuracy = 0.6
[agents.a]
model = \"m\"
[tasks.generate]
count = 3
choices = [\"A\", \"B\"]
[[compare.variants]]
name = \"better\"
set = { \"models.m.stochastic.accuracy\" = 0.9 }
[[compare.variants]]
name = \"wrong\"
set = { \"models.m.stochastic.accuracy\" = 1.9 }
";
    let problems = parse(text, "x.toml", Format::Toml, &[]).unwrap_err();
    let problem = problems.iter().next().unwrap();
    assert_eq!((problem.line, problem.column, problems.len()), (16, 42, 1), "{problems}");
    let scenario = parse(&text.replace("1.9", "0.8"), "x.toml", Format::Toml, &[]).unwrap();
    assert_eq!(scenario.compare.unwrap().variants.len(), 2);
}

#[test]
fn what_is_to_be_equal_is_known() {
    let priced = "models: { m: { stochastic: { accuracy: 0.6, tokens: { input: 1, output: 1 }, price: { input: 1, output: 1 } } } }";
    let bare = "models: { m: { stochastic: { accuracy: 0.6 } } }";
    assert!(COMPARE.contains(bare));
    let told = |models: &str, equal: &str| match read(&COMPARE.replace(bare, models).replace("equal: calls", equal)) {
        Ok(_) => String::new(),
        Err(problems) => problems.to_string(),
    };
    for equal in ["equal: none", "equal: calls", "equal: tokens", "equal: cost"] {
        assert_eq!(told(priced, equal), "", "{equal}");
    }
    let unpriced = priced.replace(", price: { input: 1, output: 1 }", "");
    assert_eq!(told(&unpriced, "equal: tokens"), "");
    let found = told(&unpriced, "equal: cost");
    assert!(found.contains(":19:10: what `three` costs is not known: the model `m` has no price"), "{found}");
    assert!(found.contains("help: give `m` a `price` or an entry in `prices`, or write `equal: calls`"), "{found}");
    let found = told(bare, "equal: tokens");
    assert!(
        found.contains(":19:10: what `three` takes is not known: the model `m` does not say its tokens"),
        "{found}"
    );
    assert!(found.contains("help: give `m` its `tokens`, or write `equal: calls`"), "{found}");
    // A price of tokens that nobody counts is no cost.
    let uncounted = priced.replace("tokens: { input: 1, output: 1 }, ", "");
    let found = told(&uncounted, "equal: cost");
    assert!(found.contains("what `three` costs is not known: the model `m` does not say its tokens"), "{found}");
    // Prices of a book count, models that nobody asks don't, and nothing is made equal to votes that are not played.
    let booked = format!("{unpriced}\nprices: {{ book: {{ default: {{ input: 1, output: 1 }} }} }}");
    assert_eq!(told(&booked, "equal: cost"), "");
    let idle = priced.replace("models: {", "models: { idle: { stochastic: { accuracy: 0.6 } },");
    assert_eq!(told(&idle, "equal: cost"), "");
    assert_eq!(read(&COMPARE.replace("constant: false", "same_calls: false").replace("calls\n", "cost\n")).err(), None);
    // A variant that asks it is told by name.
    let other = COMPARE.replace(bare, &idle).replace("equal: calls", "equal: cost");
    let other = other.replace("{ name: five }", "{ name: five, set: { agents.juror.model: idle } }");
    let found = read(&other).unwrap_err().to_string();
    assert!(found.contains("what `five` costs is not known: the model `idle` has no price"), "{found}");
}
