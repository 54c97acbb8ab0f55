//! `moot test`: plays scenarios and says whether they come to what they expect.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use folkmoot::core::OutcomeStatus;
use folkmoot::expect::Mismatch;
use folkmoot::journal::{MetricValue, RunResult};
use folkmoot::runtime::Live;
use folkmoot::suite::{About, Suite, Tested, Verdict, find};
use folkmoot::view::escape;
use serde::Serialize;

use super::error::CommandError;
use super::exit::Ending;
use super::interrupt;
use super::number::{counted, grouped};
use super::output::{self, Output};
use super::trust::{self, TrustArguments};

/// The version of the object that `--json` prints.
const FORMAT: u32 = 1;
/// How wide a line may be that tells what is not as expected.
const WIDTH: usize = 80;

/// Play scenarios and say whether they come to what they expect
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  moot test scenarios
  moot test scenarios/jury.yaml mine.yaml --threads 1
  moot test scenarios --explain

A scenario says in its `expect:` block what it must come to; one that says
nothing must complete. In folders, every file ending in .yaml, .yml or .toml
with a top-level key `folkmoot` is a scenario; folders named `data` are passed
over. In place of each real folder that a scenario names, an empty temporary
one is put, which needs no trust.

Exit codes: 0 all passed, 1 some did not, 2 a file is wrong or there is none,
130 interrupted.")]
pub(crate) struct TestArguments {
    /// Scenario files, or folders that hold some
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Play so many scenarios at once [default: as many as there are
    /// processors]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Print one JSON object and nothing else
    #[arg(long)]
    json: bool,
    /// Show only what did not pass, and the summary
    #[arg(long)]
    quiet: bool,
    /// Tell what each scenario shows before what became of it
    #[arg(long, conflicts_with_all = ["json", "quiet"])]
    explain: bool,
    #[command(flatten)]
    trust: TrustArguments,
}

/// What became of all scenarios, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Report {
    format: u32,
    passed: u64,
    failed: u64,
    invalid: u64,
    cancelled: u64,
    scenarios: Vec<Row>,
}

/// What became of one.
#[derive(Debug, Serialize)]
struct Row {
    file: String,
    verdict: &'static str,
    #[serde(skip)]
    about: Option<About>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mismatches: Vec<Mismatch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Box<RunResult>>,
}

/// Plays everything and tells it in the order of the files.
pub(crate) fn test(arguments: &TestArguments, output: &mut Output) -> Result<Ending, CommandError> {
    let files = find(&arguments.paths)?;
    let live = Arc::new(Live::new());
    interrupt::watch(&live)?;
    let mut suite = Suite::new(&files).live(&live);
    if let Some(threads) = arguments.threads {
        suite = suite.threads(threads.get());
    }
    if arguments.trust.is_given() {
        suite = suite.trust(trust::environment());
        tell_trust(&files, &suite);
    }
    let longest = files.iter().map(|file| file.display().to_string().chars().count()).max().unwrap_or(0);
    let width = if arguments.explain { 0 } else { longest };
    let mut report = Report { format: FORMAT, passed: 0, failed: 0, invalid: 0, cancelled: 0, scenarios: Vec::new() };
    let mut written = Ok(());
    suite.play(|tested| {
        let row = report.count(tested);
        if !arguments.json && written.is_ok() && !(arguments.quiet && row.verdict == PASSED) {
            written = match arguments.explain {
                true => explain(&row, output).and_then(|()| tell(&row, width, output)).and_then(|()| writeln!(output)),
                false => tell(&row, width, output),
            };
        }
        if arguments.json {
            report.scenarios.push(row);
        }
    });
    written?;
    if arguments.json {
        serde_json::to_writer_pretty(&mut *output, &report).map_err(std::io::Error::from)?;
        writeln!(output)?;
    } else {
        if report.cancelled > 0 {
            writeln!(output, "{} called off", counted(report.cancelled, "scenario"))?;
        }
        writeln!(output, "{} passed, {} failed", report.passed, report.failed + report.invalid)?;
    }
    Ok(report.ending())
}

const PASSED: &str = "passed";

impl Report {
    fn count(&mut self, tested: Tested) -> Row {
        let file = tested.path.display().to_string();
        let (verdict, count, mismatches, problem, result) = match tested.verdict {
            Verdict::Passed(result) => (PASSED, &mut self.passed, Vec::new(), None, Some(result)),
            Verdict::Failed { mismatches, result } => ("failed", &mut self.failed, mismatches, None, Some(result)),
            Verdict::Invalid(problem) => ("invalid", &mut self.invalid, Vec::new(), Some(problem), None),
            Verdict::Cancelled => ("cancelled", &mut self.cancelled, Vec::new(), None, None),
        };
        *count += 1;
        Row { file, verdict, about: tested.about, mismatches, problem, result }
    }

    const fn ending(&self) -> Ending {
        match (self.cancelled, self.invalid, self.failed) {
            (0, 0, 0) => Ending::Completed,
            (0, 0, _) => Ending::Otherwise,
            (0, _, _) => Ending::WrongFile,
            _ => Ending::Interrupted,
        }
    }
}

/// What the scenarios would do to this machine, told before any of them is played. What is wrong with a file is told in
/// its turn.
fn tell_trust(files: &[PathBuf], suite: &Suite<'_>) {
    for file in files {
        if let Ok(scenario) = folkmoot::scenario::load_with(file, suite.settings()) {
            let list = trust::list(&scenario);
            if !list.is_empty() {
                output::tell(&format!("{}\n{list}", escape(&file.display().to_string())));
            }
        }
    }
}

/// What the scenario shows, as a title and a paragraph below it.
fn explain(row: &Row, output: &mut Output) -> std::io::Result<()> {
    let Some(about) = &row.about else { return Ok(()) };
    let (title, rest) = title(about);
    writeln!(output, "{title}\n{}", "-".repeat(title.chars().count()))?;
    for line in paragraph(&rest) {
        writeln!(output, "{line}")?;
    }
    for (name, description) in &about.runs {
        let Some(description) = description else { continue };
        for line in paragraph(&format!("{name}: {description}")) {
            writeln!(output, "{line}")?;
        }
    }
    Ok(())
}

/// The first sentence of the description and what follows it; the scenario's name and all of the description when the
/// sentence is no title: it is all there is, or longer than a line.
fn title(about: &About) -> (String, String) {
    let description = about.description.as_deref().unwrap_or_default().trim();
    let parted = description.split_once(". ").or_else(|| description.split_once(".\n"));
    let sentence = parted.map(|(first, rest)| (first.split_whitespace().collect::<Vec<_>>().join(" "), rest));
    match sentence {
        Some((first, rest)) if (1..=WIDTH).contains(&first.chars().count()) => (escape(&first), rest.to_owned()),
        _ => (about.name.clone(), description.to_owned()),
    }
}

/// A text in lines of at most [`WIDTH`], whatever lines it was written in; an empty line parts paragraphs.
fn paragraph(text: &str) -> Vec<String> {
    let paragraphs = text.trim().split("\n\n").map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut lines = Vec::new();
    for paragraph in paragraphs.filter(|text| !text.is_empty()) {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(wrapped(&escape(&paragraph), WIDTH, 0));
    }
    lines
}

/// One line, and what is wrong indented below it.
fn tell(row: &Row, width: usize, output: &mut Output) -> std::io::Result<()> {
    let word = if row.verdict == PASSED { "ok" } else { row.verdict };
    let runs = row.about.as_ref().map_or(0, |about| about.runs.len() as u64);
    let summary = match (&row.result, runs) {
        (Some(result), 0) => summary(result),
        // The result is that of the last run alone, and says nothing of the others.
        (Some(_), runs) if row.verdict == PASSED => format!("{}, as expected", counted(runs, "run")),
        (Some(_), runs) => counted(runs, "run"),
        (None, _) => String::new(),
    };
    let line = format!("{word:<9}  {:<width$}  {summary}", row.file);
    writeln!(output, "{}", line.trim_end())?;
    for mismatch in &row.mismatches {
        for line in wrapped(&mismatch.to_string(), WIDTH - 4, 4) {
            writeln!(output, "    {line}")?;
        }
    }
    for line in row.problem.iter().flat_map(|problem| problem.lines()) {
        writeln!(output, "{}", format!("    {line}").trim_end())?;
    }
    output.flush()
}

/// The words of a text in lines of at most this width, all but the first moved to the right; a longer word stays whole.
fn wrapped(text: &str, width: usize, indent: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{}{word}", " ".repeat(indent))),
        }
    }
    lines
}

/// The numbers that fit behind the name of a file.
fn summary(result: &RunResult) -> String {
    let accuracy = result.metrics.get("accuracy").copied().and_then(MetricValue::as_f64);
    let told = match accuracy {
        Some(accuracy) => format!("accuracy {accuracy:.4}"),
        None if result.tasks_total == result.counts.get(OutcomeStatus::Decided) => "decided".to_owned(),
        None => format!("{} decided", grouped(result.counts.decided)),
    };
    format!("{}, {told}", counted(result.tasks_total, "task"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_wrapped_between_words() {
        assert_eq!(wrapped("one two three", 8, 2), ["one two", "  three"]);
        assert_eq!(wrapped("wonderful a b", 4, 2), ["wonderful", "  a", "  b"]);
        assert_eq!(wrapped("", 4, 2), [""]);
    }

    #[test]
    fn paragraphs_are_as_wide_as_the_terminal_and_no_wider() {
        let text = format!("{}\nb\n\n  \u{1b}[1m c\n", "a ".repeat(60));
        let lines = paragraph(&text);
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [79, 41, 0, 11]);
        assert_eq!(lines.last().map(String::as_str), Some("\\u{1b}[1m c"));
    }

    #[test]
    fn the_first_sentence_is_the_title_when_it_is_short_and_more_follows() {
        let about = |description: &str| About {
            name: "s01".to_owned(),
            description: Some(description.to_owned()),
            runs: Vec::new(),
        };
        let titled = |description: &str| title(&about(description));
        let parts = |title: &str, rest: &str| (title.to_owned(), rest.to_owned());
        assert_eq!(titled("The loop. One\nagent. Two tools.\n"), parts("The loop", "One\nagent. Two tools."));
        assert_eq!(titled("The\nloop.\nOne agent."), parts("The loop", "One agent."));
        assert_eq!(titled("The loop.\n"), parts("s01", "The loop."));
        assert_eq!(titled(""), parts("s01", ""));
        let long = format!("{} end. More.", "word ".repeat(20));
        assert_eq!(titled(&long), parts("s01", &long));
        assert_eq!(titled("A\u{1b}[1m. B"), parts("A\\u{1b}[1m", "B"));
    }

    #[test]
    fn the_worst_decides_the_end() {
        let report = |failed, invalid, cancelled| Report {
            format: FORMAT,
            passed: 1,
            failed,
            invalid,
            cancelled,
            scenarios: Vec::new(),
        };
        assert_eq!(report(0, 0, 0).ending(), Ending::Completed);
        assert_eq!(report(1, 0, 0).ending(), Ending::Otherwise);
        assert_eq!(report(1, 1, 0).ending(), Ending::WrongFile);
        assert_eq!(report(1, 1, 1).ending(), Ending::Interrupted);
    }
}
