//! Words with which a known program runs another one, or writes files that nobody expects of it.
//!
//! Options are found in every form in which programs take them: long ones by any beginning, short ones anywhere in a
//! cluster. Where a program has subcommands the table clears some, and every other opens a door: a subcommand may be an
//! alias, a script or a program of its own. The forms follow the manuals of git, GNU tar, coreutils and findutils, and
//! rsync; many programs are taken from <https://gtfobins.github.io/>. This module must not know rules.
//!
//! ```
//! use moot_mind::policy::{Reach, reach_of};
//!
//! let reach = |line: &str| reach_of(&line.split(' ').map(Into::into).collect::<Vec<_>>());
//! assert_eq!(reach("tar xf a"), Reach::Plain);
//! assert_eq!(reach("tar --to-c=evil -xf a"), Reach::Opens);
//! assert_eq!(reach("git bisect run evil"), Reach::Opens);
//! ```

pub(super) mod table;

use moot_core::Text;

/// How one program can be made to run another.
pub(super) struct Doors {
    pub(super) names: &'static [&'static str],
    /// Whether the first word may be a cluster of short options without its hyphen, as in `tar xIf evil a`.
    bare: bool,
    /// Long options. Whatever begins like one, or is a beginning of one, is taken for it.
    long: &'static [&'static str],
    /// Letters of short options.
    letters: &'static str,
    /// How words begin that are neither, such as `-exec` of `find`; of two hyphens one is left out before.
    words: &'static [&'static str],
    /// What opens a door wherever it stands in a word that is no option.
    marks: &'static [&'static str],
    /// The subcommands that are cleared, with the letters of short options that are doors behind each.
    cleared: &'static [(&'static str, &'static str)],
    /// The options that may stand before a subcommand.
    before: &'static [&'static str],
}

/// A program without any.
const NONE: Doors =
    Doors { names: &[], bare: false, long: &[], letters: "", words: &[], marks: &[], cleared: &[], before: &[] };

/// Parts between hyphens of long options by which any program may be told to run another one.
const TELLING: &[&str] = &[
    "askpass",
    "browser",
    "cmd",
    "command",
    "editor",
    "eval",
    "exec",
    "execute",
    "hook",
    "interpreter",
    "launcher",
    "loader",
    "pager",
    "plugin",
    "preload",
    "program",
    "rsh",
    "runner",
    "shell",
    "wrapper",
];

/// Whether the words open a door of the program, or one that any program may have.
pub(super) fn opens(doors: Option<&Doors>, arguments: &[Text]) -> bool {
    doors.is_some_and(|doors| doors.open(arguments)) || arguments.iter().any(|word| is_telling(word))
}

/// Whether the program that is run is one of those that were found: the first word behind the door stands for them.
pub(super) fn run_what_is_found(argv: &[Text]) -> bool {
    let is_door =
        |word: &str| matches!(word, "-x" | "-X") || word.trim_start_matches('-').starts_with("exec") || word == "-ok";
    let follows = argv.windows(2).any(|pair| match pair {
        [before, word] => before.starts_with('-') && is_door(before) && word.starts_with('{'),
        _ => false,
    });
    follows || argv.iter().any(|word| word.starts_with("--exec") && word.contains("={"))
}

impl Doors {
    fn open(&self, arguments: &[Text]) -> bool {
        let letters = match self.letters_behind(arguments) {
            Some(letters) => letters,
            None => return true,
        };
        let is_door = |letter: char| self.letters.contains(letter) || letters.contains(letter);
        arguments.iter().enumerate().any(|(place, word)| match word.strip_prefix('-') {
            Some(long) if long.starts_with('-') => self.is_long(word) || self.is_word(long),
            Some(short) => short.chars().any(is_door) || self.is_word(word),
            None => {
                self.bare && place == 0 && word.chars().any(is_door)
                    || self.is_word(word)
                    || self.marks.iter().any(|mark| word.contains(mark))
            }
        })
    }

    /// The further letters that are doors behind the subcommand; nothing when that is not cleared.
    fn letters_behind(&self, arguments: &[Text]) -> Option<&'static str> {
        if self.cleared.is_empty() || arguments.is_empty() {
            return Some("");
        }
        let mut rest = arguments.iter();
        let Some(first) = rest.find(|word| !self.before.contains(&&***word)) else { return Some("") };
        self.cleared.iter().find(|(command, _)| **command == **first).map(|(_, letters)| *letters)
    }

    fn is_long(&self, word: &str) -> bool {
        let option = word.split_once('=').map_or(word, |(option, _)| option);
        let is_like = |door: &&str| option.starts_with(*door) || option.len() > 2 && door.starts_with(option);
        self.long.iter().any(is_like)
    }

    fn is_word(&self, word: &str) -> bool {
        self.words.iter().any(|start| word.starts_with(start))
    }
}

/// Whether a long option says by its name that something is run, whatever the program. What forbids something does not.
fn is_telling(word: &str) -> bool {
    let Some(option) = word.strip_prefix("--") else { return false };
    let option = option.split_once('=').map_or(option, |(option, _)| option);
    let mut parts = option.split('-');
    if option.starts_with("no-") || option.starts_with("ignore-") || option.starts_with("without-") {
        return false;
    }
    let is_short_for = |part: &str| {
        part.len() >= 3 && ["command", "execute", "program", "shell"].iter().any(|whole| whole.starts_with(part))
    };
    parts.any(|part| TELLING.contains(&part) || is_short_for(part))
}

#[cfg(test)]
mod tests {
    use super::super::known::Known;
    use super::*;

    fn is_open(line: &str) -> bool {
        let words: Vec<Text> = line.split(' ').map(Text::from).collect();
        words.split_first().is_some_and(|(program, arguments)| opens(Known::of(program).doors, arguments))
    }

    #[test]
    fn a_door_is_open_in_every_form_of_its_option() {
        for line in [
            // Row B51: whole, abbreviated, with more behind it, within a cluster, in the old form.
            "tar --to-command=x a",
            "tar --to-c=x a",
            "tar --to-co x a",
            "tar --use-comp=x a",
            "tar --checkpoint-a=exec=x a",
            "tar --rmt-command=x a",
            "tar -I x a",
            "tar -xIevil a",
            "tar xIf x a",
            "tar -T list",
            "sort -ro f x",
            "sort -of x",
            "sort --outp=f x",
            "sort --compress-p=x f",
            "rsync -ave x a b",
            "rsync --rs=x a b",
            "fd -Hx rm",
            "find -files0-from x",
            "find . -fprintf a b",
            "go test --exec=x",
            "go test -toolexec x",
            "cargo --config x build",
            "cargo +nightly build",
            "cargo unheard-of",
            "make SHELL=x",
            "make -sf x",
            "less +!x a",
            "rustc -Clinker=x a.rs",
            "cc -fplugin=x a.c",
            "curl -sK x",
            "socat - EXEC:x",
            "npm exec x",
            "npm x x",
            "yarn x",
            "docker run i x",
            "docker -H h ps",
            "kubectl exec p -- x",
            "uv run x",
            "uv tool run x",
            "poetry run x",
            "bundle exec x",
            "unheard-of --exec=x",
            "unheard-of --exe x",
            "unheard-of --post-install-command x",
            "unheard-of --pager=x",
        ] {
            assert!(is_open(line), "{line}");
        }
        for line in [
            "tar xf a",
            "tar -czf a b",
            "sort -rnk2 f",
            "rsync -av a b",
            "rsync --exclude=x a b",
            "find . -name a -print",
            "fd -H a",
            "go test ./...",
            "cargo test -p a -- --nocapture",
            "cargo -q build",
            "make -j4 all",
            "npm test",
            "docker ps -a",
            "kubectl get pods",
            "uv sync",
            "ls --color=auto",
            "unheard-of --no-pager --ignore-scripts --progress",
        ] {
            assert!(!is_open(line), "{line}");
        }
    }

    #[test]
    fn git_is_cleared_by_its_subcommand() {
        for line in [
            "git fetch --upload-pac=x o",
            "git fetch --upl=x o",
            "git clone --config core.x=y z",
            "git clone -c a=b z",
            "git clone -ua z",
            "git clone ext::sh z",
            "git grep --open-files-in-pager=x y",
            "git grep --open=x y",
            "git grep -Ox y",
            "git grep -nOx y",
            "git difftool --extcmd=x",
            "git rebase -x x",
            "git rebase -ix x",
            "git rebase --exec=x",
            "git merge -s x",
            "git submodule foreach x",
            "git bisect run x",
            "git filter-branch --tree-filter x",
            "git config alias.x y",
            "git log --output=f",
            "git log --outp=f",
            "git -c core.pager=x log",
            "git -ccore.pager=x log",
            "git -C status alias",
            "git --git-dir=x log",
            "git init --template=x",
            "git send-email --smtp-server=x",
            "git an-alias",
        ] {
            assert!(is_open(line), "{line}");
        }
        for line in [
            "git",
            "git status -sb",
            "git --no-pager log --oneline -n 3",
            "git diff --stat",
            "git commit -am x",
            "git push -u origin main",
            "git branch --remotes",
            "git checkout -b x",
            "git stash pop",
        ] {
            assert!(!is_open(line), "{line}");
        }
    }
}
