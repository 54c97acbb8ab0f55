//! A tree as text that fits a terminal of 80 columns.
//!
//! Agents of one group that are supervised alike and stand beside each other take one line. This module must not know
//! how the tree came about.
//!
//! ```
//! use moot_core::ActorPath;
//! use moot_safety::supervision::{SupervisionOptions, SupervisionTree};
//!
//! let paths = ["world/tools", "juror[0]", "juror[1]"].map(|path| ActorPath::new(path).unwrap());
//! let tree = SupervisionTree::resolve(&SupervisionOptions::new(), &paths, &[]).unwrap();
//! let expected = "\
//! root: one_for_one, 3 restarts in 5s for each child
//! ├─ world/tools: permanent
//! └─ juror[0] to juror[1]: permanent, isolated at a limit
//! ";
//! assert_eq!(tree.draw(), expected);
//! ```

use moot_core::{ActorPath, VirtualDuration};

use super::{SupervisionTree, SupervisorNode, TreeChild};
use crate::supervision::{
    AtLimit, AutoShutdown, BackoffOptions, ChildSpec, Counted, Shutdown, SupervisorOptions, SupervisorPolicy,
};

/// How wide a line may be, in columns.
const COLUMNS: usize = 80;

/// What stands on one line below a supervisor.
enum Line<'a> {
    /// Agents of one group that are supervised alike, the first and the last; or one actor twice.
    Actors(&'a ActorPath, &'a ActorPath, ChildSpec),
    Supervisor(&'a SupervisorNode, usize, ChildSpec),
    /// A kind of agents that others start.
    Kind(&'a str, ChildSpec),
}

impl SupervisionTree {
    /// The tree as lines, each ended; the same tree gives the same text.
    #[must_use]
    pub fn draw(&self) -> String {
        let mut text = String::new();
        if let Some(root) = self.nodes.first() {
            push_line(&mut text, "", "", &root.name, &of_policy(&root.policy));
            self.draw_children(&mut text, "", root, 0);
        }
        text
    }

    /// The depth of this recursion is that of the tree, which has a limit.
    fn draw_children(&self, text: &mut String, margin: &str, node: &SupervisorNode, number: usize) {
        let lines = self.lines(node, number);
        let last = lines.len().saturating_sub(1);
        for (index, line) in lines.into_iter().enumerate() {
            let (branch, below) = if index == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            let (first, rest) = (format!("{margin}{branch}"), format!("{margin}{below}"));
            match line {
                Line::Actors(from, to, spec) if from == to => {
                    push_line(text, &first, &rest, from.as_str(), &of_child(&spec, Shutdown::WORKER));
                }
                Line::Actors(from, to, spec) => {
                    push_line(text, &first, &rest, &format!("{from} to {to}"), &of_child(&spec, Shutdown::WORKER));
                }
                Line::Kind(kind, spec) => {
                    let mut words = of_child(&spec, Shutdown::WORKER);
                    words.insert(0, "started by agents".to_owned());
                    push_line(text, &first, &rest, kind, &words);
                }
                Line::Supervisor(supervisor, number, spec) => {
                    let mut words = of_policy(&supervisor.policy);
                    words.extend(of_child(&spec, Shutdown::SUPERVISOR));
                    push_line(text, &first, &rest, &supervisor.name, &words);
                    self.draw_children(text, &rest, supervisor, number);
                }
            }
        }
    }

    fn lines<'a>(&'a self, node: &'a SupervisorNode, number: usize) -> Vec<Line<'a>> {
        let mut lines: Vec<Line<'_>> = Vec::new();
        for child in &node.children {
            match child {
                TreeChild::Actor { path, spec } => match lines.last_mut() {
                    Some(Line::Actors(_, last, alike)) if alike == spec && is_next(last, path) => *last = path,
                    _ => lines.push(Line::Actors(path, path, *spec)),
                },
                TreeChild::Supervisor { node, spec } => {
                    lines.extend(self.nodes.get(*node).map(|below| Line::Supervisor(below, *node, *spec)));
                }
            }
        }
        let kinds = self.started.iter().filter(|(_, (under, _))| *under == number);
        lines.extend(kinds.map(|(kind, (_, spec))| Line::Kind(kind, *spec)));
        lines
    }
}

/// Whether one agent is the next of the other's group.
fn is_next(last: &ActorPath, path: &ActorPath) -> bool {
    let follows = last.index().zip(path.index()).is_some_and(|(last, index)| last.checked_add(1) == Some(index));
    follows && last.group() == path.group()
}

fn of_policy(policy: &SupervisorPolicy) -> Vec<String> {
    let usual = SupervisorOptions::default();
    let restarts = if policy.intensity == 1 { "restart" } else { "restarts" };
    let each = if policy.counted == Counted::Each { " for each child" } else { "" };
    let mut words = vec![
        policy.strategy.as_str().to_owned(),
        format!("{} {restarts} in {}{each}", policy.intensity, short(policy.period)),
    ];
    if policy.consecutive_max != usual.consecutive_max {
        words.push(format!("at most {} crashes in a row", policy.consecutive_max));
    }
    if policy.backoff != usual.backoff {
        let BackoffOptions { min, max, .. } = policy.backoff;
        words.push(format!("waits from {} to {}", short(min), short(max)));
    }
    match policy.auto_shutdown {
        AutoShutdown::Never => {}
        AutoShutdown::AnySignificant => words.push("ends with any significant child".to_owned()),
        AutoShutdown::AllSignificant => words.push("ends with its significant children".to_owned()),
    }
    words
}

/// What is said of a child: when it is restarted, and whatever is not as usual.
fn of_child(spec: &ChildSpec, usual: Shutdown) -> Vec<String> {
    let mut words = vec![spec.restart.as_str().to_owned()];
    if spec.significant {
        words.push("significant".to_owned());
    }
    match spec.shutdown {
        shutdown if shutdown == usual => {}
        Shutdown::BrutalKill => words.push("killed at once".to_owned()),
        Shutdown::Infinity => words.push("stops whenever it likes".to_owned()),
        Shutdown::Within(limit) => words.push(format!("stops within {}", short(limit))),
    }
    if spec.at_limit == AtLimit::Isolate {
        words.push("isolated at a limit".to_owned());
    }
    words
}

/// One line, or several when it is too long: `rest` begins those after the first.
fn push_line(text: &mut String, first: &str, rest: &str, name: &str, words: &[String]) {
    let mut line = format!("{first}{name}:");
    for (index, word) in words.iter().enumerate() {
        let comma = if index + 1 == words.len() { "" } else { "," };
        let added = format!(" {word}{comma}");
        if line.chars().count() + added.chars().count() > COLUMNS {
            push_cut(text, &line);
            line = format!("{rest}  {added}");
        } else {
            line.push_str(&added);
        }
    }
    push_cut(text, &line);
}

fn push_cut(text: &mut String, line: &str) {
    if line.chars().count() > COLUMNS {
        text.extend(line.chars().take(COLUMNS - 1));
        text.push('…');
    } else {
        text.push_str(line);
    }
    text.push('\n');
}

/// A duration as people write it.
fn short(duration: VirtualDuration) -> String {
    match duration.as_millis() {
        0 => "0s".to_owned(),
        hours if hours.is_multiple_of(3_600_000) => format!("{}h", hours / 3_600_000),
        minutes if minutes.is_multiple_of(60_000) => format!("{}m", minutes / 60_000),
        seconds if seconds.is_multiple_of(1_000) => format!("{}s", seconds / 1_000),
        milliseconds => format!("{milliseconds}ms"),
    }
}
