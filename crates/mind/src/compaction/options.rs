//! When a transcript is compacted and by which steps, as a scenario sets it.
//!
//! This module must not know how a step works, nor files or positions in them.
//!
//! ```
//! use moot_mind::compaction::{CompactionOptions, CompactionStep};
//!
//! let options: CompactionOptions = serde_json::from_str(r#"{ "budget_tokens": 8000 }"#).unwrap();
//! assert_eq!(options.recent_messages_min, 6, "what is not given has its default");
//! assert_eq!(options.steps(), [CompactionStep::ClearResults, CompactionStep::Shorten, CompactionStep::Digest]);
//! assert!(options.check().is_empty());
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::OptionProblem;

/// When a transcript is compacted and by which steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompactionOptions {
    /// The most estimated tokens of a request, tools included, from 200 to 10,000,000. A longer one is compacted before
    /// it is sent; when it is longer even then, the task ends by name.
    #[schemars(range(min = 200, max = 10_000_000))]
    pub budget_tokens: u64,
    /// What share of the budget a compaction aims at, in percent, from 10 to 100; default 80. Room left below the budget
    /// keeps the next turn from compacting again.
    #[serde(default = "default_target_percent")]
    #[schemars(range(min = 10, max = 100))]
    pub target_percent: u8,
    /// How many of the newest messages stay word for word, from 1 to 1,000; default 6. More stay when the oldest of them
    /// is a tool's result: it stays with its call.
    #[serde(default = "default_recent_messages_min")]
    #[schemars(range(min = 1, max = 1_000))]
    pub recent_messages_min: u32,
    /// Which old tool results are cleared; default: those over 400 characters but for the last 5 results; their
    /// weightiest 200 characters stay.
    #[serde(default)]
    pub clear_results: ClearResultsOptions,
    /// Which long texts are shortened; default: those over 2,400 characters, to the first 900 and the last 500.
    #[serde(default)]
    pub shorten: ShortenOptions,
    /// What a digest keeps; default: at most 12,000 characters in sentences of at most 240.
    #[serde(default)]
    pub digest: DigestOptions,
    /// The model that summarises, if one does; default none.
    #[serde(default)]
    pub summarise: Option<SummariseOptions>,
    /// The steps in the order they are tried, each at most once; default `clear_results`, `shorten`, `digest`, and
    /// `summarise` if a model is given for it.
    #[serde(default)]
    pub steps: Option<Vec<CompactionStep>>,
}

/// A way to make a transcript shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CompactionStep {
    /// Old tool results give way to a line that says how to read them again.
    ClearResults,
    /// Long texts keep their beginning and their end.
    Shorten,
    /// Older messages give way to their weightiest sentences, chosen without a model.
    Digest,
    /// Older messages give way to what a model says of them.
    Summarise,
}

/// Which tool results are cleared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClearResultsOptions {
    /// How many of the last tool results are kept, from 0 to 1,000; default 5.
    #[schemars(range(min = 0, max = 1_000))]
    pub keep_last: u32,
    /// Only results with more characters are cleared, from 200 to 1,000,000; default 400. It must be at least 200 more
    /// than `kept_characters`.
    #[schemars(range(min = 200, max = 1_000_000))]
    pub over_characters: u32,
    /// How many characters of its weightiest sentences a cleared result keeps beside the note, from 0 to 100,000;
    /// default 200. What is kept here a later digest or summary still finds.
    #[schemars(range(min = 0, max = 100_000))]
    pub kept_characters: u32,
}

/// Which texts are shortened and what is kept of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ShortenOptions {
    /// Only texts with more characters are shortened, from 200 to 1,000,000; default 2,400. It must be at least 200 more
    /// than `head_characters` and `tail_characters` together.
    #[schemars(range(min = 200, max = 1_000_000))]
    pub over_characters: u32,
    /// How many characters are kept from the beginning, from 0 to 1,000,000; default 900.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub head_characters: u32,
    /// How many characters are kept from the end, from 0 to 1,000,000; default 500.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub tail_characters: u32,
}

/// What a digest keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DigestOptions {
    /// The most characters of the digest's lines, from 200 to 1,000,000; default 12,000. A digest takes less when the
    /// budget leaves less.
    #[schemars(range(min = 200, max = 1_000_000))]
    pub characters_max: u32,
    /// The most characters of one sentence, from 40 to 10,000; default 240. A longer one is cut.
    #[schemars(range(min = 40, max = 10_000))]
    pub sentence_characters_max: u32,
    /// When `summarise` comes later: how much of the text a digest must keep, in percent, from 0 to 100, to be preferred
    /// to a summary; default 50. A digest that keeps less is used only if there is no summary that meets the budget.
    #[schemars(range(min = 0, max = 100))]
    pub kept_percent_min: u8,
}

/// The model that summarises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SummariseOptions {
    /// The name of the model, one of those the scenario declares.
    pub model: String,
    /// The most estimated tokens of a summary, from 50 to 1,000,000; default 2,000. A longer one is cut.
    #[serde(default = "default_tokens_max")]
    #[schemars(range(min = 50, max = 1_000_000))]
    pub tokens_max: u64,
}

/// The room that what stands in for a shortened or cleared text may take, in characters.
pub(super) const MARKER_CHARACTERS: u32 = 200;

const fn default_target_percent() -> u8 {
    80
}

const fn default_recent_messages_min() -> u32 {
    6
}

const fn default_tokens_max() -> u64 {
    2_000
}

impl CompactionStep {
    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClearResults => "clear_results",
            Self::Shorten => "shorten",
            Self::Digest => "digest",
            Self::Summarise => "summarise",
        }
    }
}

impl CompactionOptions {
    /// Compaction to a budget, everything else as by default.
    #[must_use]
    pub fn new(budget_tokens: u64) -> Self {
        Self {
            budget_tokens,
            target_percent: default_target_percent(),
            recent_messages_min: default_recent_messages_min(),
            clear_results: ClearResultsOptions::default(),
            shorten: ShortenOptions::default(),
            digest: DigestOptions::default(),
            summarise: None,
            steps: None,
        }
    }

    /// The steps in the order they are tried.
    #[must_use]
    pub fn steps(&self) -> Vec<CompactionStep> {
        self.steps.clone().unwrap_or_else(|| {
            let mut steps = vec![CompactionStep::ClearResults, CompactionStep::Shorten, CompactionStep::Digest];
            steps.extend(self.summarise.as_ref().map(|_| CompactionStep::Summarise));
            steps
        })
    }

    /// Every option whose value is not allowed; empty when all is well. Whether the summarising model is declared is for
    /// whoever knows the models.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let mut found = Found(Vec::new());
        found.range("budget_tokens", self.budget_tokens, 200, 10_000_000);
        found.range("target_percent", u64::from(self.target_percent), 10, 100);
        found.range("recent_messages_min", u64::from(self.recent_messages_min), 1, 1_000);
        self.check_clear_results(&mut found);
        found.range("digest.characters_max", u64::from(self.digest.characters_max), 200, 1_000_000);
        let sentence = u64::from(self.digest.sentence_characters_max);
        found.range("digest.sentence_characters_max", sentence, 40, 10_000);
        found.range("digest.kept_percent_min", u64::from(self.digest.kept_percent_min), 0, 100);
        self.check_shorten(&mut found);
        self.check_summarise(&mut found);
        self.check_steps(&mut found);
        found.0
    }

    fn check_clear_results(&self, found: &mut Found) {
        let ClearResultsOptions { keep_last, over_characters, kept_characters } = self.clear_results;
        found.range("clear_results.keep_last", u64::from(keep_last), 0, 1_000);
        found.range("clear_results.over_characters", u64::from(over_characters), 200, 1_000_000);
        found.range("clear_results.kept_characters", u64::from(kept_characters), 0, 100_000);
        let least = u64::from(kept_characters) + u64::from(MARKER_CHARACTERS);
        if u64::from(over_characters) < least {
            let message = format!(
                "{over_characters} is not allowed with this kept_characters; it must be at least {least}, which is \
                 kept_characters + {MARKER_CHARACTERS} for the note of what was cleared"
            );
            found.add("clear_results.over_characters", message);
        }
    }

    fn check_shorten(&self, found: &mut Found) {
        let ShortenOptions { over_characters, head_characters, tail_characters } = self.shorten;
        found.range("shorten.over_characters", u64::from(over_characters), 200, 1_000_000);
        found.range("shorten.head_characters", u64::from(head_characters), 0, 1_000_000);
        found.range("shorten.tail_characters", u64::from(tail_characters), 0, 1_000_000);
        let least = u64::from(head_characters) + u64::from(tail_characters) + u64::from(MARKER_CHARACTERS);
        if u64::from(over_characters) < least {
            let message = format!(
                "{over_characters} is not allowed with this head and tail; it must be at least {least}, which is \
                 head_characters + tail_characters + {MARKER_CHARACTERS} for the note of what was left out"
            );
            found.add("shorten.over_characters", message);
        }
    }

    fn check_summarise(&self, found: &mut Found) {
        let Some(summarise) = &self.summarise else { return };
        if summarise.model.is_empty() {
            found.add("summarise.model", "an empty name is not allowed; name a declared model".to_owned());
        }
        found.range("summarise.tokens_max", summarise.tokens_max, 50, 1_000_000);
    }

    fn check_steps(&self, found: &mut Found) {
        let Some(steps) = &self.steps else { return };
        if steps.is_empty() {
            let message = "an empty list is not allowed; name at least one step, or leave it out for the default";
            found.add("steps", message.to_owned());
        }
        for (index, step) in steps.iter().enumerate() {
            if steps.iter().take(index).any(|earlier| earlier == step) {
                let message = format!("`{}` is named twice; each step may be named once", step.as_str());
                found.add(&format!("steps[{index}]"), message);
            }
            if *step == CompactionStep::Summarise && self.summarise.is_none() {
                let message = "`summarise` needs a model; write summarise: { model: NAME } beside it".to_owned();
                found.add(&format!("steps[{index}]"), message);
            }
        }
        if self.summarise.is_some() && !steps.contains(&CompactionStep::Summarise) {
            let message = "a model is given, but `steps` does not name `summarise`, so it would never be asked; name \
                           it there, or leave this out";
            found.add("summarise", message.to_owned());
        }
    }
}

/// The problems found so far.
struct Found(Vec<OptionProblem>);

impl Found {
    fn add(&mut self, path: &str, message: String) {
        self.0.push(OptionProblem { path: path.to_owned(), message });
    }

    fn range(&mut self, path: &str, value: u64, least: u64, most: u64) {
        if !(least..=most).contains(&value) {
            self.add(path, format!("{value} is not allowed; it must be from {least} to {most}"));
        }
    }
}

impl Default for ClearResultsOptions {
    fn default() -> Self {
        Self { keep_last: 5, over_characters: 400, kept_characters: 200 }
    }
}

impl Default for ShortenOptions {
    fn default() -> Self {
        Self { over_characters: 2_400, head_characters: 900, tail_characters: 500 }
    }
}

impl Default for DigestOptions {
    fn default() -> Self {
        Self { characters_max: 12_000, sentence_characters_max: 240, kept_percent_min: 50 }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn paths(yaml_like: serde_json::Value) -> Vec<String> {
        let options: CompactionOptions = serde_json::from_value(yaml_like).unwrap();
        options.check().into_iter().map(|problem| problem.path).collect()
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let none: [&str; 0] = [];
        assert_eq!(paths(serde_json::json!({ "budget_tokens": 200 })), none);
        let most = serde_json::json!({
            "budget_tokens": 10_000_000, "target_percent": 100, "recent_messages_min": 1000,
            "clear_results": { "keep_last": 0, "over_characters": 200, "kept_characters": 0 },
            "shorten": { "over_characters": 200, "head_characters": 0, "tail_characters": 0 },
            "digest": { "characters_max": 200, "sentence_characters_max": 40, "kept_percent_min": 0 },
            "summarise": { "model": "m", "tokens_max": 50 }, "steps": ["summarise", "digest"],
        });
        assert_eq!(paths(most), none);
        let all_wrong = serde_json::json!({
            "budget_tokens": 199, "target_percent": 101, "recent_messages_min": 0,
            "clear_results": { "keep_last": 1001, "over_characters": 300, "kept_characters": 100_001 },
            "shorten": { "over_characters": 1000 },
            "digest": { "characters_max": 199, "sentence_characters_max": 39, "kept_percent_min": 101 },
            "summarise": { "model": "", "tokens_max": 49 }, "steps": ["digest", "digest"],
        });
        let expected = [
            "budget_tokens",
            "target_percent",
            "recent_messages_min",
            "clear_results.keep_last",
            "clear_results.kept_characters",
            "clear_results.over_characters",
            "digest.characters_max",
            "digest.sentence_characters_max",
            "digest.kept_percent_min",
            "shorten.over_characters",
            "summarise.model",
            "summarise.tokens_max",
            "steps[1]",
            "summarise",
        ];
        assert_eq!(paths(all_wrong), expected);
        assert_eq!(paths(serde_json::json!({ "budget_tokens": 500, "steps": [] })), ["steps"]);
        assert_eq!(paths(serde_json::json!({ "budget_tokens": 500, "steps": ["summarise"] })), ["steps[0]"]);
    }

    #[test]
    fn a_given_model_adds_its_step() {
        let json = serde_json::json!({ "budget_tokens": 900, "summarise": { "model": "m" } });
        let options: CompactionOptions = serde_json::from_value(json).unwrap();
        assert_eq!(options.steps().last(), Some(&CompactionStep::Summarise));
        assert_eq!(options.summarise.unwrap().tokens_max, 2_000);
        assert!(serde_json::from_str::<CompactionOptions>("{}").is_err(), "a budget has no default");
        assert!(serde_json::from_str::<CompactionOptions>(r#"{"budget_tokens":900,"x":1}"#).is_err());
    }

    #[test]
    fn the_schema_says_what_is_allowed() {
        let schema = serde_json::to_value(schemars::schema_for!(CompactionOptions)).unwrap();
        assert_eq!(
            (&schema["additionalProperties"], &schema["required"]),
            (&false.into(), &["budget_tokens"][..].into())
        );
        assert_eq!(schema["properties"]["budget_tokens"]["minimum"], 200);
    }
}
