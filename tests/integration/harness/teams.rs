//! What agents tell each other and remember together: a message belongs to its task, a started agent to one team.

use folkmoot::core::{EventKind, Outcome, TaskId};
use folkmoot::{Played, Registry};

use super::{count, events, play, trusted};

/// What an agent answered to a task.
fn said(played: &Played, agent: &str, task: u32) -> String {
    let answer = events(played).iter().find_map(|event| match &event.kind {
        EventKind::Finished { task: of, outcome: Outcome::Decided { answer, .. }, .. }
            if event.actor.as_str() == agent && *of == TaskId(task) =>
        {
            Some(answer.to_string())
        }
        _ => None,
    });
    answer.unwrap_or_else(|| panic!("{agent} gave no answer to task {task}"))
}

#[test]
fn a_message_that_comes_after_an_answer_stays_out_of_the_next_task() {
    let yaml = |latency: &str| {
        format!(
            r#"
folkmoot: 1
name: late
models:
  talker:
    scripted:
      latency: 2s
      steps:
        - call: {{ send_message: {{ to: quiet, text: "note about {{{{ task.prompt }}}}" }} }}
        - say: ok
  quiet: {{ scripted: {{ latency: {latency}, steps: [ {{ say: "{{{{ messages | map(attribute='text') | join(' / ') }}}}" }} ] }} }}
agents:
  talker: {{ model: talker, tools: [send_message], permissions: auto }}
  quiet: {{ model: quiet }}
coordination: {{ vote: {{ members: [quiet, talker], rule: plurality, ties: first }} }}
tasks: {{ list: [one, two, three] }}
"#
        )
    };
    let played = play(&trusted(&yaml("1s"), &[]), &Registry::new());
    assert_eq!(count(&played, |kind| matches!(kind, EventKind::MessageSent { .. })), 3);
    for (task, prompt) in (0..).zip(["one", "two", "three"]) {
        assert_eq!(said(&played, "quiet", task), prompt, "what was said about another task is not heard");
    }
}

#[test]
fn a_message_about_the_task_that_is_worked_on_is_heard() {
    let yaml = r#"
folkmoot: 1
name: early
models:
  talker: { scripted: { steps: [ { call: { send_message: { to: quiet, text: "note about {{ task.prompt }}" } } }, { say: ok } ] } }
  quiet:
    scripted:
      latency: 1s
      steps: [ { call: { list_files: {} } }, { say: "{{ messages | map(attribute='text') | join(' / ') }}" } ]
agents:
  talker: { model: talker, tools: [send_message], permissions: auto }
  quiet: { model: quiet, tools: [list_files] }
coordination: { vote: { members: [quiet, talker], rule: plurality, ties: first } }
tasks: { list: [one, two] }
"#;
    let played = play(&trusted(yaml, &[]), &Registry::new());
    assert!(said(&played, "quiet", 0).contains("note about one"), "{}", said(&played, "quiet", 0));
    let second = said(&played, "quiet", 1);
    assert!(second.contains("note about two") && !second.contains("note about one"), "{second}");
}

/// A lead in the team `leads` starts a worker; both keep a note for their team, and the worker says what it was
/// reminded of and what it recalls.
fn noted(worker_team: &str) -> String {
    let yaml = format!(
        r#"
folkmoot: 1
name: noted
models:
  lead:
    scripted:
      steps:
        - call: {{ remember: {{ text: "kept by the lead", scope: team }} }}
        - call: {{ spawn_agent: {{ agent: worker, prompt: go, wait: true }} }}
        - say: done
  worker: {{ scripted: {{ steps: [ {{ call: {{ recall: {{ query: "" }} }} }}, {{ say: "PROMPT {{{{ messages[0].text }}}} RECALL {{{{ results[0] }}}}" }} ] }} }}
  ops: {{ scripted: {{ steps: [ {{ call: {{ remember: {{ text: "kept by ops", scope: team }} }} }}, {{ say: done }} ] }} }}
agents:
  ops: {{ model: ops, tools: [remember], permissions: auto, team: ops }}
  lead: {{ model: lead, tools: [spawn_agent, remember, recall], spawns: [worker], permissions: auto, team: leads }}
  worker: {{ model: worker, tools: [recall], permissions: auto, on_demand: true{worker_team} }}
coordination: {{ vote: {{ members: [ops, lead], rule: plurality, ties: first }} }}
tasks: {{ list: [x] }}
"#
    );
    let played = play(&trusted(&yaml, &[]), &Registry::new());
    said(&played, "lead/worker[0]", 0)
}

#[test]
fn a_started_agent_is_in_the_team_that_it_declares_else_in_that_of_who_started_it() {
    for (declared, own, other) in
        [("", "kept by the lead", "kept by ops"), (", team: ops", "kept by ops", "kept by the lead")]
    {
        let answer = noted(declared);
        let (prompt, recalled) = answer.split_once("RECALL").unwrap();
        for (place, text) in [("prompt", prompt), ("recall", recalled)] {
            assert!(text.contains(own) && !text.contains(other), "{declared:?}, {place}: {answer}");
        }
    }
}
