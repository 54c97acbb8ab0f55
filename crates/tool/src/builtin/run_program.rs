//! `run_program`: runs a short program in the language Rhai and answers with what it prints and its value.
//!
//! The program has no files, no network, no clock, no randomness and no module, and it can't wait: it computes, within
//! limits on its operations, the sizes of its values, its depth and its output. An operation is weighed by the size of
//! what it handles (`meter`), so that within the default limits a program takes less than two seconds and 256 MiB,
//! whatever it does; higher limits let it take more in proportion. Its result follows from its text alone on one kind of
//! machine (functions such as `sin` are the system's and may differ in the last digit on another). Its effect is
//! [`ToolEffect::Execute`] all the same, since a permission must be able to tell running code from looking; it touches
//! nothing.
//!
//! ```
//! use moot_core::ActorPath;
//! use moot_tool::{ToolContext, builtin::RunProgram, testing};
//!
//! let context = ToolContext::closed(ActorPath::new("clerk").unwrap());
//! let program = r#"{"program": "let sum = 0; for n in 1..=4 { sum += n; print(`after ${n}: ${sum}`); } sum"}"#;
//! let result = testing::call(RunProgram::default(), program, context);
//! assert_eq!(&*result.content, "after 1: 1\nafter 2: 3\nafter 3: 6\nafter 4: 10\n=> 10");
//! ```

mod meter;

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use moot_core::{Placement, ToolEffect, ToolErrorCode};
use rhai::{Dynamic, Engine, EvalAltResult, OptimizationLevel};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RESULT_BYTES_MAX;
use crate::describe::cut;
use crate::{OptionProblem, Tool, ToolContext, ToolFailure};
use meter::Meter;

/// How deep expressions may stand in each other.
pub const EXPRESSION_DEPTH_MAX: usize = 64;

/// How many variables may be alive at once in one function.
pub const VARIABLES_MAX: usize = 100;

/// How many functions a program may define.
pub const FUNCTIONS_MAX: usize = 1_000;

/// How much of an error message is shown, in characters.
const MESSAGE_CHARACTERS_MAX: usize = 500;

/// How far a program may go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ProgramOptions {
    /// The most operations that it may take; default 1000000. Reading a variable counts as one more for every 4 items of
    /// an array, 2 entries of an object or 32 bytes of a text that it holds.
    #[schemars(range(min = 1, max = 100_000_000))]
    pub operations_max: u64,
    /// The longest text that it may build, in bytes; default 65536.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub text_bytes_max: u32,
    /// The most items of an array or an object; default 1000.
    #[schemars(range(min = 1, max = 100_000))]
    pub items_max: u32,
    /// How deep functions may call each other; default 32.
    #[schemars(range(min = 1, max = 64))]
    pub call_depth_max: u32,
    /// The most that it may print, with its value, in bytes; default 65536.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub output_bytes_max: u32,
}

impl Default for ProgramOptions {
    fn default() -> Self {
        Self {
            operations_max: 1_000_000,
            text_bytes_max: 65_536,
            items_max: 1_000,
            call_depth_max: 32,
            output_bytes_max: 65_536,
        }
    }
}

impl ProgramOptions {
    /// What is wrong with the options; empty when all is well.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let rows = [
            ("operations_max", self.operations_max, 100_000_000),
            ("text_bytes_max", self.text_bytes_max.into(), 1_048_576),
            ("items_max", self.items_max.into(), 100_000),
            ("call_depth_max", self.call_depth_max.into(), 64),
            ("output_bytes_max", self.output_bytes_max.into(), RESULT_BYTES_MAX as u64),
        ];
        rows.into_iter()
            .filter(|(_, value, most)| !(1..=*most).contains(value))
            .map(|(path, value, most)| OptionProblem::new(path, format!("{value} is not allowed; give 1 to {most}")))
            .collect()
    }
}

/// Runs programs.
#[derive(Debug, Clone, Default)]
pub struct RunProgram {
    options: ProgramOptions,
}

/// What `run_program` takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunProgramArguments {
    /// The program, in Rhai: let x = 1; for n in 0..3 { x += n; } fn f(a) { a * 2 } print(x); and a last expression
    /// without a semicolon as its value.
    #[schemars(length(min = 1, max = 65_536))]
    pub program: String,
}

/// What a program printed so far.
#[derive(Debug, Default)]
struct Printed {
    text: Mutex<String>,
    too_long: AtomicBool,
}

impl Printed {
    fn add(&self, line: &str, bytes_max: usize) {
        let mut text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        if text.len() + line.len() + 1 > bytes_max {
            self.too_long.store(true, Ordering::Relaxed);
            return;
        }
        text.push_str(line);
        text.push('\n');
    }

    fn take(&self) -> String {
        std::mem::take(&mut self.text.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl RunProgram {
    /// Runs programs within these limits. Those that [`ProgramOptions::check`] finds wrong are taken as they stand.
    #[must_use]
    pub fn new(options: ProgramOptions) -> Self {
        Self { options }
    }

    /// An engine of its own for each program: what one defines or prints never reaches another.
    fn engine(&self, printed: &Arc<Printed>) -> Engine {
        let options = &self.options;
        let mut engine = Engine::new();
        engine
            // Zero would mean that there is no limit.
            .set_max_operations(options.operations_max.max(1))
            .set_max_string_size((options.text_bytes_max as usize).max(1))
            .set_max_array_size((options.items_max as usize).max(1))
            .set_max_map_size((options.items_max as usize).max(1))
            .set_max_call_levels(options.call_depth_max as usize)
            .set_max_expr_depths(EXPRESSION_DEPTH_MAX, EXPRESSION_DEPTH_MAX / 2)
            .set_max_variables(VARIABLES_MAX)
            .set_max_functions(FUNCTIONS_MAX)
            // A value that was worked out beforehand would be copied without being weighed.
            .set_optimization_level(OptimizationLevel::None);
        // Text that runs as a program, and a value that nobody has weighed.
        engine.disable_symbol("eval").disable_symbol("this");
        // A program can't wait in real time, nor end without having come to its end.
        let forbidden =
            |name: &str| Err::<Dynamic, Box<EvalAltResult>>(format!("there is no function {name} here").into());
        engine.register_fn("sleep", move |_: Dynamic| forbidden("sleep"));
        engine.register_fn("sleep", move |_: i64| forbidden("sleep"));
        engine.register_fn("sleep", move |_: f64| forbidden("sleep"));
        engine.register_fn("exit", move || forbidden("exit"));
        engine.register_fn("exit", move |_: Dynamic| forbidden("exit"));
        let bytes_max = options.output_bytes_max as usize;
        let print = Arc::clone(printed);
        engine.on_print(move |line| print.add(line, bytes_max));
        let debug = Arc::clone(printed);
        engine.on_debug(move |line, _, position| debug.add(&format!("{position:?} {line}"), bytes_max));
        let watched = Arc::clone(printed);
        Meter::new(options.operations_max.max(1)).watch(&mut engine, move || watched.too_long.load(Ordering::Relaxed));
        engine
    }

    fn run_within_limits(&self, program: &str) -> Result<String, ToolFailure> {
        let printed = Arc::new(Printed::default());
        let value = self.engine(&printed).eval::<Dynamic>(program);
        let mut answer = printed.take();
        let bytes_max = self.options.output_bytes_max as usize;
        let too_long = || {
            let message = format!("the program printed more than {bytes_max} bytes; print less");
            ToolFailure::new(ToolErrorCode::Limit, message)
        };
        if printed.too_long.load(Ordering::Relaxed) {
            return Err(too_long());
        }
        let value = value.map_err(|error| failure(&error, &answer))?;
        if !value.is_unit() {
            answer.push_str("=> ");
            answer.push_str(&value.to_string());
        }
        if answer.len() > bytes_max {
            return Err(too_long());
        }
        Ok(if answer.is_empty() { "(no output)".to_owned() } else { answer })
    }
}

/// What went wrong and where, after what was printed before.
fn failure(error: &EvalAltResult, printed: &str) -> ToolFailure {
    // An error inside a function is told with where it happened, not with where the function was called.
    let inner = error.unwrap_inner();
    let position = inner.position();
    let code = match inner {
        EvalAltResult::ErrorTooManyOperations(_)
        | EvalAltResult::ErrorTooManyVariables(_)
        | EvalAltResult::ErrorStackOverflow(_)
        | EvalAltResult::ErrorTerminated(..)
        | EvalAltResult::ErrorDataTooLarge(..) => ToolErrorCode::Limit,
        EvalAltResult::ErrorParsing(..) => ToolErrorCode::InvalidArguments,
        _ => ToolErrorCode::Failed,
    };
    let place = match (position.line(), position.position()) {
        (Some(line), Some(column)) => format!("line {line}:{column}: "),
        (Some(line), None) => format!("line {line}: "),
        _ => String::new(),
    };
    let said = match inner {
        EvalAltResult::ErrorTerminated(..) => "Too many operations".to_owned(),
        _ => inner.to_string(),
    };
    // Where it happened is told once, and in front.
    let said = said.rsplit_once(" (line ").map_or(said.as_str(), |(message, _)| message);
    ToolFailure::new(code, format!("{printed}{place}{}", cut(said, MESSAGE_CHARACTERS_MAX)))
}

impl Tool for RunProgram {
    type Arguments = RunProgramArguments;

    fn name(&self) -> &str {
        "run_program"
    }

    fn description(&self) -> &str {
        "Runs a short program in the language Rhai, without files or network; answers with what it prints and its value."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Execute
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    async fn run(&self, arguments: RunProgramArguments, _context: &ToolContext) -> Result<String, ToolFailure> {
        self.run_within_limits(&arguments.program)
    }
}
