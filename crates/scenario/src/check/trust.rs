//! What a scenario needs trust for, and what it does with secrets.
//!
//! This module must not know how a command runs or a folder is opened.
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
//! tasks: { list: ['Greet ${USER}.'] }
//! ";
//! let problems = parse(text, "x.yaml", Format::Yaml, &[]).unwrap_err().to_string();
//! assert!(problems.contains("this scenario reads the environment variable `USER`"), "{problems}");
//! ```

use std::collections::BTreeSet;

use super::{Checker, root};
use crate::secrets::{SECRET_CHARACTERS_MIN, Secrets};
use crate::settings::Environment;
use crate::source::{Mark, Sources};
use crate::tree::expand::{Use, is_name};
use crate::tree::{Node, Part, Segment, TreePath, Value};
use crate::trust::{TrustItem, TrustKind};
use crate::{Problem, Settings};

/// What helps when trust is missing.
const TRUST_HINT: &str = "look at what the scenario would do, then give --trust";

impl Checker<'_> {
    /// Notes that the scenario needs trust, and reports it when there is none.
    pub(super) fn needs_trust(&mut self, kind: TrustKind, what: &str, place: &TreePath, mark: Option<Mark>) {
        let item = TrustItem { kind, what: what.to_owned(), place: place.to_string() };
        if !self.trust {
            let mark = mark.unwrap_or_else(|| self.tree.place(place, Part::Value));
            let problem = untrusted(&self.sources, mark, &item);
            self.report(problem);
        }
        if !self.trust_needed.contains(&item) {
            self.trust_needed.push(item);
        }
    }

    /// The variables that were read, and the secrets among them.
    pub(super) fn check_environment(&mut self, uses: &[Use]) {
        for found in uses {
            self.needs_trust(TrustKind::Environment, &found.name, &found.path, Some(found.mark));
        }
        let mut seen = BTreeSet::new();
        for (index, name) in self.file.secrets.iter().enumerate() {
            let path = root("secrets").index(index);
            if !is_name(name) {
                let problem = self.problem(&path, Part::Value, format!("`{name}` is no name of a variable"));
                self.report(problem.expecting("the name of an environment variable, such as API_KEY"));
            } else if !seen.insert(name) {
                self.report_value(&path, format!("`{name}` is named twice"));
            } else if !uses.iter().any(|found| found.name == *name) {
                let problem = self.problem(&path, Part::Value, format!("no text uses the secret `{name}`"));
                let used: BTreeSet<&str> = uses.iter().map(|found| found.name.as_str()).collect();
                self.report(match crate::problem::nearest(name, &used.into_iter().collect::<Vec<_>>()) {
                    Some(near) => problem.hinting(format!("did you mean `{near}`?")),
                    None => problem.hinting(format!("write `${{{name}}}` where it is needed, or take it off the list")),
                });
            }
        }
    }
}

/// The problem of a scenario that is not trusted.
fn untrusted(sources: &Sources, mark: Mark, item: &TrustItem) -> Problem {
    let message = format!("this scenario {} `{}`, for which it is not trusted", item.kind.does(), item.what);
    sources.problem(mark, message).hinting(TRUST_HINT)
}

/// The problems of variables in a file that can't be read further, when there is no trust.
pub(crate) fn untrusted_variables(uses: &[Use], sources: &Sources, settings: &Settings) -> Vec<Problem> {
    let mut problems = Vec::new();
    for found in uses.iter().filter(|_| !settings.trust) {
        let (kind, what) = (TrustKind::Environment, found.name.clone());
        let item = TrustItem { kind, what, place: found.path.to_string() };
        let problem = untrusted(sources, found.mark, &item);
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    problems
}

/// The secrets that a tree declares, as far as it can be read: found before anything could show them.
pub(crate) fn declared_secrets(tree: &Node) -> BTreeSet<String> {
    let items = match tree.entry("secrets").map(|entry| &entry.node.value) {
        Some(Value::List(items)) => items,
        // One name in the place of a list is told to be wrong, and no reason to show what it holds.
        Some(Value::Text(name)) => return BTreeSet::from([name.clone()]),
        _ => return BTreeSet::new(),
    };
    let names = items.iter().filter_map(|item| match &item.value {
        Value::Text(name) => Some(name.clone()),
        _ => None,
    });
    names.collect()
}

/// What is wrong with how secrets are used, and what must not be shown.
pub(crate) fn check_secrets(
    declared: &BTreeSet<String>,
    uses: &[Use],
    sources: &Sources,
    environment: &Environment,
) -> (Secrets, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut secrets = Vec::new();
    for found in uses.iter().filter(|found| declared.contains(&found.name)) {
        let name = &found.name;
        if !may_hold_secret(&found.path) {
            problems.push(
                sources
                    .problem(found.mark, format!("the secret `{name}` can't stand here, where it could be shown"))
                    .expecting(
                        "secrets in the `environment` of a hook's command and in the `options` of `custom` parts",
                    ),
            );
        }
        let Some(value) = environment.get(name) else { continue };
        if value.chars().count() < SECRET_CHARACTERS_MIN {
            let message = format!("the secret `{name}` is too short to be kept out of what is shown");
            let problem = sources.problem(found.mark, message);
            problems.push(problem.expecting(format!("at least {SECRET_CHARACTERS_MIN} characters")));
            continue;
        }
        secrets.push((name.clone(), value.to_owned()));
    }
    problems.dedup();
    (Secrets::of(secrets), problems)
}

/// Whether nobody is shown what stands at a path: `hooks.NAME.then.command.environment.VARIABLE`, and the options of
/// parts written in Rust.
fn may_hold_secret(path: &TreePath) -> bool {
    let keys: Vec<Option<&str>> = path
        .0
        .iter()
        .map(|segment| match segment {
            Segment::Key(key) => Some(key.as_str()),
            Segment::Index(_) => None,
        })
        .collect();
    matches!(
        keys.as_slice(),
        [Some("hooks"), _, Some("then"), Some("command"), Some("environment"), Some(_)]
            | [Some("hooks"), _, Some("then"), Some("custom"), Some("options"), ..]
            | [Some("models" | "tools"), _, Some("custom"), Some("options"), ..]
    )
}
