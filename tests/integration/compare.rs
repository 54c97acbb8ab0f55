//! Comparisons: closed forms, common random numbers, the same bytes on any number of threads, and the command.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::{Arc, Mutex, OnceLock};

use folkmoot::compare::ComparedRow;
use folkmoot::core::Event;
use folkmoot::study::Collector;
use folkmoot::{Compared, Comparison, Run};
use serde_json::Value;

use crate::support::{debate_or_vote, moot, play, root, scenario, text};

const SIZES: &str = "scenarios/vote-sizes.yaml";
/// Fewer tasks, for tests that are not about their numbers.
const FEW: &str = "tasks.generate.count=400";

/// Played once for all tests of its numbers.
fn sizes() -> &'static Compared {
    static COMPARED: OnceLock<Compared> = OnceLock::new();
    COMPARED.get_or_init(|| {
        let scenario = folkmoot::load(root().join(SIZES)).unwrap_or_else(|problems| panic!("{problems}"));
        Comparison::new(&scenario).play().unwrap()
    })
}

fn accuracy(row: &ComparedRow) -> f64 {
    row.row.accuracy.unwrap().value
}

/// Condorcet (Essai, 1785): the majority of n voters who are each right with probability p, n odd, is right with
/// probability sum over k > n/2 of C(n, k) p^k (1 - p)^(n - k).
fn condorcet(voters: u32, p: f64) -> f64 {
    let mut total = 0.0;
    let mut ways = 1.0;
    for right in 0..=voters {
        if right * 2 > voters {
            total += ways * p.powi(right as i32) * (1.0 - p).powi((voters - right) as i32);
        }
        ways *= f64::from(voters - right) / f64::from(right + 1);
    }
    total
}

#[track_caller]
fn assert_within_4(found: f64, expected: f64, standard_error: f64, what: &str) {
    let errors = (found - expected).abs() / standard_error;
    assert!(errors <= 4.0, "{what}: found {found}, expected {expected}, {errors:.1} standard errors apart");
}

/// The rows of `vote-sizes.yaml` against the closed form, at 10,000 tasks a value and the file's seed. The values stand
/// in its comment too.
#[test]
fn juries_of_four_sizes_are_as_good_as_the_theorem_says() {
    let compared = sizes();
    let tasks = compared.tasks as f64;
    let expected: Vec<f64> = [1, 3, 5, 9].map(|voters| condorcet(voters, 0.6)).to_vec();
    for (found, exact) in expected.iter().zip([0.6, 0.648, 0.68256, 0.733_432_32]) {
        assert!((found - exact).abs() < 1e-12);
    }
    for (row, expected) in compared.variants.iter().zip(&expected) {
        let name = row.row.name.as_str();
        assert_within_4(accuracy(row), *expected, (expected * (1.0 - expected) / tasks).sqrt(), name);
        let interval = row.row.accuracy.unwrap().interval.unwrap();
        assert!(interval.low < *expected && *expected < interval.high, "{name}: {interval:?}");
        // A row's share of errors, divided by the 0.4 of one agent: the delta method's spread is at most that of both.
        let ratio = (1.0 - expected) / 0.4;
        let spread = (ratio * ratio * (expected / ((1.0 - expected) * tasks) + 0.6 / (0.4 * tasks))).sqrt();
        assert_within_4(row.row.error_amplification.unwrap(), ratio, spread, name);
        let Some(difference) = row.row.difference else { continue };
        let own = difference.estimate.interval.unwrap();
        // The half width is 1.96 standard errors.
        let standard_error = (own.high - own.low) / 2.0 / 1.959_964;
        assert_within_4(difference.estimate.value, expected - 0.6, standard_error, name);
    }
    let of = |name: &str| compared.baselines.iter().find(|row| row.row.name == name).unwrap();
    let nine = expected[3];
    assert_within_4(accuracy(of("one agent, 9 votes")), nine, (nine * (1.0 - nine) / tasks).sqrt(), "nine votes");
    assert_within_4(accuracy(of("constant answer")), 0.5, (0.25 / tasks).sqrt(), "constant");
}

/// The jury of one is the agent alone, draw for draw, and jurors whom two juries share answer alike in both. So the
/// difference of three and one varies less than that of independent runs, whose interval would be 1.96 times
/// sqrt((0.24 + 0.228096) / 10,000) = 0.0134 to either side. Exact for the pair: the majority of three differs from its
/// first juror when the other two agree against it, in 0.6 * 0.16 + 0.4 * 0.36 = 0.24 of the tasks.
#[test]
fn variants_share_their_noise() {
    let compared = sizes();
    let alone = compared.baselines[0].row.difference.unwrap();
    assert_eq!((compared.baselines[0].row.name.as_str(), alone.better, alone.worse), ("one agent", 0, 0));
    let three = compared.variants[1].row.difference.unwrap();
    let tasks = compared.tasks as f64;
    let differing = (three.better + three.worse) as f64 / tasks;
    assert_within_4(differing, 0.24, (0.24 * 0.76 / tasks).sqrt(), "tasks on which one and three differ");
    let interval = three.estimate.interval.unwrap();
    let expected = 1.959_964 * ((0.24 - 0.048 * 0.048) / tasks).sqrt();
    assert!(((interval.high - interval.low) / 2.0 - expected).abs() < 0.0005, "{interval:?}, expected {expected}");
    assert!(three.p_value.unwrap() < 1e-6, "0.048 is more than nine standard errors");
}

#[test]
fn the_same_bytes_twice_and_on_one_two_and_eight_threads() {
    for form in [["--json"].as_slice(), [].as_slice()] {
        let outputs: Vec<String> = ["1", "2", "8", "8"]
            .map(|threads| {
                let arguments = ["compare", SIZES, "--seed", "5", "--set", FEW, "--threads", threads, "--quiet"];
                let output = moot(&[&arguments, form].concat());
                assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
                text(&output.stdout)
            })
            .to_vec();
        assert!(outputs.iter().all(|output| *output == outputs[0]), "{form:?}");
        assert!(outputs[0].len() > 500, "{}", outputs[0]);
        assert!(outputs[0].contains("seed 5") || outputs[0].contains("\"seed\": 5"));
    }
}

#[test]
fn the_object_is_the_documented_one() {
    let output = moot(&["compare", SIZES, "--json", "--set", FEW, "--set", "compare.equal=calls"]);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let has = |value: &Value, expected: &[&str]| {
        let found: BTreeSet<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(found, expected.iter().copied().collect());
    };
    has(&found, &["format", "scenario", "seed", "tasks", "equal", "variants", "baselines", "notes"]);
    assert_eq!((&found["format"], &found["scenario"], &found["tasks"]), (&1.into(), &"vote-sizes".into(), &400.into()));
    let row = [
        "name",
        "tasks",
        "accuracy",
        "difference",
        "undecided",
        "not_completed",
        "cost_usd",
        "calls",
        "tokens",
        "latency_ms",
        "messages",
        "error_amplification",
        "equal_calls",
        "metrics",
        "intervals",
        "digest",
        "status",
        "reason",
    ];
    has(&found["variants"][2], &row);
    assert_eq!(found["variants"][0]["difference"], Value::Null);
    let difference = ["value", "low", "high", "better", "worse", "p_value", "note"];
    has(&found["variants"][3]["difference"], &difference);
    for key in ["accuracy", "calls", "tokens", "latency_ms", "messages"] {
        has(&found["variants"][1][key], &["value", "low", "high"]);
    }
    assert_eq!(found["variants"][1]["cost_usd"], "0.0504");
    assert_eq!(found["variants"][1]["digest"].as_str().unwrap().len(), 64);
    assert_eq!(found["variants"][1]["metrics"]["model_calls"], 1_200);
    assert_eq!(found["variants"][1]["equal_calls"]["votes"], 3);
    let kinds: Vec<&Value> = found["baselines"].as_array().unwrap().iter().map(|row| &row["baseline"]).collect();
    let expected: Vec<Value> = [
        r#"{"one_agent":{"agent":"juror[0]"}}"#,
        r#"{"same_calls":{"agent":"juror[0]","votes":3}}"#,
        r#"{"same_calls":{"agent":"juror[0]","votes":5}}"#,
        r#"{"same_calls":{"agent":"juror[0]","votes":9}}"#,
    ]
    .map(|text| serde_json::from_str(text).unwrap())
    .to_vec();
    assert_eq!(kinds[..4], expected.iter().collect::<Vec<_>>());
    assert!(kinds[4]["constant"]["answer"].is_string() && found["baselines"][4]["digest"].is_null());
}

/// A variant's run is the run of the scenario with its changes.
#[test]
fn a_variant_is_the_run_with_the_same_changes() {
    let run = |sets: &[&str]| {
        let sets = sets.iter().flat_map(|set| ["--set", set]);
        let arguments: Vec<&str> = ["run", SIZES, "--json", "--set", FEW].into_iter().chain(sets).collect();
        let result: Value = serde_json::from_slice(&moot(&arguments).stdout).unwrap();
        (result["digest"].clone(), result["metrics"].clone())
    };
    let output = moot(&["compare", SIZES, "--json", "--set", FEW]);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (index, sets) in [(0, ["agents.juror.count=1"].as_slice()), (2, &[]), (3, &["agents.juror.count=9"])] {
        let row = &found["variants"][index];
        assert_eq!((row["digest"].clone(), row["metrics"].clone()), run(sets), "{index}");
        assert_eq!(row["accuracy"]["value"], row["metrics"]["accuracy"]);
        assert_eq!(row["accuracy"]["low"], row["metrics"]["accuracy_low"]);
        let mean = row["messages"]["value"].as_f64().unwrap() * 400.0;
        assert!((mean - row["metrics"]["messages"].as_f64().unwrap()).abs() < 1e-6);
        let latency = row["latency_ms"]["value"].as_f64().unwrap();
        assert!((latency - row["metrics"]["latency_ms_mean"].as_f64().unwrap()).abs() < 1e-6);
        assert_eq!(row["cost_usd"], row["metrics"]["cost_usd"]);
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sizes.yaml");
    let sound = fs::read_to_string(root().join(SIZES)).unwrap();
    let run = |yaml: &str, command: &str| {
        fs::write(&path, yaml).unwrap();
        let output = moot(&[command, path.to_str().unwrap()]);
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    };
    let wrong = sound.replace("set: { agents.juror.count: 9 }", "set: { agents.juror.cuont: 9 }");
    for command in ["compare", "check", "run", "test"] {
        let (code, out, err) = run(&wrong, command);
        let told = format!("{out}{err}");
        assert_eq!(code, 2, "{command}: {told}");
        assert!(told.contains("sizes.yaml:36:41: in the variant `nine`: unknown field `cuont`"), "{command}: {told}");
        assert!(told.contains("help: did you mean `count`?"), "{command}: {told}");
    }
    let (code, _, err) = run(sound.split("compare:").next().unwrap(), "compare");
    assert_eq!(code, 2);
    assert!(err.contains("names no variants under `compare:`\nhelp: write `compare: { variants:"), "{err}");
    let failing = sound.replace("count: 10000", "count: 20");
    let failing = failing.replace("agents.juror.count: 9", "models.juror.stochastic.failures: { refused: 1 }");
    let (code, out, err) = run(&failing, "compare");
    assert_eq!(code, 1, "{err}");
    assert!(out.contains("\nnine: failed: "), "{out}");
    let (code, out, _) = run(&sound, "check");
    assert_eq!(code, 0);
    assert!(out.ends_with(": ok (5 agents, 1 council, 10,000 tasks; 4 variants: one, three, five, nine)\n"), "{out}");
}

/// Whoever watches sees every event once and in order, and changes nothing.
#[test]
fn watching_sees_everything_and_changes_nothing() {
    let busy = scenario(
        "
folkmoot: 1
name: watched
models: { m: { stochastic: { accuracy: 0.6, latency: { uniform: { from: 1ms, to: 9ms } }, failures: { overloaded: 0.1 } } } }
agents: { a: { model: m, count: 4 } }
coordination: { vote: { members: [a], rule: majority, ties: none } }
tasks: { generate: { count: 50, choices: [A, B] }, at_once: 7 }
tolerate: { failed: 1 }
",
    );
    let kept = play(&busy);
    let events: Arc<Mutex<Vec<Event>>> = Arc::default();
    let seen = Arc::clone(&events);
    let watch = move |some: &[Event]| seen.lock().unwrap().extend_from_slice(some);
    let watched = Run::new(&busy).watch(Arc::new(watch)).play().unwrap();
    assert_eq!(watched.result, kept.result);
    let events = events.lock().unwrap();
    assert_eq!(*events, kept.events.unwrap());

    // A cell counts as the run's own metrics do, with tasks that overlap and calls that fail.
    let mut collector = Collector::new();
    events.iter().for_each(|event| collector.push(event));
    let cell = collector.finish("watched");
    let metrics: BTreeMap<&str, f64> =
        kept.result.metrics.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_f64()?))).collect();
    assert_eq!(cell.tasks.iter().map(|task| f64::from(task.calls)).sum::<f64>(), metrics["model_calls"]);
    assert_eq!(cell.tasks.iter().map(|task| f64::from(task.messages)).sum::<f64>(), metrics["messages"]);
    assert_eq!(cell.undecided() as f64, metrics["tied"] + metrics["undecided"] + metrics["no_quorum"]);
    assert!(cell.undecided() > 0 && metrics["model_failures"] > 0.0, "{metrics:?}");
    assert!((cell.latency_ms().unwrap().value - metrics["latency_ms_mean"]).abs() < 1e-9);
    let interval = cell.accuracy().unwrap().interval.unwrap();
    assert_eq!((interval.low, interval.high), (metrics["accuracy_low"], metrics["accuracy_high"]));
}

/// The numbers that a comparison prints of a row in one column: what stands first, then the ends of its interval.
fn printed(text: &str, row: &str, column: &str) -> Vec<f64> {
    let parts = |line: &str| -> Vec<String> {
        line.split("  ").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let with_column =
        |table: &&str| table.lines().next().is_some_and(|head| parts(head).iter().any(|cell| cell == column));
    let table = text.split("\n\n").find(with_column).unwrap_or_else(|| panic!("{column}: {text}"));
    let place = parts(table.lines().next().unwrap()).iter().position(|cell| cell == column).unwrap();
    let line = table.lines().map(parts).find(|cells| cells.first().is_some_and(|name| name == row));
    let cell = line.unwrap_or_else(|| panic!("{row}: {table}"))[place + 1].clone();
    let numbers = cell.split(['[', ']', ',', ' ']).filter(|part| !part.is_empty());
    numbers.map(|number| number.parse().unwrap_or_else(|_| panic!("{row}, {column}: {cell}"))).collect()
}

/// The flagship, `scenarios/debate-or-vote.yaml`, at 40,000 tasks a row, as it is printed: every row of the oracle for five
/// debaters, and a vote with as many calls beats every debate. Numbers are printed to four digits, which is a fortieth of
/// the least standard error here.
#[test]
fn debate_makes_agree_and_not_right_and_a_vote_of_as_many_calls_beats_it() {
    let oracle: Value = serde_json::from_str(include_str!("../data/debate_public.json")).unwrap();
    let rounds = oracle["cases"][0]["rounds"].as_array().unwrap();
    let text = debate_or_vote();
    assert!(text.contains("\ntasks       40,000, the same for every row\n"), "{text}");
    let tasks = 40_000.0_f64;
    for exact in rounds {
        let round = exact["round"].as_u64().unwrap();
        let name = if round == 0 { "vote".to_owned() } else { format!("rounds-{round}") };
        let expected = |key: &str| exact[key].as_f64().unwrap();
        let found = |column: &str| printed(text, &name, column)[0];
        let share = |value: f64| (value * (1.0 - value) / tasks).sqrt();
        let majority = expected("p_majority_right");
        assert_within_4(found("accuracy"), majority, share(majority), &format!("{name}, majority"));
        let unanimous = expected("p_unanimous");
        assert_within_4(found("unanimity"), unanimous, share(unanimous), &format!("{name}, unanimity"));
        // A task's share of right debaters varies by the spread of their common belief and by five draws at it.
        let spread = expected("sd_p_right_across_runs");
        let variance = spread * spread + (0.6 * 0.4 - spread * spread) / 5.0;
        let what = format!("{name}, correctness");
        assert_within_4(found("expected correctness"), 0.6, (variance / tasks).sqrt(), &what);
        let difference = printed(text, &name, "to as many calls");
        let [_, _, high] = difference[..] else { panic!("{name} has no vote of as many calls: {difference:?}") };
        assert_eq!(high < 0.0, round > 0, "{name} against a vote of as many calls: {difference:?}");
    }
    assert_eq!(rounds.len(), 6);
}

/// `scenarios/same-money.yaml`: whether one dear answer or several cheap ones are better depends on what is equal, as the
/// theorem says of three and of seventeen votes.
#[test]
fn what_is_held_equal_decides_what_is_better() {
    let with = |equal: &str| {
        let sets = [format!("compare.equal={equal}")];
        let settings = folkmoot::scenario::Settings { sets: sets.to_vec(), ..Default::default() };
        let scenario = folkmoot::scenario::load_with(&root().join("scenarios/same-money.yaml"), &settings);
        Comparison::new(&scenario.unwrap_or_else(|problems| panic!("{problems}"))).play().unwrap()
    };
    for (equal, votes, better) in
        [("calls", 1, 0.6), ("tokens", 3, condorcet(3, 0.6)), ("cost", 17, condorcet(17, 0.6))]
    {
        let compared = with(equal);
        let expert = compared.variants[1].equal_votes().unwrap();
        assert_eq!(expert.votes, votes, "{equal}");
        let difference = expert.difference.unwrap().estimate;
        // Independent draws: at most the sum of both variances.
        let standard_error = ((0.75 * 0.25 + better * (1.0 - better)) / compared.tasks as f64).sqrt();
        assert_within_4(difference.value, 0.75 - better, standard_error, equal);
        let interval = difference.interval.unwrap();
        assert!(if equal == "cost" { interval.high < 0.0 } else { interval.low > 0.0 }, "{equal}: {difference:?}");
    }
}
