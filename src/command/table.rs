//! The table that shows the result of a run, at most 80 columns wide.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use folkmoot::core::{Outcome, OutcomeStatus, RunStatus};
use folkmoot::determinism::Determinism;
use folkmoot::journal::{MetricValue, RunResult, SERIES_ROUNDS_MAX};
use folkmoot::scenario::file::measure;
use folkmoot::view::escape;

use super::number::{counted, duration, grouped};

const WIDTH: u16 = 80;
/// Up to so many tasks are shown one by one.
const TASKS_SHOWN_MAX: u64 = 5;
/// How many characters of an answer are shown.
const TEXT_MAX: usize = 2_000;

/// The result as a table: what was played, how it ended, the metrics asked for by their names, how far it can be repeated
/// when that is known, and the digest.
pub(crate) fn result(
    result: &RunResult,
    measure: &[String],
    tasks_total: u64,
    determinism: Option<Determinism>,
) -> String {
    let mut rows = vec![
        ("scenario".to_owned(), format!("{}, seed {}", escape(&result.scenario), result.seed)),
        ("status".to_owned(), status(result, tasks_total)),
        ("tasks".to_owned(), tasks(result, tasks_total)),
    ];
    if tasks_total <= TASKS_SHOWN_MAX {
        rows.extend(result.tasks.iter().map(|task| outcome(&task.outcome, task.id.0, tasks_total)));
    }
    rows.extend(measure.iter().map(|name| metric(name, result)));
    rows.extend(determinism.map(|determinism| ("repeats".to_owned(), determinism.to_string())));
    rows.push(("digest".to_owned(), result.digest.to_string()));
    layout(rows)
}

fn layout(rows: Vec<(String, String)>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_width(WIDTH).set_content_arrangement(ContentArrangement::Dynamic);
    table.add_rows(rows.into_iter().map(|(name, value)| vec![name, value]));
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding(if index == 0 { (0, 2) } else { (0, 0) });
        if index == 0 {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table.trim_fmt()
}

/// The status with its reason, unless that is told by the outcome of the only task.
fn status(result: &RunResult, tasks_total: u64) -> String {
    let told = tasks_total == 1 && result.counts.not_completed() == 1;
    match &result.reason {
        Some(reason) if result.status != RunStatus::Completed && !told => {
            format!("{}: {}", result.status.as_str(), shown(reason))
        }
        _ => result.status.as_str().to_owned(),
    }
}

fn tasks(result: &RunResult, tasks_total: u64) -> String {
    let ended = OutcomeStatus::ALL.iter().filter(|status| result.counts.get(**status) > 0);
    let words = |status: &OutcomeStatus| status.as_str().replace('_', " ");
    let counts: Vec<String> =
        ended.map(|status| format!("{} {}", grouped(result.counts.get(*status)), words(status))).collect();
    let counts = if counts.is_empty() { "none ended".to_owned() } else { counts.join(", ") };
    if result.tasks_total < tasks_total { format!("{counts} (of {})", grouped(tasks_total)) } else { counts }
}

fn outcome(outcome: &Outcome, number: u32, tasks_total: u64) -> (String, String) {
    match (outcome, tasks_total) {
        (Outcome::Decided { answer }, 1) => ("answer".to_owned(), shown(answer)),
        (other, 1) => ("outcome".to_owned(), shown(&other.to_string())),
        (other, _) => (format!("task {number}"), shown(&other.to_string())),
    }
}

fn metric(name: &str, result: &RunResult) -> (String, String) {
    let value = |name: &str| result.metrics.get(name).copied();
    let number = |name: &str| value(name).and_then(MetricValue::as_f64);
    match name {
        "accuracy" => {
            let interval = number("accuracy_low").zip(number("accuracy_high"));
            let text = match number("accuracy").zip(interval) {
                Some((accuracy, (low, high))) => format!("{accuracy:.4} (95 % interval {low:.4} to {high:.4})"),
                None => "none: no task has a known answer".to_owned(),
            };
            ("accuracy".to_owned(), text)
        }
        "cost_usd" => {
            let text = match value(name) {
                Some(MetricValue::Unknown) | None => "unknown: a call has no known price or usage".to_owned(),
                Some(cost) => format!("{cost} USD"),
            };
            ("cost".to_owned(), text)
        }
        "latency_ms_mean" => {
            let time = |name: &str| number(name).map(duration);
            let text = match (time(name), time("latency_ms_p50"), time("latency_ms_p95")) {
                (Some(only), ..) if result.tasks_total == 1 => format!("{only} (virtual)"),
                (Some(mean), Some(median), Some(p95)) => {
                    format!("mean {mean}, median {median}, 95 % within {p95} (virtual)")
                }
                _ => "none: no task ended".to_owned(),
            };
            ("latency".to_owned(), text)
        }
        series if measure::is_series(series) => (series.replace('_', " "), by_round(series, result)),
        other => (heading(other), plain(other, value(other))),
    }
}

/// The numbers of a series, round by round.
fn by_round(series: &str, result: &RunResult) -> String {
    let value = |round: u32| result.metrics.get(&format!("{series}.{round}"));
    let shown = |round| value(round).map_or_else(|| "none".to_owned(), |value| plain(series, Some(*value)));
    match (0..SERIES_ROUNDS_MAX).rev().find(|round| value(*round).is_some()) {
        Some(last) => (0..=last).map(shown).collect::<Vec<_>>().join(" "),
        None => "none".to_owned(),
    }
}

/// What a metric is called where it is shown.
pub(super) fn heading(name: &str) -> String {
    match name.strip_prefix("mast_") {
        Some(tag) => format!("MAST {}", tag.replace('_', ".")),
        None => name.replace("_ms", "").replace('_', " "),
    }
}

/// The value of a metric as people read it.
pub(super) fn plain(name: &str, value: Option<MetricValue>) -> String {
    let is_time = name.contains("_ms");
    match value {
        None => "none".to_owned(),
        Some(MetricValue::Unknown) => "unknown".to_owned(),
        #[expect(clippy::cast_precision_loss, reason = "it is shown with three digits after the point")]
        Some(MetricValue::Count(milliseconds)) if is_time => duration(milliseconds as f64),
        Some(MetricValue::Number(milliseconds)) if is_time => duration(milliseconds),
        Some(MetricValue::Count(count)) => grouped(count),
        Some(MetricValue::Number(number)) => format!("{number:.4}"),
        Some(MetricValue::Money(money)) => format!("{money} USD"),
    }
}

/// A text that can't draw on the terminal, line by line, cut when it is very long.
fn shown(text: &str) -> String {
    let cut: String = text.chars().take(TEXT_MAX).collect();
    let lines: Vec<String> = cut.lines().map(|line| escape(&line.replace('\t', "    "))).collect();
    let left = text.chars().count().saturating_sub(TEXT_MAX);
    let rest = if left == 0 { String::new() } else { format!("... ({})", counted(left as u64, "more character")) };
    lines.join("\n") + rest.as_str()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    const SCENARIO: &str = "
folkmoot: 1
name: table
models: { m: { scripted: { steps: [{ say: TEXT }], tokens: { input: 10, output: 1 }, latency: 1500ms } } }
agents: { a: { model: m } }
coordination: { single: { member: a } }
tasks: { list: TASKS }
";

    fn table(text: &str, tasks: &str, measure: &[&str]) -> String {
        let scenario = folkmoot::parse(&SCENARIO.replace("TEXT", text).replace("TASKS", tasks)).unwrap();
        let played = folkmoot::Run::new(&scenario).play().unwrap();
        let measure: Vec<String> = measure.iter().map(ToString::to_string).collect();
        let total = u64::from(scenario.tasks.total());
        let table = result(&played.result, &measure, total, None);
        assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
        table.split("digest").next().unwrap().to_owned()
    }

    #[test]
    fn a_run_of_one_task_shows_its_answer() {
        let found = table("fine", "[How are you?]", &["accuracy", "cost_usd", "latency_ms_mean", "virtual_time_ms"]);
        let expected = "\
scenario      table, seed 1
status        completed
tasks         1 decided
answer        fine
accuracy      none: no task has a known answer
cost          unknown: a call has no known price or usage
latency       1.500 s (virtual)
virtual time  1.500 s
";
        assert_eq!(found, expected);
    }

    #[test]
    fn a_few_tasks_are_shown_one_by_one_and_many_only_counted() {
        let few = table("A", "[{ prompt: x, answer: A }, { prompt: y, answer: B }]", &["accuracy"]);
        assert!(few.contains("task 1    decided: A"), "{few}");
        assert!(few.contains("accuracy  0.5000 (95 % interval 0.0945 to 0.9055)"), "{few}");
        let many = table("A", "[a, b, c, d, e, f]", &["messages"]);
        assert!(many.contains("6 decided") && !many.contains("task 0"), "{many}");
    }

    #[test]
    fn metrics_of_coordination_have_names_for_readers() {
        let measure = ["unanimity_by_round", "critical_path_ms", "mast_1_3", "liveness"];
        let found = table("A", "[x]", &measure);
        for line in [
            "unanimity by round  none",
            "critical path       none",
            "MAST 1.3            none",
            "liveness            1.0000",
        ] {
            assert!(found.lines().any(|found| found == line), "{line}\n{found}");
        }
        let text = "
folkmoot: 1
name: pair
models: { m: { scripted: { steps: [{ say: A }] } } }
agents: { a: { model: m, count: 2 } }
coordination: { vote: { members: [a], rule: plurality, ties: first } }
tasks: { list: [x] }
";
        let played = folkmoot::Run::new(&folkmoot::parse(text).unwrap()).play().unwrap();
        let measure = ["unanimity_by_round".to_owned(), "unanimity_by_round.0".to_owned()];
        let found = result(&played.result, &measure, 1, None);
        assert!(found.contains("unanimity by round    1.0000\n"), "{found}");
        assert!(found.contains("unanimity by round.0  1.0000\n"), "{found}");
    }

    #[test]
    fn long_answers_stay_within_the_width() {
        let long = table(&format!("\"{} \\e[31m\\n{}\"", "word ".repeat(60), "x".repeat(300)), "[Say much.]", &[]);
        assert!(long.contains("\\u{1b}[31m"), "{long}");
        let cut = table(&"y".repeat(3_000), "[Say more.]", &[]);
        assert!(cut.contains("1,000 more characters"), "{cut}");
    }
}
