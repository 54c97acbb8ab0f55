//! The names of the metrics that a scenario can ask for.
//!
//! The numbers are computed elsewhere; this module must not know how.
//!
//! ```
//! use moot_scenario::file::measure;
//!
//! assert_eq!(measure::full_name("cost"), Some("cost_usd"));
//! assert_eq!(measure::full_name("costs"), None);
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
];

/// Short names, with the metric that each stands for.
pub const SHORT_NAMES: &[(&str, &str)] = &[("cost", "cost_usd"), ("latency", "latency_ms_mean")];

/// The name under which results hold a metric, from it or its short name; `None` when there is no such metric.
#[must_use]
pub fn full_name(name: &str) -> Option<&'static str> {
    let short = SHORT_NAMES.iter().find(|(short, _)| *short == name).map(|(_, full)| *full);
    short.or_else(|| METRIC_NAMES.iter().find(|full| **full == name).copied())
}

/// Every name that can be written, short ones first.
pub fn known_names() -> impl Iterator<Item = &'static str> {
    SHORT_NAMES.iter().map(|(short, _)| *short).chain(METRIC_NAMES.iter().copied())
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
            assert!(full_name(&name).is_some_and(|full| METRIC_NAMES.contains(&full)), "{name}");
        }
    }
}
