//! `moot policy explain`: which rule decides about a call, and why.

use std::io::Write;
use std::path::PathBuf;

use folkmoot::Scenario;
use folkmoot::core::{ActorPath, Text, ToolCall};
use folkmoot::mind::policy::{Policy, Question, Rights, explain};
use folkmoot::scenario::problem::nearest;
use folkmoot::scenario::{AgentPlan, tool_specs};
use folkmoot::tool::Toolbox;
use folkmoot::tool::builtin::kit::Kit;

use super::error::CommandError;
use super::exit::Ending;
use super::output::Output;
use super::trust::TrustArguments;

/// Say which permission rule decides about a call
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  moot policy explain scenarios/first-turn.yaml --agent author \\
      --tool write_file --args '{\"path\": \"a.txt\", \"content\": \"x\"}'")]
pub(crate) struct PolicyArguments {
    #[command(subcommand)]
    subcommand: PolicyCommand,
}

#[derive(Debug, clap::Subcommand)]
enum PolicyCommand {
    Explain(ExplainArguments),
}

/// Judge one call by a scenario's rules, without making it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  moot policy explain scenarios/first-turn.yaml --agent author \\
      --tool write_file --args '{\"path\": \"a.txt\", \"content\": \"x\"}'

Every rule is listed with what it says of the call and why. What an approval or
a hook would add during a run is not known here.")]
struct ExplainArguments {
    /// The scenario, in YAML or TOML
    file: PathBuf,
    /// The agent, by its path or by its name in the file
    #[arg(long, value_name = "AGENT")]
    agent: String,
    /// The tool
    #[arg(long, value_name = "TOOL")]
    tool: String,
    /// The arguments, as one JSON object
    #[arg(long = "args", value_name = "JSON")]
    arguments: String,
    /// The run, when the scenario holds several [default: the last]
    #[arg(long, value_name = "NAME")]
    run: Option<String>,
    #[command(flatten)]
    trust: TrustArguments,
}

/// Explains. A denied call is no failure: it was asked what would happen.
pub(crate) fn policy(arguments: PolicyArguments, output: &mut Output) -> Result<Ending, CommandError> {
    let PolicyCommand::Explain(arguments) = arguments.subcommand;
    let scenario = folkmoot::scenario::load_with(&arguments.file, &arguments.trust.settings(Vec::new()))?;
    let scenario = run_of(&scenario, arguments.run.as_deref())?;
    let agent = agent_of(scenario, &arguments.agent)?;
    let toolbox = toolbox(scenario)?;
    let name = Text::from(arguments.tool.as_str());
    if agent.tools.contains(&name) && !toolbox.contains(&name) {
        let message = format!(
            "the tool {name} is a custom one: what its calls can do and touch is known only to the program that has it, \
             so they can't be judged here; the journal of a run holds what was decided"
        );
        return Err(usage(message, None));
    }
    let call = ToolCall { id: "explained".into(), name: name.clone(), arguments: arguments.arguments.into() };
    // What the model would be told in place of a result is told here.
    let prepared = toolbox.prepare(&agent.tools, &call).map_err(|result| usage(result.content.to_string(), None))?;
    let rights = rights(agent, scenario)?;
    let touch = prepared.touch();
    let question = Question { tool: &name, effect: prepared.effect(), arguments: prepared.arguments(), touch: &touch };
    let explanation = explain([&rights], &question).to_string();
    writeln!(output, "{}", scenario.secrets.mask(explanation.trim_end()))?;
    Ok(Ending::Completed)
}

fn run_of<'s>(scenario: &'s Scenario, name: Option<&str>) -> Result<&'s Scenario, CommandError> {
    let Some(name) = name else { return Ok(scenario) };
    scenario.runs.iter().find(|run| run.name == name).ok_or_else(|| {
        let names: Vec<&str> = scenario.runs.iter().map(|run| run.name.as_str()).collect();
        usage(format!("the scenario has no run {name:?}"), nearest(name, &names))
    })
}

/// The agent of this path, else the first that was declared under this name.
fn agent_of<'s>(scenario: &'s Scenario, name: &str) -> Result<&'s AgentPlan, CommandError> {
    let all = || scenario.agents.iter().chain(&scenario.templates);
    let is_path = |agent: &&AgentPlan| agent.path.as_str() == name;
    let is_declared = |agent: &&AgentPlan| ActorPath::group(&agent.path) == name;
    all().find(is_path).or_else(|| all().find(is_declared)).ok_or_else(|| {
        let names: Vec<&str> = all().map(|agent| agent.path.group()).collect();
        usage(format!("the scenario has no agent {name:?}"), nearest(name, &names))
    })
}

fn toolbox(scenario: &Scenario) -> Result<Toolbox, CommandError> {
    let plan = &scenario.harness;
    let kit = Kit { shell: plan.shell.clone(), corpus: plan.corpus.clone(), programs: plan.programs.clone() };
    let mut toolbox = Toolbox::new();
    for tool in kit.tools() {
        toolbox.add_erased(tool).map_err(|error| usage(error.to_string(), None))?;
    }
    Ok(toolbox)
}

fn rights(agent: &AgentPlan, scenario: &Scenario) -> Result<Rights, CommandError> {
    let options = agent.options.permissions.clone().unwrap_or_default();
    // The same as when the scenario was checked: what is sound there is sound here.
    let specs = tool_specs(scenario.tools.keys().map(|name| &**name));
    let policy =
        Policy::compile(&options, &format!("agents.{}.permissions", agent.group), &specs).map_err(|problems| {
            let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
            usage(told.join("; "), None)
        })?;
    Ok(Rights::of(policy))
}

fn usage(message: String, near: Option<&str>) -> CommandError {
    CommandError::Usage { message, hint: near.map(|near| format!("did you mean {near}?")) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    const SCENARIO: &str = "
folkmoot: 1
name: guarded
models: { m: { scripted: { steps: [{ say: done }] } } }
tools: { own: { custom: { name: own } } }
agents:
  author:
    model: m
    tools: [write_file, read_file, own]
    permissions:
      rules:
        - deny: { paths: ['secrets/**'], name: no secrets }
        - allow: { tools: [write_file], paths: ['out/**'] }
        - ask: { tools: [own] }
coordination: author
tasks: { list: [Write.] }
";

    fn explained(agent: &str, tool: &str, arguments: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("guarded.yaml");
        std::fs::write(&file, SCENARIO).unwrap();
        let arguments = ExplainArguments {
            file,
            agent: agent.to_owned(),
            tool: tool.to_owned(),
            arguments: arguments.to_owned(),
            run: None,
            trust: TrustArguments::default(),
        };
        let arguments = PolicyArguments { subcommand: PolicyCommand::Explain(arguments) };
        let mut bytes = Vec::new();
        policy(arguments, &mut Output::new(&mut bytes)).map_err(|error| error.to_string())?;
        Ok(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn the_rule_that_decides_is_named() {
        let of =
            |path: &str| explained("author", "write_file", &format!(r#"{{"path":"{path}","content":"x"}}"#)).unwrap();
        let denied = of("secrets/key.txt");
        assert!(denied.starts_with("deny") && denied.contains("no secrets"), "{denied}");
        assert!(of("out/a.txt").starts_with("allow"), "{}", of("out/a.txt"));
        assert!(of("a.txt").starts_with("ask"), "{}", of("a.txt"));
        assert!(denied.lines().all(|line| line.chars().count() <= 80), "{denied}");
    }

    #[test]
    fn what_can_not_be_judged_is_told() {
        for (agent, tool, arguments, message) in [
            ("autor", "read_file", "{}", "did you mean author?"),
            ("author", "edit_file", "{}", "edit_file"),
            ("author", "own", "{}", "the tool own is a custom one"),
            ("author", "read_file", "{", "not JSON"),
        ] {
            let problem = explained(agent, tool, arguments).unwrap_err();
            assert!(problem.starts_with("error: ") && problem.contains(message), "{problem}");
        }
    }
}
