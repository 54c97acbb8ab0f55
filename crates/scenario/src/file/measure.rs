//! The names of the metrics that a scenario can ask for.
//!
//! The numbers are computed elsewhere; this module must not know how.
//!
//! ```
//! use moot_scenario::file::measure;
//!
//! assert_eq!(measure::full_name("cost").as_deref(), Some("cost_usd"));
//! assert_eq!(measure::full_name("costs"), None);
//! assert!(measure::full_name("unanimity_by_round").is_some(), "a series, all its rounds");
//! assert!(measure::full_name("unanimity_by_round.3").is_some(), "one of its rounds");
//! ```

/// The metrics of a run, by the names under which results hold them.
pub const METRIC_NAMES: &[&str] = &[
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "tasks",
    "decided",
    "tied",
    "no_quorum",
    "undecided",
    "failed",
    "exhausted",
    "cancelled",
    "cost_usd",
    "latency_ms_mean",
    "latency_ms_p50",
    "latency_ms_p95",
    "latency_ms_max",
    "messages",
    "model_calls",
    "model_failures",
    "tool_calls",
    "tool_errors",
    "input_tokens",
    "output_tokens",
    "restarts",
    "faults",
    "overloaded",
    "dead_letters",
    "denied_calls",
    "approvals_asked",
    "hooks_run",
    "retries",
    "compactions",
    "outputs_kept",
    "agents_started",
    "team_messages",
    "skills_tokens",
    "virtual_time_ms",
    "agreement",
    "agreement_first_round",
    "unanimity",
    "unanimity_first_round",
    "expected_correctness",
    "expected_correctness_first_round",
    "corrections",
    "subversions",
    "answers_changed",
    "consensus_rounds",
    "consensus_censored",
    "tokens",
    "success_per_1000_tokens",
    "turns",
    "message_density",
    "redundancy",
    "liveness",
    "undecided_share",
    "failed_share",
    "critical_path_ms",
    "work_ms",
    "parallelism",
    "mast_1_3",
    "mast_1_4",
    "mast_1_5",
    "mast_2_1",
    "mast_2_5",
    "mast_3_1",
    "mast_3_2",
];

/// The metrics that are series by round. Results hold them round by round, as `NAME.ROUND`.
pub const SERIES_NAMES: &[&str] = &["majority_right_by_round", "unanimity_by_round", "correctness_by_round"];

/// How many rounds a series has at most: rounds 0 to 31.
pub const SERIES_ROUNDS_MAX: u32 = 32;

/// Short names, with the metric that each stands for.
pub const SHORT_NAMES: &[(&str, &str)] = &[("cost", "cost_usd"), ("latency", "latency_ms_mean")];

/// The name under which results hold a metric, from it or its short name; of a series its name, which stands for all
/// its rounds. `None` when there is no such metric.
#[must_use]
pub fn full_name(name: &str) -> Option<String> {
    let short = SHORT_NAMES.iter().find(|(short, _)| *short == name).map(|(_, full)| *full);
    let known = |name: &str| METRIC_NAMES.contains(&name) || is_series(name) || is_round_of_series(name);
    short.or_else(|| Some(name).filter(|name| known(name))).map(str::to_owned)
}

/// Whether a metric is a series by round, so that no single number is meant by its name.
#[must_use]
pub fn is_series(name: &str) -> bool {
    SERIES_NAMES.contains(&name)
}

/// Whether the name is that of one number of a series, such as `unanimity_by_round.3`.
fn is_round_of_series(name: &str) -> bool {
    let Some((series, round)) = name.split_once('.') else { return false };
    // One way to write a number: no sign, no zeros in front.
    let is_round = |number: &u32| *number < SERIES_ROUNDS_MAX && number.to_string() == round;
    is_series(series) && round.parse().is_ok_and(|number| is_round(&number))
}

/// Every name that can be written, short ones first.
pub fn known_names() -> impl Iterator<Item = &'static str> {
    let short = SHORT_NAMES.iter().map(|(short, _)| *short);
    short.chain(METRIC_NAMES.iter().copied()).chain(SERIES_NAMES.iter().copied())
}

/// What is shown when a scenario does not say.
#[must_use]
pub fn default_names() -> Vec<String> {
    ["accuracy", "cost", "latency", "messages"].map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_can_be_written_is_a_metric() {
        for name in known_names().map(str::to_owned).chain(default_names()) {
            let full = full_name(&name).unwrap_or_default();
            assert!(METRIC_NAMES.contains(&&*full) || is_series(&full), "{name}");
        }
    }

    #[test]
    fn a_round_of_a_series_is_a_metric_up_to_the_last() {
        for name in ["unanimity_by_round.0", "correctness_by_round.31", "majority_right_by_round.10"] {
            assert_eq!(full_name(name).as_deref(), Some(name));
            assert!(!is_series(name));
        }
        for name in ["unanimity_by_round.32", "unanimity_by_round.01", "unanimity_by_round.", "agreement.0", "x.1"] {
            assert_eq!(full_name(name), None, "{name}");
        }
    }
}
