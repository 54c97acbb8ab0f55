//! Checks that a budget of money can hold: what the calls under it cost has to be known.
//!
//! A model that is registered in Rust says its price itself, which is not known here; a call of it whose price turns out
//! to be unknown is refused when it is made. This module must not know how budgets are kept.
//!
//! ```
//! use moot_scenario::{Format, parse};
//!
//! let text = "
//! folkmoot: 1
//! name: x
//! models: { m: { stochastic: { accuracy: 0.6 } } }
//! agents: { a: { model: m, budget: { money: 1 } } }
//! coordination: a
//! tasks: { list: [y] }
//! ";
//! let problems = parse(text, "x.yaml", Format::Yaml, &[]).unwrap_err().to_string();
//! assert!(problems.contains("the price of the model `m` is not known"), "{problems}");
//! ```

use moot_mind::budget::BudgetOptions;
use moot_model::ModelOptions;

use super::{Checker, root};
use crate::harness::HarnessPlan;
use crate::tree::{Part, TreePath};

impl Checker<'_> {
    /// Every budget of money holds only models whose prices are known, unless it says that it does not matter.
    pub(super) fn check_prices_known(&mut self, harness: &HarnessPlan) {
        let file = self.file;
        for (name, budget) in &file.budgets {
            let models = file.agents.values().map(|options| options.model.as_str());
            self.check_price_under(&root("budgets").key(name), budget, models, harness);
        }
        for (name, options) in &file.agents {
            if let Some(budget) = &options.budget {
                let path = root("agents").key(name).key("budget");
                self.check_price_under(&path, budget, [options.model.as_str()], harness);
            }
        }
    }

    fn check_price_under<'n>(
        &mut self,
        path: &TreePath,
        budget: &BudgetOptions,
        models: impl IntoIterator<Item = &'n str>,
        harness: &HarnessPlan,
    ) {
        if budget.money.is_none() || !budget.refuses_unknown_price() {
            return;
        }
        let unknown = |name: &&str| {
            let says = match self.file.models.get(*name) {
                Some(ModelOptions::Scripted(model)) => model.price.is_some(),
                Some(ModelOptions::Stochastic(model)) => model.price.is_some(),
                // It says so itself, or there is no such model, which is told elsewhere.
                Some(ModelOptions::Custom(_)) | None => true,
            };
            !says && harness.prices.as_ref().is_none_or(|book| book.price(name).is_none())
        };
        let Some(model) = models.into_iter().find(unknown) else { return };
        let message = format!("the price of the model `{model}` is not known, so no amount of money can be held");
        let problem = self.problem(&path.key("money"), Part::Value, message);
        self.report(problem.hinting(format!(
            "give `{model}` a `price` or an entry in `prices`, or write `unknown_price: allow` to let such calls pass"
        )));
    }
}
