//! What agents of a group have in common: how the answers of stochastic models go together.
//!
//! It must not know the other members: each works out what the group shares from the group's address, which is the
//! same for all, so no member asks another and none waits.
//!
//! ```
//! use moot_model::Correlation;
//!
//! let correlation: Correlation = serde_json::from_str(r#"{ "common_cause": { "share": 0.3 } }"#).unwrap();
//! assert!(correlation.check().is_empty());
//! ```

use moot_core::random::{Draw, Purpose, RandomAddress, RandomKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::share_problem;
use crate::{ModelRequest, OptionProblem};

/// The member's own answer.
pub(super) const ANSWER: Purpose = Purpose::named("answer");
/// Whether the group answers with one voice.
const COMMON_CAUSE: Purpose = Purpose::named("common_cause");
/// The answer of the one voice.
const COMMON_ANSWER: Purpose = Purpose::named("common_answer");
/// The accuracy that the group has on a task.
const COMMON_ACCURACY: Purpose = Purpose::named("common_accuracy");

/// How the answers of a group's members go together. Each member alone is right as often as its accuracy says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Correlation {
    /// Now and then the whole group follows one cause and gives one answer.
    CommonCause(CommonCause),
    /// Some tasks are easier for the whole group than others.
    BetaBinomial(BetaBinomial),
}

/// With probability `share`, drawn once per task, all members give one answer drawn for the group; else each gives its
/// own. Whether two members are right correlates by `share`.
///
/// Members with different accuracies share the draw: the more accurate is right whenever the less accurate one is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommonCause {
    /// The share of tasks on which the group answers with one voice, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub share: f64,
    /// The group; the agents declared together unless a name is given, which several models may give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// Per task, the group's probability of being right is drawn from a beta distribution whose mean is the accuracy p and
/// whose shapes are a = p (1/r - 1) and b = (1 - p)(1/r - 1), where r is the correlation; then each member draws its
/// own answer. Whether two members are right correlates by r = 1 / (a + b + 1). Source: J. G. Skellam, "A probability
/// distribution derived from the binomial distribution by regarding the probability of success as variable between the
/// sets of trials", J. R. Stat. Soc. B 10(2), 1948.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BetaBinomial {
    /// The correlation of any two members' being right, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub correlation: f64,
    /// The group; the agents declared together unless a name is given, which several models may give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

impl Correlation {
    /// What is wrong with the options.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let (kind, name, share, group) = match self {
            Self::CommonCause(CommonCause { share, group }) => ("common_cause", "share", *share, group),
            Self::BetaBinomial(BetaBinomial { correlation, group }) => {
                ("beta_binomial", "correlation", *correlation, group)
            }
        };
        let mut problems: Vec<OptionProblem> = share_problem(name, share).into_iter().collect();
        if group.as_deref().is_some_and(|group| group.trim().is_empty()) {
            let message = "the name is empty; write a name, or leave it out for the agents declared together";
            problems.push(OptionProblem::new("group", message));
        }
        problems.into_iter().map(|problem| problem.within(kind)).collect()
    }
}

/// A correlation for one replicate, ready to be drawn from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CorrelationPlan {
    kind: Kind,
    /// The key of a named group; `None` for the agents declared together.
    named: Option<RandomKey>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    CommonCause { share: f64 },
    BetaBinomial { correlation: f64 },
}

/// Where a member's answer is drawn, and how probable the right one is there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Voice {
    pub(super) address: RandomAddress,
    pub(super) accuracy: f64,
}

impl CorrelationPlan {
    pub(super) fn new(correlation: &Correlation, seed: u64, replicate: u32) -> Self {
        let (kind, group) = match correlation {
            Correlation::CommonCause(CommonCause { share, group }) => (Kind::CommonCause { share: *share }, group),
            Correlation::BetaBinomial(BetaBinomial { correlation, group }) => {
                (Kind::BetaBinomial { correlation: *correlation }, group)
            }
        };
        // No actor's path holds a colon, so a group's name never meets one.
        let named = group.as_deref().map(|name| RandomKey::new(seed, replicate, &format!("group:{name}")));
        Self { kind, named }
    }

    /// Where the one who asks draws its answer to this task.
    pub(super) fn voice(self, request: &ModelRequest, accuracy: f64) -> Voice {
        let key = self.named.unwrap_or(request.group_random);
        let own = request.own_address(ANSWER);
        match self.kind {
            Kind::CommonCause { share } => {
                let together = request.shared_address(key, COMMON_CAUSE).generator().bernoulli(share);
                let address = if together { request.shared_address(key, COMMON_ANSWER) } else { own };
                Voice { address, accuracy }
            }
            Kind::BetaBinomial { correlation } => {
                let mut generator = request.shared_address(key, COMMON_ACCURACY).generator();
                Voice { address: own, accuracy: group_accuracy(&mut generator, accuracy, correlation) }
            }
        }
    }
}

/// The probability of being right that a group has on one task.
fn group_accuracy(generator: &mut impl Draw, mean: f64, correlation: f64) -> f64 {
    // At the ends the shapes are zero or without bound, and the distribution is known without them.
    if correlation <= 0.0 || mean <= 0.0 || mean >= 1.0 {
        return mean;
    }
    if correlation >= 1.0 {
        return if generator.bernoulli(mean) { 1.0 } else { 0.0 };
    }
    let shapes = 1.0 / correlation - 1.0;
    generator.beta(mean * shapes, (1.0 - mean) * shapes)
}
