//! Whether what a comparison makes equal can be known: the tokens or the cost of every call.
//!
//! A model that is registered in Rust says its tokens and its price itself, which is not known before it is asked; what
//! turns out to be unknown then is noted beside the comparison. This module must not know how variants are played.
//!
//! ```
//! use moot_scenario::{Format, parse};
//!
//! let text = "
//! folkmoot: 1
//! name: x
//! models: { m: { stochastic: { accuracy: 0.6, tokens: { input: 10, output: 1 } } } }
//! agents: { a: { model: m } }
//! coordination: a
//! tasks: { list: [y] }
//! compare: { variants: [{ name: one }], equal: cost }
//! ";
//! let problems = parse(text, "x.yaml", Format::Yaml, &[]).unwrap_err().to_string();
//! assert!(problems.contains("x.yaml:8:46: what `one` costs is not known: the model `m` has no price"), "{problems}");
//! ```

use std::collections::BTreeSet;

use moot_model::ModelOptions;

use crate::Scenario;
use crate::compare::VariantPlan;
use crate::file::{CompareOptions, Equal};

/// What can't be known, and what to do about it.
pub(crate) struct Unknown {
    pub(crate) message: String,
    pub(crate) hint: String,
}

/// The first of the variants of which something that is to be equal can't be known. Without the votes of one agent,
/// nothing is made equal.
pub(crate) fn unknown(options: &CompareOptions, variants: &[VariantPlan]) -> Option<Unknown> {
    if !options.baselines.same_calls {
        return None;
    }
    variants.iter().find_map(|variant| {
        let name = &variant.name;
        let scenario = &variant.scenario;
        models(scenario).into_iter().find_map(|(model, model_options)| match options.equal {
            Equal::None | Equal::Calls => None,
            Equal::Tokens if !model_options.states_tokens() => Some(Unknown {
                message: format!("what `{name}` takes is not known: the model `{model}` does not say its tokens"),
                hint: format!("give `{model}` its `tokens`, or write `equal: calls`"),
            }),
            Equal::Tokens => None,
            Equal::Cost if !has_price(scenario, model, model_options) => Some(Unknown {
                message: format!("what `{name}` costs is not known: the model `{model}` has no price"),
                hint: format!("give `{model}` a `price` or an entry in `prices`, or write `equal: calls`"),
            }),
            Equal::Cost if !model_options.states_tokens() => Some(Unknown {
                message: format!("what `{name}` costs is not known: the model `{model}` does not say its tokens"),
                hint: format!("give `{model}` its `tokens`, or write `equal: calls`"),
            }),
            Equal::Cost => None,
        })
    })
}

/// The models that may be asked: by those who take part, by those whom they start, and by whoever summarises for them.
fn models(scenario: &Scenario) -> Vec<(&str, &ModelOptions)> {
    let all = || scenario.agents.iter().chain(&scenario.templates);
    let started: BTreeSet<&str> = all().flat_map(|agent| &agent.options.spawns).map(String::as_str).collect();
    let started = scenario.templates.iter().filter(|template| started.contains(template.path.as_str()));
    let asked: BTreeSet<&str> = (scenario.agents.iter().chain(started))
        .flat_map(|agent| {
            let summariser = agent.options.compaction.as_ref().and_then(|compaction| compaction.summarise.as_ref());
            let summariser = summariser.map(|options| options.model.as_str());
            std::iter::once(agent.options.model.as_str()).chain(summariser)
        })
        .collect();
    let models = scenario.models.iter().map(|(name, options)| (name.as_str(), options));
    models.filter(|(name, _)| asked.contains(name)).collect()
}

fn has_price(scenario: &Scenario, name: &str, options: &ModelOptions) -> bool {
    options.states_price() || scenario.harness.prices.as_ref().is_some_and(|book| book.price(name).is_some())
}
