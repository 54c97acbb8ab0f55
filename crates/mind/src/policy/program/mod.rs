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

mod doors;
mod files;
mod known;
mod names;

use moot_core::Text;

pub(super) use files::{looks_around, writes_what_it_names};
use known::Known;
pub(super) use names::own_name;

/// A command of more words than these, one of which runs another program, is not looked through.
const WORDS_MAX: usize = 1_000;

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

/// What the words of a command say of the programs that it runs. Where one program runs another, which of the words
/// names that other is not certain: the strictest that any of them could be counts.
#[must_use]
pub fn reach_of(argv: &[Text]) -> Reach {
    let own = reach_of_first(argv);
    if !matches!(own, Reach::Wraps | Reach::Opens) {
        return own;
    }
    if argv.len() > WORDS_MAX || doors::run_what_is_found(argv) {
        return Reach::Shell;
    }
    let could_run = |start: &usize| argv.get(*start).is_some_and(|word| !word.starts_with('-') && &**word != ".");
    let hidden = (1..argv.len()).filter(could_run).filter_map(|start| argv.get(start..)).map(reach_of_first);
    hidden.fold(own, Reach::max)
}

/// The same by the first word's own nature.
fn reach_of_first(argv: &[Text]) -> Reach {
    let Some((program, arguments)) = argv.split_first() else { return Reach::Plain };
    let known = Known::of(program);
    let code = known.interpreter.is_some_and(|cleared| takes_code(cleared, known.has_subcommands, arguments));
    let opens = || doors::opens(known.doors, arguments);
    match known.reach {
        reach @ (Reach::Code | Reach::Shell) => reach,
        _ if code => Reach::Code,
        Reach::Opens => Reach::Opens,
        _ if opens() => Reach::Opens,
        reach => reach,
    }
}

/// Whether an interpreter is given its program otherwise than as a file that its first words name. What follows the
/// file is for the program; before it only options are cleared that take neither a program nor a value.
fn takes_code(cleared: &str, has_subcommands: bool, arguments: &[Text]) -> bool {
    if let [only] = arguments
        && matches!(&**only, "--version" | "--help")
    {
        return false;
    }
    for word in arguments {
        match word.strip_prefix('-') {
            None if has_subcommands && !word.contains(['.', '/']) => return true,
            // A file that can't be looked at before it runs holds just any program.
            None => return word.contains("://") || word.starts_with("/dev/") || word.starts_with("/proc/"),
            Some(letters) if !letters.is_empty() && letters.chars().all(|letter| cleared.contains(letter)) => {}
            Some(_) => return true,
        }
    }
    true
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
            ("python3 -m http.server", Reach::Code),
            ("python3 -Im x", Reach::Code),
            ("python3 -X dev a.py", Reach::Code),
            ("python3 /dev/stdin", Reach::Code),
            ("python3 -B -u a.py -c x", Reach::Plain),
            ("python3 --version", Reach::Plain),
            ("deno eval x", Reach::Code),
            ("deno run https://x/a.ts", Reach::Code),
            ("bun x a", Reach::Code),
            ("perl -wT a.pl", Reach::Plain),
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
            ("npx rm a", Reach::Wraps),
            ("eatmydata rm a", Reach::Wraps),
            ("/lib64/ld-linux-x86-64.so.2 /bin/rm a", Reach::Wraps),
            ("sudo.exe rm a", Reach::Wraps),
            ("uv run rm a", Reach::Opens),
            ("docker run i rm a", Reach::Opens),
            ("docker run i bash", Reach::Shell),
            ("git bisect run rm a", Reach::Opens),
            ("git bisect run sh a", Reach::Shell),
            ("unheard-of --exec rm", Reach::Opens),
            ("unheard-of --exec sh", Reach::Shell),
            ("find . -name r? -exec {} a ;", Reach::Shell),
            ("fd ^r.$ /bin -x {} a", Reach::Shell),
            ("fd ^r.$ /bin --exec={} a", Reach::Shell),
            ("fd a -x wc {}", Reach::Opens),
            ("parallel rm", Reach::Shell),
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
        let many: Vec<Text> =
            std::iter::once("sudo").chain(std::iter::repeat_n("a", WORDS_MAX)).map(Text::from).collect();
        assert_eq!(reach_of(&many), Reach::Shell, "what is too long to look through can't be told");
    }
}
