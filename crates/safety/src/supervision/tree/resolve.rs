//! From options and actors to a tree, or to everything that is wrong.
//!
//! This module must not know files or positions in them: a problem names the option, and whoever read the file knows
//! where that stands.
//!
//! ```
//! use moot_safety::supervision::{SupervisionOptions, SupervisionTree};
//!
//! let options: SupervisionOptions =
//!     serde_json::from_str(r#"{ "a": { "children": ["b"] }, "b": { "children": ["a"] } }"#).unwrap();
//! let problems = SupervisionTree::resolve(&options, &[], &[]).unwrap_err();
//! assert_eq!(problems[0].to_string(), "a.children[0]: supervisors stand under each other: a -> b -> a");
//! ```

use std::collections::{BTreeMap, BTreeSet};

use moot_core::ActorPath;

use super::names::{Written, named};
use super::{SupervisionTree, SupervisorNode, TreeChild, Under};
use crate::supervision::{
    AtLimit, ChildOptions, ChildSpec, Counted, RESTARTS_PRODUCT_MAX, ROOT, Shutdown, Strategy, SupervisionOptions,
    SupervisionProblem, SupervisorOptions,
};

/// How many supervisors may stand one below another, the root not counted.
const LEVELS_MAX: usize = 16;

/// What the children of the supervisors are made from.
struct Resolver<'a> {
    options: &'a SupervisionOptions,
    root: &'a SupervisorOptions,
    /// Every name under `children`, and where it stands.
    written: BTreeMap<&'a str, Written<'a>>,
    /// The actors that fall under each written name, and under none (the empty name), in order.
    actors: BTreeMap<&'a str, Vec<&'a ActorPath>>,
    kinds: BTreeSet<&'a str>,
    nodes: Vec<SupervisorNode>,
    started: BTreeMap<String, (usize, ChildSpec)>,
}

impl SupervisionTree {
    /// The tree for these actors, given in the order in which they are started. `kinds` are the declarations that agents
    /// are started from by others.
    ///
    /// # Errors
    /// Everything that is wrong with the options. What is only worth a warning is told by [`Self::warnings`].
    pub fn resolve(
        options: &SupervisionOptions,
        actors: &[ActorPath],
        kinds: &[String],
    ) -> Result<Self, Vec<SupervisionProblem>> {
        let mut problems = Vec::new();
        for (name, supervisor) in options {
            problems.extend(supervisor.check(name).into_iter().map(|problem| below(name, problem)));
        }
        let written = written(options, &mut problems);
        let default_root = SupervisorOptions::default();
        let mut resolver = Resolver {
            options,
            root: options.get(ROOT).unwrap_or(&default_root),
            written,
            actors: BTreeMap::new(),
            kinds: kinds.iter().map(String::as_str).collect(),
            nodes: Vec::new(),
            started: BTreeMap::new(),
        };
        for path in actors {
            let name = named(path, &resolver.written).unwrap_or("");
            resolver.actors.entry(name).or_default().push(path);
        }
        resolver.check_names(actors, &mut problems);
        resolver.check_circles(&mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        resolver.add_root();
        let tree = Self { nodes: resolver.nodes, started: resolver.started };
        Ok(tree)
    }

    /// What works as it is written and is still worth a word: supervisors whose restarts multiply to more than 27.
    #[must_use]
    pub fn warnings(&self) -> Vec<SupervisionProblem> {
        let mut warnings = Vec::new();
        let mut products: Vec<u64> = Vec::new();
        for node in &self.nodes {
            let above = node.under.and_then(|under| products.get(under.node)).copied().unwrap_or(1);
            let product = above.saturating_mul(u64::from(node.policy.intensity));
            // One warning for the highest supervisor at which it is too much.
            if product > RESTARTS_PRODUCT_MAX && (above <= RESTARTS_PRODUCT_MAX || node.under.is_none()) {
                let names = self.names_down_to(node);
                let message = format!(
                    "restarts multiply over supervisors: {names} may restart a child {product} times before they give up"
                );
                let hint = format!("lower an `intensity`: up to {RESTARTS_PRODUCT_MAX} in all is usual");
                let path = format!("{}.intensity", node.name);
                let problem = SupervisionProblem { is_warning: true, ..SupervisionProblem::new(path, message) };
                warnings.push(SupervisionProblem { hint: Some(hint), ..problem });
            }
            products.push(product);
        }
        warnings
    }

    fn names_down_to(&self, node: &SupervisorNode) -> String {
        let above = |node: &&SupervisorNode| node.under.and_then(|under| self.nodes.get(under.node));
        let mut names: Vec<&str> = std::iter::successors(Some(node), above).map(|node| node.name.as_str()).collect();
        names.reverse();
        names.join(" over ")
    }
}

fn below(name: &str, problem: SupervisionProblem) -> SupervisionProblem {
    SupervisionProblem { path: format!("{name}.{}", problem.path), ..problem }
}

fn place((supervisor, index): Written<'_>) -> String {
    format!("{supervisor}.children[{index}]")
}

/// Where every name stands; one that stands in two places is a problem.
fn written<'a>(
    options: &'a SupervisionOptions,
    problems: &mut Vec<SupervisionProblem>,
) -> BTreeMap<&'a str, Written<'a>> {
    let mut written: BTreeMap<&str, Written<'_>> = BTreeMap::new();
    for (supervisor, of) in options {
        for (index, child) in of.children.iter().enumerate() {
            if let Some(first) = written.get(child.name.as_str()) {
                let message = format!("`{}` stands under `{}` already", child.name, first.0);
                problems.push(SupervisionProblem::new(place((supervisor, index)), message));
            } else {
                written.insert(&child.name, (supervisor, index));
            }
        }
    }
    written
}

impl<'a> Resolver<'a> {
    /// Every name leads to somebody, and no supervisor is called like an actor.
    fn check_names(&self, actors: &[ActorPath], problems: &mut Vec<SupervisionProblem>) {
        let groups: BTreeSet<&str> = actors.iter().map(ActorPath::group).collect();
        for name in self.options.keys() {
            if groups.contains(name.as_str()) || self.kinds.contains(name.as_str()) {
                let message =
                    format!("`{name}` is the name of an agent or a council; choose another for the supervisor");
                problems.push(SupervisionProblem::new(name, message));
            }
        }
        for (name, at) in &self.written {
            if *name == ROOT && !groups.contains(ROOT) {
                let message = "`root` stands above all others and under nobody";
                problems.push(SupervisionProblem::new(place(*at), message));
                continue;
            }
            let leads_somewhere = self.actors.contains_key(name)
                || self.options.contains_key(*name)
                || self.kinds.contains(name)
                // Every one of its agents may be named more particularly elsewhere.
                || actors.iter().any(|path| path.is_within(name));
            if !leads_somewhere {
                let problem = SupervisionProblem::new(place(*at), format!("there is nobody called `{name}`"));
                // An agent that is only copied into councils lives nowhere else.
                let copies = groups.iter().find(|group| group.rsplit_once('/').is_some_and(|(_, last)| last == *name));
                let hint = copies.map(|copies| format!("its copies are called `{copies}`"));
                problems.push(SupervisionProblem { unknown: Some((*name).to_owned()), hint, ..problem });
            }
        }
    }

    /// Reports supervisors that stand under themselves, or too deep. Whoever has no way up to the top goes in a circle.
    fn check_circles(&self, problems: &mut Vec<SupervisionProblem>) {
        let mut reported: BTreeSet<&str> = BTreeSet::new();
        for name in self.options.keys() {
            let mut way = vec![name.as_str()];
            let mut current = name.as_str();
            while let Some((above, index)) = self.written.get(current).copied() {
                if let Some(start) = way.iter().position(|seen| *seen == above) {
                    let around = way.get(start..).unwrap_or_default();
                    if !around.iter().any(|name| reported.contains(name)) {
                        reported.extend(around);
                        problems.push(circle(around, (above, index)));
                    }
                    break;
                }
                way.push(above);
                current = above;
            }
            if way.len() > LEVELS_MAX && reported.is_empty() {
                let (above, most) = (way.len() - 1, LEVELS_MAX - 1);
                let message =
                    format!("it stands under {above} supervisors besides the root; at most {most} are allowed");
                return problems.push(SupervisionProblem::new(name, message));
            }
        }
    }

    /// The top: what serves all and is named by nobody, then what it names, then supervisors that nobody names, then
    /// agents and councils that nobody names.
    fn add_root(&mut self) {
        let root = self.root;
        let counted = root.counted(ROOT);
        let can_isolate = root.strategy == Strategy::OneForOne && counted == Counted::Each;
        let for_participants = if can_isolate { AtLimit::Isolate } else { AtLimit::Escalate };
        self.push_node(ROOT, root, None);
        let unnamed = self.actors.remove("").unwrap_or_default();
        let (servants, participants): (Vec<_>, Vec<_>) = unnamed.into_iter().partition(|path| path.is_within("world"));
        let spec = |at_limit| child_spec(&ChildOptions::named(""), root, at_limit, Shutdown::WORKER);
        for path in servants {
            self.push_child(0, path, spec(AtLimit::Escalate));
        }
        self.add_children(0, root);
        for (name, supervisor) in self.options {
            if name != ROOT && !self.written.contains_key(name.as_str()) {
                let spec = child_spec(&ChildOptions::named(""), root, AtLimit::Escalate, Shutdown::SUPERVISOR);
                self.add_supervisor(0, name, supervisor, spec);
            }
        }
        for path in participants {
            self.push_child(0, path, spec(for_participants));
        }
    }

    fn add_supervisor(&mut self, above: usize, name: &str, options: &'a SupervisorOptions, spec: ChildSpec) {
        let node = self.nodes.len();
        let Some(parent) = self.nodes.get_mut(above) else { return };
        let under = Under { node: above, child: parent.children.len() };
        parent.children.push(TreeChild::Supervisor { node, spec });
        self.push_node(name, options, Some(under));
        self.add_children(node, options);
    }

    /// The children that a supervisor names. The depth of this recursion was checked.
    fn add_children(&mut self, node: usize, options: &'a SupervisorOptions) {
        for child in &options.children {
            let name = child.name.as_str();
            if let Some(supervisor) = self.options.get(name) {
                let spec = child_spec(child, options, AtLimit::Escalate, Shutdown::SUPERVISOR);
                self.add_supervisor(node, name, supervisor, spec);
                continue;
            }
            let spec = child_spec(child, options, AtLimit::Escalate, Shutdown::WORKER);
            for path in self.actors.remove(name).unwrap_or_default() {
                self.push_child(node, path, spec);
            }
            if self.kinds.contains(name) {
                self.started.insert(name.to_owned(), (node, spec));
            }
        }
    }

    fn push_child(&mut self, node: usize, path: &ActorPath, mut spec: ChildSpec) {
        if path.is_within("world") {
            // Nobody could go on without what serves all.
            spec.at_limit = AtLimit::Escalate;
        }
        if let Some(node) = self.nodes.get_mut(node) {
            node.children.push(TreeChild::Actor { path: path.clone(), spec });
        }
    }

    fn push_node(&mut self, name: &str, options: &SupervisorOptions, under: Option<Under>) {
        let top = ActorPath::world().child("supervisor").unwrap_or_else(|_| ActorPath::world());
        let path = if under.is_none() { top } else { top.child(name).unwrap_or(top) };
        let policy = options.policy(name);
        self.nodes.push(SupervisorNode { name: name.to_owned(), path, under, policy, children: Vec::new() });
    }
}

fn circle(around: &[&str], at: Written<'_>) -> SupervisionProblem {
    let message = match around {
        [alone] => format!("the supervisor `{alone}` stands under itself"),
        several => {
            // The way was walked upwards; a circle reads better from above.
            let mut names: Vec<&str> = several.to_vec();
            names.reverse();
            names.rotate_right(1);
            let first = names.first().copied().unwrap_or_default();
            format!("supervisors stand under each other: {} -> {first}", names.join(" -> "))
        }
    };
    SupervisionProblem::new(place(at), message)
}

/// What a child is told by itself, else by its supervisor, else by what it is.
fn child_spec(
    child: &ChildOptions,
    supervisor: &SupervisorOptions,
    at_limit: AtLimit,
    shutdown: Shutdown,
) -> ChildSpec {
    // A supervisor's limits end the wait for it; what its own supervisor says of children is meant for workers.
    let of_supervisor = supervisor.shutdown.filter(|_| shutdown != Shutdown::SUPERVISOR);
    ChildSpec {
        restart: child.restart,
        shutdown: child.shutdown.or(of_supervisor).unwrap_or(shutdown),
        significant: child.significant,
        at_limit: child.at_limit.or(supervisor.at_limit).unwrap_or(at_limit),
    }
}
