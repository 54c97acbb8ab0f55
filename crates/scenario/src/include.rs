//! `{ file: PATH }` in the places where a file may stand for what is written there.
//!
//! The file is read before the scenario is: as text for instructions and prompts, as YAML for documents.
//! What is wrong in it is then told with its place in it, and the resolved scenario needs no other files. This module
//! must not know what the texts mean.
//!
//! ```
//! use moot_scenario::{Format, parse};
//!
//! let text = "
//! folkmoot: 1
//! name: x
//! models: { m: { stochastic: { accuracy: 0.6 } } }
//! agents: { a: { model: m, instructions: { file: a.md } } }
//! coordination: a
//! tasks: { list: [y] }
//! ";
//! let problems = parse(text, "x.yaml", Format::Yaml, &[]).unwrap_err().to_string();
//! assert!(problems.contains("a scenario that was not read from a file can't name other files"), "{problems}");
//! ```

use std::path::Path;

use crate::Problem;
use crate::check::paths;
use crate::source::{Mark, Sources};
use crate::tree::{Node, Value, yaml};

/// How large a file with instructions, a prompt or documents may be, in bytes.
pub(crate) const INCLUDED_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What a file holds.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Yaml,
}

/// Where files may stand: keys, `*` for any key or index.
const PLACES: [(&[&str], Form); 4] = [
    (&["agents", "*", "instructions"], Form::Text),
    (&["agents", "*", "prompt", "project"], Form::Text),
    (&["tasks", "generate", "prompt"], Form::Text),
    (&["corpus"], Form::Yaml),
];

/// Reads every file that stands for something else and puts it there; tells what is wrong with them.
pub(crate) fn include(tree: &mut Node, sources: &mut Sources, folder: Option<&Path>) -> Vec<Problem> {
    let mut includer = Includer { sources, folder, problems: Vec::new() };
    for (place, form) in PLACES {
        includer.walk(tree, place, form);
    }
    includer.problems
}

struct Includer<'a> {
    sources: &'a mut Sources,
    folder: Option<&'a Path>,
    problems: Vec<Problem>,
}

impl Includer<'_> {
    fn walk(&mut self, node: &mut Node, place: &[&str], form: Form) {
        let Some((first, rest)) = place.split_first() else {
            if let Some((path, mark)) = named_file(node)
                && let Some(read) = self.read(&path, mark, form)
            {
                *node = read;
            }
            return;
        };
        match &mut node.value {
            Value::Map(entries) => {
                for entry in entries.iter_mut().filter(|entry| *first == "*" || entry.key == *first) {
                    self.walk(&mut entry.node, rest, form);
                }
            }
            Value::List(items) if *first == "*" => items.iter_mut().for_each(|item| self.walk(item, rest, form)),
            _ => {}
        }
    }

    fn read(&mut self, path: &str, mark: Mark, form: Form) -> Option<Node> {
        let text = match paths::read_inside(self.folder, path, INCLUDED_BYTES_MAX) {
            Ok(text) => text,
            Err(message) => {
                self.problems.push(paths::problem(self.sources.problem(mark, message)));
                return None;
            }
        };
        let source = self.sources.add(path, text.clone());
        match form {
            Form::Text => Some(Node { mark: Mark::new(source, 0, text.len()), value: Value::Text(text) }),
            Form::Yaml => yaml::parse(self.sources, source).map_err(|problem| self.problems.push(*problem)).ok(),
        }
    }
}

/// The path of a map that holds `file` alone.
fn named_file(node: &Node) -> Option<(String, Mark)> {
    let Value::Map(entries) = &node.value else { return None };
    match entries.as_slice() {
        [entry] if entry.key == "file" => match &entry.node.value {
            Value::Text(path) => Some((path.clone(), entry.node.mark)),
            _ => None,
        },
        _ => None,
    }
}
