//! Programs that run other programs: what can be told from their words, and what can't.
//!
//! There is no list of harmless programs here: a command is never read-only by its name (reliability.md §7.1). This is
//! the opposite, a list of those behind whose name another program hides, so that neither an allow rule lets that one
//! pass unseen nor a deny rule misses it. This module must not know rules.
//!
//! ```
//! use moot_mind::policy::{Reach, reach_of};
//!
//! let reach = |words: &[&str]| reach_of(&words.iter().map(|word| (*word).into()).collect::<Vec<_>>());
//! assert_eq!(reach(&["ls", "-l"]), Reach::Plain);
//! assert_eq!(reach(&["/usr/bin/sudo", "rm", "a"]), Reach::Wraps);
//! assert_eq!(reach(&["bash", "-c", "rm a"]), Reach::Shell);
//! ```

use moot_core::Text;

/// What a command's words say of the programs that it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// It is the one program named first.
    Plain,
    /// Its words hold another command as it will be run, such as `sudo rm a`.
    Wraps,
    /// Its words hold another program, and more words join from elsewhere, such as `xargs rm`; or they change what
    /// later commands mean, such as `export`.
    Opens,
    /// One of its words is a program in some language, such as `python3 -c` or `sed`.
    Code,
    /// It runs a whole line or file of commands, such as `sh -c`.
    Shell,
}

const WRAPS: &[&str] = &[
    "sudo",
    "doas",
    "env",
    "nice",
    "nohup",
    "time",
    "timeout",
    "gtimeout",
    "setsid",
    "stdbuf",
    "ionice",
    "chrt",
    "taskset",
    "command",
    "exec",
    "builtin",
    "busybox",
    "toybox",
    "chroot",
    "unshare",
    "nsenter",
    "strace",
    "ltrace",
    "firejail",
    "bwrap",
    "systemd-run",
    "flock",
    "runuser",
    "pkexec",
    "gosu",
    "setarch",
    "coproc",
    "caffeinate",
];

const OPENS: &[&str] = &[
    "xargs", "parallel", "entr", "watch", "ssh", "at", "batch", "crontab", "export", "declare", "typeset", "readonly",
    "local", "alias", "unalias", "unset", "set", "shopt", "trap", "hash", "enable",
];

const CODE_ALWAYS: &[&str] =
    &["awk", "gawk", "mawk", "nawk", "sed", "gsed", "ed", "ex", "vi", "vim", "nvim", "emacs", "osascript", "expect"];

/// Their names may be followed by a version, such as `python3.12`.
const CODE_BY_FLAG: &[&str] =
    &["python", "pypy", "perl", "ruby", "node", "nodejs", "deno", "bun", "php", "lua", "tclsh", "Rscript"];

const SHELLS: &[&str] = &[
    "sh",
    "bash",
    "dash",
    "zsh",
    "ksh",
    "mksh",
    "ash",
    "fish",
    "csh",
    "tcsh",
    "rbash",
    "eval",
    "source",
    ".",
    "su",
    "script",
    "pwsh",
    "powershell",
    "cmd",
];

/// Programs with options that run another program or write files, and how those options begin.
const DOORS: &[(&str, &[&str])] = &[
    ("find", &["-exec", "-ok", "-delete", "-fprint", "-fls"]),
    ("fd", &["-x", "-X", "--exec"]),
    (
        "git",
        &["-c", "--config-env", "--exec", "--upload-pack", "--receive-pack", "-u", "--ext-diff", "--textconv", "-O"],
    ),
    ("tar", &["--to-command", "--checkpoint-action", "--use-compress", "-I", "--rsh-command", "--info-script", "-F"]),
    ("rsync", &["-e", "--rsh", "--rsync-path"]),
    ("rg", &["--pre", "--hostname-bin"]),
    ("sort", &["--compress-program", "-o", "--output"]),
    ("man", &["-P", "--pager", "-H", "--html"]),
    ("zip", &["-T", "-TT", "--unzip-command"]),
];

/// What the words of a command say of the programs that it runs. Where one program runs another, which of the words names
/// that other is not certain: the strictest that any of them could be counts.
#[must_use]
pub fn reach_of(argv: &[Text]) -> Reach {
    let own = reach_of_first(argv);
    if !matches!(own, Reach::Wraps | Reach::Opens) {
        return own;
    }
    let could_run = |start: &usize| argv.get(*start).is_some_and(|word| !word.starts_with('-') && &**word != ".");
    let hidden = (1..argv.len()).filter(could_run).filter_map(|start| argv.get(start..)).map(reach_of_first);
    hidden.fold(own, Reach::max)
}

/// The same by the first word's own nature.
fn reach_of_first(argv: &[Text]) -> Reach {
    let Some((program, arguments)) = argv.split_first() else { return Reach::Plain };
    let lower = base_name(program).to_ascii_lowercase();
    let name = lower.strip_suffix(".exe").unwrap_or(&lower);
    if SHELLS.contains(&name) {
        Reach::Shell
    } else if CODE_ALWAYS.contains(&name) || is_versioned(name) && takes_code(arguments) {
        Reach::Code
    } else if OPENS.contains(&name) || DOORS.iter().any(|(door, flags)| *door == name && opens(arguments, flags)) {
        Reach::Opens
    } else if WRAPS.contains(&name) {
        Reach::Wraps
    } else {
        Reach::Plain
    }
}

/// The last part of a program's path.
pub(super) fn base_name(program: &str) -> &str {
    program.rsplit(['/', '\\']).next().unwrap_or(program)
}

/// The words within a word that holds code: whatever could be the name of a program or a file.
pub(super) fn tokens(code: &str) -> impl Iterator<Item = &str> {
    let is_part =
        |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '.' | '/' | '~' | '*');
    code.split(move |character| !is_part(character)).filter(|token| !token.is_empty())
}

fn opens(arguments: &[Text], flags: &[&str]) -> bool {
    arguments.iter().any(|word| flags.iter().any(|flag| word.starts_with(flag)))
}

fn is_versioned(name: &str) -> bool {
    let stem = name.trim_end_matches(|character: char| character.is_ascii_digit() || character == '.');
    CODE_BY_FLAG.iter().any(|known| known.eq_ignore_ascii_case(stem))
}

/// Whether an interpreter is given its program as a word or on its input, rather than as a file.
fn takes_code(arguments: &[Text]) -> bool {
    let is_code = |word: &Text| match word.strip_prefix('-') {
        Some("") => true,
        Some(flag) if flag.starts_with('-') => {
            ["-eval", "-print", "-exec", "-require", "-import", "-run"].iter().any(|long| flag.starts_with(long))
        }
        Some(flag) => flag.contains(['c', 'e', 'E', 'r', 'p']),
        None => word.as_ref() == "eval",
    };
    arguments.is_empty() || arguments.iter().any(is_code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_its_reach() {
        let rows = [
            ("ls -l", Reach::Plain),
            ("git status", Reach::Plain),
            ("git -c core.pager=x log", Reach::Opens),
            ("git fetch --upload-pack=x", Reach::Opens),
            ("find . -name a", Reach::Plain),
            ("find . -exec rm {} ;", Reach::Opens),
            ("find . -delete", Reach::Opens),
            ("find . -fprintf a b", Reach::Opens),
            ("tar xf a --to-command=x", Reach::Opens),
            ("tar xf a", Reach::Plain),
            ("sed -i s/a/b/ f", Reach::Code),
            ("sed w", Reach::Code),
            ("awk BEGIN{system(1)}", Reach::Code),
            ("python3 -c x", Reach::Code),
            ("python3.12 -Sc x", Reach::Code),
            ("python a.py", Reach::Plain),
            ("python", Reach::Code),
            ("perl -ne x", Reach::Code),
            ("node --eval x", Reach::Code),
            ("sudo rm a", Reach::Wraps),
            ("SUDO rm a", Reach::Wraps),
            ("env A=b rm a", Reach::Wraps),
            ("timeout 5 rm a", Reach::Wraps),
            ("xargs rm", Reach::Opens),
            ("sudo bash -c x", Reach::Shell),
            ("xargs sh", Reach::Shell),
            ("find . -exec ./sh {} ;", Reach::Shell),
            ("env A=b /usr/bin/python3 -c x", Reach::Code),
            ("sudo find . -delete", Reach::Opens),
            ("sudo ls .", Reach::Wraps),
            ("export PATH=x", Reach::Opens),
            ("/bin/sh -c x", Reach::Shell),
            ("bash a.sh", Reach::Shell),
            ("eval x", Reach::Shell),
            (". a", Reach::Shell),
        ];
        for (line, reach) in rows {
            let argv: Vec<Text> = line.split(' ').map(Text::from).collect();
            assert_eq!(reach_of(&argv), reach, "{line}");
        }
        assert_eq!(reach_of(&[]), Reach::Plain);
    }

    #[test]
    fn code_is_taken_apart_into_what_could_be_names() {
        let found: Vec<&str> = tokens("os.system('rm secrets/a');").collect();
        assert_eq!(found, ["os.system", "rm", "secrets/a"]);
    }
}
