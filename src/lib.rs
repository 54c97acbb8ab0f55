//! Folkmoot plays multi-agent scenarios: supervised agents that work and vote together, repeatable to the byte.
//!
//! This is the facade: what the command `moot` does can be done from here in a few lines, and a user's own model, tool
//! and coordination pattern plug in through a [`Registry`] without touching the workspace.
//!
//! # A first run
//!
//! ```
//! let scenario = folkmoot::parse(
//!     "
//! folkmoot: 1
//! name: jury
//! models: { juror: { stochastic: { accuracy: 0.6 } } }
//! agents: { juror: { model: juror, count: 5 } }
//! coordination: { vote: { members: [juror], rule: majority, ties: coin } }
//! tasks: { generate: { count: 100, choices: [A, B] } }
//! ",
//! )
//! .unwrap();
//! let played = folkmoot::Run::new(&scenario).seed(7).play().unwrap();
//! assert_eq!(played.result.tasks_total, 100);
//! assert_eq!(played.result.digest, folkmoot::Run::new(&scenario).seed(7).play().unwrap().result.digest);
//! ```
//!
//! # Your own tool
//!
//! A tool is a struct of arguments, a name, a description, what it can do to the world, and an async function:
//!
//! ```
//! use folkmoot::core::{Placement, ToolEffect};
//! use folkmoot::tool::{Tool, ToolContext, ToolFailure};
//!
//! /// The side of a square.
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Side {
//!     /// In metres.
//!     metres: u64,
//! }
//!
//! struct SquareArea;
//!
//! impl Tool for SquareArea {
//!     type Arguments = Side;
//!     fn name(&self) -> &str { "square_area" }
//!     fn description(&self) -> &str { "Gives the area of a square in square metres." }
//!     fn effect(&self) -> ToolEffect { ToolEffect::Read }
//!     // A pure function of its arguments: computed in the world, recomputed on replay.
//!     fn placement(&self) -> Placement { Placement::Inside }
//!     async fn run(&self, side: Side, _: &ToolContext) -> Result<String, ToolFailure> {
//!         Ok((side.metres * side.metres).to_string())
//!     }
//! }
//!
//! let mut registry = folkmoot::Registry::new();
//! registry.tool("square_area", |_options| Ok(SquareArea));
//! let scenario = folkmoot::parse(
//!     r#"
//! folkmoot: 1
//! name: square
//! models:
//!   surveyor:
//!     scripted:
//!       steps:
//!         - call: { square_area: { metres: 12 } }
//!         - say: "{{ results[0] }} square metres"
//! tools: { square_area: { custom: { name: square_area } } }
//! agents: { surveyor: { model: surveyor, tools: [square_area] } }
//! coordination: { single: { member: surveyor } }
//! tasks: { list: ["How large is a square of 12 m?"] }
//! "#,
//! )
//! .unwrap();
//! let played = folkmoot::Run::new(&scenario).registry(&registry).play().unwrap();
//! assert_eq!(played.result.tasks[0].outcome.answer(), Some("144 square metres"));
//! ```
//!
//! `examples/` holds a program each for an own tool, an own model and an own pattern.
//!
//! # The rooms
//!
//! Each room of the workspace is re-exported as a module: [`core`] the vocabulary, [`mind`] how one agent decides,
//! [`council`] how many decide together, [`model`] what answers a prompt, [`tool`] what acts, [`journal`] what
//! happened, [`runtime`] who lives, [`scenario`] what is to be played, [`study`] what many runs teach. ARCHITECTURE.md says what
//! each must not know.

pub mod cassette;
pub mod compare;
pub mod determinism;
pub mod expect;
pub mod folder;
mod parallel;
pub mod real_folders;
pub mod registry;
pub mod run;
pub mod suite;
pub mod view;
mod wiring;

pub use moot_core as core;
pub use moot_council as council;
pub use moot_journal as journal;
pub use moot_mind as mind;
pub use moot_model as model;
pub use moot_runtime as runtime;
pub use moot_safety as safety;
pub use moot_scenario as scenario;
pub use moot_study as study;
pub use moot_tool as tool;

pub use compare::{Compared, Comparison};
pub use moot_scenario::{Problems, Scenario};
pub use registry::Registry;
pub use run::{Played, Run, RunError};

/// Reads and checks a scenario file (YAML, or TOML when its name ends in `.toml`).
///
/// # Errors
/// Every problem found, each with its place in the file.
pub fn load(path: impl AsRef<std::path::Path>) -> Result<Scenario, Problems> {
    moot_scenario::load(path.as_ref(), &[])
}

/// Reads and checks a scenario given as YAML text.
///
/// # Errors
/// Every problem found, each with its place in the text.
pub fn parse(yaml: &str) -> Result<Scenario, Problems> {
    moot_scenario::parse(yaml, "scenario.yaml", moot_scenario::Format::Yaml, &[])
}

/// The documents of the repository: their Rust blocks are tests, and their complete scenarios play as they expect.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../README.md")]
    mod readme {}

    #[doc = include_str!("../CONTRIBUTING.md")]
    mod contributing {}

    /// ```
    /// let read = |path: &str| std::fs::read_to_string(path).unwrap();
    /// let readme = read("README.md");
    /// for path in ["docs/harbour.yaml", "docs/guarded.yaml"] {
    ///     let kept = read(path);
    ///     assert!(readme.contains(&kept[kept.find("folkmoot: 1").unwrap()..]), "README shows {path} as it is");
    /// }
    ///
    /// let start = "```yaml\nfolkmoot: 1\n";
    /// let mut played = 0;
    /// for text in [readme, read("docs/scenario.md")] {
    ///     for block in text.split(start).skip(1) {
    ///         let scenario = format!("folkmoot: 1\n{}", block.split("```").next().unwrap());
    ///         let scenario = folkmoot::parse(&scenario).unwrap_or_else(|problems| panic!("{problems}"));
    ///         let run = folkmoot::Run::new(&scenario).keep_events().play().unwrap();
    ///         assert_eq!(folkmoot::expect::check(&scenario, &run), []);
    ///         played += 1;
    ///     }
    /// }
    /// assert_eq!(played, 4);
    /// ```
    mod scenarios {}
}
