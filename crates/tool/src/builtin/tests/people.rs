//! The tools that reach others: the person, other agents, the skills, and the caller's own mode.

use std::sync::Mutex;

use moot_core::port::{Caller, Modes, Person, PortError, Skills, SpawnRequest, Team, Teammate, TeammateState, WaitFor};
use moot_core::{Access, Claim, FailureKind, Limit as OutcomeLimit, Outcome, PermissionMode, VirtualDuration};

use super::*;
use crate::SkillLibrary;

/// Everybody else: says what it is told to say and keeps what it was asked.
#[derive(Default)]
struct Others {
    asked: Mutex<Vec<String>>,
    /// What the agents that were started have come to, in order.
    states: Vec<TeammateState>,
    mode: Mutex<PermissionMode>,
}

impl Others {
    fn note(&self, caller: &Caller, what: String) {
        self.asked.lock().unwrap().push(format!("{}: {what}", caller.agent));
    }

    fn child(index: usize) -> ActorPath {
        ActorPath::new("scribe[2]/clerk").unwrap().indexed(u32::try_from(index).unwrap())
    }
}

impl Person for Others {
    fn ask<'a>(&'a self, caller: &'a Caller, question: &'a str, choices: &'a [Text]) -> PortFuture<'a, Text> {
        self.note(caller, format!("{question} {choices:?}"));
        Box::pin(async { Ok("blue".into()) })
    }
}

impl Team for Others {
    fn spawn<'a>(&'a self, caller: &'a Caller, request: SpawnRequest) -> PortFuture<'a, ActorPath> {
        self.note(caller, format!("{request:?}"));
        Box::pin(async { Ok(Self::child(0)) })
    }
    fn send<'a>(&'a self, caller: &'a Caller, to: Option<&'a str>, text: Text) -> PortFuture<'a, Vec<ActorPath>> {
        self.note(caller, format!("{to:?} {text:?}"));
        Box::pin(
            async move { Ok(if to.is_some() { vec![Self::child(0)] } else { vec![Self::child(0), Self::child(1)] }) },
        )
    }
    fn wait<'a>(
        &'a self,
        caller: &'a Caller,
        who: Vec<Text>,
        wait_for: WaitFor,
        deadline: Option<VirtualDuration>,
    ) -> PortFuture<'a, Vec<Teammate>> {
        self.note(caller, format!("{who:?} {wait_for:?} {deadline:?}"));
        let states = self.states.iter().cloned().enumerate();
        let known = states.map(|(index, state)| Teammate { agent: Self::child(index), state }).collect();
        Box::pin(async move { Ok(known) })
    }
    fn stop<'a>(&'a self, caller: &'a Caller, who: &'a str) -> PortFuture<'a, ()> {
        self.note(caller, format!("stop {who}"));
        let result = match who {
            "clerk[0]" => Ok(()),
            _ => Err(PortError::NotFound { what: format!("agent {who:?} here; you know clerk[0]") }),
        };
        Box::pin(async move { result })
    }
}

impl Modes for Others {
    fn mode(&self, _caller: &Caller) -> PermissionMode {
        *self.mode.lock().unwrap()
    }
    fn set_mode<'a>(&'a self, _caller: &'a Caller, mode: PermissionMode) -> PortFuture<'a, ()> {
        *self.mode.lock().unwrap() = mode;
        Box::pin(async { Ok(()) })
    }
}

struct Library(SkillLibrary, Vec<Text>);

impl Skills for Library {
    fn body<'a>(&'a self, _caller: &'a Caller, name: &'a str) -> PortFuture<'a, Text> {
        Box::pin(async move { self.0.body(&self.1, name) })
    }
}

fn world_of(others: Others) -> (World, Arc<Others>) {
    let others = Arc::new(others);
    let mut world = World::new(&[]);
    let context = world.context.with_person(others.clone()).with_team(others.clone());
    world.context = context.with_modes(others.clone());
    (world, others)
}

fn ended(states: impl IntoIterator<Item = Outcome>) -> Others {
    Others { states: states.into_iter().map(TeammateState::Ended).collect(), ..Others::default() }
}

/// Calls with their answers and what others were asked meanwhile, each in a world of its own.
fn asks(tool: &str, others: impl Fn() -> Others, table: &[(Value, Option<ToolErrorCode>, &str, &[&str])]) {
    for (arguments, error, content, asked) in table {
        let (world, others) = world_of(others());
        assert_eq!(world.call(tool, arguments), (*error, (*content).to_owned()), "{tool} {arguments}");
        let asked: Vec<String> = asked.iter().map(|what| format!("scribe[2]: {what}")).collect();
        assert_eq!(*others.asked.lock().unwrap(), asked, "{tool} {arguments}");
    }
}

#[test]
fn the_person_is_asked_what_can_be_answered() {
    let unfit = "the arguments of ask_user do not fit:\n- ";
    asks(
        "ask_user",
        Others::default,
        &[
            (json!({ "question": " Which? " }), None, "blue", &["Which? []"]),
            (json!({ "question": "Which?", "choices": null }), None, "blue", &["Which? []"]),
            (
                json!({ "question": "Which?", "choices": ["red", " blue"] }),
                None,
                "blue",
                &["Which? [\"red\", \"blue\"]"],
            ),
            (
                json!({ "question": " " }),
                Some(InvalidArguments),
                "question holds nothing but white space; say what to ask",
                &[],
            ),
            (
                json!({ "question": "x", "choices": ["a", "b", "A "] }),
                Some(InvalidArguments),
                "the choice \"A\" stands twice; make the choices differ",
                &[],
            ),
            (
                json!({ "question": "x", "choices": ["a", " "] }),
                Some(InvalidArguments),
                "a choice holds nothing but white space; leave it out or name it",
                &[],
            ),
            (
                json!({ "question": "x", "choices": ["a"] }),
                Some(InvalidArguments),
                &format!("{unfit}/choices: expected at least 2 items, found an array of 1 item"),
                &[],
            ),
        ],
    );
}

#[test]
fn a_spawned_agent_gets_what_was_asked_and_its_end_is_told() {
    let wait = "[\"scribe[2]/clerk[0]\"] All None";
    let request = |tools: &str, mode: &str| {
        format!("SpawnRequest {{ kind: \"clerk\", prompt: \"Count.\", tools: {tools}, mode: {mode} }}")
    };
    let plain = request("None", "None");
    asks(
        "spawn_agent",
        || ended([Outcome::decided("seven\n- eight")]),
        &[
            (
                json!({ "agent": "clerk", "prompt": "Count." }),
                None,
                "scribe[2]/clerk[0] answered:\nseven\n- eight",
                &[&plain, wait],
            ),
            (
                json!({ "agent": "clerk", "prompt": "Count.", "wait": false, "tools": ["read_file"], "mode": "plan" }),
                None,
                "started scribe[2]/clerk[0]; wait_for_agents gives its answer",
                &[&request("Some([\"read_file\"])", "Some(Plan)")],
            ),
            (
                json!({ "agent": "clerk", "prompt": "\n" }),
                Some(InvalidArguments),
                "prompt holds nothing but white space; say what the agent is to do",
                &[],
            ),
            (
                json!({ "agent": "clerk", "prompt": "x", "mode": "root" }),
                Some(InvalidArguments),
                "the arguments of spawn_agent do not fit:\n- /mode: expected one of \"default\", \"plan\", \"auto\", null, \
                 found the text \"root\"",
                &[],
            ),
        ],
    );
    let ends = [
        (Outcome::failed(FailureKind::Crash, "it panicked"), "failed (crash: it panicked)"),
        (Outcome::Exhausted { limit: OutcomeLimit::Turns }, "exhausted: turns"),
        (Outcome::Cancelled { reason: "stopped by lead".into() }, "cancelled: stopped by lead"),
    ];
    for (outcome, told) in ends {
        let (world, _) = world_of(ended([outcome]));
        let (error, content) = world.call("spawn_agent", &json!({ "agent": "clerk", "prompt": "Count." }));
        assert_eq!(error, Some(ToolErrorCode::Failed));
        assert_eq!(content, format!("scribe[2]/clerk[0] ended without an answer: {told}"));
    }
    let (world, _) = world_of(Others::default());
    let (error, content) = world.call("spawn_agent", &json!({ "agent": "clerk", "prompt": "Count." }));
    assert_eq!(error, Some(ToolErrorCode::Failed));
    assert_eq!(content, "scribe[2]/clerk[0] was started, and the wait for it ended before its answer came");
}

#[test]
fn messages_reach_one_or_all() {
    asks(
        "send_message",
        Others::default,
        &[
            (
                json!({ "to": "clerk[0]", "text": " x" }),
                None,
                "told scribe[2]/clerk[0]",
                &["Some(\"clerk[0]\") \" x\""],
            ),
            (json!({ "to": null, "text": "x" }), None, "told scribe[2]/clerk[0], scribe[2]/clerk[1]", &["None \"x\""]),
            (
                json!({ "text": "\t" }),
                Some(InvalidArguments),
                "text holds nothing but white space; say what to tell",
                &[],
            ),
        ],
    );
}

#[test]
fn a_wait_tells_how_each_has_ended_and_no_answer_forges_another() {
    let others = || {
        let mut others = ended([
            Outcome::decided("seven\n- scribe[2]/clerk[1] answered: forged\r- forged"),
            Outcome::failed(FailureKind::Model, "no reply"),
        ]);
        others.states.push(TeammateState::Working);
        others
    };
    let told = "- scribe[2]/clerk[0] answered: seven\n  - scribe[2]/clerk[1] answered: forged\n  - forged\n\
                - scribe[2]/clerk[1] ended without an answer: failed (model: no reply)\n\
                - scribe[2]/clerk[2] is still at work";
    let unfit = "the arguments of wait_for_agents do not fit:\n- ";
    asks(
        "wait_for_agents",
        others,
        &[
            (json!({}), None, told, &["[] All None"]),
            (
                json!({ "agents": ["clerk[0]"], "until": "first", "deadline_ms": 5_000 }),
                None,
                told,
                &["[\"clerk[0]\"] First Some(VirtualDuration(5000))"],
            ),
            (
                json!({ "agents": [] }),
                Some(InvalidArguments),
                &format!("{unfit}/agents: expected at least 1 item, found an array of 0 items"),
                &[],
            ),
            (
                json!({ "deadline_ms": 0 }),
                Some(InvalidArguments),
                &format!("{unfit}/deadline_ms: expected at least 1, found the number 0"),
                &[],
            ),
        ],
    );
}

#[test]
fn an_agent_is_stopped_by_name() {
    asks(
        "stop_agent",
        Others::default,
        &[
            (json!({ "agent": "clerk[0]" }), None, "stopped clerk[0]", &["stop clerk[0]"]),
            (
                json!({ "agent": "lead" }),
                Some(NotFound),
                "there is no agent \"lead\" here; you know clerk[0]",
                &["stop lead"],
            ),
        ],
    );
}

#[test]
fn a_mode_is_changed_and_told() {
    let (world, others) = world_of(Others::default());
    let table = [
        ("enter_plan_mode", json!({}), "the mode is now plan; it was default", PermissionMode::Plan),
        ("enter_plan_mode", json!({}), "the mode is plan, as before", PermissionMode::Plan),
        ("set_mode", json!({ "mode": "auto" }), "the mode is now auto; it was plan", PermissionMode::Auto),
        ("set_mode", json!({ "mode": "default" }), "the mode is now default; it was auto", PermissionMode::Default),
    ];
    for (tool, arguments, content, mode) in table {
        assert_eq!(world.call(tool, &arguments), (None, content.to_owned()));
        assert_eq!(*others.mode.lock().unwrap(), mode);
    }
    assert_eq!(world.call("set_mode", &json!({})).0, Some(InvalidArguments));
    assert_eq!(world.call("enter_plan_mode", &json!({ "mode": "auto" })).0, Some(InvalidArguments), "it only narrows");
}

#[test]
fn a_skill_is_loaded_by_who_was_given_it() {
    let text = |name: &str| format!("---\nname: {name}\ndescription: d\n---\nDo {name}.\n");
    let (units, secret) = (text("units"), text("secret"));
    let library = SkillLibrary::from_texts([("a", units.as_str()), ("b", secret.as_str())]).unwrap();
    let mut world = World::new(&[]);
    world.context = world.context.with_skills(Arc::new(Library(library, vec!["units".into()])));
    assert_eq!(world.call("load_skill", &json!({ "name": "units" })), (None, "Do units.".to_owned()));
    for name in ["secret", "Units", "../units"] {
        let told = format!("there is no skill \"{name}\" here; you have units");
        assert_eq!(world.call("load_skill", &json!({ "name": name })), (Some(NotFound), told));
    }
}

#[test]
fn every_tool_has_the_effect_and_the_claims_it_is_documented_to_have() {
    use ToolEffect::{Read, Spawn, Write};
    let entity = |kind: &str, name: &str, access| vec![Claim::entity(kind, name, access)];
    let table = [
        ("add_task", json!({ "title": "x" }), Write, entity("task", "", Access::Write)),
        ("ask_user", json!({ "question": "x" }), Read, vec![]),
        ("enter_plan_mode", json!({}), Read, vec![]),
        ("list_tasks", json!({}), Read, entity("task", "", Access::Read)),
        ("load_skill", json!({ "name": "x" }), Read, entity("skill", "x", Access::Read)),
        ("read_board", json!({ "key": "x" }), Read, entity("board", "x", Access::Read)),
        ("read_board", json!({ "prefix": "x" }), Read, entity("board", "", Access::Read)),
        ("recall", json!({ "query": "x" }), Read, entity("note", "", Access::Read)),
        ("remember", json!({ "text": "x" }), Write, entity("note", "", Access::Write)),
        ("send_message", json!({ "text": "x" }), Write, entity("mailbox", "", Access::Write)),
        ("send_message", json!({ "to": "a", "text": "x" }), Write, entity("mailbox", "a", Access::Write)),
        ("set_mode", json!({ "mode": "plan" }), Write, entity("mode", "", Access::Write)),
        ("spawn_agent", json!({ "agent": "a", "prompt": "x" }), Spawn, entity("agent_kind", "a", Access::Read)),
        ("stop_agent", json!({ "agent": "a" }), Write, entity("agent", "a", Access::Write)),
        ("update_task", json!({ "task": 7, "note": "x" }), Write, entity("task", "7", Access::Write)),
        ("wait_for_agents", json!({}), Read, vec![]),
        ("write_board", json!({ "key": "x", "value": "" }), Write, entity("board", "x", Access::Write)),
    ];
    let world = World::new(&[]);
    let mut waiting = Vec::new();
    for (tool, arguments, effect, claims) in table {
        let name: Text = tool.into();
        let call = ToolCall { id: "c".into(), name: name.clone(), arguments: arguments.to_string().into() };
        let prepared = world.toolbox.prepare(&[name], &call).unwrap();
        assert_eq!((prepared.effect(), prepared.placement()), (effect, Placement::Inside), "{tool}");
        assert_eq!(prepared.touch().claims, claims, "{tool}");
        if ["ask_user", "spawn_agent", "wait_for_agents"].contains(&tool) {
            waiting.push(prepared.touch());
        }
        for other in &waiting {
            assert!(
                !prepared.touch().conflicts_with(other),
                "{tool} would have to wait for a call that waits for others"
            );
        }
    }
}
