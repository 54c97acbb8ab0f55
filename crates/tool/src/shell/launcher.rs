//! Programs that start other programs, looked through: `env`, `sudo`, `timeout`, `sh -c`, `find -exec` and the like.
//!
//! What such a program would start is listed beside it when its arguments say so with certainty. When they don't, when
//! an option is not known here, or when a command changes the shell itself (`eval`, `alias`, `export`, …), the whole
//! line is unclear. The tables follow the manuals of GNU coreutils 9, GNU findutils 4.10, util-linux 2.40 and sudo 1.9.
//!
//! ```
//! use moot_core::Commands;
//! use moot_tool::shell;
//!
//! let Commands::Certain(commands) = shell::parse("sudo -n sh -c 'rm -rf /'") else { panic!() };
//! assert_eq!(&*commands.last().unwrap().argv[0], "rm");
//! assert!(matches!(shell::parse("ls | xargs rm"), Commands::Unclear(_)), "what rm gets is not known");
//! ```

use moot_core::{Command, Text};

use super::script::{check_variable, is_name};
use super::{COMMANDS_MAX, DEPTH_MAX, Unclear, commands};
use crate::describe::quote;

/// Built-in commands that change what the shell does with the rest of a line, or read code from elsewhere.
const SHELL_CHANGING: &[&str] = &[
    ".",
    "alias",
    "autoload",
    "bind",
    "bindkey",
    "compdef",
    "complete",
    "declare",
    "disable",
    "emulate",
    "enable",
    "eval",
    "export",
    "fc",
    "float",
    "functions",
    "getopts",
    "hash",
    "history",
    "integer",
    "let",
    "local",
    "mapfile",
    "popd",
    "pushd",
    "read",
    "readarray",
    "readonly",
    "set",
    "setenv",
    "setopt",
    "shopt",
    "source",
    "trap",
    "typeset",
    "unalias",
    "unfunction",
    "unhash",
    "unset",
    "unsetopt",
    "vared",
    "zle",
    "zmodload",
];

/// Built-in commands that evaluate some of their arguments as expressions, which may run commands even when quoted:
/// `test -v 'a[$(x)]'`.
const EVALUATING: &[&str] = &[
    "[", "break", "continue", "exit", "kill", "print", "printf", "return", "shift", "test", "ulimit", "umask", "wait",
];

/// Programs that start others in ways that are not followed here, or speak a shell language of their own.
const NOT_FOLLOWED: &[&str] = &[
    "xargs",
    "parallel",
    "su",
    "runuser",
    "chroot",
    "unshare",
    "nsenter",
    "watch",
    "script",
    "strace",
    "ltrace",
    "flock",
    "ssh",
    "entr",
    "expect",
    "setpriv",
    "systemd-run",
    "at",
    "batch",
    "crontab",
    "screen",
    "tmux",
    "csh",
    "tcsh",
    "fish",
    "pwsh",
    "powershell",
    "cmd",
    "cmd.exe",
    "zsh",
    "rbash",
    "pkexec",
    "gdb",
    "unbuffer",
    "chpst",
    "runcon",
    "firejail",
    "bwrap",
    "setarch",
    "linux32",
    "linux64",
    "taskset",
    "chrt",
    "numactl",
    "prlimit",
    "sg",
    "newgrp",
    "login",
    "run0",
    "rlwrap",
    "fakeroot",
    "proot",
    "valgrind",
    "perf",
    "caffeinate",
    "start-stop-daemon",
    "daemonize",
    "ld.so",
];

/// Shells whose `-c LINE` is parsed.
const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "ksh"];

/// How a program takes the command that it starts: options, then some words, then the command.
struct Launcher {
    name: &'static str,
    /// Options without a value.
    flags: &'static [&'static str],
    /// Options whose value is the next word, or follows `=` in a long one.
    valued: &'static [&'static str],
    /// How many words stand between the options and the command.
    operands: usize,
    /// Whether variables may be set before the command.
    variables: bool,
}

const LAUNCHERS: &[Launcher] = &[
    Launcher {
        name: "env",
        flags: &["-i", "-", "--ignore-environment"],
        valued: &["-u", "--unset"],
        operands: 0,
        variables: true,
    },
    Launcher {
        name: "sudo",
        flags: &["-n", "-E", "-H", "-b", "-k"],
        valued: &["-u", "-g"],
        operands: 0,
        variables: true,
    },
    Launcher { name: "doas", flags: &["-n"], valued: &["-u"], operands: 0, variables: false },
    Launcher { name: "nice", flags: &[], valued: &["-n", "--adjustment"], operands: 0, variables: false },
    Launcher { name: "ionice", flags: &["-t"], valued: &["-c", "-n"], operands: 0, variables: false },
    Launcher { name: "nohup", flags: &[], valued: &[], operands: 0, variables: false },
    Launcher { name: "setsid", flags: &["-c", "-f", "-w"], valued: &[], operands: 0, variables: false },
    Launcher {
        name: "stdbuf",
        flags: &["-oL", "-o0", "-eL", "-e0", "-i0"],
        valued: &["-o", "-e", "-i"],
        operands: 0,
        variables: false,
    },
    Launcher {
        name: "timeout",
        flags: &["--foreground", "--preserve-status", "-v", "--verbose"],
        valued: &["-k", "--kill-after", "-s", "--signal"],
        operands: 1,
        variables: false,
    },
    Launcher { name: "time", flags: &["-p", "-v"], valued: &[], operands: 0, variables: false },
    Launcher { name: "busybox", flags: &[], valued: &[], operands: 0, variables: false },
    Launcher { name: "toybox", flags: &[], valued: &[], operands: 0, variables: false },
    Launcher { name: "exec", flags: &[], valued: &[], operands: 0, variables: false },
    Launcher { name: "command", flags: &["-p"], valued: &[], operands: 0, variables: false },
    Launcher { name: "builtin", flags: &[], valued: &[], operands: 0, variables: false },
];

/// Lists a command and what it starts.
pub(super) fn expand(command: Command, depth: usize, found: &mut Vec<Command>) -> Result<(), Unclear> {
    if depth > DEPTH_MAX {
        return Err(Unclear::new(format!("programs start programs more than {DEPTH_MAX} times over")));
    }
    if found.len() >= COMMANDS_MAX {
        return Err(Unclear::new(format!("it runs more than {COMMANDS_MAX} commands")));
    }
    let Some((program, arguments)) = command.argv.split_first() else {
        found.push(command);
        return Ok(());
    };
    // Some file systems do not tell upper from lower case.
    let name = program.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    check_program(&name, arguments)?;
    if SHELLS.contains(&name.as_str()) {
        return match line_of_shell(&name, arguments)? {
            None => {
                found.push(command);
                Ok(())
            }
            Some(line) => expand_shell(&command, line, depth, found),
        };
    }
    let inner = if name == "find" { started_by_find(arguments)? } else { started_by_launcher(&name, arguments)? };
    for program in inner.iter().filter_map(|(_, argv)| argv.first()) {
        if &**program == "cd" {
            return Err(Unclear::new("to which folder `cd` leads is not known; write `cd FOLDER && …`"));
        }
        // Some programs take options also where a command is expected.
        if program.starts_with('-') {
            return Err(Unclear::new(format!(
                "`{name}` is told to start {}, which looks like an option",
                quote(program)
            )));
        }
    }
    let inner: Vec<Command> = inner
        .into_iter()
        .map(|(variables, argv)| Command {
            argv: argv.to_vec(),
            environment: command.environment.iter().cloned().chain(variables).collect(),
            folder: command.folder.clone(),
            ..Command::default()
        })
        .collect();
    found.push(command);
    inner.into_iter().try_for_each(|inner| expand(inner, depth + 1, found))
}

fn check_program(name: &str, arguments: &[Text]) -> Result<(), Unclear> {
    let sets_variable = name == "printf" && arguments.first().is_some_and(|word| word.starts_with("-v"));
    if SHELL_CHANGING.contains(&name) || sets_variable {
        return Err(Unclear::new(format!("`{name}` changes the shell or reads commands from elsewhere")));
    }
    if EVALUATING.contains(&name) && arguments.iter().any(|word| word.contains(['$', '`'])) {
        return Err(Unclear::new(format!("`{name}` may evaluate what its arguments hold")));
    }
    // The loader of programs is a program too.
    if NOT_FOLLOWED.contains(&name) || name.starts_with("ld-linux") || name.starts_with("ld-musl") {
        return Err(Unclear::new(format!("`{name}` starts other programs, and which is not followed")));
    }
    Ok(())
}

/// What `sh -c LINE` runs, with its variables, and with its redirections at the first command.
fn expand_shell(outer: &Command, line: &str, depth: usize, found: &mut Vec<Command>) -> Result<(), Unclear> {
    let mut inner = commands(line, &outer.folder, depth + 1)?;
    if inner.is_empty() {
        inner.push(Command { folder: outer.folder.clone(), ..Command::default() });
    }
    for command in &mut inner {
        let own = std::mem::take(&mut command.environment);
        command.environment = outer.environment.iter().cloned().chain(own).collect();
    }
    if let Some(first) = inner.first_mut() {
        // Files are opened from the folder in which the shell starts, which only an inner `cd` could change, and that
        // is listed as a command of the outer folder.
        first.reads.splice(0..0, outer.reads.iter().cloned());
        first.writes.splice(0..0, outer.writes.iter().cloned());
    }
    if found.len() + inner.len() > COMMANDS_MAX {
        return Err(Unclear::new(format!("it runs more than {COMMANDS_MAX} commands")));
    }
    found.append(&mut inner);
    Ok(())
}

/// The line after `-c`; `None` for a script in a file.
fn line_of_shell<'a>(name: &str, arguments: &'a [Text]) -> Result<Option<&'a str>, Unclear> {
    let unclear = || Unclear::new(format!("what `{name}` would run is not known; write `{name} -c 'LINE'`"));
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        match &**word {
            "--norc" | "--noprofile" | "--posix" => {}
            // `-` alone, `-s` and no argument at all read from standard input.
            word if word.starts_with(['-', '+']) => {
                let letters = word.strip_prefix('-').unwrap_or_default();
                let known =
                    !letters.is_empty() && letters.chars().all(|letter| matches!(letter, 'c' | 'e' | 'u' | 'x'));
                if !known {
                    return Err(unclear());
                }
                if letters.contains('c') {
                    return rest
                        .next()
                        .filter(|line| !line.starts_with(['-', '+']))
                        .map(|line| Some(&**line))
                        .ok_or_else(unclear);
                }
            }
            word if word.starts_with("/dev/") || word.starts_with("/proc/") => return Err(unclear()),
            _ => return Ok(None),
        }
    }
    Err(unclear())
}

/// Variables and words of a command that another one starts.
type Started<'a> = (Vec<(Text, Text)>, &'a [Text]);

fn started_by_launcher<'a>(name: &str, arguments: &'a [Text]) -> Result<Vec<Started<'a>>, Unclear> {
    let Some(launcher) = LAUNCHERS.iter().find(|launcher| launcher.name == name) else { return Ok(Vec::new()) };
    // `command -v NAME` only looks a name up.
    if name == "command" && arguments.first().is_some_and(|word| matches!(&**word, "-v" | "-V")) {
        return Ok(Vec::new());
    }
    let mut rest = launcher.after_options(arguments)?;
    let mut variables = Vec::new();
    while let Some(((variable, value), after)) =
        rest.split_first().filter(|_| launcher.variables).and_then(|(word, after)| Some((word.split_once('=')?, after)))
    {
        if !is_name(variable) {
            return Err(Unclear::new(format!("`{name}` sets the variable {}", quote(variable))));
        }
        check_variable(variable)?;
        variables.push((variable.into(), value.into()));
        rest = after;
    }
    match rest.get(launcher.operands..) {
        Some(inner) if !inner.is_empty() => Ok(vec![(variables, inner)]),
        // It prints its environment, or how it is used; the shell's own words would change the shell.
        _ if name != "exec" => Ok(Vec::new()),
        _ => Err(Unclear::new("`exec` without a program changes the shell")),
    }
}

impl Launcher {
    fn after_options<'a>(&self, mut words: &'a [Text]) -> Result<&'a [Text], Unclear> {
        while let Some((word, after)) = words.split_first() {
            let long = word.split_once('=').filter(|(option, _)| option.starts_with("--")).map(|(option, _)| option);
            words = match &**word {
                "--" => return Ok(after),
                word if self.flags.contains(&word) => after,
                word if self.valued.contains(&word) => after.get(1..).unwrap_or_default(),
                _ if long.is_some_and(|option| self.valued.contains(&option)) => after,
                word if word.starts_with('-') => {
                    return Err(Unclear::new(format!(
                        "the option {} of `{}`, which starts other programs, is not known",
                        quote(word),
                        self.name
                    )));
                }
                _ => return Ok(words),
            };
        }
        Ok(words)
    }
}

fn started_by_find(arguments: &[Text]) -> Result<Vec<Started<'_>>, Unclear> {
    let mut started = Vec::new();
    let mut rest = arguments;
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        match &**word {
            "-execdir" | "-okdir" => {
                return Err(Unclear::new("in which folders `find` would run a program is not known"));
            }
            "-exec" | "-ok" => {
                let end = after.iter().position(|word| &**word == ";");
                let inner = end.and_then(|end| after.get(..end)).filter(|inner| !inner.is_empty());
                // `+` ends it only after `{}`, which is unclear anyway.
                let inner = inner.ok_or_else(|| Unclear::new("`find -exec` does not end with `;`"))?;
                if inner.iter().any(|word| word.contains("{}")) {
                    return Err(Unclear::new("on which files `find` would run a program is not known"));
                }
                started.push((Vec::new(), inner));
                rest = after.get(inner.len() + 1..).unwrap_or_default();
            }
            _ => {}
        }
    }
    Ok(started)
}
