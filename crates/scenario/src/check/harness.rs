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

use moot_mind::hook::HookActionOptions;
use moot_mind::policy::{PermissionOptions, Policy};
use moot_model::{PriceBook, PriceBookOptions};
use moot_tool::skills::{SKILL_BYTES_MAX, SkillLibrary};

use super::agents::known_tools;
use super::{Checker, root};
use crate::file::{AgentOptions, PricesOptions, RUN_BUDGET};
use crate::harness::{HarnessPlan, tool_specs};
use crate::tree::{Part, TreePath};
use crate::trust::TrustKind;

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
            if let HookActionOptions::Command(command) = &options.then {
                let what = serde_json::to_string(&command.argv).unwrap_or_default();
                self.needs_trust(TrustKind::Command, &what, &path.key("then").key("command").key("argv"), None);
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
                match serde_saphyr::from_str::<PriceBookOptions>(&text) {
                    Ok(options) => (options, path),
                    Err(error) => {
                        self.report_value(&path, format!("`{relative}` holds no prices: {error}"));
                        return None;
                    }
                }
            }
        };
        match PriceBook::from_options(&options) {
            Ok(book) => Some(book),
            Err(problems) => {
                let is_file = matches!(self.file.prices, Some(PricesOptions::File(_)));
                for problem in problems {
                    // Places inside of another file can't be pointed at.
                    let place = if is_file { path.clone() } else { path.join(&problem.path) };
                    self.report_value(&place, format!("{}: {}", problem.path, problem.message));
                }
                None
            }
        }
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
            self.check_permissions(&path.key("permissions"), permissions);
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

    fn check_permissions(&mut self, path: &TreePath, options: &PermissionOptions) {
        let place = path.to_string();
        let specs = tool_specs(self.file.tools.keys().map(String::as_str));
        if let Err(problems) = Policy::compile(options, &place, &specs) {
            for problem in problems {
                let relative = problem.path.strip_prefix(&place).unwrap_or(&problem.path).trim_start_matches('.');
                self.report_value(&path.join(relative), problem.message);
            }
        }
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
