//! Checks of what the agent runtime is given: permissions, hooks, prices, budgets, skills, the person, timing.
//!
//! Each room checks its own options; here names are looked up, files are read and trust is asked for. This module must
//! not know how any of it works.
//!
//! ```
//! use moot_scenario::{Format, parse};
//!
//! let text = "
//! folkmoot: 1
//! name: x
//! models: { m: { stochastic: { accuracy: 0.6 } } }
//! agents: { a: { model: m, permissions: { rules: [{ deny: { tools: [raed_file] } }] } } }
//! coordination: a
//! tasks: { list: [y] }
//! ";
//! let problems = parse(text, "x.yaml", Format::Yaml, &[]).unwrap_err().to_string();
//! assert!(problems.contains("raed_file"), "{problems}");
//! ```

use std::collections::BTreeSet;

use moot_core::{ToolSpec, TouchKinds};
use moot_mind::OptionProblem;
use moot_mind::hook::{HookActionOptions, is_named};
use moot_mind::policy::{PermissionOptions, Policy};
use moot_model::{PriceBook, PriceBookOptions};
use moot_tool::builtin::kit;
use moot_tool::skills::{SKILL_BYTES_MAX, SkillLibrary};

use super::agents::known_tools;
use super::cast::Cast;
use super::{Checker, root};
use crate::file::{AgentOptions, PricesOptions, RUN_BUDGET};
use crate::harness::{HarnessPlan, tool_specs};
use crate::tree::{Part, TreePath, yaml};
use crate::trust::TrustKind;
use crate::{explain, read};

/// The longest that a file with prices may be, in bytes.
const PRICES_BYTES_MAX: u64 = 1024 * 1024;

/// The most that agents may stand between a started one and the scenario.
const DEPTH_MAX: u32 = 64;
/// The most agents that may be started in a run.
const STARTED_MAX: u32 = 1_000_000;

impl Checker<'_> {
    /// Everything but what agents say of themselves.
    pub(super) fn check_harness(&mut self) -> HarnessPlan {
        let file = self.file;
        for (name, options) in &file.gateways {
            let path = root("gateways").key(name);
            self.check_known(&path, Part::Key, "model", name, file.models.keys().map(String::as_str));
            let problems = options.retry.check().into_iter().map(|problem| (problem.path, problem.message));
            self.report_options(&path.key("retry"), problems.collect::<Vec<_>>());
            let limits = options.limits.iter().flat_map(|limits| limits.check());
            let limits: Vec<_> = limits.map(|problem| (problem.path, problem.message)).collect();
            self.report_options(&path.key("limits"), limits);
            let breaker = options.breaker.iter().flat_map(|breaker| breaker.check());
            let breaker: Vec<_> = breaker.map(|problem| (problem.path, problem.message)).collect();
            self.report_options(&path.key("breaker"), breaker);
        }
        for (name, options) in &file.budgets {
            let path = root("budgets").key(name);
            if name != RUN_BUDGET {
                let councils = file.councils.keys().map(String::as_str).chain(["council", RUN_BUDGET]);
                self.check_known(&path, Part::Key, "council", name, councils);
            }
            let problems = options.check().into_iter().map(|problem| (problem.path, problem.message));
            self.report_options(&path, problems.collect::<Vec<_>>());
        }
        self.check_hooks();
        self.check_parts();
        HarnessPlan {
            gateways: file.gateways.clone(),
            prices: self.check_prices(),
            budgets: file.budgets.clone(),
            hooks: file.hooks.clone(),
            person: file.person.clone(),
            skills: self.check_skills(),
            shell: file.shell.clone(),
            corpus: file.corpus.clone(),
            programs: file.programs.clone(),
            tool_timing: file.tool_timing.clone(),
            spawn: file.spawn,
        }
    }

    fn check_hooks(&mut self) {
        let file = self.file;
        for (name, options) in &file.hooks {
            let path = root("hooks").key(name);
            self.check_name(&path, Part::Key, name);
            let problems: Vec<_> = options.check().into_iter().map(|problem| (problem.path, problem.message)).collect();
            self.report_options(&path, problems);
            for (index, pattern) in options.tools.iter().enumerate() {
                let known = known_tools(file);
                // An empty pattern was reported already.
                if !pattern.is_empty() && !known.iter().any(|tool| is_named(pattern, tool)) {
                    let place = path.key("tools").index(index);
                    let problem = self.problem(&place, Part::Value, format!("there is no tool `{pattern}`"));
                    self.report(problem.among(pattern, known));
                }
            }
            if let HookActionOptions::Command(command) = &options.then {
                let mut what = serde_json::to_string(&command.argv).unwrap_or_default();
                // What a program does can hang on its variables as much as on its arguments.
                if !command.environment.is_empty() {
                    let names: Vec<&str> = command.environment.keys().map(String::as_str).collect();
                    what.push_str(&format!(" with {}", names.join(", ")));
                }
                self.needs_trust(TrustKind::Command, &what, &path.key("then").key("command").key("argv"), None);
            }
        }
    }

    /// The agents that hooks speak of, once everybody has a path. Where agents that others start will live is not
    /// known, but whose child of what kind they are.
    pub(super) fn check_hook_agents(&mut self, cast: &Cast) {
        let file = self.file;
        let kinds: BTreeSet<&str> = file.agents.values().flat_map(|agent| &agent.spawns).map(String::as_str).collect();
        for (name, options) in &file.hooks {
            for (index, pattern) in options.agents.iter().enumerate().filter(|(_, pattern)| !pattern.is_empty()) {
                if !may_name_agent(pattern, cast, &kinds) {
                    let place = root("hooks").key(name).key("agents").index(index);
                    let problem = self.problem(&place, Part::Value, format!("there is no agent `{pattern}`"));
                    self.report(problem.among(pattern, cast.groups()));
                }
            }
        }
    }

    /// What is behind the tools, and the person.
    fn check_parts(&mut self) {
        let file = self.file;
        let tool = |problem: moot_tool::OptionProblem| (problem.path, problem.message);
        let shell: Vec<_> = file.shell.iter().flat_map(|options| options.check()).map(tool).collect();
        self.report_options(&root("shell"), shell);
        let corpus: Vec<_> = file.corpus.iter().flat_map(|options| options.check()).map(tool).collect();
        self.report_options(&root("corpus"), corpus);
        let programs: Vec<_> = file.programs.iter().flat_map(|options| options.check()).map(tool).collect();
        self.report_options(&root("programs"), programs);
        let person: Vec<_> = file.person.iter().flat_map(|options| options.check()).collect();
        self.report_options(&root("person"), person);
        for name in file.tool_timing.keys() {
            self.check_tool_at(&root("tool_timing").key(name), Part::Key, name);
        }
        for (key, value, most) in
            [("depth_max", file.spawn.depth_max, DEPTH_MAX), ("agents_max", file.spawn.agents_max, STARTED_MAX)]
        {
            if value > most {
                let problem = self.problem(&root("spawn").key(key), Part::Value, format!("{value} is not allowed"));
                self.report(problem.expecting(format!("a whole number from 0 to {most}")));
            }
        }
    }

    fn check_prices(&mut self) -> Option<PriceBook> {
        let (options, path) = match self.file.prices.as_ref()? {
            PricesOptions::Book(options) => (options.clone(), root("prices").key("book")),
            PricesOptions::File(relative) => {
                let path = root("prices").key("file");
                let text = self.read_file(&path, relative, PRICES_BYTES_MAX)?;
                return self.price_file(relative, text);
            }
        };
        let problems = match PriceBook::from_options(&options) {
            Ok(book) => return Some(book),
            Err(problems) => problems,
        };
        for problem in problems {
            self.report_value(&path.join(&problem.path), format!("{}: {}", problem.path, problem.message));
        }
        None
    }

    /// A price book in a file of its own; what is wrong in it is told with its place there.
    fn price_file(&mut self, relative: &str, text: String) -> Option<PriceBook> {
        let source = self.sources.add(relative, text);
        let tree = match yaml::parse(&self.sources, source) {
            Ok(tree) => tree,
            Err(problem) => {
                self.report(*problem);
                return None;
            }
        };
        let options: PriceBookOptions = match read::read(&tree) {
            Ok(options) => options,
            Err(errors) => {
                for error in errors {
                    let problem = explain::explain(&error, &tree, &self.sources);
                    self.report(problem);
                }
                return None;
            }
        };
        let problems = match PriceBook::from_options(&options) {
            Ok(book) => return Some(book),
            Err(problems) => problems,
        };
        for problem in problems {
            let mark = tree.place(&TreePath::default().join(&problem.path), Part::Value);
            let found = self.sources.problem(mark, format!("{}: {}", problem.path, problem.message));
            self.report(found);
        }
        None
    }

    fn check_skills(&mut self) -> SkillLibrary {
        let file = self.file;
        let mut texts: Vec<(String, String, TreePath)> = Vec::new();
        for (index, relative) in file.skills.files.iter().enumerate() {
            let path = root("skills").key("files").index(index);
            if let Some(text) = self.read_file(&path, relative, SKILL_BYTES_MAX as u64) {
                texts.push((relative.clone(), text, path));
            }
        }
        for (index, text) in file.skills.texts.iter().enumerate() {
            let path = root("skills").key("texts").index(index);
            texts.push((format!("skills.texts[{index}]"), text.clone(), path));
        }
        match SkillLibrary::from_texts(texts.iter().map(|(name, text, _)| (name.as_str(), text.as_str()))) {
            Ok(library) => library,
            Err(problems) => {
                for problem in problems {
                    let place = texts.iter().find(|(name, ..)| *name == problem.file).map(|(.., path)| path.clone());
                    self.report_value(&place.unwrap_or_else(|| root("skills")), problem.to_string());
                }
                SkillLibrary::default()
            }
        }
    }

    /// What an agent says of itself to the runtime.
    pub(super) fn check_agent_harness(&mut self, path: &TreePath, options: &AgentOptions, skills: &SkillLibrary) {
        let file = self.file;
        if let Some(permissions) = &options.permissions {
            self.check_permissions(&path.key("permissions"), permissions, options);
        }
        let mind = |problem: moot_mind::OptionProblem| (problem.path, problem.message);
        let prompt: Vec<_> = options.prompt.iter().flat_map(|prompt| prompt.check()).map(mind).collect();
        self.report_options(&path.key("prompt"), prompt);
        let budget: Vec<_> = options.budget.iter().flat_map(|budget| budget.check()).map(mind).collect();
        self.report_options(&path.key("budget"), budget);
        if let Some(compaction) = &options.compaction {
            let base = path.key("compaction");
            self.report_options(&base, compaction.check().into_iter().map(mind).collect::<Vec<_>>());
            if let Some(summarise) = &compaction.summarise {
                let place = base.key("summarise").key("model");
                self.check_known(
                    &place,
                    Part::Value,
                    "model",
                    &summarise.model,
                    file.models.keys().map(String::as_str),
                );
            }
        }
        for (index, name) in options.skills.iter().enumerate() {
            let known: Vec<&str> = skills.iter().map(|skill| &*skill.name).collect();
            self.check_known(&path.key("skills").index(index), Part::Value, "skill", name, known);
        }
        self.needs_tool(path, "skills", !options.skills.is_empty(), "load_skill", options);
        self.needs_tool(path, "spawns", !options.spawns.is_empty(), "spawn_agent", options);
        for (index, name) in options.spawns.iter().enumerate() {
            let place = path.key("spawns").index(index);
            if self.check_known(&place, Part::Value, "agent", name, file.agents.keys().map(String::as_str))
                && file.agents.get(name).is_some_and(|declared| declared.count.is_some())
            {
                let problem = self.problem(&place, Part::Value, format!("`{name}` is a group with a `count`"));
                self.report(problem.hinting("agents are started one by one: leave its `count` out"));
            }
        }
        if options.on_demand && options.count.is_some() {
            let problem = self.problem(&path.key("count"), Part::Value, "an agent on demand has no `count`");
            self.report(problem.hinting("agents are started one by one: leave the `count` out"));
        }
    }

    fn needs_tool(&mut self, path: &TreePath, key: &str, is_used: bool, tool: &str, options: &AgentOptions) {
        if is_used && !options.tools.iter().any(|named| named == tool) {
            let problem =
                self.problem(&path.key(key), Part::Key, format!("`{key}` is of no use without the tool `{tool}`"));
            self.report(problem.hinting(format!("add `{tool}` to the agent's `tools`")));
        }
    }

    fn check_permissions(&mut self, path: &TreePath, permissions: &PermissionOptions, agent: &AgentOptions) {
        let mut problems = permissions.check();
        if problems.is_empty() {
            // A name that no tool has is told as such; what concerns this agent's own tools comes after it.
            problems = Policy::compile(permissions, &path.to_string(), &self.tool_specs()).err().unwrap_or_default();
            problems.retain(names_tool);
            for problem in self.never_matching(permissions, agent) {
                if !problems.iter().any(|known| known.path == problem.path) {
                    problems.push(problem);
                }
            }
        }
        for problem in problems {
            self.report_value(&path.join(&problem.path), problem.message);
        }
    }

    /// What is known of every tool that the file may name.
    fn tool_specs(&self) -> Vec<ToolSpec> {
        tool_specs(self.file.tools.keys().map(String::as_str))
    }

    /// The rules that no call of the agent could meet. The agents that it starts have no tools that it lacks, so its
    /// own tell what they can do too.
    fn never_matching(&self, permissions: &PermissionOptions, agent: &AgentOptions) -> Vec<OptionProblem> {
        if permissions.rules.is_empty() {
            return Vec::new();
        }
        if agent.tools.is_empty() {
            let message = "no rule can ever match, for the agent has no tools; name its `tools`, or drop the rules";
            return vec![OptionProblem { path: "rules".to_owned(), message: message.to_owned() }];
        }
        let all = self.tool_specs();
        let own: Vec<(&ToolSpec, TouchKinds)> = all
            .iter()
            .filter(|spec| agent.tools.iter().any(|tool| **tool == *spec.name))
            .map(|spec| (spec, kit::touch_kinds(&spec.name).unwrap_or(TouchKinds::of_effect(spec.effect))))
            .collect();
        if agent.tools.iter().any(|tool| !own.iter().any(|(spec, _)| *spec.name == **tool)) {
            // That there is no such tool is said at the tool.
            return Vec::new();
        }
        let mut problems = permissions.check_for(&own);
        for problem in problems.iter_mut().filter(|problem| names_tool(problem)) {
            problem.message = format!(
                "it can never match, for the agent has no such tool; it has {}, and so can those that it starts",
                agent.tools.join(", ")
            );
        }
        problems
    }

    /// A tool's name where it stands.
    fn check_tool_at(&mut self, path: &TreePath, part: Part, name: &str) {
        let file = self.file;
        self.check_known(path, part, "tool", name, known_tools(file));
    }

    /// Reports a name that is none of those known; whether it is one.
    fn check_known<'n>(
        &mut self,
        path: &TreePath,
        part: Part,
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) -> bool {
        let known: Vec<&str> = known.into_iter().collect();
        if known.contains(&name) {
            return true;
        }
        let problem = self.problem(path, part, format!("there is no {what} `{name}`"));
        self.report(problem.among(name, known));
        false
    }
}

/// Whether a problem of a rule is the name of a tool in it.
fn names_tool(problem: &OptionProblem) -> bool {
    problem.path.contains(".tools[")
}

/// Whether the pattern is that of a declared agent's path, or could be that of one that is started during the run.
fn may_name_agent(pattern: &str, cast: &Cast, kinds: &BTreeSet<&str>) -> bool {
    if cast.agents.iter().any(|agent| is_named(pattern, agent.path.as_str())) {
        return true;
    }
    match pattern.rsplit_once('/') {
        Some((parent, child)) => {
            let kind = child.split('[').next().unwrap_or(child);
            kinds.iter().any(|known| is_named(kind, known)) && may_name_agent(parent, cast, kinds)
        }
        // A `*` may stand for slashes as well.
        None => pattern.contains('*') && !kinds.is_empty(),
    }
}
