//! What a stochastic model makes of what it hears: at most one of the options that answer from it.
//!
//! It must not know how any of them answers. Each says by itself what was heard means, so two of them contradict each
//! other, whatever their values.
//!
//! ```
//! use moot_model::StochasticOptions;
//!
//! let both = r#"{ "accuracy": 0.6, "beliefs": { "strength": 5 }, "judge": { "right": 0.9 } }"#;
//! let options: StochasticOptions = serde_json::from_str(both).unwrap();
//! assert_eq!(options.check()[0].path, "judge");
//! ```

use super::{Beliefs, Correlation, Judge, StochasticOptions};
use crate::OptionProblem;

/// How an answer follows from what was heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Hearing {
    /// Every answer heard is counted.
    Beliefs(Beliefs),
    /// One of the answers heard is picked.
    Judge(Judge),
    /// A wrong answer heard is carried on.
    Compounds,
}

impl Hearing {
    /// What the options say; the first of them, when they contradict each other.
    pub(super) fn of(options: &StochasticOptions) -> Option<Self> {
        let beliefs = options.beliefs.map(Self::Beliefs);
        beliefs.or(options.judge.map(Self::Judge)).or(options.compounds.then_some(Self::Compounds))
    }
}

/// What contradicts each other among the options, each named at the later one.
pub(super) fn contradictions(options: &StochasticOptions) -> Vec<OptionProblem> {
    let given =
        [("beliefs", options.beliefs.is_some()), ("judge", options.judge.is_some()), ("compounds", options.compounds)];
    let mut names = given.into_iter().filter_map(|(name, given)| given.then_some(name));
    let mut problems = Vec::new();
    if let Some(first) = names.next() {
        problems.extend(names.map(|name| {
            let message = format!("`{name}` and `{first}` both say what to make of what is heard; keep one of them");
            OptionProblem::new(name, message)
        }));
    }
    if options.beliefs.is_some() && matches!(options.correlation, Some(Correlation::CommonCause(_))) {
        let message = "one voice that is drawn once a task can't answer by what is heard in between; leave out \
                       `common_cause`, or write `beta_binomial`: counts then start at the group's accuracy on the task";
        problems.push(OptionProblem::new("beliefs", message));
    }
    problems
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    const BELIEFS: &str = r#""beliefs": {"strength": 5}"#;
    const JUDGE: &str = r#""judge": {"right": 0.9}"#;
    const COMPOUNDS: &str = r#""compounds": true"#;

    fn options(parts: &[&str]) -> StochasticOptions {
        let parts: String = parts.iter().map(|part| format!(", {part}")).collect();
        serde_json::from_str(&format!(r#"{{"accuracy": 0.5{parts}}}"#)).unwrap()
    }

    #[test]
    fn one_way_to_answer_from_what_is_heard_is_allowed_and_two_are_not() {
        for (parts, paths) in [
            (&[][..], &[][..]),
            (&[BELIEFS], &[]),
            (&[JUDGE], &[]),
            (&[COMPOUNDS], &[]),
            (&[BELIEFS, JUDGE], &["judge"]),
            (&[BELIEFS, COMPOUNDS], &["compounds"]),
            (&[JUDGE, COMPOUNDS], &["compounds"]),
            (&[JUDGE, r#""compounds": false"#], &[]),
            (&[BELIEFS, JUDGE, COMPOUNDS], &["judge", "compounds"]),
            (&[BELIEFS, r#""correlation": {"common_cause": {"share": 0.1}}"#], &["beliefs"]),
            (&[BELIEFS, r#""correlation": {"beta_binomial": {"correlation": 0.1}}"#], &[]),
            (&[JUDGE, r#""correlation": {"common_cause": {"share": 0.1}}"#], &[]),
            (&[BELIEFS, r#""verifier": {"catch": 1}"#, r#""confidence": {"right": 1, "wrong": 0}"#], &[]),
        ] {
            let found = options(parts).check();
            assert_eq!(found.iter().map(|problem| problem.path.as_str()).collect::<Vec<_>>(), paths, "{parts:?}");
        }
        let message = &options(&[JUDGE, COMPOUNDS]).check().pop().unwrap().message;
        assert!(message.contains("`compounds` and `judge`"), "{message}");
    }

    #[test]
    fn the_first_of_contradicting_options_is_followed() {
        assert_eq!(Hearing::of(&options(&[])), None);
        assert!(matches!(Hearing::of(&options(&[BELIEFS, JUDGE, COMPOUNDS])), Some(Hearing::Beliefs(_))));
        assert!(matches!(Hearing::of(&options(&[JUDGE, COMPOUNDS])), Some(Hearing::Judge(_))));
        assert_eq!(Hearing::of(&options(&[COMPOUNDS])), Some(Hearing::Compounds));
    }
}
