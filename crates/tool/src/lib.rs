//! What acts: the typed tool trait, the toolbox that checks every call, and the built-in tools.
//!
//! A tool declares the type of its arguments once. From it come the JSON Schema that a model is shown, the check of
//! what the model wrote and the value that the tool's code receives, so that the three can't drift apart. A call goes
//! through [`Toolbox::prepare`]: look up, parse, check, convert; whatever is wrong becomes an observation that the
//! model can act on, and nothing runs. This crate must not know actors or the scenario format; a tool reaches the
//! world only through the ports in its [`ToolContext`].
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, Text, ToolCall};
//! use moot_tool::{MemoryWorkspace, ToolContext, Toolbox, builtin, testing};
//!
//! let mut toolbox = Toolbox::new();
//! toolbox.add(builtin::ReadFile).unwrap();
//! let allowed: [Text; 1] = ["read_file".into()];
//! let call = ToolCall { id: "c1".into(), name: "read_file".into(), arguments: r#"{"path": "a.txt"}"#.into() };
//!
//! let workspace = MemoryWorkspace::with_files([("a.txt", "hello")]).unwrap();
//! let context = ToolContext::closed(ActorPath::new("scribe").unwrap()).with_workspace(Arc::new(workspace));
//! let prepared = toolbox.prepare(&allowed, &call).unwrap();
//! let result = testing::ready(prepared.run(context)).unwrap();
//! assert_eq!(&*result.content, "hello");
//! ```

pub mod arguments;
pub mod blackboard;
pub mod builtin;
pub mod cassette;
mod context;
mod describe;
mod failure;
pub mod notes;
pub mod outputs;
pub mod person;
mod problem;
pub mod process;
pub mod schema;
pub mod shell;
pub mod skills;
pub mod testing;
mod tool;
pub mod toolbox;
pub mod workspace;

pub use arguments::ArgumentError;
pub use blackboard::Board;
pub use context::ToolContext;
pub use failure::ToolFailure;
pub use notes::Notes;
pub use problem::OptionProblem;
pub use skills::{Skill, SkillLibrary};
pub use tool::{AnyTool, ArgumentFault, BoundCall, PreviewFuture, Tool, ToolFuture, erase};
pub use toolbox::{PreparedCall, Toolbox, ToolboxError};
pub use workspace::{FolderWorkspace, MemoryWorkspace};
