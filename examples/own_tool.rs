//! An own tool: how much does it cost to send a parcel?
//!
//! A tool is a struct of arguments, a name, a description, the most that it can do to the world, and an async function.
//! Its JSON Schema is made from the struct; the model reads it, and every call is checked against it before the
//! function runs. What is wrong with a call is told to the model, and its turn goes on: here a clerk first asks for a
//! parcel that is too heavy, reads why that can't be, and sends two.
//!
//! Run it with `cargo run --example own_tool`.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;
use std::process::ExitCode;

use folkmoot::Registry;
use folkmoot::core::{Placement, ToolEffect};
use folkmoot::tool::{Tool, ToolContext, ToolFailure};
use schemars::JsonSchema;
use serde::Deserialize;

/// What the model gives with a call. The comments become the descriptions that it reads.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Parcel {
    /// The weight in grams.
    grams: u64,
}

/// What the scenario file gives once, under `options`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Postage {
    cents_per_100_grams: u64,
    grams_max: u64,
}

impl Tool for Postage {
    type Arguments = Parcel;

    fn name(&self) -> &str {
        "postage"
    }

    fn description(&self) -> &str {
        "Tells what it costs to send a parcel, in cents."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Read
    }

    /// The answer follows from the arguments alone, so it is worked out in the world and again on replay. A tool that
    /// asks a server, reads a clock or blocks leaves this out: it is then `Outside`, runs on a thread of its own, and
    /// its answer is recorded.
    fn placement(&self) -> Placement {
        Placement::Inside
    }

    async fn run(&self, parcel: Parcel, _context: &ToolContext) -> Result<String, ToolFailure> {
        if parcel.grams > self.grams_max {
            return Err(ToolFailure::failed(format!(
                "{} g is too heavy; a parcel weighs at most {} g",
                parcel.grams, self.grams_max
            )));
        }
        Ok((parcel.grams.div_ceil(100) * self.cents_per_100_grams).to_string())
    }
}

const SCENARIO: &str = r#"
folkmoot: 1
name: post-office

models:
  clerk:
    scripted:
      steps:
        - call: { postage: { grams: 14000 } }
        - expect: { last_contains: ["at most 10000 g"] }
          call: [{ postage: { grams: 7000 } }, { postage: { grams: 7000 } }]
        - say: "{{ results[0] | int + results[1] | int }} cents in two parcels"

# The key is the name that agents call, `custom.name` the name in the registry.
tools:
  postage: { custom: { name: postage, options: { cents_per_100_grams: 9, grams_max: 10000 } } }

agents:
  clerk: { model: clerk, tools: [postage] }

coordination: clerk

tasks:
  list: ["What does it cost to send 14 kg?"]
"#;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut registry = Registry::new();
    // The maker is handed the options as they stand in the file and says in words what is wrong with them.
    registry.tool("postage", |options| Postage::deserialize(options).map_err(|problem| problem.to_string()));

    let scenario = folkmoot::parse(SCENARIO)?;
    let played = folkmoot::Run::new(&scenario).registry(&registry).keep_events().play()?;
    for event in played.events.iter().flatten() {
        if let Some(line) = folkmoot::view::describe(event) {
            println!("{line}");
        }
    }

    let answers: Vec<_> = played.result.tasks.iter().map(|task| task.outcome.answer()).collect();
    let as_explained = answers == [Some("1260 cents in two parcels")];
    Ok(if as_explained { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
