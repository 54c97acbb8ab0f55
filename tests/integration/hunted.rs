//! What the campaign has found: each test is what is left of a seed that failed, and names it.

use folkmoot::Played;
use folkmoot::core::{EventKind, Outcome};

use crate::support::{play, scenario};

/// A scenario that is played, in which every invariant holds.
fn sound(yaml: &str) -> Played {
    let played = play(&scenario(yaml));
    assert_eq!(played.violations, [], "every invariant holds");
    played
}

fn answer(played: &Played, task: usize) -> Option<&str> {
    played.result.tasks[task].outcome.answer()
}

/// How many events of a kind an actor has.
fn count(played: &Played, actor: &str, is_it: impl Fn(&EventKind) -> bool) -> usize {
    let events = played.events.as_deref().unwrap_or_default();
    events.iter().filter(|event| event.actor.as_str() == actor && is_it(&event.kind)).count()
}

/// Seed 16: at the end of a run the memory store is asked for its notes, and took its time over that by plan, when time
/// had already ended.
#[test]
fn a_slow_store_hands_over_at_the_end() {
    let scenario = scenario(
        "
folkmoot: 1
name: slow-store
models: { clerk: { scripted: { latency: 1s, steps: [{ say: done }] } } }
agents: { clerk: { model: clerk } }
coordination: { single: { member: clerk } }
tasks: { list: [Begin.] }
faults: [{ slow_consumer: { actor: world/memory, by: 1s } }]
",
    );
    assert_eq!(play(&scenario).result.tasks[0].outcome.answer(), Some("done"));
}

/// Seed 57: a council that had heard enough called an agent off whose calls waited for approval, one behind the other.
/// The person was still asked about the second one when that had already ended.
#[test]
fn nobody_is_asked_about_a_call_that_has_ended() {
    let scenario = scenario(
        "
folkmoot: 1
name: approvals
models:
  writer:
    scripted:
      steps:
        - call:
            - { write_file: { path: a.txt, content: a } }
            - { write_file: { path: b.txt, content: b } }
        - say: done
agents: { writer: { model: writer, tools: [write_file], permissions: { mode: default } } }
coordination:
  fan_out: { members: [writer], absence: { deadline: 10s } }
tasks: { list: [Write.] }
person: { scripted: { approvals: [{ grant: call, after: 60s }], timeout: 300s } }
faults: [{ person_failure: { agent: writer, as: crash, when: { nth: 2 } } }]
",
    );
    let events = play(&scenario).events.unwrap();
    let answered = |kind: &EventKind| matches!(kind, EventKind::ApprovalAnswered { .. });
    assert_eq!(events.iter().filter(|event| answered(&event.kind)).count(), 0);
    assert!(!events.iter().any(|event| event.kind.name() == "fault_injected"), "the second is never asked about");
}

/// Seed 28: an answer on its way to the world is late by plan; what the world then ends the task with is that answer.
#[test]
fn an_answer_that_comes_late_is_the_answer() {
    let scenario = scenario(
        "
folkmoot: 1
name: late-answer
models: { clerk: { scripted: { steps: [{ say: done }] } } }
agents: { clerk: { model: clerk } }
coordination: { single: { member: clerk } }
tasks: { list: [Begin.] }
faults: [{ delay_messages: { from: council, to: world, by: 5s } }]
",
    );
    let played = play(&scenario);
    assert_eq!(played.result.tasks[0].outcome, Outcome::decided("done"));
    assert_eq!(played.ended_at.as_millis(), 5_000);
}

/// Seed 11: the ballot for the seat of a silent member is that of one who stood in for it.
#[test]
fn who_stands_in_votes_for_the_seat() {
    let scenario = scenario(
        "
folkmoot: 1
name: stand-in
models:
  slow: { scripted: { latency: 60s, steps: [{ say: A }] } }
  quick: { scripted: { latency: 1s, steps: [{ say: B }] } }
agents: { ann: { model: slow }, bob: { model: quick } }
coordination:
  vote: { members: [ann], rule: plurality, ties: first, absence: { standby: [bob], hedge: 2s } }
tasks: { list: [{ prompt: A or B?, choices: [A, B] }] }
",
    );
    assert_eq!(play(&scenario).result.tasks[0].outcome.answer(), Some("B"));
}

/// Seed 44028: an agent was restarted while it waited for its notes at the second step of a pipeline, which begins anew: the
/// number of its next call went with the lost machine, and the calls were counted from 0 again.
#[test]
fn calls_are_counted_on_by_who_is_restarted_while_it_waits_for_its_notes() {
    let played = sound(
        "
folkmoot: 1
name: notes
models:
  clerk: { scripted: { latency: 1s, repeat: true, steps: [{ say: done }] } }
  other: { scripted: { latency: 2s, repeat: true, steps: [{ say: done }] } }
agents: { ann: { model: clerk, tools: [recall] }, bob: { model: other } }
councils: { steps: { pipeline: { steps: [ann, ann] } } }
coordination: { fan_out: { members: [steps, bob] } }
supervision: { pair: { children: [ann, bob], strategy: one_for_all } }
tasks: { list: [Begin.] }
faults:
  - { slow_consumer: { actor: world/memory, by: 5s, when: { nth: 2 } } }
  - { crash_agent: { agent: bob, moment: after_model, when: { nth: 1 } } }
",
    );
    assert_eq!(answer(&played, 0), Some("steps: done\nbob: done"));
    let mut calls: Vec<(u32, u32)> = Vec::new();
    for event in played.events.as_deref().unwrap_or_default() {
        if let EventKind::ModelReplied { call, attempt, .. } = event.kind
            && event.actor.as_str() == "ann"
        {
            calls.push((call, attempt));
        }
    }
    assert_eq!(calls, [(0, 0), (1, 0)]);
}

/// Seed 69592: a temporary agent that was stopped with a sibling that failed is not restarted with it; nobody told it, and
/// the council waited for it until its time was over.
#[test]
fn who_is_stopped_with_another_and_not_restarted_says_so() {
    let played = sound(
        "
folkmoot: 1
name: casualty
models:
  quick: { scripted: { latency: 1s, repeat: true, steps: [{ say: done }] } }
  slow: { scripted: { latency: 5s, repeat: true, steps: [{ say: done }] } }
agents: { ann: { model: slow }, bob: { model: quick } }
coordination: { fan_out: { members: [ann, bob] } }
supervision: { pair: { children: [{ name: ann, restart: temporary }, bob], strategy: one_for_all } }
tasks: { list: [Begin.] }
faults: [{ crash_agent: { agent: bob, moment: after_model, when: { nth: 1 } } }]
",
    );
    assert_eq!(answer(&played, 0), Some("bob: done"));
    assert!(played.ended_at.as_millis() < 10_000, "nobody waited for it: {}", played.ended_at);
}

/// Seed 44700: an agent that was isolated stays stopped for the rest of the run; it was started again when its supervisor
/// was restarted with a sibling.
#[test]
fn who_is_isolated_stays_stopped_when_its_supervisor_is_restarted() {
    let played = sound(
        "
folkmoot: 1
name: isolated
models:
  quick: { scripted: { latency: 1s, repeat: true, steps: [{ say: done }] } }
  slow: { scripted: { latency: 5s, repeat: true, steps: [{ say: done }] } }
agents: { ann: { model: quick }, bob: { model: slow } }
coordination: { fan_out: { members: [ann, bob] } }
supervision:
  above: { children: [inner, bob], strategy: one_for_all }
  inner: { children: [ann], intensity: 0, at_limit: isolate, counted: each }
tasks: { list: [Begin.] }
faults:
  - { crash_agent: { agent: ann, moment: after_model, when: { nth: 1 } } }
  - { crash_agent: { agent: bob, moment: after_model, when: { nth: 1 } } }
",
    );
    assert_eq!(answer(&played, 0), Some("bob: done"));
    assert_eq!(count(&played, "ann", |kind| matches!(kind, EventKind::ActorRestarted { .. })), 0);
}

/// Found beside seed 44700: a temporary agent that had failed was started again with its supervisor, and still ended
/// whatever it was asked.
#[test]
fn who_is_started_again_with_its_supervisor_works_again() {
    let played = sound(
        "
folkmoot: 1
name: next-life
models:
  quick: { scripted: { latency: 1s, repeat: true, steps: [{ say: done }] } }
  slow: { scripted: { latency: 5s, repeat: true, steps: [{ say: done }] } }
agents: { ann: { model: quick }, bob: { model: slow } }
coordination: { fan_out: { members: [ann, bob] } }
supervision:
  above: { children: [inner, bob], strategy: one_for_all }
  inner: { children: [{ name: ann, restart: temporary }] }
tasks: { list: [Begin., Go on.] }
tolerate: { failed: 1 }
faults:
  - { crash_agent: { agent: ann, moment: after_model, when: { nth: 1 } } }
  - { crash_agent: { agent: bob, moment: after_model, when: { nth: 1 } } }
",
    );
    assert_eq!(answer(&played, 0), Some("bob: done"));
    assert_eq!(answer(&played, 1), Some("ann: done\nbob: done"));
}

/// Seed 106126: an agent whose crashes were always seen when it had been told to stop with a sibling was restarted
/// without end: none of them was counted.
#[test]
fn a_crash_beside_another_is_one_more_in_a_row() {
    let played = sound(
        "
folkmoot: 1
name: row
models: { slow: { scripted: { latency: 10s, repeat: true, steps: [{ say: done }] } } }
agents: { ann: { model: slow }, bob: { model: slow }, cat: { model: slow }, dan: { model: slow } }
coordination: { fan_out: { members: [ann, bob, cat, dan] } }
supervision: { all: { children: [ann, bob, cat, dan], strategy: one_for_all, consecutive_max: 2, intensity: 9 } }
tasks: { list: [Begin.] }
tolerate: { failed: 1 }
faults:
  - { crash_agent: { agent: ann, moment: before_model, when: { nth: 1 } } }
  - { crash_agent: { agent: bob, moment: before_model, when: { nth: 2 } } }
  - { crash_agent: { agent: cat, moment: before_model, when: { nth: 3 } } }
  - { crash_agent: { agent: dan, moment: before_model } }
",
    );
    let given_up = count(&played, "dan", |kind| matches!(kind, EventKind::ActorGivenUp { .. }));
    assert_eq!(given_up, 1, "after its second crash in a row");
}

/// Seed 91941: where the root isolates, the executor of tools was isolated too, went on, and was waited for for ever after
/// its next crash.
#[test]
fn what_serves_all_is_never_isolated() {
    let played = sound(
        "
folkmoot: 1
name: tools
models:
  clerk:
    scripted:
      repeat: true
      steps: [{ call: [{ list_files: {} }] }, { say: done }]
agents: { ann: { model: clerk, tools: [list_files] } }
coordination: { single: { member: ann } }
supervision: { root: { at_limit: isolate, counted: each, intensity: 0, strategy: one_for_one } }
tasks: { list: [Begin., Go on., End.] }
faults: [{ crash_executor: { tool: list_files } }]
",
    );
    assert_eq!(played.result.reason.as_deref(), Some("restart limit"));
}

/// Seed 108303: a word that came late to a started agent, whose parent had answered meanwhile, was taken up as something
/// further to do, for nobody.
#[test]
fn a_word_from_who_has_answered_is_no_work() {
    let played = sound(
        "
folkmoot: 1
name: late-word
models:
  lead:
    scripted:
      latency: 1s
      steps:
        - call: [{ spawn_agent: { agent: help, prompt: Look., wait: false } }]
        - call: [{ send_message: { text: Hurry. } }]
        - say: done
  help: { scripted: { latency: 60s, repeat: true, steps: [{ say: done }] } }
  slow: { scripted: { latency: 10s, steps: [{ say: done }] } }
agents:
  lead: { model: lead, permissions: auto, tools: [spawn_agent, send_message], spawns: [help] }
  help: { model: help, on_demand: true }
  other: { model: slow }
coordination: { fan_out: { members: [lead, other] } }
tasks: { list: [Begin.] }
faults: [{ delay_messages: { from: lead, to: \"*help*\", by: 3s, messages: told } }]
",
    );
    assert_eq!(count(&played, "lead/help[0]", |kind| matches!(kind, EventKind::Assigned { .. })), 1);
}

/// Seed 90117: an agent that still worked when the run had ended asked its model again, and the ledger booked that.
#[test]
fn what_is_asked_after_the_end_is_not_booked() {
    let played = sound(
        "
folkmoot: 1
name: books
models:
  clerk:
    scripted:
      repeat: true
      steps: [{ call: [{ read_board: { key: plan } }] }, { say: done }]
agents: { ann: { model: clerk, tools: [read_board] } }
coordination: { single: { member: ann } }
tasks: { list: [Begin.] }
faults:
  - { slow_consumer: { actor: world/memory, by: 9s } }
  - { cancel: { what: run, when: { at: 1s } } }
",
    );
    assert_eq!(count(&played, "ann", |kind| matches!(kind, EventKind::ModelReplied { .. })), 1);
}

/// Seed 70793: a supervisor that had crashed while it stopped its children was told to rest before it was done with that;
/// it started them again instead, and whoever had told it waited for ever.
#[test]
fn a_supervisor_that_is_told_to_rest_twice_rests() {
    let played = sound(
        "
folkmoot: 1
name: rest
models:
  quick: { scripted: { latency: 1s, repeat: true, steps: [{ say: done }] } }
agents: { ann: { model: quick }, bob: { model: quick }, cat: { model: quick }, dan: { model: quick } }
coordination: { fan_out: { members: [cat, dan, ann, bob] } }
supervision:
  above: { children: [cat, dan, inner], strategy: one_for_all, consecutive_max: 3 }
  inner: { children: [ann, bob] }
tasks: { list: [Begin.] }
faults:
  - { crash_agent: { agent: cat, moment: before_model, when: { nth: [1, 2] } } }
  - { crash_supervisor: { path: world/supervisor/inner, when: { nth: 1 } } }
",
    );
    assert_eq!(answer(&played, 0), Some("cat: done\ndan: done\nann: done\nbob: done"));
}

/// Pieces of a reply that had come for an agent while it was suspended were taken for the beginning of the reply to what
/// it asked after its restart.
#[test]
fn pieces_that_waited_for_a_restart_are_no_part_of_the_next_reply() {
    let played = sound(
        "
folkmoot: 1
name: held-pieces
models:
  clerk:
    scripted:
      latency: 4s
      stream: { characters: 2 }
      repeat: true
      steps: [{ say: \"{% for message in messages %}{{ message.text }};{% endfor %}\" }]
  other: { scripted: { latency: 2s, repeat: true, steps: [{ say: done }] } }
agents: { ann: { model: clerk, keep: transcript }, bob: { model: other } }
coordination: { fan_out: { members: [ann, bob], absence: { deadline: 6s } } }
supervision: { pair: { children: [ann, bob], strategy: one_for_all, backoff: { min: 1500ms, jitter: 0 } } }
tasks: { list: [Begin., Go on.] }
faults: [{ crash_agent: { agent: bob, moment: after_model, when: { nth: 1 } } }]
",
    );
    assert_eq!(answer(&played, 1), Some("ann: Begin.;Begi;Go on.;\nbob: done"));
}

/// The answer to a retried attempt that had come for an agent while it was suspended was taken, though the agent had
/// asked again: the second request went on for nobody.
#[test]
fn an_answer_that_waited_for_a_restart_is_not_taken() {
    let played = sound(
        "
folkmoot: 1
name: retried
models:
  clerk:
    scripted:
      latency: 1s
      steps: [{ attempts: [{ fail: { status: 503 } }, { say: first }, { say: second }, { say: third }] }]
  other: { scripted: { latency: 2s, repeat: true, steps: [{ say: done }] } }
gateways: { clerk: { retry: { base: 500ms, retries_max: 3 } } }
agents: { ann: { model: clerk }, bob: { model: other } }
coordination: { fan_out: { members: [ann, bob] } }
supervision: { pair: { children: [ann, bob], strategy: one_for_all, backoff: { min: 1500ms, jitter: 0 } } }
tasks: { list: [Begin.] }
faults: [{ crash_agent: { agent: bob, moment: after_model, when: { nth: 1 } } }]
",
    );
    assert_eq!(answer(&played, 0), Some("ann: second\nbob: done"));
}

/// A summary that was asked for again after a restart was attempt 0 of the same call once more.
#[test]
fn attempts_at_one_summary_have_numbers_of_their_own() {
    let played = sound(
        "
folkmoot: 1
name: summary
models:
  clerk: { scripted: { latency: 1s, repeat: true, steps: [{ say: \"a rather long text that fills the transcript of the clerk, over and over again, until it is too long for what may be asked; a rather long text that fills the transcript, a rather long text that fills the transcript of the clerk, over and over again, until it is too long for what may be asked; a rather long text that fills the transcript\" }] } }
  sums: { scripted: { latency: 10s, repeat: true, steps: [{ say: short }] } }
  other: { scripted: { latency: 1500ms, repeat: true, steps: [{ say: done }] } }
agents:
  ann: { model: clerk, keep: transcript, compaction: { budget_tokens: 200, recent_messages_min: 2, summarise: { model: sums } } }
  bob: { model: other }
coordination: { fan_out: { members: [ann, bob] } }
supervision: { pair: { children: [ann, bob], strategy: one_for_all } }
tasks: { list: [Begin., Go on., Go on., End.] }
faults: [{ crash_agent: { agent: bob, moment: after_model, when: { nth: 3 } } }]
",
    );
    let mut attempts = Vec::new();
    for event in played.events.as_deref().unwrap_or_default() {
        if let EventKind::ModelReplied { task, call, attempt, .. } = event.kind
            && event.actor.as_str() == "ann/compaction"
        {
            attempts.push((task.0, call, attempt));
        }
    }
    assert_eq!(attempts, [(2, 0, 0), (2, 0, 1), (3, 0, 0)]);
}
