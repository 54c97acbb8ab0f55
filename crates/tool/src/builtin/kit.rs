//! All tools that a world has without anybody writing one: the built-in ones, and those that need options.
//!
//! This module must not know where the options come from.
//!
//! ```
//! use moot_tool::builtin::kit::{self, Kit};
//!
//! assert!(kit::is_name("run_shell") && kit::is_name("read_file") && !kit::is_name("shell"));
//! assert_eq!(Kit::default().tools().len(), kit::names().count());
//! ```

use std::sync::{Arc, LazyLock};

use moot_core::ToolSpec;

use super::run_program::{ProgramOptions, RunProgram};
use super::run_shell::RunShell;
use super::web_search::{CorpusOptions, WebSearch};
use super::{BUILT_IN_NAMES, all};
use crate::shell::ShellOptions;
use crate::tool::{AnyTool, erase};

/// The names of the tools that need options.
const CONFIGURED_NAMES: [&str; 3] = ["run_program", "run_shell", "web_search"];

/// The options of the tools that need some.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Kit {
    /// What the simulated shell answers; without, it knows no command.
    pub shell: Option<ShellOptions>,
    /// What a web search finds; without, nothing.
    pub corpus: Option<CorpusOptions>,
    /// The limits of programs.
    pub programs: Option<ProgramOptions>,
}

impl Kit {
    /// Every tool.
    #[must_use]
    pub fn tools(&self) -> Vec<Arc<dyn AnyTool>> {
        let mut tools = all();
        tools.push(erase(RunProgram::new(self.programs.clone().unwrap_or_default())));
        tools.push(erase(RunShell::new(self.shell.clone().unwrap_or_default())));
        tools.push(erase(WebSearch::new(self.corpus.clone().unwrap_or_default())));
        tools
    }
}

/// The names of all tools.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    BUILT_IN_NAMES.iter().copied().chain(CONFIGURED_NAMES)
}

/// Whether a tool has this name.
#[must_use]
pub fn is_name(name: &str) -> bool {
    names().any(|known| known == name)
}

/// What all tools say of themselves.
#[must_use]
pub fn specs() -> &'static [ToolSpec] {
    static SPECS: LazyLock<Vec<ToolSpec>> =
        LazyLock::new(|| Kit::default().tools().iter().map(|tool| tool.spec().clone()).collect());
    &SPECS
}
