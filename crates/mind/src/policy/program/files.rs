//! What programs do with files that no word says outright: look through the folder they are in, write what they name.
//!
//! The lists only ever make a verdict stricter. This module must not know rules.
//!
//! ```
//! use moot_core::{Command, Commands, ToolEffect, Touch, Verdict};
//! use moot_mind::policy::{PermissionOptions, Question, Rights, judge};
//!
//! let text = r#"{ "mode": "auto", "rules": [{ "deny": { "paths": ["secrets/**"] } }] }"#;
//! let rights = Rights::compile(&serde_json::from_str(text).unwrap(), "permissions").unwrap();
//! let arguments = serde_json::json!({});
//! let verdict = |line: &str| {
//!     let command = Command { argv: line.split(' ').map(Into::into).collect(), ..Command::default() };
//!     let touch = Touch { commands: Commands::Certain(vec![command]), ..Touch::default() };
//!     let effect = ToolEffect::Execute;
//!     let question = Question { tool: "run_shell", effect, arguments: &arguments, touch: &touch };
//!     judge([&rights], &question).verdict
//! };
//! assert_eq!(verdict("grep -r pass"), Verdict::Deny, "it looks through the folder that holds secrets");
//! assert_eq!(verdict("grep -r pass notes"), Verdict::Allow);
//! ```

use moot_core::Text;

use super::known::Known;

/// How a program comes to look through the folder that it runs in without naming it.
pub(super) enum Looker {
    /// The places where `find` begins stand before its expression.
    Find,
    /// `git grep` looks through the files that git knows of.
    Git,
    /// It does so when it is given no folder.
    Walker(Walker),
}

/// A program that looks through the current folder when it is given none.
pub(super) struct Walker {
    /// Short options that make it do so; always when there are none.
    letters: &'static str,
    /// Long options that make it do so.
    long: &'static [&'static str],
    /// How many words stand before the folders, such as what is searched for.
    leading: usize,
    /// Short options that take no value. After any other the next word may be its value, and so may it be after a long
    /// option without `=`.
    flags: &'static str,
}

/// Programs by their names, and how they look around.
pub(super) const LOOKERS: &[(&[&str], Looker)] = &[
    (&["find", "gfind"], Looker::Find),
    (&["git"], Looker::Git),
    (
        &["ls", "dir", "vdir", "gls", "exa", "eza", "lsd"],
        Looker::Walker(Walker {
            letters: "RT",
            long: &["--recursive", "--recurse", "--tree"],
            leading: 0,
            flags: "1ABCFGHLNQRSUXZabcdfghiklmnopqrstuvx",
        }),
    ),
    (
        &["grep", "egrep", "fgrep", "ggrep", "zgrep"],
        Looker::Walker(Walker {
            letters: "Rdr",
            long: &["--recursive", "--dereference-recursive", "--directories"],
            leading: 1,
            flags: "EFGHILPRTUVZabchilnoqrsvwxyz",
        }),
    ),
    (&["rg", "ripgrep", "ag", "ack", "ugrep"], Looker::Walker(always(1, "FHILNPSUachilnopqsuvwxz"))),
    (&["fd", "fdfind"], Looker::Walker(always(1, "0ABCFHILPagils"))),
    (&["tree", "dust", "broot"], Looker::Walker(always(0, "ACDFJNQSUXacdfghilnpqrstuvx"))),
    (&["du", "ncdu"], Looker::Walker(always(0, "0DHLPSabchklmsx"))),
];

const GIT_GREP: Walker = always(1, "EFGHILPWacghilnopqrvwz");

/// A program that always looks through the current folder when it is given none.
const fn always(leading: usize, flags: &'static str) -> Walker {
    Walker { letters: "", long: &[], leading, flags }
}

/// Among how many words the subcommand of git is looked for.
const GIT_OPTIONS_MAX: usize = 4;

/// Programs that write, move or remove what their words name.
pub(super) const WRITERS: &[&str] = &[
    "bunzip2",
    "bzip2",
    "chattr",
    "chgrp",
    "chmod",
    "chown",
    "cp",
    "cpio",
    "csplit",
    "dd",
    "ed",
    "ex",
    "fallocate",
    "gunzip",
    "gzip",
    "install",
    "link",
    "ln",
    "mkdir",
    "mkfifo",
    "mknod",
    "mktemp",
    "mv",
    "patch",
    "rename",
    "rm",
    "rmdir",
    "rsync",
    "scp",
    "setfacl",
    "shred",
    "split",
    "sponge",
    "tar",
    "tee",
    "touch",
    "truncate",
    "unlink",
    "unxz",
    "unzip",
    "vi",
    "vim",
    "wget",
    "xz",
    "zip",
    "zstd",
];

/// Whether the words make a program look through the folder that it runs in, without naming it.
pub(in crate::policy) fn looks_around(argv: &[Text]) -> bool {
    let Some((program, arguments)) = argv.split_first() else { return false };
    match Known::of(program).looker {
        None => false,
        Some(Looker::Find) => find_looks_around(arguments),
        Some(Looker::Git) => {
            let behind = arguments.iter().take(GIT_OPTIONS_MAX).position(|word| &**word == "grep");
            let behind = behind.and_then(|place| arguments.get(place + 1..));
            behind.is_some_and(|arguments| GIT_GREP.looks_around(arguments))
        }
        Some(Looker::Walker(walker)) => walker.looks_around(arguments),
    }
}

/// Whether a program is known to write what its words name. Behind a program that runs others any word may be such a
/// one.
pub(in crate::policy) fn writes_what_it_names(argv: &[Text], runs_others: bool) -> bool {
    let most = if runs_others { argv.len() } else { 1 };
    argv.iter().take(most).any(|word| Known::of(word).is_writer)
}

/// Whether no place stands before the expression of `find`.
fn find_looks_around(arguments: &[Text]) -> bool {
    let mut rest = arguments.iter();
    loop {
        match rest.next().map(|word| &**word) {
            Some("-H" | "-L" | "-P" | "-E" | "-X" | "-d" | "-s" | "-x") => {}
            Some("-D") => drop(rest.next()),
            Some(word) if word.starts_with("-O") => {}
            Some(word) => return word.starts_with(['-', '(', '!', ',']),
            None => return true,
        }
    }
}

impl Walker {
    fn looks_around(&self, arguments: &[Text]) -> bool {
        let mut walks = self.letters.is_empty() && self.long.is_empty();
        let (mut words, mut values) = (0_usize, 0_usize);
        for word in arguments {
            match word.strip_prefix('-') {
                None => words += 1,
                Some("") => words += 1,
                Some(long) if long.starts_with('-') => {
                    let option = word.split_once('=').map_or(&**word, |(option, _)| option);
                    let is_like = |known: &&str| option.len() > 2 && known.starts_with(option);
                    walks |= self.long.iter().any(is_like);
                    // What stands behind `--` is no option, and `--` itself takes no value.
                    values += usize::from(option.len() > 2 && option.len() == word.len());
                }
                Some(short) => {
                    walks |= short.chars().any(|letter| self.letters.contains(letter));
                    values += usize::from(!short.chars().all(|letter| self.flags.contains(letter)));
                }
            }
        }
        // Fail closed: a word that may be an option's value is counted as one.
        walks && words.saturating_sub(values) <= self.leading
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<Text> {
        line.split(' ').map(Text::from).collect()
    }

    #[test]
    fn who_is_given_no_folder_looks_through_its_own() {
        for line in [
            "grep -r pass",
            "grep -rn pass",
            "grep --rec pass",
            "grep -r -e pass",
            "grep -r -A 3 pass",
            "grep -rd skip pass",
            "egrep -R pass",
            "rg pass",
            "rg -i pass",
            "rg -g x pass",
            "find",
            "find -name k",
            "find -L -name k",
            "find ( -name k )",
            "find ! -name k",
            "ls -R",
            "ls -laR",
            "ls --recurs",
            "tree",
            "tree -L 2",
            "du -sh",
            "fd k",
            "git grep pass",
            "git -C x grep -n pass",
        ] {
            assert!(looks_around(&words(line)), "{line}");
        }
        for line in [
            "grep pass notes",
            "grep -r pass notes",
            "grep -rn pass notes more",
            "grep -r -A 3 pass notes more",
            "rg -n pass notes",
            "find notes -name k",
            "find -L notes",
            "ls",
            "ls -la",
            "ls -R notes",
            "tree notes",
            "du -sh notes",
            "git status",
            "git grep pass notes",
            "cat",
        ] {
            assert!(!looks_around(&words(line)), "{line}");
        }
    }

    #[test]
    fn who_writes_is_known_also_behind_others() {
        assert!(writes_what_it_names(&words("/bin/RM x"), false));
        assert!(writes_what_it_names(&words("sudo tee x"), true));
        assert!(!writes_what_it_names(&words("cat tee"), false));
    }
}
