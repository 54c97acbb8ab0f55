//! What the campaign has found: each test is what is left of a seed that failed, and names it.

use folkmoot::core::{EventKind, Outcome};

use crate::support::{play, scenario};

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
