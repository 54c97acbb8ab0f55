//! `run_shell`: a simulated shell. Each command of a line answers what its options say; no process is ever started.
//!
//! The line is parsed by [`crate::shell`], and permissions are judged on what that found. A line whose commands can't
//! be told with certainty is refused here too. Within a line:
//!
//! - each command answers what the first response that fits it says; `cd`, `true`, `false`, `:` and `echo` are known
//!   unless a response fits them; a program that starts another one, such as `sudo`, answers as it is written;
//! - `&&` and `||` go by what the pipeline before ended with; `;`, `&` and line breaks go on in any case;
//! - of commands joined by `|` only the last one's output is seen and only its end counts, and none reads the other's;
//! - a response has one output: `>` and `>>` put it into a file of the workspace, `2>` makes an empty file;
//! - what a file that `<` names holds is not looked at, but it must exist.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::ActorPath;
//! use moot_tool::shell::ShellOptions;
//! use moot_tool::{MemoryWorkspace, ToolContext, builtin::RunShell, testing};
//!
//! let options: ShellOptions = serde_json::from_str(
//!     r#"{ "responses": [{ "command": ["cargo", "test"], "output": "12 passed" }] }"#,
//! ).unwrap();
//! let files = Arc::new(MemoryWorkspace::new());
//! let context = ToolContext::closed(ActorPath::new("scribe").unwrap()).with_workspace(files.clone());
//! let result = testing::call(RunShell::new(options), r#"{"command": "cargo test > log && echo done"}"#, context);
//! assert_eq!(&*result.content, "done\n");
//! assert_eq!(files.snapshot()["log"], "12 passed");
//! ```

use moot_core::port::{PortError, Workspace};
use moot_core::{Claim, Command, Commands, Placement, Text, ToolEffect, ToolErrorCode, Touch, VirtualDuration};
use schemars::JsonSchema;
use serde::Deserialize;

use super::limited;
use crate::describe::quote;
use crate::shell::{self, Output, Pipeline, ShellOptions, SimpleCommand, Stream, When};
use crate::{Tool, ToolContext, ToolFailure};

/// Answers command lines.
#[derive(Debug, Clone, Default)]
pub struct RunShell {
    options: ShellOptions,
}

/// What `run_shell` takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunShellArguments {
    /// The command line, such as: cargo test && git status. Write words as they are: variables, $(...), wildcards and
    /// loops are refused. Write cd FOLDER && ... to work in a folder.
    #[schemars(length(min = 1))]
    pub command: String,
}

/// What a command ended with and printed.
struct Answer {
    exit_code: u8,
    output: String,
}

impl RunShell {
    /// A shell that answers by these options. Those that [`ShellOptions::check`] finds wrong are as good as absent.
    #[must_use]
    pub fn new(options: ShellOptions) -> Self {
        Self { options }
    }

    /// How long the call takes in virtual time: the latencies of the commands that its line would run if all of them
    /// ended with what their responses say. 0 for a line that is refused.
    #[must_use]
    pub fn latency(&self, arguments: &RunShellArguments) -> VirtualDuration {
        let Ok(script) = shell::read(&arguments.command) else { return VirtualDuration::ZERO };
        let mut exit_code = 0;
        let mut total = 0_u64;
        for pipeline in script.pipelines.iter().filter(|pipeline| !pipeline.commands.is_empty()) {
            if runs(pipeline.when, exit_code) {
                // What is joined by `|` runs at the same time.
                let latency =
                    |simple: &SimpleCommand| self.options.response(&simple.command.argv).map(|one| one.latency);
                let slowest = pipeline.commands.iter().filter_map(latency).max().unwrap_or_default();
                total = total.saturating_add(slowest.as_millis());
                exit_code = pipeline.commands.last().map_or(0, |last| self.answer(&last.command).exit_code);
            }
        }
        VirtualDuration::from_millis(total)
    }

    fn answer(&self, command: &Command) -> Answer {
        let argv = &command.argv;
        if let Some(response) = self.options.response(argv) {
            return Answer { exit_code: response.exit_code, output: response.output.clone() };
        }
        let Some((program, arguments)) = argv.split_first() else {
            return Answer { exit_code: 0, output: String::new() };
        };
        let known = |exit_code, output| Answer { exit_code, output };
        match &**program {
            "cd" | "true" | ":" => known(0, String::new()),
            "false" => known(1, String::new()),
            "echo" => known(0, format!("{}\n", arguments.join(" "))),
            _ => {
                let otherwise = &self.options.otherwise;
                let output = otherwise.output.clone().unwrap_or_else(|| format!("{program}: command not found\n"));
                known(otherwise.exit_code, output)
            }
        }
    }

    /// Runs one pipeline; the answer is that of its last command.
    async fn run_pipeline(&self, pipeline: &Pipeline, files: &dyn Workspace) -> Result<Answer, ToolFailure> {
        let mut last = Answer { exit_code: 0, output: String::new() };
        for simple in &pipeline.commands {
            last = self.run_command(simple, files).await?;
        }
        Ok(last)
    }

    async fn run_command(&self, simple: &SimpleCommand, files: &dyn Workspace) -> Result<Answer, ToolFailure> {
        let command = &simple.command;
        for path in &command.reads {
            match files.read(&place(command, path)).await {
                Ok(_) => {}
                Err(PortError::NotFound { .. }) => {
                    return Ok(Answer { exit_code: 1, output: format!("sh: {path}: No such file\n") });
                }
                Err(error) => return Err(error.into()),
            }
        }
        let Answer { exit_code, mut output } = self.answer(command);
        if let Some(response) = self.options.response(&command.argv) {
            for (path, content) in &response.writes {
                files.write(path, content.clone()).await?;
            }
        }
        // The last redirection of standard output gets it; those before it only make their files.
        let target = simple.outputs.iter().rposition(|output| output.stream != Stream::Error);
        for (index, redirection) in simple.outputs.iter().enumerate() {
            let content = if Some(index) == target { std::mem::take(&mut output) } else { String::new() };
            put(redirection, command, content, files).await?;
        }
        Ok(Answer { exit_code, output })
    }

    fn claims(&self, commands: &[Command]) -> Vec<Claim> {
        let mut claims = Vec::new();
        for command in commands {
            claims.extend(command.reads.iter().map(|path| Claim::reads_file(place(command, path))));
            claims.extend(command.writes.iter().map(|path| Claim::writes_file(place(command, path))));
            let response = self.options.response(&command.argv);
            let written = response.into_iter().flat_map(|response| response.writes.keys());
            claims.extend(written.map(|path| Claim::writes_file(path.as_str())));
        }
        claims.sort();
        claims.dedup();
        claims
    }
}

/// The path in the workspace that a command means; as it is written when it leaves the workspace, which then says so.
fn place(command: &Command, path: &str) -> Text {
    match shell::resolve(&command.folder, path) {
        Some(inside) => inside.into(),
        None if path.starts_with('/') || command.folder.is_empty() => path.into(),
        None => format!("{}/{path}", command.folder).into(),
    }
}

/// Puts an output into the file that a redirection names.
async fn put(
    redirection: &Output,
    command: &Command,
    content: String,
    files: &dyn Workspace,
) -> Result<(), ToolFailure> {
    if &*redirection.path == "/dev/null" {
        return Ok(());
    }
    let path = place(command, &redirection.path);
    if !redirection.append {
        return Ok(files.write(&path, content).await?);
    }
    match files.read(&path).await {
        // Nobody may have changed it in between: that would be lost.
        Ok(before) => Ok(files.replace(&path, &before, format!("{before}{content}")).await?),
        Err(PortError::NotFound { .. }) => Ok(files.write(&path, content).await?),
        Err(error) => Err(error.into()),
    }
}

const fn runs(when: When, exit_code: u8) -> bool {
    match when {
        When::Always => true,
        When::Succeeded => exit_code == 0,
        When::Failed => exit_code != 0,
    }
}

impl Tool for RunShell {
    type Arguments = RunShellArguments;

    fn name(&self) -> &str {
        "run_shell"
    }

    fn description(&self) -> &str {
        "Runs a command line in a simulated shell and answers with what it prints; an error unless it ends with 0."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Execute
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    fn touch(&self, arguments: &RunShellArguments) -> Touch {
        let commands = shell::parse(&arguments.command);
        let claims = match (&commands, shell::read(&arguments.command)) {
            // The responses are those of the commands as they are written; what they start counts for permissions.
            (Commands::Certain(all), Ok(script)) => {
                let written = script.pipelines.into_iter().flat_map(|pipeline| pipeline.commands);
                let mut listed: Vec<Command> = written.map(|simple| simple.command).collect();
                listed.extend(all.iter().cloned());
                self.claims(&listed)
            }
            // Such a line is refused: it touches nothing.
            _ => Vec::new(),
        };
        Touch { claims, commands }
    }

    fn latency(&self, arguments: &RunShellArguments) -> VirtualDuration {
        Self::latency(self, arguments)
    }

    async fn run(&self, arguments: RunShellArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        let line = &arguments.command;
        let script = match (shell::parse(line), shell::read(line)) {
            (Commands::Certain(_), Ok(script)) => script,
            (Commands::None, _) => return Err(ToolFailure::invalid("the command line holds no command")),
            (Commands::Unclear(reason), _) | (_, Err(shell::Unclear(reason))) => {
                let message = format!("it can't be told what {} would run: {reason}", quote(line));
                return Err(ToolFailure::invalid(message));
            }
        };
        let mut shown = String::new();
        let mut exit_code = 0;
        for pipeline in script.pipelines.iter().filter(|pipeline| !pipeline.commands.is_empty()) {
            if runs(pipeline.when, exit_code) {
                let answer = self.run_pipeline(pipeline, &*context.ports.workspace).await?;
                exit_code = answer.exit_code;
                shown.push_str(&answer.output);
            }
        }
        let shown = limited(shown, "run fewer commands at once or put their output into files")?;
        match (exit_code, shown.is_empty()) {
            (0, true) => Ok("(no output)".to_owned()),
            (0, false) => Ok(shown),
            (_, true) => Err(ToolFailure::new(ToolErrorCode::Failed, format!("(exit code {exit_code})"))),
            (_, false) => {
                let shown = shown.strip_suffix('\n').unwrap_or(&shown);
                Err(ToolFailure::new(ToolErrorCode::Failed, format!("{shown}\n(exit code {exit_code})")))
            }
        }
    }
}

#[cfg(test)]
mod tests;
