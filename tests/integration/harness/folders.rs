//! Real folders: runs that share one lose nothing, and no run is kept where its agents can change it.

use std::fs;
use std::path::Path;

use folkmoot::scenario::{Settings, load_with};
use folkmoot::{Run, RunError, Scenario};
use serde_json::json;

use super::{Reply, calls, registry, say};

/// A scenario in a file of this folder, trusted.
fn load(folder: &Path, name: &str, rest: &str) -> Scenario {
    let text = format!(
        "folkmoot: 1
name: {name}
models: {{ own: {{ custom: {{ name: own }} }} }}
agents: {{ actor: {{ model: own, tools: [remember], permissions: auto }} }}
coordination: actor
tasks: {{ list: [Act.] }}
{rest}
"
    );
    let file = folder.join(format!("{name}.yaml"));
    fs::write(&file, text).unwrap();
    load_with(&file, &Settings { trust: true, ..Settings::default() }).unwrap_or_else(|problems| panic!("{problems}"))
}

fn remember(call: u32, text: &str) -> Reply {
    match call {
        0 => calls(&[("remember", json!({ "text": text }))]),
        _ => say("done"),
    }
}

#[test]
fn runs_at_the_same_time_keep_each_others_notes() {
    let folder = tempfile::tempdir().unwrap();
    let notes = "notes: { folder: memory }";
    let (first, second) = (load(folder.path(), "first", notes), load(folder.path(), "second", notes));
    let before = load(folder.path(), "before", notes);
    Run::new(&before).registry(&registry(|request| remember(request.call, "from before"), None)).play().unwrap();
    // The second run is played to its end, while the first one is under way.
    let own = registry(
        move |request| {
            if request.call == 0 {
                let other = registry(|request| remember(request.call, "by the second"), None);
                let run = || Run::new(&second).registry(&other).play().unwrap().result.status;
                std::thread::scope(|scope| scope.spawn(run).join().unwrap());
            }
            remember(request.call, "by the first")
        },
        None,
    );
    let played = Run::new(&first).registry(&own).play().unwrap();
    assert_eq!(played.result.reason, None);
    let kept = fs::read_to_string(folder.path().join("memory/notes.jsonl")).unwrap();
    for text in ["from before", "by the first", "by the second"] {
        assert_eq!(kept.matches(text).count(), 1, "{text}: {kept}");
    }
    let shown = fs::read_to_string(folder.path().join("memory/MEMORY.md")).unwrap();
    assert!(shown.contains("by the second"), "{shown}");
}

#[test]
fn a_run_is_not_kept_where_agents_write() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = load(folder.path(), "kept", "workspace: { folder: work }\nnotes: { folder: memory }");
    let at = |place: &str| folder.path().join(place);
    let play = |place: &str| {
        let own = registry(|_| say("done"), None);
        Run::new(&scenario).registry(&own).folder(at(place)).play()
    };
    for place in ["work", "work/runs/first", "work/../work/new", "new/../memory/x"] {
        let error = play(place).unwrap_err();
        assert!(matches!(error, RunError::RealFolder(_)), "{place}: {error}");
        assert!(error.to_string().contains("can't be kept"), "{place}: {error}");
    }
    assert!(!at("work").exists(), "nothing was made");
    // A folder in which theirs would lie is no better.
    let inner = load(folder.path(), "inner", "workspace: { folder: runs/work }");
    let own = registry(|_| say("done"), None);
    assert!(Run::new(&inner).registry(&own).folder(at("runs")).play().is_err());
    assert!(play("works").is_ok() && at("works/result.json").exists(), "a like name is another folder");
}
