//! Words and operators put together: pipelines, redirections, variables, and the folder that `cd` leads to.
//!
//! This module must not know what programs do, but for `cd`.
//!
//! ```
//! use moot_tool::shell::{self, When};
//!
//! let script = shell::read("cd src && LANG=C grep -n main lib.rs | head").unwrap();
//! assert_eq!(script.pipelines[1].when, When::Succeeded);
//! assert_eq!(script.pipelines[1].commands.len(), 2);
//! assert_eq!(&*script.pipelines[1].commands[0].command.folder, "src");
//! assert!(shell::read("cd src; grep -n main lib.rs").is_err(), "it would go on in another folder if there is no src");
//! ```

use moot_core::{Command, Text};

use super::words::{Operator, Redirect, Token, Word, cut};
use super::{COMMANDS_MAX, Unclear};
use crate::describe::quote;

/// A parsed command line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    /// What it runs, in order.
    pub pipelines: Vec<Pipeline>,
}

/// Commands joined by `|`; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// Whether it runs, by how the one that ran before it ended.
    pub when: When,
    /// The commands, each reading what the one before it writes.
    pub commands: Vec<SimpleCommand>,
}

/// When a pipeline runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// In any case: the first one, or after `;`, `&` or a line break.
    Always,
    /// After `&&`: when the one that ran before it ended with 0.
    Succeeded,
    /// After `||`: when the one that ran before it did not end with 0.
    Failed,
}

/// One command as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimpleCommand {
    /// What it runs; no words when the line only opens files.
    pub command: Command,
    /// Where its outputs go, in order, `/dev/null` included.
    pub outputs: Vec<Output>,
}

/// A redirection of an output to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// What is redirected.
    pub stream: Stream,
    /// Whether it is put at the end of the file instead of in place of it.
    pub append: bool,
    /// The file as written, to be taken from the command's folder.
    pub path: Text,
}

/// What is redirected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Standard,
    /// Standard error, or a descriptor that programs do not use by themselves.
    Error,
}

/// Words that begin or end something longer than a command when they stand where a command does and are not quoted
/// (POSIX XCU 2.4, and those of bash and zsh).
const RESERVED: &[&str] = &[
    "!",
    "[[",
    "]]",
    "case",
    "coproc",
    "do",
    "done",
    "elif",
    "else",
    "end",
    "esac",
    "fi",
    "for",
    "foreach",
    "function",
    "if",
    "in",
    "nocorrect",
    "noglob",
    "repeat",
    "select",
    "then",
    "time",
    "until",
    "while",
    "{}",
    "-",
];

/// Variables that change which program runs, or make programs run others. Families end with `*`.
const STEERING: &[&str] = &[
    "PATH",
    "IFS",
    "ENV",
    "CDPATH",
    "SHELL",
    "BASH_*",
    "SHELLOPTS",
    "BASHOPTS",
    "PS4",
    "PROMPT_COMMAND",
    "LD_*",
    "DYLD_*",
    "GIT_*",
    "*PAGER",
    "*EDITOR",
    "VISUAL",
    "BROWSER",
    "PYTHON*",
    "PERL5*",
    "RUBYOPT",
    "RUBYLIB",
    "NODE_OPTIONS",
    "NODE_PATH",
    "JAVA_TOOL_OPTIONS",
    "LESSOPEN",
    "LESSCLOSE",
];

/// Checks the name of a variable that a command is given.
pub(super) fn check_variable(name: &str) -> Result<(), Unclear> {
    let steers = |pattern: &&str| match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => name.ends_with(end),
        (_, Some(beginning)) => name.starts_with(beginning),
        _ => name == *pattern,
    };
    if STEERING.iter().any(steers) {
        return Err(Unclear::new(format!("it sets {name}, which changes what programs run")));
    }
    Ok(())
}

/// Reads a line that starts in `folder`.
pub(super) fn read(line: &str, folder: &str) -> Result<Script, Unclear> {
    let mut reader = Reader::new(folder);
    for token in cut(line)? {
        match token {
            Token::Word(word) => reader.word(&word)?,
            Token::Redirect(redirect) => reader.redirect(redirect)?,
            Token::Operator(operator) => reader.operator(operator)?,
        }
    }
    reader.finish()
}

struct Reader {
    script: Script,
    folder: String,
    /// Whether the folder depends on a `cd` of this list, which may fail.
    moved: bool,
    count: usize,
    /// When the pipeline that is being read runs.
    when: When,
    pipeline: Vec<SimpleCommand>,
    simple: Option<SimpleCommand>,
    /// A redirection that waits for its file.
    open: Option<Redirect>,
    /// An operator that waits for the command after it.
    pending: Option<&'static str>,
}

impl Reader {
    fn new(folder: &str) -> Self {
        Self {
            script: Script::default(),
            folder: folder.to_owned(),
            moved: false,
            count: 0,
            when: When::Always,
            pipeline: Vec::new(),
            simple: None,
            open: None,
            pending: None,
        }
    }

    fn simple(&mut self) -> Result<&mut SimpleCommand, Unclear> {
        if self.simple.is_none() {
            self.count += 1;
            if self.count > COMMANDS_MAX {
                return Err(Unclear::new(format!("it runs more than {COMMANDS_MAX} commands")));
            }
            if self.moved && self.when != When::Succeeded {
                return Err(Unclear::new(
                    "it goes on after `cd` even if that failed, so in which folder is not known; join with `&&` only",
                ));
            }
            self.pending = None;
        }
        let command = Command { folder: self.folder.as_str().into(), ..Command::default() };
        Ok(self.simple.get_or_insert_with(|| SimpleCommand { command, outputs: Vec::new() }))
    }

    fn word(&mut self, word: &Word) -> Result<(), Unclear> {
        if let Some(redirect) = self.open.take() {
            return self.file(redirect, &word.text);
        }
        let simple = self.simple()?;
        if simple.command.argv.is_empty() {
            if let Some((name, value)) = assignment(word) {
                check_variable(name)?;
                simple.command.environment.push((name.into(), value.into()));
                return Ok(());
            }
            if word.is_bare() && RESERVED.contains(&word.text.as_str()) {
                return Err(Unclear::new(format!("it holds the word `{}` of the shell's language", word.text)));
            }
            // `NAME+=value`, `NAME[1]=value` and the like.
            if word.text.get(..word.bare_bytes).is_some_and(|bare| bare.contains('=')) {
                return Err(Unclear::new(format!("{} may set a variable", quote(&word.text))));
            }
        }
        simple.command.argv.push(word.text.as_str().into());
        Ok(())
    }

    fn redirect(&mut self, redirect: Redirect) -> Result<(), Unclear> {
        self.complete()?;
        self.simple()?;
        self.open = Some(redirect);
        Ok(())
    }

    fn file(&mut self, redirect: Redirect, path: &str) -> Result<(), Unclear> {
        if path.is_empty() {
            return Err(Unclear::new("it redirects to a file without a name"));
        }
        if path.starts_with("/dev/") && path != "/dev/null" {
            return Err(Unclear::new(format!("it redirects to the device {}", quote(path))));
        }
        let simple = self.simple()?;
        match redirect {
            Redirect::Input if path != "/dev/null" => simple.command.reads.push(path.into()),
            Redirect::Input => {}
            Redirect::Output { descriptor, append } => {
                let stream = if descriptor == 1 { Stream::Standard } else { Stream::Error };
                simple.outputs.push(Output { stream, append, path: path.into() });
                if path != "/dev/null" {
                    simple.command.writes.push(path.into());
                }
            }
        }
        Ok(())
    }

    /// Checks that no redirection waits for its file.
    fn complete(&self) -> Result<(), Unclear> {
        match self.open {
            None => Ok(()),
            Some(_) => Err(Unclear::new("a redirection has no file")),
        }
    }

    fn operator(&mut self, operator: Operator) -> Result<(), Unclear> {
        self.complete()?;
        if self.simple.is_none() {
            return match operator {
                // Line breaks may stand anywhere between commands.
                Operator::Newline => Ok(()),
                _ => Err(Unclear::new("an operator has no command before it")),
            };
        }
        if operator == Operator::Pipe {
            self.pipeline.extend(self.simple.take());
            self.pending = Some("|");
            return Ok(());
        }
        self.end_pipeline(operator == Operator::Background)?;
        (self.when, self.pending) = match operator {
            Operator::And => (When::Succeeded, Some("&&")),
            Operator::Or => (When::Failed, Some("||")),
            _ => (When::Always, None),
        };
        Ok(())
    }

    fn end_pipeline(&mut self, background: bool) -> Result<(), Unclear> {
        self.pipeline.extend(self.simple.take());
        let mut commands = std::mem::take(&mut self.pipeline);
        let alone = commands.len() == 1 && !background;
        for simple in &mut commands {
            let command = &simple.command;
            if command.argv.is_empty() && !command.environment.is_empty() {
                return Err(Unclear::new("it sets a variable for what follows"));
            }
            if command.argv.first().is_some_and(|program| &**program == "cd") {
                self.change_folder(&simple.command, alone)?;
            }
        }
        if !commands.is_empty() {
            self.script.pipelines.push(Pipeline { when: self.when, commands });
        }
        Ok(())
    }

    fn change_folder(&mut self, command: &Command, alone: bool) -> Result<(), Unclear> {
        // After `||` it may have been skipped, and what follows goes on all the same.
        let certain = alone && self.when != When::Failed && command.environment.is_empty();
        let target = match command.argv.as_slice() {
            [_, target] if !target.is_empty() && !target.starts_with('-') && certain => target,
            _ => return Err(Unclear::new("to which folder `cd` leads is not known; write `cd FOLDER && …`")),
        };
        self.folder = match (target.starts_with('/'), self.folder.is_empty()) {
            (true, _) | (_, true) => target.to_string(),
            _ => format!("{}/{target}", self.folder),
        };
        self.moved = true;
        Ok(())
    }

    fn finish(mut self) -> Result<Script, Unclear> {
        self.complete()?;
        if self.simple.is_some() {
            self.end_pipeline(false)?;
        }
        match self.pending {
            Some(operator) => Err(Unclear::new(format!("nothing follows `{operator}`"))),
            None => Ok(self.script),
        }
    }
}

/// `NAME=value` whose name and `=` are not quoted.
fn assignment(word: &Word) -> Option<(&str, &str)> {
    let (name, value) = word.text.split_once('=')?;
    (name.len() < word.bare_bytes && is_name(name)).then_some((name, value))
}

/// Whether a text is a variable's name (POSIX XBD 3.216): ASCII letters, digits and `_`, no digit first.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
