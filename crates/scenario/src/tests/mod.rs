//! The whole way from a text to a scenario, or to what is wrong with it.

mod cast;
mod compare;
mod faults;
mod files;
mod good;
mod guards;
mod runs;
mod supervision;
mod trust;
mod wrong;

use super::*;

/// A scenario that every test of a wrong one starts from.
const GOOD: &str = "folkmoot: 1
name: jury
models:
  juror:
    stochastic:
      accuracy: 0.6
agents:
  juror: { model: juror, count: 5 }
coordination:
  vote: { members: [juror], rule: majority, ties: coin }
tasks:
  generate: { count: 10, choices: [A, B] }
";

fn read(text: &str) -> Result<Scenario, Problems> {
    parse(text, "jury.yaml", Format::Yaml, &[])
}

fn with_sets(text: &str, sets: &[&str]) -> Result<Scenario, Problems> {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    parse(text, "jury.yaml", Format::Yaml, &sets)
}

/// The good scenario with one part replaced.
fn changed(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    GOOD.replacen(from, to, 1)
}
