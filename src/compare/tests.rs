//! Which baselines there are, and that they are what they say.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use super::*;

const JURY: &str = "
folkmoot: 1
name: jury
models:
  juror: { stochastic: { accuracy: 0.7, tokens: { input: 10, output: 1 }, price: { input: 1, output: 1 } } }
  clerk: { scripted: { steps: [{ call: { list_files: {} } }, { say: A }] } }
agents:
  juror: { model: juror, count: 3 }
  clerk: { model: clerk, tools: [list_files] }
councils:
  panel: { vote: { members: ['juror[1]', 'juror[2]', 'juror[0]'], rule: majority, ties: coin } }
coordination: panel
budgets: { panel: { calls: 1000 } }
tasks: { generate: { count: 100, choices: [A, B] } }
compare:
  variants:
    - { name: jury }
    - { name: twice, set: { coordination: { vote: { members: [panel, clerk], rule: plurality, ties: first } } } }
";

fn scenario(text: &str) -> Scenario {
    crate::parse(text).unwrap_or_else(|problems| panic!("{problems}"))
}

fn compared(text: &str) -> Compared {
    Comparison::new(&scenario(text)).threads(2).play().unwrap_or_else(|error| panic!("{error}"))
}

fn names(rows: &[ComparedRow]) -> Vec<&str> {
    rows.iter().map(|row| row.row.name.as_str()).collect()
}

fn mean(estimate: Option<moot_study::Estimate>) -> f64 {
    estimate.unwrap().value
}

#[test]
fn the_agent_of_the_baselines_is_the_first_that_the_coordination_leads_to() {
    let agent = |text: &str| baselines::declared(baselines::first_agent(&scenario(text)).unwrap());
    assert_eq!(agent(JURY), "juror[1]");
    assert_eq!(agent(&JURY.replace("coordination: panel", "coordination: clerk")), "clerk");
    let nested = "coordination: { vote: { members: [panel, clerk], rule: plurality, ties: first } }";
    assert_eq!(agent(&JURY.replace("coordination: panel", nested)), "juror[1]");
    let fresh = JURY.replace("ties: coin }", "ties: coin, fresh: true }");
    let fresh = fresh.replace("coordination: panel", nested).replace("[panel, clerk]", "['juror[1]', panel]");
    assert_eq!(agent(&fresh), "juror[1]");
}

#[test]
fn one_agent_alone_answers_as_it_does_in_the_council() {
    // The council of one names the same agent, so not one task differs.
    let text = JURY.replace("['juror[1]', 'juror[2]', 'juror[0]']", "['juror[1]']");
    let found = compared(&text);
    let alone = &found.baselines[0];
    assert_eq!(alone.baseline, Some(Baseline::OneAgent { agent: "juror[1]".into() }));
    let difference = alone.row.difference.unwrap();
    assert_eq!((difference.better, difference.worse), (0, 0));
    assert_eq!((mean(alone.row.messages), mean(alone.row.calls)), (0.0, 1.0));
    assert_eq!(found.variants[0].row.error_amplification, Some(1.0));
}

#[test]
fn the_votes_of_one_agent_are_independent_answers_that_cost_as_much() {
    let found = compared(JURY);
    assert_eq!(names(&found.variants), ["jury", "twice"]);
    // The second variant makes 3 + 2 calls.
    assert_eq!(names(&found.baselines), ["one agent", "one agent, 5 votes", "constant answer"]);
    let [one, five, constant] = &found.baselines[..] else { panic!("three baselines") };
    assert_eq!((mean(five.row.calls), mean(five.row.messages)), (5.0, 10.0));
    let (one_cost, five_cost) = (one.row.cost.unwrap(), five.row.cost.unwrap());
    assert_eq!(one_cost.times(5), five_cost);
    assert_ne!(one.row.difference, five.row.difference);
    assert!(five.row.accuracy.unwrap().value > one.row.accuracy.unwrap().value);
    assert_eq!((constant.digest, constant.row.cost.unwrap().as_picodollars()), (None, 0));
    assert!(mean(constant.row.accuracy) >= 0.5, "the commonest of two answers");
    assert_eq!(found.variants[1].row.cost, None, "the clerk has no price");
}

#[test]
fn with_equal_calls_each_variant_has_a_vote_of_its_own() {
    let found = compared(&format!("{JURY}  equal: calls\n"));
    let votes: Vec<u32> = found.variants.iter().map(|row| row.equal_calls.as_ref().unwrap().votes).collect();
    assert_eq!(votes, [3, 5]);
    assert_eq!(names(&found.baselines), ["one agent", "one agent, 3 votes", "one agent, 5 votes", "constant answer"]);
    // Two baselines against the first variant, which is also held against one of them: the same pair, turned round.
    let turned = found.baselines[1].row.difference.unwrap();
    let own = found.variants[0].equal_calls.as_ref().unwrap().difference.unwrap();
    assert_eq!((own.better, own.worse), (turned.worse, turned.better));
}

/// Jurors that are cheap and say little, and an expert that is dear and says much: 11 tokens for 20 millionths of a USD
/// and 55 tokens for 140.
const EXPERT: &str = "
folkmoot: 1
name: expert
models:
  cheap: { stochastic: { accuracy: 0.6, tokens: { input: 2, output: 9 }, price: { input: 1, output: 2 } } }
  dear: { stochastic: { accuracy: 0.7, tokens: { input: 2, output: 53 }, price: { input: 17, output: 2 } } }
agents: { juror: { model: cheap, count: 3 }, expert: { model: dear } }
coordination: { vote: { members: [juror], rule: majority, ties: coin } }
tasks: { generate: { count: 100, choices: [A, B] } }
compare:
  variants: [{ name: jury }, { name: expert, set: { coordination: expert } }]
";

#[test]
fn what_is_equal_decides_how_many_votes_an_answer_is_held_against() {
    for (equal, votes, baseline) in
        [("calls", [3, 1], "same_calls"), ("tokens", [3, 5], "same_tokens"), ("cost", [3, 7], "same_cost")]
    {
        let found = compared(&format!("{EXPERT}  equal: {equal}\n"));
        let row = |index: usize| serde_json::to_value(&found.variants[index]).unwrap();
        let key = format!("equal_{equal}");
        assert_eq!([0, 1].map(|index| row(index)[&key]["votes"].as_u64().unwrap()), votes, "{equal}");
        assert!(row(1)[&key]["difference"]["value"].is_number(), "{equal}");
        let keys = ["equal_calls", "equal_tokens", "equal_cost"];
        assert_eq!(keys.iter().filter(|key| row(0).get(**key).is_some()).count(), 1, "{equal}");
        let shown = serde_json::to_value(&found.baselines[1].baseline).unwrap();
        assert_eq!(shown[baseline]["votes"], 3, "{equal}: {shown}");
        assert_eq!(Comparison::new(&scenario(&format!("{EXPERT}  equal: {equal}\n"))).tasks_total(), 500, "{equal}");
    }
    // What was made equal is equal, as far as whole odd numbers of answers go.
    let tokens = compared(&format!("{EXPERT}  equal: tokens\n"));
    let of = |found: &Compared, name: &str| {
        let rows: Vec<ComparedRow> = found.variants.iter().chain(&found.baselines).cloned().collect();
        rows.into_iter().find(|row| row.row.name == name).unwrap().row
    };
    assert_eq!(mean(of(&tokens, "expert").tokens), mean(of(&tokens, "one agent, 5 votes").tokens));
    let cost = compared(&format!("{EXPERT}  equal: cost\n"));
    let [expert, seven] = ["expert", "one agent, 7 votes"].map(|name| of(&cost, name).cost.unwrap());
    assert_eq!((expert, seven), (seven, moot_core::Money::from_picodollars(14_000_000_000)));
}

#[test]
fn what_turns_out_to_be_unknown_or_nothing_is_noted() {
    let dear = EXPERT.lines().find(|line| line.starts_with("  dear: ")).unwrap();
    let custom = EXPERT.replace(dear, "  dear: { custom: { name: silent } }");
    struct Silent;
    impl moot_model::Model for Silent {
        fn answer(&self, _: &moot_model::ModelRequest) -> Result<moot_core::ModelReply, moot_core::ModelFailure> {
            Ok(moot_core::ModelReply::text("A"))
        }
        fn placement(&self) -> moot_core::Placement {
            moot_core::Placement::Inside
        }
    }
    let mut registry = Registry::new();
    registry.model("silent", |_| Ok(Arc::new(Silent)));
    for (equal, what) in [("tokens", "tokens"), ("cost", "cost")] {
        let scenario = scenario(&format!("{custom}  equal: {equal}\n"));
        let found = Comparison::new(&scenario).registry(&registry).threads(2).play().unwrap();
        assert_eq!(found.notes, [format!("the votes of one agent are left out: the {what} of `expert` is not known")]);
        assert_eq!(names(&found.baselines), ["one agent", "constant answer"]);
        assert!(found.variants.iter().all(|row| row.equal_votes().is_none()));
    }
    let free = EXPERT.replace("price: { input: 1, output: 2 }", "price: { input: 0, output: 0 }");
    let found = compared(&format!("{free}  equal: cost\n"));
    let note = "the votes of one agent are left out: its cost is 0, so no number of answers has that of a variant";
    assert_eq!(found.notes, [note]);
}

#[test]
fn an_agent_that_makes_several_calls_is_asked_less_often() {
    let text = JURY.replace("coordination: panel", "coordination: clerk");
    let text = text.replace("- { name: jury }", "- { name: jury, set: { coordination: panel } }");
    let found = compared(&text);
    // Five calls are worth 2.5 answers of two calls each: rounded to 3.
    assert_eq!(names(&found.baselines), ["one agent", "one agent, 3 votes", "constant answer"]);
    assert_eq!(mean(found.baselines[1].row.calls), 6.0);
}

#[test]
fn baselines_can_be_left_out() {
    let with = |baselines: &str| compared(&format!("{JURY}  baselines: {baselines}\n"));
    let none = with("{ one_agent: false, same_calls: false, constant: false }");
    assert_eq!(names(&none.baselines), [""; 0]);
    assert_eq!(none.variants[0].row.error_amplification, None);
    let votes = with("{ one_agent: false, constant: false }");
    assert_eq!(names(&votes.baselines), ["one agent, 5 votes"], "its calls are counted without showing it");
    let few = compared(&JURY.replace("tasks:", "limits: { agents: 4 }\ntasks:"));
    assert_eq!(names(&few.baselines), ["one agent", "constant answer"]);
    assert_eq!(few.notes, ["one agent with 5 votes is left out: `limits.agents` allows 4 agents"]);
}

#[test]
fn a_scenario_without_variants_has_nothing_to_compare() {
    let text = JURY.split("compare:").next().unwrap();
    let error = Comparison::new(&scenario(text)).play().unwrap_err();
    assert!(matches!(error, CompareError::NoVariants(_)), "{error}");
    let text = JURY.replace("juror: { stochastic", "juror: { custom: { name: mine } }\n  other: { stochastic");
    let error = Comparison::new(&scenario(&text)).threads(2).play().unwrap_err().to_string();
    assert!(error.starts_with("jury: models.juror: no custom model \"mine\""), "{error}");
}

#[test]
fn numbers_of_one_task_do_not_count_as_independent() {
    let mut alone = Sample::default();
    (0..100).for_each(|number| alone.add_hit(number % 2 == 0));
    let expected = moot_study::share(50, 100).unwrap().interval;
    assert_eq!(interval(&alone), expected, "each task gave a one or a zero: Wilson");
    // Five ballots a task that are all alike say no more than one, but for the form of the interval.
    let mut together = Sample::default();
    (0..100).for_each(|number| together.add_share(if number % 2 == 0 { 5 } else { 0 }, 5));
    let (found, single) = (interval(&together).unwrap(), expected.unwrap());
    assert!(((found.high - found.low) / (single.high - single.low) - 1.0).abs() < 0.05, "{found:?} {single:?}");
    let mut never = Sample::default();
    (0..20).for_each(|_| never.add_share(0, 5));
    assert_eq!(interval(&never), moot_study::share(0, 20).unwrap().interval, "20 tasks, not 100");
    let mut once = Sample::default();
    once.add(3.0);
    assert_eq!((interval(&once), interval(&Sample::default())), (None, None));
}

#[test]
fn real_folders_are_replaced_for_each_world() {
    let text = "
folkmoot: 1
name: writers
models:
  writer:
    scripted:
      steps:
        - call: { list_files: {} }
        - call: { write_file: { path: kept.txt, content: x } }
        - say: \"{{ results[0] }}\"
agents: { writer: { model: writer, tools: [list_files, write_file], permissions: auto } }
coordination: writer
workspace: { folder: work }
tasks: { list: [{ prompt: Write., answer: there are no files }] }
compare: { variants: [{ name: first }, { name: second }, { name: third }] }
";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("writers.yaml");
    std::fs::write(&file, text).unwrap();
    let settings = moot_scenario::Settings { folders_replaced: true, ..moot_scenario::Settings::default() };
    let scenario = moot_scenario::load_with(&file, &settings).unwrap_or_else(|problems| panic!("{problems}"));
    let found = Comparison::new(&scenario).threads(3).play().unwrap();
    let digests: BTreeSet<_> = found.variants.iter().map(|row| row.digest).collect();
    assert_eq!(digests.len(), 1, "none saw what another wrote");
    assert!(!folder.path().join("work").exists());
    assert!(found.variants.iter().all(|row| row.status == RunStatus::Completed));
}

#[test]
fn how_many_tasks_will_be_played_is_known_before() {
    let total = |more: &str| Comparison::new(&scenario(&format!("{JURY}{more}"))).tasks_total();
    assert_eq!(total(""), 400, "two variants, one agent, one vote");
    assert_eq!(total("  equal: calls\n"), 500);
    assert_eq!(total("  baselines: { same_calls: false }\n"), 300);
    assert_eq!(total("  baselines: { one_agent: false, same_calls: false }\n"), 200);
}
