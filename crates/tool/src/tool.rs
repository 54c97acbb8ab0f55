//! What a tool is: a name, a description, a typed argument and an action.
//!
//! [`Tool`] is what one writes; [`AnyTool`] is its object-safe form, which a toolbox holds and which [`erase`] makes.
//! This module must not know how arguments are parsed and checked.
//!
//! ```
//! use moot_core::{ActorPath, ToolEffect};
//! use moot_tool::{Tool, ToolContext, ToolFailure, testing};
//!
//! struct Add;
//!
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct AddArguments {
//!     /// The numbers to add up.
//!     numbers: Vec<i64>,
//! }
//!
//! impl Tool for Add {
//!     type Arguments = AddArguments;
//!     fn name(&self) -> &str { "add" }
//!     fn description(&self) -> &str { "Adds whole numbers up." }
//!     fn effect(&self) -> ToolEffect { ToolEffect::Read }
//!     async fn run(&self, arguments: AddArguments, _context: &ToolContext) -> Result<String, ToolFailure> {
//!         let sum = arguments.numbers.iter().try_fold(0_i64, |sum, number| sum.checked_add(*number));
//!         sum.map(|sum| sum.to_string()).ok_or_else(|| ToolFailure::failed("the sum does not fit 64 bits"))
//!     }
//! }
//!
//! let context = ToolContext::closed(ActorPath::new("clerk").unwrap());
//! assert_eq!(&*testing::call(Add, r#"{"numbers": [20, 22]}"#, context).content, "42");
//! ```

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use moot_core::{Placement, ToolEffect, ToolSpec, Touch, VirtualDuration};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{ToolContext, ToolFailure, schema};

/// Something a model can call.
pub trait Tool: Send + Sync + 'static {
    /// The arguments, always a JSON object. Give the type `#[serde(deny_unknown_fields)]`; its documentation comments
    /// become the descriptions that the model reads.
    type Arguments: DeserializeOwned + JsonSchema + Send + Sync;

    /// The name that the model calls it by: 1 to 64 ASCII letters, digits, `_` or `-`.
    fn name(&self) -> &str;

    /// What it does and when to use it, for the model.
    fn description(&self) -> &str;

    /// The most that it can do to the world.
    fn effect(&self) -> ToolEffect;

    /// Whether its result is a pure function of arguments and ports (`Inside`: computed in the world and again on
    /// replay) or not (`Outside`, the default: run on a thread of its own, its result recorded).
    fn placement(&self) -> Placement {
        Placement::Outside
    }

    /// Whether doing a call with the same arguments twice changes no more than doing it once. Of an outside call whose
    /// answer was lost with the process, nobody knows whether it was done: only what is idempotent is then done again.
    /// What only looks is, unless the tool says otherwise; everything else is not.
    fn is_idempotent(&self, _arguments: &Self::Arguments) -> bool {
        self.effect() == ToolEffect::Read
    }

    /// What a call with these arguments touches: permissions are judged on it, and calls that conflict are run one
    /// after another. Nothing unless the tool says so; a tool that changes something must say what.
    fn touch(&self, _arguments: &Self::Arguments) -> Touch {
        Touch::default()
    }

    /// How long a call with these arguments takes in virtual time, beside what the scenario says of the tool; the work
    /// is done when so much has passed. No time unless the tool says so.
    fn latency(&self, _arguments: &Self::Arguments) -> VirtualDuration {
        VirtualDuration::ZERO
    }

    /// What a call with these arguments would change, as lines with `+` and `-`, for a person who is asked to approve
    /// it; `None` when there is nothing to show.
    fn preview<'a>(
        &'a self,
        _arguments: &'a Self::Arguments,
        _context: &'a ToolContext,
    ) -> impl Future<Output = Option<String>> + Send + 'a {
        std::future::ready(None)
    }

    /// Does the work; the answer is what the model reads. Code that blocks is allowed only outside.
    ///
    /// # Errors
    /// A failure that the model reads as an observation.
    fn run<'a>(
        &'a self,
        arguments: Self::Arguments,
        context: &'a ToolContext,
    ) -> impl Future<Output = Result<String, ToolFailure>> + Send + 'a;
}

/// What a running tool answers with, sooner or later.
pub type ToolFuture = Pin<Box<dyn Future<Output = Result<String, ToolFailure>> + Send>>;

/// What a call would change, sooner or later.
pub type PreviewFuture<'a> = Pin<Box<dyn Future<Output = Option<String>> + Send + 'a>>;

/// A tool together with the arguments that it accepted: what is left is to run it.
pub trait BoundCall: Send + Sync {
    /// What the call touches, see [`Tool::touch`].
    fn touch(&self) -> Touch {
        Touch::default()
    }

    /// Whether it may be done twice, see [`Tool::is_idempotent`].
    fn is_idempotent(&self) -> bool {
        false
    }

    /// How long the call takes, see [`Tool::latency`].
    fn latency(&self) -> VirtualDuration {
        VirtualDuration::ZERO
    }

    /// What the call would change, see [`Tool::preview`].
    fn preview<'a>(&'a self, _context: &'a ToolContext) -> PreviewFuture<'a> {
        Box::pin(std::future::ready(None))
    }

    /// Does the work, see [`Tool::run`].
    fn run(self: Box<Self>, context: ToolContext) -> ToolFuture;
}

/// A place in the arguments and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ArgumentFault {
    /// Where: a JSON pointer (RFC 6901) such as `/files/0/path`; empty for the arguments as a whole.
    pub pointer: String,
    /// What is wrong there and what was expected.
    pub message: String,
}

/// A tool whose argument type is forgotten, so that different ones can stand in one box.
///
/// Write it by hand only for a tool whose schema is known no sooner than at run time.
pub trait AnyTool: Send + Sync {
    /// What the tool says of itself. It never changes.
    fn spec(&self) -> &ToolSpec;

    /// Inside or outside, see [`Tool::placement`].
    fn placement(&self) -> Placement;

    /// Converts arguments that fit the schema to what the tool's code takes.
    ///
    /// # Errors
    /// What a schema can't say, such as that 3.0 is no integer or a number too large for its type.
    fn bind(self: Arc<Self>, arguments: &Value) -> Result<Box<dyn BoundCall>, ArgumentFault>;
}

/// Forgets the argument type of a tool, keeping its schema.
pub fn erase<T: Tool>(tool: T) -> Arc<dyn AnyTool> {
    let spec = ToolSpec {
        name: tool.name().into(),
        description: tool.description().into(),
        schema: schema::of_arguments::<T::Arguments>(),
        effect: tool.effect(),
    };
    Arc::new(Erased { tool, spec })
}

struct Erased<T> {
    tool: T,
    spec: ToolSpec,
}

impl<T: Tool> AnyTool for Erased<T> {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn placement(&self) -> Placement {
        self.tool.placement()
    }

    fn bind(self: Arc<Self>, arguments: &Value) -> Result<Box<dyn BoundCall>, ArgumentFault> {
        let arguments = read::<T::Arguments>(arguments)?;
        Ok(Box::new(Bound { tool: self, arguments }))
    }
}

struct Bound<T: Tool> {
    tool: Arc<Erased<T>>,
    arguments: T::Arguments,
}

impl<T: Tool> BoundCall for Bound<T> {
    fn touch(&self) -> Touch {
        self.tool.tool.touch(&self.arguments)
    }

    fn is_idempotent(&self) -> bool {
        self.tool.tool.is_idempotent(&self.arguments)
    }

    fn latency(&self) -> VirtualDuration {
        self.tool.tool.latency(&self.arguments)
    }

    fn preview<'a>(&'a self, context: &'a ToolContext) -> PreviewFuture<'a> {
        Box::pin(self.tool.tool.preview(&self.arguments, context))
    }

    fn run(self: Box<Self>, context: ToolContext) -> ToolFuture {
        Box::pin(async move { self.tool.tool.run(self.arguments, &context).await })
    }
}

/// Keeping track of the path costs more than reading; it is found out only when something is wrong.
fn read<A: DeserializeOwned>(arguments: &Value) -> Result<A, ArgumentFault> {
    A::deserialize(arguments).or_else(|_| {
        serde_path_to_error::deserialize(arguments).map_err(|error| schema::fault_of_type(arguments, error))
    })
}
