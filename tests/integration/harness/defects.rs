//! The twelve defects that were confirmed in the reference (openharness.md, section 5), each as what must hold.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use folkmoot::core::{
    EventKind, Limit, Message, ModelFailure, ModelFailureKind, ModelReply, Outcome, RunStatus, ToolErrorCode, Usage,
    VirtualDuration,
};
use serde_json::json;

use super::{act, answer, assert_valid, calls, codes, count, events, raw_calls, results, say, shown};

/// What stands in the file that nobody may read.
const SECRET: &str = "sesame, open";
const FILES: &str = "workspace: { files: { secrets/key.txt: 'sesame, open', public/open.txt: 'all may read' } }";

// 1: a harmless second parameter let a denied file be read.
#[test]
fn a_decoy_parameter_never_opens_a_denied_file() {
    let rows = [
        r#"{"path":"secrets/key.txt"}"#,
        r#"{"path":"secrets/key.txt","file_path":"public/open.txt"}"#,
        r#"{"file_path":"public/open.txt","path":"secrets/key.txt"}"#,
        r#"{"path":"public/open.txt","path":"secrets/key.txt"}"#,
        r#"{"path":"secrets/key.txt","path":"public/open.txt"}"#,
        r#"{"path":"public/../secrets/key.txt"}"#,
        r#"{"path":"./secrets//key.txt"}"#,
        r#"{"path":["public/open.txt","secrets/key.txt"]}"#,
    ];
    for rules in [
        "{ deny: { paths: ['secrets/**'] } }",
        "{ allow: { paths: ['public/**'] } }, { ask: { paths: ['secrets/**'] } }",
    ] {
        for arguments in rows {
            let agent = format!("tools: [read_file], permissions: {{ mode: auto, rules: [{rules}] }}");
            let played = act(&agent, FILES, move |request| match request.call {
                0 => raw_calls(&[("read_file", arguments.to_owned())]),
                _ => say(shown(request)),
            });
            assert!(!answer(&played).contains(SECRET), "{arguments} under {rules}: {}", answer(&played));
            assert!(results(&played)[0].is_error(), "{arguments} under {rules}");
        }
        // What is not denied is read, so the rows above don't fail for another reason.
        let agent = "tools: [read_file], permissions: { rules: [{ deny: { paths: ['secrets/**'] } }] }";
        let played = act(agent, FILES, |request| match request.call {
            0 => calls(&[("read_file", json!({ "path": "public/open.txt" }))]),
            _ => say(shown(request)),
        });
        assert!(answer(&played).contains("all may read"));
    }
}

const SHELL: &str = "
shell:
  responses:
    - { command: [cat, '**'], output: 'sesame, open' }
    - { command: [rm, '**'], output: removed }
    - { command: [echo, '**'], output: spoken }
    - { command: ['true'] }
    - { command: [ls], output: 'public' }
";

/// The results of one command each, under these rules.
fn commands(mode: &str, rules: &str, lines: &[&str]) -> Vec<(String, Option<ToolErrorCode>)> {
    let agent = format!(
        "tools: [run_shell], limits: {{ same_failing_call_max: 100 }}, permissions: {{ mode: {mode}, rules: [{rules}] }}"
    );
    let own: Vec<String> = lines.iter().map(ToString::to_string).collect();
    let played = act(&agent, SHELL, move |request| match own.get(request.call as usize) {
        Some(line) => calls(&[("run_shell", json!({ "command": line }))]),
        None => say("done"),
    });
    assert_eq!(answer(&played), "done");
    results(&played).iter().map(|result| (result.content.to_string(), result.error)).collect()
}

// 2: a tool on the list of allowed tools ran a command on the list of denied ones.
#[test]
fn allowing_a_tool_allows_no_denied_command() {
    for rules in [
        "{ allow: { tools: [run_shell] } }, { deny: { commands: [[rm, '**']] } }",
        "{ deny: { commands: [[rm, '**']] } }, { allow: { tools: [run_shell] } }",
    ] {
        for mode in ["default", "auto"] {
            let told = commands(mode, rules, &["rm -rf notes", "ls"]);
            assert_eq!(told[0].1, Some(ToolErrorCode::Denied), "{mode} {rules}: {}", told[0].0);
            assert_eq!(told[1].1, None, "{mode} {rules}: {}", told[1].0);
        }
    }
}

// 3: a denied command ran behind another one, and the shell printed a denied file.
#[test]
fn a_denied_command_is_denied_in_every_chain_and_a_denied_path_in_the_shell_too() {
    let chained = [
        "echo hi",
        "echo hi there",
        "true && echo hi there",
        "true; echo hi",
        "true|echo hi",
        "true\necho hi",
        "true   &&   echo    hi",
        "(echo hi)",
        "sh -c 'echo hi'",
        "sudo echo hi",
        "$(printf echo) hi",
        "e'c'ho hi",
        "/bin/echo hi",
    ];
    for mode in ["default", "auto"] {
        let rules = "{ allow: { tools: [run_shell] } }, { deny: { commands: [[echo, 'hi*', '**']] } }";
        for (line, (told, error)) in chained.iter().zip(commands(mode, rules, &chained)) {
            assert_eq!(error, Some(ToolErrorCode::Denied), "{mode}: {line:?} ran: {told}");
            assert!(!told.contains("spoken"), "{line:?}: {told}");
        }
        let reading = ["cat secrets/key.txt", "cat < secrets/key.txt", "cd secrets && cat key.txt", "cat ./secrets/*"];
        let rules = "{ allow: { tools: [run_shell] } }, { deny: { paths: ['secrets/**'] } }";
        for (line, (told, error)) in reading.iter().zip(commands(mode, rules, &reading)) {
            assert_eq!(error, Some(ToolErrorCode::Denied), "{mode}: {line:?} ran: {told}");
            assert!(!told.contains(SECRET), "{line:?}: {told}");
        }
    }
}

// 4: after entering plan mode a file was still written, and the mode outlived the session.
#[test]
fn plan_mode_holds_in_its_session_and_nowhere_else() {
    let agent = "tools: [enter_plan_mode, write_file], permissions: auto";
    for enters in [true, false] {
        let mut turns = vec![("write_file", json!({ "path": "a.txt", "content": "a" }))];
        if enters {
            turns.insert(0, ("enter_plan_mode", json!({})));
        }
        let played = act(agent, "", move |request| match turns.get(request.call as usize) {
            Some(turn) => calls(std::slice::from_ref(turn)),
            None => say("done"),
        });
        assert_eq!(answer(&played), "done");
        assert_eq!(played.files.contains_key("a.txt"), !enters, "entered: {enters}");
    }
}

// 5: a run without anybody present ignored plan mode and the instructions it was given.
#[test]
fn a_headless_run_keeps_the_mode_and_the_instructions_it_was_given() {
    let agent = "tools: [write_file], permissions: plan, instructions: Never forget the heron.";
    let played = act(agent, "", |request| match request.call {
        0 => calls(&[("write_file", json!({ "path": "a.txt", "content": "a" }))]),
        _ => {
            let first = &request.transcript.messages()[0];
            assert!(matches!(first, Message::System { .. }));
            say(first.text())
        }
    });
    assert_eq!(codes(&played), [Some(ToolErrorCode::Denied)]);
    assert!(played.files.is_empty());
    assert!(answer(&played).contains("Never forget the heron."));
}

// 6: the cap on turns left the history with a call that had no result, and nothing to go on from.
#[test]
fn after_the_cap_on_turns_every_call_has_its_result_and_the_agent_goes_on() {
    let agent = "tools: [write_file], permissions: auto, keep: transcript, limits: { turns_max: 1 }";
    let tasks = "tasks: { list: [Act., Continue.] }\ntolerate: { failed: 1.0 }";
    let played = act(agent, tasks, |request| {
        assert_valid(request.transcript.messages());
        if request.task.id.0 == 0 {
            return calls(&[("write_file", json!({ "path": "a.txt", "content": "a" }))]);
        }
        say(shown(request))
    });
    let [first, second] = &played.result.tasks[..] else { panic!("{:?}", played.result.tasks) };
    assert_eq!(first.outcome, Outcome::Exhausted { limit: Limit::Turns });
    assert!(played.files.contains_key("a.txt"), "what was called before the cap was done");
    let told = second.outcome.answer().unwrap();
    assert!(told.contains("wrote 1 byte to a.txt") && told.contains("Continue."), "{told}");
}

// 7: a turn that was broken off left no trace, though one of its two calls had taken effect.
#[test]
fn a_turn_that_is_broken_off_stays_in_the_transcript_with_what_it_did() {
    let agent = "tools: [write_file, list_files], permissions: auto, keep: transcript, limits: { time_max: 5s }";
    let rest =
        "tool_timing: { list_files: { latency: 1h } }\ntolerate: { failed: 1.0 }\ntasks: { list: [Act., Well?] }";
    let played = act(agent, rest, |request| {
        assert_valid(request.transcript.messages());
        if request.task.id.0 == 0 {
            return calls(&[("write_file", json!({ "path": "a.txt", "content": "a" })), ("list_files", json!({}))]);
        }
        say(shown(request))
    });
    assert!(played.files.contains_key("a.txt"));
    assert_eq!(codes(&played), [None, Some(ToolErrorCode::Cancelled)]);
    let told = played.result.tasks[1].outcome.answer().unwrap();
    assert!(told.contains("wrote 1 byte to a.txt") && told.contains("cancelled"), "{told}");
}

// 8: two subagents of one type had one address, no limits of tools, and their prompt stood in quotes.
#[test]
fn subagents_of_one_type_have_their_own_address_their_tools_and_their_prompt_as_it_is() {
    const PROMPT: &str = "Say \"hello\", then 'look' around.";
    let more = "  scout: { model: own, tools: [read_file, write_file], permissions: auto, on_demand: true }\n---";
    let agent = "tools: [spawn_agent, read_file, write_file], spawns: [scout], permissions: auto";
    let played = act(agent, more, |request| match (&*request.group, request.call) {
        ("actor", 0) => {
            let one = json!({ "agent": "scout", "prompt": PROMPT, "tools": ["read_file"] });
            calls(&[("spawn_agent", one.clone()), ("spawn_agent", one)])
        }
        ("actor", _) => say(shown(request)),
        (_, 0) => {
            assert_eq!(request.tools.iter().map(|tool| &*tool.name).collect::<Vec<_>>(), ["read_file"]);
            assert_eq!(request.transcript.messages()[0].text(), PROMPT);
            calls(&[("write_file", json!({ "path": "a.txt", "content": "a" }))])
        }
        _ => say(format!("{} is here", request.agent)),
    });
    let told = answer(&played);
    assert!(told.contains("actor/scout[0] is here") && told.contains("actor/scout[1] is here"), "{told}");
    assert!(played.files.is_empty(), "a scout wrote without the tool for it");
}

// 9: a teammate ended by itself after a second, and its model was never called.
#[test]
fn a_teammate_works_until_it_is_done_however_long_that_takes() {
    let more = "  mate: { model: own, tools: [list_files], on_demand: true }\n---\ntool_timing: { list_files: { latency: 2h } }";
    let agent = "tools: [spawn_agent, wait_for_agents, send_message, list_files], spawns: [mate], permissions: auto";
    let played = act(agent, more, |request| match (&*request.group, request.call) {
        ("actor", 0) => calls(&[("spawn_agent", json!({ "agent": "mate", "prompt": "Look.", "wait": false }))]),
        ("actor", 1) => calls(&[("send_message", json!({ "to": "mate[0]", "text": "Take your time." }))]),
        ("actor", 2) => calls(&[("wait_for_agents", json!({}))]),
        ("actor", _) => say(shown(request)),
        (_, 0) => calls(&[("list_files", json!({}))]),
        _ => say(format!("looked; {}", request.transcript.messages().last().unwrap().text())),
    });
    assert!(answer(&played).contains("actor/mate[0] answered: looked; Take your time."), "{}", answer(&played));
    let replied = |actor: &str| {
        let is = |event: &&folkmoot::core::Event| {
            event.actor.as_str() == actor && matches!(event.kind, EventKind::ModelReplied { .. })
        };
        events(&played).iter().filter(is).count()
    };
    assert_eq!((replied("actor"), replied("actor/mate[0]")), (4, 2));
    assert_eq!(events(&played).last().unwrap().time.as_millis(), 2 * 3_600_000);
}

// 10: compaction of 60 messages called no model, lost 12 of 30 facts, and was still over the limit.
#[test]
fn compaction_of_sixty_messages_meets_its_budget_asks_its_model_and_keeps_the_facts() {
    let filler = "The road goes on between the hedges and nobody is on it. ".repeat(6);
    let files: Vec<String> = (0..30)
        .map(|number| format!("f{number}.txt: '{filler} The code of gate {number} is code-{number:02}-x. {filler}'"))
        .collect();
    let files = format!("workspace: {{ files: {{ {} }} }}", files.join(", "));
    for (steps, asks) in [("[digest]", false), ("[summarise], summarise: { model: own }", true)] {
        let (asked, most) = (Arc::new(AtomicU32::new(0)), Arc::new(Mutex::new(0)));
        let agent = format!(
            "tools: [read_file], limits: {{ turns_max: 100 }}, compaction: {{ budget_tokens: 3000, steps: {steps} }}"
        );
        let (counts, longest) = (Arc::clone(&asked), Arc::clone(&most));
        let played = act(&agent, &files, move |request| {
            if request.tools.is_empty() {
                counts.fetch_add(1, Ordering::Relaxed);
                let facts: Vec<String> =
                    shown(request).split(". ").filter(|line| line.contains("code-")).map(str::to_owned).collect();
                return say(facts.join(". "));
            }
            let mut longest = longest.lock().unwrap();
            *longest = request.transcript.len().max(*longest);
            match request.call {
                call @ 0..30 => calls(&[("read_file", json!({ "path": format!("f{call}.txt") }))]),
                _ => {
                    let all = shown(request);
                    let kept = (0..30).filter(|number| all.contains(&format!("code-{number:02}-x"))).count();
                    say(kept.to_string())
                }
            }
        });
        assert_eq!(answer(&played), "30", "facts kept by {steps}");
        let mut compactions = 0;
        for event in events(&played) {
            if let EventKind::Compacted { tokens_before, tokens_after, messages, .. } = &event.kind {
                compactions += 1;
                assert!(*tokens_before > 3_000 && *tokens_after <= 3_000, "{tokens_before} to {tokens_after}");
                assert_valid(messages);
            }
        }
        assert!(compactions > 0, "{steps}");
        assert_eq!(asked.load(Ordering::Relaxed) > 0, asks, "{steps}");
        assert!(*most.lock().unwrap() < 60, "the transcript grew to {}", most.lock().unwrap());
    }
}

// 11: a command that printed 400 KB hung until its time was over.
#[test]
fn a_hook_that_prints_400_kilobytes_neither_hangs_nor_is_believed() {
    // The text goes through pipes that hold 64 KB each; the time limit is far off, so a hang would be told as such.
    let print = |kilobytes: u32| format!("i=0; while [ $i -lt {kilobytes} ]; do printf '%1024d' 1; i=$((i+1)); done");
    let allow = r#"echo '{"verdict":"allow"}'"#;
    let rows = [
        (format!("{}; cat > /dev/null", print(400)), false, "wrote more than it may"),
        (format!("{} >&2; cat > /dev/null; {allow}", print(400)), false, "wrote more than it may"),
        // What is no more than it may is read whole, however little a pipe holds, read or not what it was handed.
        (format!("{} >&2; cat > /dev/null; {allow}", print(200)), true, ""),
        (format!("{} >&2; {allow}", print(200)), true, ""),
        (format!("i=0; while [ $i -lt 200 ]; do printf '%1024s' ' '; i=$((i+1)); done; {allow}"), true, ""),
    ];
    for (script, runs, told) in rows {
        let hook = json!({ "on": "before_tool_call", "then": { "command": { "argv": ["/bin/sh", "-c", script], "timeout": "60s" } } });
        let agent = "tools: [write_file], permissions: auto";
        let played = act(agent, &format!("hooks: {{ loud: {hook} }}"), |request| match request.call {
            // What the hook is handed does not fit a pipe either.
            0 => calls(&[("write_file", json!({ "path": "a.txt", "content": "x".repeat(200 * 1024) }))]),
            _ => say(shown(request)),
        });
        assert_eq!(played.files.contains_key("a.txt"), runs, "{script}: {}", results(&played)[0].content);
        assert!(answer(&played).contains(told), "{script}: {}", answer(&played));
    }
}

// 12: the usage of replies with tool calls was lost, and a refused connection was not tried again.
#[test]
fn usage_beside_tool_calls_is_booked_and_a_refused_connection_is_tried_again() {
    let agent = "tools: [list_files]";
    let asked = Arc::new(AtomicU32::new(0));
    let counts = Arc::clone(&asked);
    let played = act(agent, "prices: { book: { models: { own: { input: 1, output: 10 } } } }", move |request| {
        counts.fetch_add(1, Ordering::Relaxed);
        if request.attempt < 2 {
            let failure = ModelFailure::new(ModelFailureKind::Connection, "connection refused");
            return Err(ModelFailure { latency: VirtualDuration::from_millis(3), ..failure });
        }
        let reply = match request.call {
            0 => calls(&[("list_files", json!({}))])?,
            _ => ModelReply::text("done"),
        };
        Ok(ModelReply { usage: Some(Usage::new(1_000, 50)), ..reply })
    });
    assert_eq!((answer(&played), &played.result.status), ("done", &RunStatus::Completed));
    assert_eq!(asked.load(Ordering::Relaxed), 6, "two calls of three attempts");
    assert_eq!(count(&played, |kind| matches!(kind, EventKind::RetryScheduled { .. })), 4);
    let booked = &played.ledger.run;
    assert_eq!((booked.calls, booked.usage.input_tokens, booked.usage.output_tokens), (6, 2_000, 100));
    assert_eq!(booked.cost.as_picodollars(), 2 * (1_000 * 1_000_000 + 50 * 10_000_000));
}
