//! `moot show`: tells what happened in a run that was kept, line by line.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use folkmoot::core::{ActorPath, Event, EventKind, TaskId};
use folkmoot::folder::RunFolder;
use folkmoot::journal::{CostEdges, CostTree, Finding, MastTag, MastTagger, Measured, Summary};
use folkmoot::scenario::problem::nearest;
use folkmoot::view::{Filter, describe, escape};

use super::error::CommandError;
use super::exit::Ending;
use super::output::{self, Output};

/// How wide the column of times is; further lines of a text are moved to the right by it.
const TIME_COLUMNS: usize = 13;

/// Show who said what to whom in a run that was kept with --out
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  moot show runs/first
  moot show runs/jury --task 3 --agent 'juror[2]'
  moot show runs/jury --json | head
  moot show runs/first --cost --edges
  moot show runs/first --tags
  moot show runs/first --metrics --json

Each line starts with the virtual time in seconds.")]
pub(crate) struct ShowArguments {
    /// The folder of the run
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Show only what this agent, group or council did or was told
    #[arg(long, value_name = "PATH")]
    agent: Option<String>,
    /// Show only this task, by its number
    #[arg(long, value_name = "N")]
    task: Option<u32>,
    /// Show what the run cost as a tree: by task, council, agent and attempt
    #[arg(long, conflicts_with_all = ["agent", "task"])]
    cost: bool,
    /// With --cost: show it as a table by who asked whom
    #[arg(long, requires = "cost")]
    edges: bool,
    /// Show which tasks look like a failure mode of MAST, and by which events
    #[arg(long, conflicts_with_all = ["agent", "cost", "metrics"])]
    tags: bool,
    /// Show every metric that can be computed of the run
    #[arg(long, conflicts_with_all = ["agent", "task", "cost"])]
    metrics: bool,
    /// Print the events and tags as JSON Lines, the costs and metrics as one JSON object
    #[arg(long)]
    json: bool,
}

/// Shows the run. What is good of a damaged journal is shown before the damage is told.
pub(crate) fn show(arguments: ShowArguments, output: &mut Output) -> Result<Ending, CommandError> {
    let folder = RunFolder::open(&arguments.folder)?;
    match &arguments {
        ShowArguments { edges: true, json, .. } => return show_edges(&folder, *json, output),
        ShowArguments { cost: true, json, .. } => return show_cost(&folder, *json, output),
        ShowArguments { metrics: true, json, .. } => return show_metrics(&folder, *json, output),
        ShowArguments { tags: true, task, json, .. } => return show_tags(&folder, task.map(TaskId), *json, output),
        _ => {}
    }
    let filter = Filter { agent: arguments.agent, task: arguments.task.map(TaskId) };
    let mut shown = 0_u64;
    let mut seen = Seen::default();
    for event in folder.events()? {
        let event = event?;
        seen.add(&event);
        if filter.shows(&event) {
            shown += 1;
            if arguments.json {
                serde_json::to_writer(&mut *output, &event).map_err(std::io::Error::from)?;
                writeln!(output)?;
            } else if let Some(sentence) = describe(&event) {
                writeln!(output, "{}", line(&event, &sentence))?;
            }
        }
        if output.is_closed() {
            return Ok(Ending::Completed);
        }
    }
    output.flush()?;
    if shown == 0 {
        seen.explain(&filter)?;
    }
    if !seen.end {
        output::tell("note: the run has no end here; it is still going on, or its program was ended from outside\n");
        return Ok(Ending::Otherwise);
    }
    Ok(Ending::Completed)
}

/// What the run cost, as a tree whose sums agree.
fn show_cost(folder: &RunFolder, json: bool, output: &mut Output) -> Result<Ending, CommandError> {
    let mut tree = CostTree::new();
    for event in folder.events()? {
        tree.push(&event?);
    }
    if json {
        serde_json::to_writer_pretty(&mut *output, &tree).map_err(std::io::Error::from)?;
        writeln!(output)?;
    } else {
        write!(output, "{tree}")?;
    }
    output.flush()?;
    Ok(Ending::Completed)
}

/// What the run cost by who asked whom, the orchestrators' own included.
fn show_edges(folder: &RunFolder, json: bool, output: &mut Output) -> Result<Ending, CommandError> {
    let mut edges = CostEdges::new();
    for event in folder.events()? {
        edges.push(&event?);
    }
    if json {
        serde_json::to_writer_pretty(&mut *output, &edges).map_err(std::io::Error::from)?;
        writeln!(output)?;
    } else {
        write!(output, "{edges}")?;
    }
    output.flush()?;
    Ok(Ending::Completed)
}

/// Every metric, the dear ones included: a kept journal holds all that they need.
fn show_metrics(folder: &RunFolder, json: bool, output: &mut Output) -> Result<Ending, CommandError> {
    let mut summary = Summary::measuring(Measured::everything());
    for event in folder.events()? {
        summary.push(&event?);
    }
    let metrics = summary.metrics();
    if json {
        serde_json::to_writer_pretty(&mut *output, &metrics).map_err(std::io::Error::from)?;
        writeln!(output)?;
    } else {
        let width = metrics.keys().map(String::len).max().unwrap_or_default();
        for (name, value) in metrics {
            writeln!(output, "{name:<width$}  {value}")?;
        }
    }
    output.flush()?;
    Ok(Ending::Completed)
}

/// Which tasks look like a failure mode of MAST: a line for each sign of one, in the order in which they showed.
fn show_tags(
    folder: &RunFolder,
    task: Option<TaskId>,
    json: bool,
    output: &mut Output,
) -> Result<Ending, CommandError> {
    let (mut tagger, mut found) = (MastTagger::default(), Vec::new());
    let mut shown = 0_u64;
    for event in folder.events()? {
        tagger.push(&event?, &mut found);
        for finding in found.drain(..).filter(|finding| task.is_none_or(|wanted| finding.task == wanted)) {
            shown += 1;
            if json {
                serde_json::to_writer(&mut *output, &finding).map_err(std::io::Error::from)?;
                writeln!(output)?;
            } else {
                writeln!(output, "{}", tag_line(&finding))?;
            }
        }
    }
    output.flush()?;
    if shown == 0 {
        let codes: Vec<&str> = MastTag::ALL.into_iter().map(MastTag::code).collect();
        output::tell(&format!("note: no sign of the failure modes {} of MAST\n", codes.join(", ")));
    }
    Ok(Ending::Completed)
}

fn tag_line(finding: &Finding) -> String {
    let Finding { task, tag, actor, events, what } = finding;
    let events: Vec<String> = events.iter().map(|event| event.0.to_string()).collect();
    let (code, title, what) = (tag.code(), tag.title(), escape(what));
    format!("task {task}  {code} {title}: {actor} {what} (events {})", events.join(", "))
}

fn line(event: &Event, sentence: &str) -> String {
    let milliseconds = event.time.as_millis();
    let time = format!("{}.{:03}", milliseconds / 1_000, milliseconds % 1_000);
    let sentence = sentence.replace('\n', &format!("\n{}", " ".repeat(TIME_COLUMNS)));
    format!("{time:>width$}  {sentence}", width = TIME_COLUMNS - 2)
}

/// What a journal holds that could have been asked for.
#[derive(Default)]
pub(super) struct Seen {
    groups: BTreeSet<String>,
    tasks: u64,
    end: bool,
}

impl Seen {
    pub(super) fn add(&mut self, event: &Event) {
        match &event.kind {
            EventKind::ActorStarted { .. } => {
                self.groups.insert(event.actor.group().to_owned());
            }
            EventKind::TaskStarted { .. } => self.tasks += 1,
            EventKind::RunEnded { .. } => self.end = true,
            _ => {}
        }
    }

    /// Tells why nothing was shown, when the filter names what is not there.
    pub(super) fn explain(&self, filter: &Filter) -> Result<(), CommandError> {
        let usage = |message: String, hint: Option<String>| Err(CommandError::Usage { message, hint });
        if let Some(agent) = &filter.agent {
            let is_known = |name: &str| self.groups.iter().any(|group| group == name);
            let group = ActorPath::new(agent).map_or(agent.clone(), |path| path.group().to_owned());
            if !is_known(&group) {
                let groups: Vec<&str> = self.groups.iter().map(String::as_str).collect();
                let hint = nearest(&group, &groups).map(|near| format!("did you mean {near}?"));
                return usage(format!("nobody called {agent:?} takes part in this run"), hint);
            }
        }
        match filter.task {
            Some(task) if u64::from(task.0) >= self.tasks => usage(
                format!("there is no task {task} in this run; it has {} so far, counted from 0", self.tasks),
                None,
            ),
            _ => usage("nothing in this run is both of this agent and of this task".to_owned(), None),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn kept() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let text = "
folkmoot: 1
name: pair
models: { m: { scripted: { steps: [{ say: \"one\\ntwo \\e[31m\", latency: 1500ms }] } } }
agents: { a: { model: m, count: 2 } }
coordination: { vote: { members: [a], rule: plurality, ties: first } }
tasks: { list: [x, y] }
";
        let scenario = folkmoot::parse(text).unwrap();
        folkmoot::Run::new(&scenario).folder(folder.path().join("run")).play().unwrap();
        folder
    }

    fn all_of(folder: &str) -> ShowArguments {
        let (agent, task, folder) = (None, None, folder.into());
        ShowArguments { folder, agent, task, cost: false, edges: false, tags: false, metrics: false, json: false }
    }

    /// What one of the other views of the run prints.
    fn view(folder: &tempfile::TempDir, choose: impl FnOnce(&mut ShowArguments)) -> String {
        let mut arguments = all_of(folder.path().join("run").to_str().unwrap());
        choose(&mut arguments);
        let mut bytes = Vec::new();
        assert_eq!(show(arguments, &mut Output::new(&mut bytes)).ok(), Some(Ending::Completed));
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn costs_by_edge_add_up_to_those_of_the_tree() {
        let folder = kept();
        let json = |edges| {
            view(&folder, |arguments| {
                (arguments.cost, arguments.edges, arguments.json) = (true, edges, true);
            })
        };
        let edges: serde_json::Value = serde_json::from_str(&json(true)).unwrap();
        let tree: serde_json::Value = serde_json::from_str(&json(false)).unwrap();
        assert_eq!(edges["totals"], tree["totals"]);
        let calls: u64 =
            edges["edges"].as_array().unwrap().iter().filter_map(|edge| edge["totals"]["calls"].as_u64()).sum();
        assert_eq!(edges["totals"]["calls"], calls);
        let table = view(&folder, |arguments| (arguments.cost, arguments.edges) = (true, true));
        assert!(table.contains("council a[0]"), "{table}");
    }

    #[test]
    fn metrics_are_all_there_and_tags_are_told() {
        let folder = kept();
        let metrics = view(&folder, |arguments| arguments.metrics = true);
        assert!(metrics.lines().any(|line| line.starts_with("critical_path_ms ")), "{metrics}");
        assert!(metrics.lines().any(|line| line.split_whitespace().eq(["agreement", "1"])), "{metrics}");
        let json = view(&folder, |arguments| (arguments.metrics, arguments.json) = (true, true));
        let metrics: std::collections::BTreeMap<String, folkmoot::journal::MetricValue> =
            serde_json::from_str(&json).unwrap();
        assert_eq!(metrics["mast_3_2"].to_string(), "0");
        assert_eq!(view(&folder, |arguments| arguments.tags = true), "", "nothing to tell but a note");

        let text = "
folkmoot: 1
name: hasty
models: { m: { scripted: { steps: [{ call: { write_file: { path: a.txt, content: x } } }, { say: done }] } } }
agents: { a: { model: m, tools: [write_file], permissions: auto } }
coordination: a
tasks: { list: [x, y] }
";
        let folder = tempfile::tempdir().unwrap();
        folkmoot::Run::new(&folkmoot::parse(text).unwrap()).folder(folder.path().join("run")).play().unwrap();
        let tags = view(&folder, |arguments| (arguments.tags, arguments.task) = (true, Some(1)));
        let begin = "task 1  3.2 no or incomplete verification: a a.txt was changed and not looked at again (events ";
        assert!(tags.starts_with(begin) && tags.lines().count() == 1, "{tags}");
        let json = view(&folder, |arguments| (arguments.tags, arguments.json) = (true, true));
        let first: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
        assert_eq!((&first["tag"], &first["task"]), (&"3.2".into(), &0.into()));
    }

    fn shown(folder: &tempfile::TempDir, agent: Option<&str>, task: Option<u32>, json: bool) -> Result<String, String> {
        let mut bytes = Vec::new();
        let folder = folder.path().join("run");
        let arguments = ShowArguments { folder, agent: agent.map(str::to_owned), task, json, ..all_of("") };
        let ending = show(arguments, &mut Output::new(&mut bytes)).map_err(|error| error.to_string())?;
        assert_eq!(ending, Ending::Completed);
        Ok(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn lines_start_with_the_time_and_further_lines_are_moved() {
        let folder = kept();
        let all = shown(&folder, None, None, false).unwrap();
        assert!(all.starts_with("      0.000  run of pair starts: seed 1, replicate 0\n"), "{all}");
        assert!(all.contains("      1.500  a[1] says: one\n                 two \\u{1b}[31m"), "{all}");
        assert!(all.ends_with("  run completed\n"), "{all}");
        let one = shown(&folder, Some("a[1]"), Some(1), false).unwrap();
        assert!(one.lines().count() >= 3 && !one.contains("a[0]"), "{one}");
    }

    #[test]
    fn json_is_one_event_a_line() {
        let folder = kept();
        let all = shown(&folder, None, Some(0), true).unwrap();
        for line in all.lines() {
            let event: Event = serde_json::from_str(line).unwrap();
            assert_eq!(event.kind.task(), Some(TaskId(0)));
        }
        assert!(all.lines().count() > 5);
    }

    #[test]
    fn what_is_not_there_is_told() {
        let folder = kept();
        let wrong = |agent: Option<&str>, task| shown(&folder, agent, task, false).unwrap_err();
        assert!(wrong(Some("b"), None).contains("nobody called \"b\""));
        assert!(wrong(Some("councl"), None).contains("help: did you mean council?"));
        assert!(wrong(None, Some(2)).contains("there is no task 2 in this run; it has 2"));
    }
}
