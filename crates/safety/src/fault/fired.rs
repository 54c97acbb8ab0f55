//! How often faults have struck: what a campaign shows as its coverage.
//!
//! It must not know plans.
//!
//! ```
//! use moot_safety::fault::{Fired, FaultNumber};
//!
//! let mut total = Fired::default();
//! total.add(&Fired::default());
//! assert_eq!(total.by_number.get(&FaultNumber(1)), None, "never struck");
//! ```

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::FaultNumber;

/// How often faults have struck, of one run or of several together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fired {
    /// By the number of the fault in the plan. Those of different plans mean little together.
    pub by_rule: BTreeMap<u32, u64>,
    /// By the number in the list of faults.
    pub by_number: BTreeMap<FaultNumber, u64>,
    /// The numbers of the visits at which a fault has struck, by its number in the plan, whatever the place. One with `nth`
    /// of these strikes again as it did. Of several runs together they are left out.
    pub visits: BTreeMap<u32, BTreeSet<u64>>,
    /// By name and form, such as `rate_limit.huge`, or `crash_loop` for a fault of one form.
    pub by_form: BTreeMap<String, u64>,
}

impl Fired {
    /// Counts those of another run as well.
    pub fn add(&mut self, other: &Self) {
        add(&mut self.by_rule, &other.by_rule);
        add(&mut self.by_number, &other.by_number);
        add(&mut self.by_form, &other.by_form);
    }

    pub(crate) fn count(&mut self, rule: u32, visit: u64, number: FaultNumber, name: &str, form: &str) {
        *self.by_rule.entry(rule).or_default() += 1;
        self.visits.entry(rule).or_default().insert(visit);
        *self.by_number.entry(number).or_default() += 1;
        let named = if form.is_empty() { name.to_owned() } else { format!("{name}.{form}") };
        *self.by_form.entry(named).or_default() += 1;
    }
}

fn add<K: Ord + Clone>(total: &mut BTreeMap<K, u64>, more: &BTreeMap<K, u64>) {
    for (key, count) in more {
        *total.entry(key.clone()).or_default() += count;
    }
}
