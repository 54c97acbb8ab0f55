//! What keeping a run costs, and what taking it up and playing it again take.
//!
//! Run with `cargo bench --bench journal`. All entries of a group play the same run: kept nowhere, kept with each
//! durability, resumed after it broke off at its end, and replayed. One group asks nothing outside, one asks an outside
//! model that answers at once, 15 requests a task.

#![allow(clippy::expect_used, reason = "a bench stops at the first surprise")]

use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use folkmoot::core::{ModelFailure, ModelReply};
use folkmoot::folder::{Durability, JOURNAL_FILE, RunFolder};
use folkmoot::model::{Model, ModelRequest};
use folkmoot::runtime::Recall;
use folkmoot::{Registry, Run, Scenario};

const INSIDE: &str = "
folkmoot: 1
name: inside
models: { juror: { stochastic: { accuracy: 0.6 } } }
agents: { juror: { model: juror, count: 5 } }
coordination: { debate: { members: [juror], rounds: 2, decide: { rule: majority, ties: coin } } }
tasks: { generate: { count: 1000, choices: [A, B] } }
";

/// An outside model that answers at once.
struct Prompt;

impl Model for Prompt {
    fn answer(&self, _: &ModelRequest) -> Result<ModelReply, ModelFailure> {
        Ok(ModelReply::text("A"))
    }
}

fn registry() -> Registry {
    let mut registry = Registry::new();
    registry.model("prompt", |_| Ok(Arc::new(Prompt)));
    registry
}

fn play(scenario: &Scenario, registry: &Registry, place: Option<(&Path, Durability)>) {
    let mut run = Run::new(scenario).registry(registry);
    if let Some((place, durability)) = place {
        if place.exists() {
            std::fs::remove_dir_all(place).expect("the last run's folder goes");
        }
        run = run.folder(place).durability(durability);
    }
    run.play().expect("the run plays");
}

/// A copy of a run that broke off so many bytes before its end.
fn broken_off(whole: &Path, place: &Path, bytes: usize) -> RunFolder {
    let _ = std::fs::remove_dir_all(place);
    std::fs::create_dir(place).expect("a place for the copy");
    for entry in std::fs::read_dir(whole).expect("the run is there") {
        let name = entry.expect("it can be listed").file_name();
        if name != "result.json" {
            std::fs::copy(whole.join(&name), place.join(&name)).expect("it can be copied");
        }
    }
    let journal = std::fs::read(whole.join(JOURNAL_FILE)).expect("the journal is there");
    let cut = journal.get(..journal.len() - bytes).expect("it is longer");
    std::fs::write(place.join(JOURNAL_FILE), cut).expect("it can be written");
    RunFolder::open(place).expect("it holds a run")
}

fn replay(scenario: &Scenario, registry: &Registry, place: &Path) {
    let kept = RunFolder::open(place).and_then(|folder| folder.kept()).expect("it can be read");
    let recall = Recall { events: kept.events, outside: kept.outside, ..Recall::default() };
    let played = Run::new(scenario).registry(registry).recall(recall).play().expect("it plays");
    assert_eq!(played.divergence, None);
}

fn keeping(criterion: &mut Criterion) {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let outside = INSIDE
        .replace("stochastic: { accuracy: 0.6 }", "custom: { name: prompt }")
        .replace("count: 1000", "count: 100")
        .replace("name: inside", "name: outside");
    for (name, yaml) in [("inside", INSIDE), ("outside", &outside)] {
        let scenario = folkmoot::parse(yaml).expect("the scenario is sound");
        let (registry, place) = (registry(), scratch.path().join(name));
        let mut group = criterion.benchmark_group(format!("keeping a run, {name}"));
        group.sample_size(20);
        group.bench_function("not kept", |bencher| bencher.iter(|| play(&scenario, &registry, None)));
        for durability in [Durability::Off, Durability::Batch, Durability::Sync] {
            let kept = Some((place.as_path(), durability));
            group.bench_function(format!("{durability:?}").to_lowercase(), |bencher| {
                bencher.iter(|| play(&scenario, &registry, kept));
            });
        }
        group.bench_function("replay", |bencher| bencher.iter(|| replay(&scenario, &registry, &place)));
        group.bench_function("resume at its end", |bencher| {
            let copy = scratch.path().join("copy");
            bencher.iter_batched(
                || broken_off(&place, &copy, 20),
                |folder| Run::new(&scenario).registry(&registry).resume(&folder).play().expect("it goes on"),
                criterion::BatchSize::PerIteration,
            );
        });
        group.finish();
    }
}

criterion_group!(benches, keeping);
criterion_main!(benches);
