//! The toolbox: which tools there are, and the one way to call them.
//!
//! A toolbox is built once and shared by all worlds; which of its tools an agent may call is said with each call. It
//! must not know who calls or where tools run.
//!
//! ```
//! use moot_core::{Text, ToolCall, ToolErrorCode};
//! use moot_tool::{Toolbox, builtin};
//!
//! let mut toolbox = Toolbox::new();
//! toolbox.add(builtin::ReadFile).unwrap();
//! let allowed: [Text; 1] = ["read_file".into()];
//! let call = ToolCall { id: "c1".into(), name: "Read_File".into(), arguments: "{}".into() };
//! let refusal = toolbox.prepare(&allowed, &call).unwrap_err();
//! assert_eq!(refusal.error, Some(ToolErrorCode::UnknownTool));
//! assert_eq!(&*refusal.content, "there is no tool \"Read_File\"; the tools here are read_file");
//! ```

mod prepare;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use moot_core::{Placement, Text, ToolEffect, ToolSpec};

use crate::describe;
use crate::schema::{self, CompiledSchema, SchemaError};
use crate::tool::{AnyTool, Tool, erase};

pub use prepare::PreparedCall;

/// The longest name that a tool may have, in bytes.
pub const TOOL_NAME_BYTES_MAX: usize = 64;

/// The tools of a run by name. Cloning shares them.
#[derive(Clone, Default)]
pub struct Toolbox {
    tools: BTreeMap<Text, Entry>,
}

#[derive(Clone)]
struct Entry {
    tool: Arc<dyn AnyTool>,
    schema: Arc<CompiledSchema>,
}

/// Why a tool was not added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToolboxError {
    /// Another tool has the name.
    #[error("two tools are named {name}; give one of them another name")]
    Duplicate {
        /// The name.
        name: Text,
    },
    /// A name that providers of models would refuse.
    #[error(
        "the tool name {shown} is not allowed; a name has 1 to {TOOL_NAME_BYTES_MAX} ASCII letters, digits, '_' or '-'"
    )]
    Name {
        /// The name in quotes, escaped.
        shown: String,
    },
    /// The schema of its arguments can't be used.
    #[error("the arguments of the tool {name} can't be checked: {source}")]
    Schema {
        /// The name of the tool.
        name: Text,
        /// What is wrong with the schema.
        source: SchemaError,
    },
}

impl Toolbox {
    /// An empty toolbox.
    #[must_use]
    pub const fn new() -> Self {
        Self { tools: BTreeMap::new() }
    }

    /// Adds a tool.
    ///
    /// # Errors
    /// When its name is taken or not allowed, or its arguments are no object.
    pub fn add(&mut self, tool: impl Tool) -> Result<(), ToolboxError> {
        self.add_erased(erase(tool))
    }

    /// Adds a tool whose argument type is forgotten, such as one of [`crate::builtin::all`].
    ///
    /// # Errors
    /// When its name is taken or not allowed, or its schema is not valid or not that of an object.
    pub fn add_erased(&mut self, tool: Arc<dyn AnyTool>) -> Result<(), ToolboxError> {
        let ToolSpec { name, schema, .. } = tool.spec();
        let name = name.clone();
        check_name(&name)?;
        if self.tools.contains_key(&name) {
            return Err(ToolboxError::Duplicate { name });
        }
        let schema = schema::compile(schema).map_err(|source| ToolboxError::Schema { name: name.clone(), source })?;
        self.tools.insert(name, Entry { tool, schema });
        Ok(())
    }

    /// Puts something else in the place of every tool that is outside; it must say the same of itself.
    pub fn replace_outside(&mut self, replace: impl Fn(Arc<dyn AnyTool>) -> Arc<dyn AnyTool>) {
        for entry in self.tools.values_mut().filter(|entry| entry.tool.placement() == Placement::Outside) {
            entry.tool = replace(Arc::clone(&entry.tool));
        }
    }

    /// Whether a tool has exactly this name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.tools.contains_key(name)
    }

    /// The names of all tools, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tools.keys().map(|name| &**name)
    }

    /// What a tool can do to the world; `None` when no tool has this name.
    #[must_use]
    pub fn effect(&self, name: &str) -> Option<ToolEffect> {
        self.tools.get(name).map(|entry| entry.tool.spec().effect)
    }

    /// Where a tool runs; `None` when no tool has this name.
    #[must_use]
    pub fn placement(&self, name: &str) -> Option<Placement> {
        self.tools.get(name).map(|entry| entry.tool.placement())
    }

    /// What these tools say of themselves, in the order of the names, each once. Names that no tool has are left out,
    /// see [`Self::contains`]. Agents with the same tools should share one answer: it copies the schemas.
    #[must_use]
    pub fn specs<N: AsRef<str>>(&self, names: &[N]) -> Arc<[ToolSpec]> {
        let mut specs: Vec<ToolSpec> = Vec::with_capacity(names.len());
        for entry in names.iter().filter_map(|name| self.tools.get(name.as_ref())) {
            let spec = entry.tool.spec();
            if !specs.iter().any(|earlier| earlier.name == spec.name) {
                specs.push(spec.clone());
            }
        }
        specs.into()
    }
}

impl fmt::Debug for Toolbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.names()).finish()
    }
}

fn check_name(name: &str) -> Result<(), ToolboxError> {
    let fits = (1..=TOOL_NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if fits { Ok(()) } else { Err(ToolboxError::Name { shown: describe::quote_name(name) }) }
}
