//! An own model: a mail filter that looks for words.
//!
//! A model is one function from a request (the transcript so far, the tools, the task) to a reply or a named failure.
//! Here three filters look for different words. Each is wrong about one mail of four, but never the same one, so their
//! majority is right about all of them.
//!
//! Run it with `cargo run --example own_model`.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use folkmoot::core::{ModelFailure, ModelReply, Placement, Usage, VirtualDuration};
use folkmoot::model::{Model, ModelRequest, Price, PriceOptions};
use folkmoot::{Registry, Run};
use serde::Deserialize;

/// What the scenario file gives under `options`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// A mail that holds one of these is spam.
    words: Vec<String>,
}

impl Model for Filter {
    fn answer(&self, request: &ModelRequest) -> Result<ModelReply, ModelFailure> {
        let mail = request.transcript.messages().last().map_or("", |message| message.text());
        let is_spam = self.words.iter().any(|word| mail.contains(word.as_str()));
        Ok(ModelReply {
            // Virtual time: the run does not wait for it.
            latency: VirtualDuration::from_millis(20),
            usage: Some(Usage::new(mail.len() as u64 / 4, 1)),
            ..ModelReply::text(if is_spam { "spam" } else { "fine" })
        })
    }

    /// A promise: the reply depends on the request alone. A model that asks a server leaves this out: it is then
    /// `Outside`, may block, and its replies are recorded.
    fn placement(&self) -> Placement {
        Placement::Inside
    }

    /// Without a price the cost of a run is unknown, which is not the same as zero.
    fn price(&self) -> Option<Price> {
        PriceOptions::new(0.10, 0.40).price()
    }
}

const SCENARIO: &str = r#"
folkmoot: 1
name: mail-filter

models:
  money: { custom: { name: filter, options: { words: [prize, invoice] } } }
  haste: { custom: { name: filter, options: { words: [now, hurry] } } }
  links: { custom: { name: filter, options: { words: [click, here] } } }

agents:
  money: { model: money }
  haste: { model: haste }
  links: { model: links }

coordination:
  vote: { members: [money, haste, links], rule: majority, ties: none }

tasks:
  list:
    - { prompt: "Win a prize now, click here", choices: [spam, fine], answer: spam }
    - { prompt: "The invoice for June", choices: [spam, fine], answer: fine }
    - { prompt: "Lunch is ready, hurry", choices: [spam, fine], answer: fine }
    - { prompt: "A prize for you, act now", choices: [spam, fine], answer: spam }
"#;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut registry = Registry::new();
    registry.model("filter", |options| {
        let filter = Filter::deserialize(options).map_err(|problem| problem.to_string())?;
        Ok(Arc::new(filter))
    });

    let accuracy = |coordination: Option<&str>| -> Result<f64, Box<dyn Error>> {
        // The same file, given to one agent alone: what `moot run --set coordination=NAME` does.
        let sets: Vec<String> = coordination.map(|name| format!("coordination={name}")).into_iter().collect();
        let format = folkmoot::scenario::Format::Yaml;
        let scenario = folkmoot::scenario::parse(SCENARIO, "mail-filter.yaml", format, &sets)?;
        let played = Run::new(&scenario).registry(&registry).play()?;
        let known = played.result.metrics.get("accuracy").ok_or("no task has a known answer")?;
        Ok(known.to_string().parse()?)
    };
    let mut alone = Vec::new();
    for name in ["money", "haste", "links"] {
        let share = accuracy(Some(name))?;
        println!("{name} alone: {share}");
        alone.push(share);
    }
    let together = accuracy(None)?;
    println!("majority:    {together}");

    let as_explained = alone.iter().all(|share| *share == 0.75) && together == 1.0;
    Ok(if as_explained { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
