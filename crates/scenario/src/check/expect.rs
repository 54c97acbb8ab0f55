//! Checks of what a run must come to: names that exist, ranges that hold something.
//!
//! This module must not know how a run is judged.
//!
//! ```
//! use moot_scenario::{Format, parse};
//!
//! let text = "
//! folkmoot: 1
//! name: x
//! models: { m: { stochastic: { accuracy: 0.6 } } }
//! agents: { a: { model: m } }
//! coordination: a
//! tasks: { list: [y] }
//! expect: { metrics: { tasks: { at_least: 2, at_most: 1 } } }
//! ";
//! let problems = parse(text, "x.yaml", Format::Yaml, &[]).unwrap_err().to_string();
//! assert!(problems.contains("no number is at least 2 and at most 1"), "{problems}");
//! ```

use moot_core::ActorPath;

use super::cast::Cast;
use super::{Checker, root};
use crate::file::{MetricRange, measure};
use crate::tasks::TaskSource;
use crate::tree::Part;

/// How many hexadecimal digits a digest has.
const DIGEST_DIGITS: usize = 64;

impl Checker<'_> {
    pub(super) fn check_expect(&mut self, cast: &Cast, tasks: &TaskSource) {
        let expect = &self.file.expect;
        let base = root("expect");
        if let Some(answers) = &expect.answers
            && u32::try_from(answers.len()).is_ok_and(|count| count > tasks.total())
        {
            let message = format!("{} answers for {} tasks", answers.len(), tasks.total());
            self.report_value(&base.key("answers"), message);
        }
        for (name, range) in &expect.metrics {
            let path = base.key("metrics").key(name);
            if measure::full_name(name).is_none() {
                let problem = self.problem(&path, Part::Key, format!("there is no metric `{name}`"));
                self.report(problem.among(name, measure::known_names()));
            }
            if measure::is_series(name) {
                let problem = self.problem(&path, Part::Key, format!("`{name}` is a series, not a number"));
                self.report(problem.expecting(format!("one of its rounds, such as {name}.0")));
            }
            if let Some(message) = wrong_range(*range) {
                let problem = self.problem(&path, Part::Key, message);
                self.report(problem.expecting("`at_least`, `at_most` or `equals` with a number"));
            }
        }
        self.check_transcripts(cast);
        let tools = &expect.tools;
        let named = [
            ("made", tools.made.as_deref()),
            ("in_order", Some(&*tools.in_order)),
            ("not_made", Some(&*tools.not_made)),
        ];
        for (key, names) in named {
            for (index, name) in names.into_iter().flatten().enumerate() {
                self.check_tool(&base.key("tools").key(key).index(index), name);
            }
        }
        if let Some(digest) = &expect.digest
            && (digest.len() != DIGEST_DIGITS || !digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
        {
            let problem = self.problem(&base.key("digest"), Part::Value, "this is not a digest");
            self.report(problem.expecting("64 hexadecimal digits in lower case"));
        }
    }

    fn check_transcripts(&mut self, cast: &Cast) {
        for (index, expectation) in self.file.expect.transcript.iter().enumerate() {
            let path = root("expect").key("transcript").index(index);
            if expectation.contains.is_none() && expectation.excludes.is_none() {
                let problem = self.problem(&path, Part::Value, "nothing is expected of this transcript");
                self.report(problem.expecting("`contains` or `excludes` with a text"));
            }
            let name = &expectation.agent;
            if cast.agents.iter().any(|agent| agent.path.as_str() == name || agent.path.group() == name) {
                continue;
            }
            let mut known: Vec<&str> = cast.agents.iter().map(|agent| agent.path.group()).collect();
            known.dedup();
            let message = match ActorPath::new(name) {
                Ok(_) => format!("there is no agent `{name}`"),
                Err(error) => format!("`{name}` is no agent's path: {error}"),
            };
            let problem = self.problem(&path.key("agent"), Part::Value, message);
            self.report(problem.among(name, known));
        }
    }
}

fn wrong_range(range: MetricRange) -> Option<String> {
    match (range.at_least, range.at_most, range.equals) {
        (None, None, None) => Some("nothing is expected of this metric".to_owned()),
        (Some(least), Some(most), _) if least > most => {
            Some(format!("no number is at least {least} and at most {most}"))
        }
        _ => None,
    }
}
