//! Rules and hooks that would guard nothing are refused (row B21).

use super::*;

/// An agent with these tools and rules, one that it starts, and these hooks.
fn guarded(tools: &str, rules: &str, hooks: &str) -> Result<Scenario, Problems> {
    read(&format!(
        "folkmoot: 1
name: guarded
models: {{ m: {{ scripted: {{ steps: [{{ say: done }}] }} }} }}
tools: {{ postage: {{ custom: {{ name: postage }} }} }}
agents:
  lead: {{ model: m, tools: [spawn_agent{tools}], spawns: [worker], permissions: {{ rules: [{rules}] }} }}
  worker: {{ model: m, tools: [write_file, spawn_agent], spawns: [helper], on_demand: true }}
  helper: {{ model: m, on_demand: true }}
  juror: {{ model: m, count: 2 }}
coordination: {{ vote: {{ members: [lead, juror], rule: unanimity, fresh: true }} }}
tasks: {{ list: [x] }}
{hooks}
"
    ))
}

fn told(read: Result<Scenario, Problems>) -> String {
    read.map_or_else(|problems| problems.to_string(), |_| String::new())
}

#[test]
fn a_rule_that_no_call_of_the_agent_can_meet_is_refused() {
    let rows = [
        (
            ", read_file",
            "{ allow: { tools: [write_file] } }",
            "the agent has no such tool; it has spawn_agent, read_file",
        ),
        (", read_file", "{ allow: { tools: [raed_file] } }", "no tool is called \"raed_file\""),
        (", remember", "{ deny: { tools: [remember], paths: ['x/**'] } }", "no tool that the rule names uses files"),
        (", run_program", "{ deny: { tools: [run_program], commands: [[rm]] } }", "no tool that the rule names runs"),
        (", read_file", "{ deny: { effects: [network] } }", "none of the tools has such an effect"),
        (", read_file", "{ deny: { arguments: { /nosuch: x } } }", "none of the tools has such an argument"),
        (", read_file", "{ deny: { access: write } }", "none of the tools writes"),
        (", read_file", "{ deny: { commands: [[rm]] } }", "none of the tools runs commands"),
        (", web_search", "{ deny: { hosts: [a] } }", "none of the tools talks to hosts"),
        (
            ", read_file",
            "{ deny: { paths: ['secrets/**'] } }, { allow: { paths: [secrets/a.txt] } }",
            "it never decides, for rules[0].deny matches whatever it matches",
        ),
        (
            ", read_file",
            "{ deny: { paths: ['secrets/**'] } }, { ask: { paths: [secrets/b.txt] } }",
            "it never decides, for rules[0].deny matches whatever it matches",
        ),
        (", read_fil", "{ deny: { tools: [read_file] } }", "there is no tool `read_fil`"),
    ];
    for (tools, rules, message) in rows {
        let told = told(guarded(tools, rules, ""));
        assert!(told.contains(message) && told.matches("jury.yaml:").count() == 1, "{rules}: {told}");
    }
    for (tools, rules) in [
        (", read_file", "{ deny: { paths: ['secrets/**'] } }, { deny: { arguments: { /path: x } } }"),
        (", run_shell", "{ deny: { access: write } }, { deny: { hosts: [a], commands: [[rm]] } }"),
        (
            ", postage",
            "{ deny: { effects: [network], hosts: [a] } }, { ask: { commands: [[rm]], arguments: { /x: y } } }",
        ),
        (", read_file, remember", "{ allow: { tools: ['*'] } }, { deny: { tools: ['read_*', remember] } }"),
    ] {
        assert_eq!(told(guarded(tools, rules, "")), "", "{rules}");
    }
    let bare = changed("count: 5", "count: 5, permissions: { rules: [{ deny: { paths: [a] } }] }");
    assert!(told(read(&bare)).contains("no rule can ever match, for the agent has no tools"));
}

#[test]
fn a_hook_that_names_nobody_and_nothing_is_refused() {
    let hook = |about: &str, on: &str| {
        format!("hooks: {{ guard: {{ on: {on}, {about}, then: {{ rule: {{ deny: no }} }} }} }}")
    };
    for (about, message) in [
        ("tools: [raed_file]", "there is no tool `raed_file`"),
        ("tools: [read_file, 'raed_*']", "there is no tool `raed_*`"),
        ("agents: [nobody]", "there is no agent `nobody`"),
        ("agents: [juror]", "there is no agent `juror`"),
        ("agents: ['council/juror[2]']", "there is no agent `council/juror[2]`"),
        ("agents: ['council/laed/worker[0]']", "there is no agent `council/laed/worker[0]`"),
        ("agents: ['council/lead/juror[0]']", "there is no agent `council/lead/juror[0]`"),
    ] {
        let told = told(guarded("", "", &hook(about, "before_tool_call")));
        assert!(told.contains(message) && told.matches("jury.yaml:").count() == 1, "{about}: {told}");
    }
    let near = told(guarded("", "", &hook("tools: [raed_file]", "before_tool_call")));
    assert!(near.contains("did you mean `read_file`?"), "{near}");
    let near = told(guarded("", "", &hook("agents: [council/laed]", "stop")));
    assert!(near.contains("did you mean `council/lead`?"), "{near}");
    for about in [
        "tools: ['*_file', postage]",
        "agents: [council/lead, 'council/juror[1]', 'council/*', '*']",
        "agents: ['council/lead/worker[0]', 'council/lead/worker[7]/helper[0]', 'council/lead/*']",
        "agents: ['*/helper[1]', '*worker*']",
    ] {
        assert_eq!(told(guarded("", "", &hook(about, "before_tool_call"))), "", "{about}");
    }
}
