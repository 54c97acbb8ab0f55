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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn run(program: &str) -> Result<String, (ToolErrorCode, String)> {
        RunProgram::default().run_within_limits(program).map_err(|failure| (failure.code, failure.message))
    }

    #[test]
    fn programs_answer_with_what_they_print_and_their_value() {
        let table = [
            ("1 + 2", "=> 3"),
            ("let x = 1;", "(no output)"),
            ("", "(no output)"),
            ("print(\"a\"); print(\"b\");", "a\nb\n"),
            ("print(1); \"text\"", "1\n=> text"),
            ("#{ b: 1, a: [true, 2.5, 'c'] }", "=> #{\"a\": [true, 2.5, 'c'], \"b\": 1}"),
            ("fn double(n) { n * 2 } double(21)", "=> 42"),
            ("debug(\"x\");", "1:1 \"x\"\n"),
            ("let a = []; for n in 0..3 { a.push(n); } a.len()", "=> 3"),
            ("\"käse\".to_upper()", "=> KÄSE"),
        ];
        for (program, answer) in table {
            assert_eq!(run(program).as_deref(), Ok(answer), "{program}");
            assert_eq!(run(program).as_deref(), Ok(answer), "the same once more: {program}");
        }
    }

    /// B20.
    #[test]
    fn programs_are_stopped_and_errors_name_the_line() {
        use ToolErrorCode::{Failed, InvalidArguments, Limit};
        let table = [
            ("\n\nloop { }", Limit, "line 3:"),
            ("let x = 0;\nwhile true { x += 1; }", Limit, "line 2:"),
            ("let s = \"x\";\nloop { s += s; }", Limit, "line 2:"),
            ("let s = \"x\";\ns.pad(1000000000, 'x');", Limit, "line 2:"),
            ("let a = [];\na.pad(1000000000, 0);", Limit, "line 2:"),
            ("let a = [0]; loop { a += a; }", Limit, "line 1:"),
            ("fn f(n) {\n f(n + 1) } f(0)", Limit, "line 2:"),
            ("fn f(n) { g(n) } fn g(n) { f(n) } f(0)", Limit, "line 1:"),
            ("loop { print(\"overflow of the output\"); }", Limit, "printed more than 65536 bytes"),
            ("print(1);\nthrow \"no\";", Failed, "1\nline 2:1: Runtime error: no"),
            ("1 / 0", Failed, "line 1:3: Division by zero: 1 / 0"),
            ("9223372036854775807 + 1", Failed, "line 1:21: Addition overflow: 9223372036854775807 + 1"),
            ("fn f() {\n 1 / 0 }\nf()", Failed, "line 2:4: Division by zero: 1 / 0"),
            ("let x = 1;\nlet y = x +;", InvalidArguments, "line 2:12: "),
            ("missing", Failed, "line 1:1: Variable not found: missing"),
            ("no_such(1)", Failed, "line 1:1: Function not found: no_such (i64)"),
            ("eval(\"1\")", InvalidArguments, "line 1:1: "),
            // A program can't hold up the world in real time, nor leave it.
            ("sleep(10)", Failed, "line 1:1: Runtime error: there is no function sleep here"),
            ("sleep(1e30)", Failed, "there is no function sleep here"),
            ("let f = Fn(\"sleep\"); f.call(100)", Failed, "there is no function sleep here"),
            ("let f = Fn(\"sleep\"); f.call(1e30)", Failed, "there is no function sleep here"),
            ("call(\"sleep\", 100)", Failed, "expecting Fn"),
            ("[100].map(Fn(\"sleep\"))", Failed, "there is no function sleep here"),
            ("[100].map(\"sleep\")", Failed, "there is no function sleep here"),
            ("let f = Fn(\"exit\"); f.call()", Failed, "there is no function exit here"),
            ("let f = Fn(\"exit\"); f.call(1)", Failed, "there is no function exit here"),
            ("let f = Fn(\"eval\"); f.call(\"1\")", InvalidArguments, "'eval' is a reserved keyword"),
            ("[\"1\"].map(\"eval\")", InvalidArguments, "'eval' is a reserved keyword"),
            ("print(1); exit(1)", Failed, "1\nline 1:11: Runtime error: there is no function exit here"),
            ("exit()", Failed, "there is no function exit here"),
            ("fn f() { this } f()", InvalidArguments, "line 1:10: "),
            ("timestamp()", Failed, "line 1:1: Function not found: timestamp"),
            ("import \"x\" as y;", InvalidArguments, "line 1:1: "),
            ("rand()", Failed, "line 1:1: Function not found: rand"),
            ("read_file(\"a\")", Failed, "line 1:1: Function not found: read_file"),
        ];
        for (program, code, words) in table {
            let (found, message) = run(program).unwrap_err();
            assert!(found == code && message.contains(words), "{program}: {found:?} {message}");
        }
        let nested = format!("{}1{}", "(".repeat(100_000), ")".repeat(100_000));
        assert_eq!(run(&nested).unwrap_err().0, InvalidArguments);
        let terms = format!("1{}", " + 1".repeat(30_000));
        assert_eq!(run(&terms).unwrap_err().0, InvalidArguments);
    }

    /// B20: no function that is built in gets around the limit of operations. Each of these took from five seconds to
    /// minutes, or hundreds of megabytes, when an operation counted as one whatever it handled.
    #[test]
    fn operations_are_weighed_by_what_they_handle() {
        let long = "a".repeat(30_000);
        let table = [
            "let a = []; a.pad(1000, 1); loop { a.contains(2); }",
            "let a = []; a.pad(1000, 1); loop { let b = a; }",
            "let a = []; a.pad(1000, 1.5); loop { `${a}`; }",
            "let a = []; a.pad(1000, 1); fn f(x) { } loop { f(a); }",
            "let a = []; a.pad(1000, 1); let f = || a; loop { f.call(); }",
            "let m = #{}; for i in 0..1000 { m[\"k\" + i] = i; } loop { m.keys(); }",
            "let s = \"\"; s.pad(65000, \"a\"); loop { s.index_of(\"b\"); }",
            "let s = \"\"; s.pad(60000, 'a'); let t = s; t.pad(60001, 'b'); loop { s.contains(t); }",
            "let s = \"\"; s.pad(900, 'a'); loop { s.split(\"\"); }",
            "loop { let s = \"\"; s.pad(65000, \"ab\"); }",
            "loop { blob(1000, 0); }",
            "let m = #{}; let s = \"\"; s.pad(60000, \"x\"); for i in 0..9000 { m[\"k\" + i] = s + i; }",
            "let v = []; for i in 0..5000 { let s = \"\"; s.pad(60000, \"x\"); v.push(|| s + i); }",
            // What a function does that a built-in one calls is counted too.
            "loop { [1].map(|x| { for i in 0..40000 { } }); }",
            &format!("loop {{ \"{long}\".contains(\"b\"); }}"),
            &format!("loop {{ if true {{ }} \"{long}\".to_upper(); }}"),
        ];
        for program in table {
            let (code, message) = run(program).unwrap_err();
            assert!(
                code == ToolErrorCode::Limit && message.contains("Too many operations"),
                "{program:.80}: {message}"
            );
        }
        for (program, words) in [
            ("let a = [1]; for i in 0..100000 { a = [a]; } a", "Depth of value"),
            ("let s = \"\"; s.pad(60000, \"a\"); s.replace(\"a\", s); s", "Length of string"),
            ("let s = \"\"; s.pad(9223372036854775807, \"ab\"); s", "Length of string"),
            (&format!("`{long}{long}${{1}}`"), "Length of string"),
        ] {
            let (_, message) = run(program).unwrap_err();
            assert!(message.contains(words), "{program:.80}: {message}");
        }
    }

    /// What programs usually do is far from the limits.
    #[test]
    fn ordinary_programs_have_room() {
        let long = "long ".repeat(20);
        let table = [
            ("let sum = 0; for i in 0..200000 { sum += i; } sum", "=> 19999900000"),
            (
                "let a = []; for i in 0..100 { a.push((i * 37) % 101); } let n = a.len();
                 for i in 0..n { for j in 0..n - 1 { if a[j] > a[j + 1] { let t = a[j]; a[j] = a[j + 1]; a[j + 1] = t; } } }
                 a[50]",
                "=> 50",
            ),
            ("let a = []; for i in 0..1000 { a.push(i); } a.len()", "=> 1000"),
            ("let m = #{}; for i in 0..1000 { m[`k${i}`] = i; } m.len()", "=> 1000"),
            ("let s = \"ab\"; s.pad(5, \"xyz\"); s.pad(6, '-'); s.pad(2, '+'); s", "=> abxyz-"),
            ("let s = \"abab\"; s.replace(\"a\", \"xx\"); s.replace('b', 'y'); s", "=> xxyxxy"),
            ("let s = \"ab\"; s.replace(\"\", \"-\"); s.replace('a', \"1\"); s.replace(\"b\", '2'); s", "=> -1-2-"),
            // Long texts stand in every place that a text may.
            (&format!("\"{long}\".len()"), "=> 100"),
            (&format!("let f = || \"{long}\"; [1, f.call()][1].len()"), "=> 100"),
            (&format!("fn f(a, b) {{ b }} f(1, \"{long}\").len()"), "=> 100"),
            (&format!("#{{ \"{long}\": [1, \"{long}\"], b: f(1, \"{long}\") }}.b; fn f(a, b) {{ a }}"), "=> 1"),
            (&format!("#{{ b: 1, \"{long}\": 2 }}.keys()[1].len()"), "=> 100"),
            (&format!("`a${{ `b${{1}}{long}` }}{long}${{2}}`.len()"), "=> 204"),
            (&format!("parse_json(\"{{\\\"a\\\": \\\"{long}\\\"}}\").a.len()"), "=> 100"),
        ];
        for (program, answer) in table {
            assert_eq!(run(program).as_deref(), Ok(answer), "{program}");
        }
    }

    #[test]
    fn options_have_ranges() {
        assert_eq!(ProgramOptions::default().check(), []);
        let options = ProgramOptions { operations_max: 0, call_depth_max: 65, ..ProgramOptions::default() };
        let paths: Vec<String> = options.check().into_iter().map(|problem| problem.path).collect();
        assert_eq!(paths, ["operations_max", "call_depth_max"]);
        let printing = |output_bytes_max| ProgramOptions { output_bytes_max, ..ProgramOptions::default() };
        assert_eq!(printing(1_048_576).check(), [], "as much as any tool may answer");
        assert_eq!(printing(1_048_577).check().len(), 1);
        // The deepest that can be asked for is stopped by its own limit.
        let deep = RunProgram::new(ProgramOptions { call_depth_max: 64, ..ProgramOptions::default() });
        let failure = deep.run_within_limits("fn f(n) { 1 + f(n + 1) } f(0)").unwrap_err();
        assert_eq!(failure.code, ToolErrorCode::Limit);
    }
}
