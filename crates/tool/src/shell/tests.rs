//! Lines of which it is known what they run, lines of which it is not, and a comparison with the shell itself.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

use moot_core::{Command, Commands, Text};

use super::*;

/// A command as one line: `folder: NAME=value [word] [word] <read >write`.
fn show(command: &Command) -> String {
    let mut shown = String::new();
    if !command.folder.is_empty() {
        shown += &format!("{}: ", command.folder);
    }
    for (name, value) in &command.environment {
        shown += &format!("{name}={value} ");
    }
    shown += &command.argv.iter().map(|word| format!("[{word}]")).collect::<String>();
    shown += &command.reads.iter().map(|path| format!(" <{path}")).collect::<String>();
    shown += &command.writes.iter().map(|path| format!(" >{path}")).collect::<String>();
    shown
}

fn certain(line: &str) -> Vec<String> {
    match parse(line) {
        Commands::Certain(commands) => commands.iter().map(show).collect(),
        Commands::None => Vec::new(),
        Commands::Unclear(reason) => panic!("{line:?} is unclear: {reason}"),
    }
}

fn reason(line: &str) -> Text {
    match parse(line) {
        Commands::Unclear(reason) => reason,
        other => panic!("{line:?} is not unclear: {other:?}"),
    }
}

#[test]
fn words_are_what_the_kernel_would_get() {
    let table: &[(&str, &[&str])] = &[
        ("", &[]),
        (" \t\n\n", &[]),
        ("ls", &["[ls]"]),
        // openharness §5, defect 3: two spaces hid a command from its rule.
        ("echo  hi   there", &["[echo][hi][there]"]),
        ("echo\thi", &["[echo][hi]"]),
        (r#"echo 'a  b' "c  d" e\ f"#, &["[echo][a  b][c  d][e f]"]),
        (r#"echo 'a'"b"c\d"#, &["[echo][abcd]"]),
        (r#"echo "" ''"#, &["[echo][][]"]),
        (
            r#"echo 'a\b' "a\b" "a\\b" "a\"b" "\$HOME" \$HOME '$HOME' '`x`'"#,
            &[r#"[echo][a\b][a\b][a\b][a"b][$HOME][$HOME][$HOME][`x`]"#],
        ),
        ("echo a\\\nb", &["[echo][ab]"]),
        ("echo \"a\\\nb\"", &["[echo][ab]"]),
        ("echo 'a\nb'", &["[echo][a\nb]"]),
        (r"echo \* '*' \# a#b '~' a~ \{a,b\}", &["[echo][*][*][#][a#b][~][a~][{a,b}]"]),
        ("[ -f a.txt ]", &["[[][-f][a.txt][]]"]),
        ("echo käse", &["[echo][käse]"]),
        ("'if' x", &["[if][x]"]),
        // B54: what hides a program's name from a plain comparison of texts.
        (r#"c"ur"l x"#, &["[curl][x]"]),
        (r"c\url x", &["[curl][x]"]),
        (r"\curl x", &["[curl][x]"]),
        ("'curl' x", &["[curl][x]"]),
        ("/usr/bin/curl x", &["[/usr/bin/curl][x]"]),
        ("../bin/curl x", &["[../bin/curl][x]"]),
        ("cp /usr/bin/curl harmless && ./harmless x", &["[cp][/usr/bin/curl][harmless]", "[./harmless][x]"]),
    ];
    for (line, commands) in table {
        assert_eq!(certain(line), *commands, "{line:?}");
    }
}

/// B49, and openharness §5, defect 3.
#[test]
fn every_command_of_a_line_counts() {
    let table: &[(&str, &[&str])] = &[
        ("true && echo hi there", &["[true]", "[echo][hi][there]"]),
        ("ls;rm x", &["[ls]", "[rm][x]"]),
        ("ls || rm x", &["[ls]", "[rm][x]"]),
        ("ls | tee x", &["[ls]", "[tee][x]"]),
        ("ls & rm x", &["[ls]", "[rm][x]"]),
        ("ls &", &["[ls]"]),
        ("ls\nrm x\n", &["[ls]", "[rm][x]"]),
        ("ls &&\n\n rm x", &["[ls]", "[rm][x]"]),
        ("ls; ", &["[ls]"]),
        ("a&&b||c;d|e&f", &["[a]", "[b]", "[c]", "[d]", "[e]", "[f]"]),
        ("echo ';' '&&' \\; a", &["[echo][;][&&][;][a]"]),
    ];
    for (line, commands) in table {
        assert_eq!(certain(line), *commands, "{line:?}");
    }
}

/// B52.
#[test]
fn files_and_folders_are_followed() {
    let table: &[(&str, &[&str])] = &[
        ("echo x > f", &["[echo][x] >f"]),
        ("echo x>f", &["[echo][x] >f"]),
        ("echo x >> f", &["[echo][x] >f"]),
        ("echo x >| f", &["[echo][x] >f"]),
        ("echo 2>f", &["[echo] >f"]),
        ("echo a2>f", &["[echo][a2] >f"]),
        ("echo '2'>f", &["[echo][2] >f"]),
        ("> f echo x", &["[echo][x] >f"]),
        ("> f", &[" >f"]),
        ("sort < a > b 2> c", &["[sort] <a >b >c"]),
        ("make > log 2>&1", &["[make] >log"]),
        ("make 2>&1 >&- <&0 | tail", &["[make]", "[tail]"]),
        ("make 2> /dev/null < /dev/null", &["[make]"]),
        ("echo x > '/etc/pass'wd", &["[echo][x] >/etc/passwd"]),
        ("cd protected && echo x > f", &["[cd][protected]", "protected: [echo][x] >f"]),
        ("cd a && cd b/.. && ls", &["[cd][a]", "a: [cd][b/..]", "a/b/..: [ls]"]),
        ("cd a && cd /etc && ls | wc", &["[cd][a]", "a: [cd][/etc]", "/etc: [ls]", "/etc: [wc]"]),
        ("ls && cd a && ls", &["[ls]", "[cd][a]", "a: [ls]"]),
        ("ls; cd a", &["[ls]", "[cd][a]"]),
        ("cd a && ls;", &["[cd][a]", "a: [ls]"]),
    ];
    for (line, commands) in table {
        assert_eq!(certain(line), *commands, "{line:?}");
    }
    let table = [
        ("", "a.txt", Some("a.txt")),
        ("", "./a//b.txt", Some("a/b.txt")),
        ("src", "../a.txt", Some("a.txt")),
        ("a/b/..", "c", Some("a/c")),
        ("", "../a.txt", None),
        ("src", "../../src/a", None),
        ("", "/etc/passwd", None),
        ("/etc", "passwd", None),
        ("", ".", None),
        ("", "a/", None),
    ];
    for (folder, word, path) in table {
        assert_eq!(resolve(folder, word).as_deref(), path, "{folder:?} {word:?}");
    }
}

#[test]
fn variables_of_one_command_are_listed() {
    let table: &[(&str, &[&str])] = &[
        ("LANG=C ls", &["LANG=C [ls]"]),
        ("A=1 B='x y' ls C=2", &["A=1 B=x y [ls][C=2]"]),
        ("A= ls", &["A= [ls]"]),
        ("'A'=1 ls", &["[A=1][ls]"]),
        (r"A\=1 ls", &["[A=1][ls]"]),
        ("1A=1 ls", &[]),
        ("echo A=1", &["[echo][A=1]"]),
    ];
    for (line, commands) in table {
        if commands.is_empty() {
            reason(line);
        } else {
            assert_eq!(certain(line), *commands, "{line:?}");
        }
    }
}

/// B51 and B54: what a program starts is listed beside it.
#[test]
fn programs_that_start_programs_are_looked_through() {
    let table: &[(&str, &[&str])] = &[
        // openharness §5, defect 3: `sudo` hid a command from its rule.
        ("sudo rm -rf /", &["[sudo][rm][-rf][/]", "[rm][-rf][/]"]),
        ("/usr/bin/sudo -n -u root rm x", &["[/usr/bin/sudo][-n][-u][root][rm][x]", "[rm][x]"]),
        ("SUDO rm x", &["[SUDO][rm][x]", "[rm][x]"]),
        ("env", &["[env]"]),
        ("env A=1 curl x", &["[env][A=1][curl][x]", "A=1 [curl][x]"]),
        ("env -i A=1 curl x", &["[env][-i][A=1][curl][x]", "A=1 [curl][x]"]),
        ("env -u A --unset=B curl x", &["[env][-u][A][--unset=B][curl][x]", "[curl][x]"]),
        (
            "nohup nice -n 5 timeout -k 1 5s curl x > log",
            &[
                "[nohup][nice][-n][5][timeout][-k][1][5s][curl][x] >log",
                "[nice][-n][5][timeout][-k][1][5s][curl][x]",
                "[timeout][-k][1][5s][curl][x]",
                "[curl][x]",
            ],
        ),
        ("sh -c 'curl x | sh script.sh'", &["[curl][x]", "[sh][script.sh]"]),
        ("bash -ec \"cd a && 'curl' x\" > log", &["[cd][a] >log", "a: [curl][x]"]),
        ("cd a && A=1 sh -c 'curl x'", &["[cd][a]", "a: A=1 [curl][x]"]),
        ("sh -c 'sh -c \"curl x\"'", &["[curl][x]"]),
        ("sh -c '' > log", &[" >log"]),
        ("sh script.sh -c x", &["[sh][script.sh][-c][x]"]),
        ("busybox wget x", &["[busybox][wget][x]", "[wget][x]"]),
        ("exec curl x", &["[exec][curl][x]", "[curl][x]"]),
        ("command -v curl", &["[command][-v][curl]"]),
        ("command curl x", &["[command][curl][x]", "[curl][x]"]),
        (
            "find . -name '*.c' -exec curl x \\; -delete",
            &["[find][.][-name][*.c][-exec][curl][x][;][-delete]", "[curl][x]"],
        ),
        ("find . -ok sh -c 'curl x' ';'", &["[find][.][-ok][sh][-c][curl x][;]", "[curl][x]"]),
        // These run code of their own language: they are what they are, and no program is harmless by its name.
        ("python3 -c 'import os'", &["[python3][-c][import os]"]),
        ("git -c core.pager=x log", &["[git][-c][core.pager=x][log]"]),
        ("tar --to-command=x -xf a", &["[tar][--to-command=x][-xf][a]"]),
        ("sed -i s/a/b/ f", &["[sed][-i][s/a/b/][f]"]),
    ];
    for (line, commands) in table {
        if commands.is_empty() {
            reason(line);
        } else {
            assert_eq!(certain(line), *commands, "{line:?}");
        }
    }
}

/// B50, B51, B53 and B54, and everything else that only a shell knows.
#[test]
fn what_cannot_be_told_is_unclear() {
    let deep = format!("{}curl x", "nice ".repeat(DEPTH_MAX + 1));
    let long = "x".repeat(LINE_BYTES_MAX + 1);
    let many = "a;".repeat(COMMANDS_MAX + 1);
    let table: &[(&str, &str)] = &[
        ("echo $(curl x)", "unquoted `$`"),
        ("echo \"$(curl x)\"", "unquoted `$`"),
        ("echo `curl x`", "unquoted ``"),
        ("echo \"`curl x`\"", "unquoted ``"),
        ("echo ${x:-$(curl)}", "unquoted `$`"),
        ("cat$IFS/etc/passwd", "unquoted `$`"),
        ("$'\\x63url' x", "unquoted `$`"),
        ("$\"curl\" x", "unquoted `$`"),
        ("$CMD x", "unquoted `$`"),
        ("{curl,x}", "brace"),
        ("echo {a,b}", "brace"),
        ("{ curl x; }", "brace"),
        ("{} x", "word `{}`"),
        ("cat <<EOF\nx\nEOF", "here-document"),
        ("cat <<< x", "here-document"),
        ("diff <(curl x) y", "process substitution"),
        ("tee >(curl x)", "process substitution"),
        ("cat <> f", "`<>`"),
        ("(curl x)", "parenthesis"),
        ("f() { curl; }; f", "parenthesis"),
        ("/usr/bin/cur? x", "matches file names"),
        ("cat .ss*/id", "matches file names"),
        ("cat [a-z]", "matches file names"),
        ("echo x > f*", "matches file names"),
        ("cat ~/.ssh/id", "home folder"),
        ("ls A=~/x", "home folder"),
        ("curl x # harmless", "comment"),
        ("ls\rcurl x", "\\r"),
        ("ls\0curl x", "\\0"),
        ("ls\u{b}x", "\\u{b}"),
        ("ls\u{a0}x", "\\u{a0}"),
        ("ls \u{202e}x", "\\u{202e}"),
        ("echo 'x", "single quote"),
        ("echo \"x", "double quote"),
        ("echo \"x\\", "double quote"),
        ("echo x\\", "backslash"),
        ("&& ls", "no command before"),
        ("ls &&", "nothing follows `&&`"),
        ("ls ||", "nothing follows `||`"),
        ("ls |", "nothing follows `|`"),
        ("ls | | ls", "no command before"),
        ("; ls", "no command before"),
        ("ls ;; ls", "`;;`"),
        ("ls |& tee x", "`|&`"),
        ("ls &> f", "`&>`"),
        ("cd a &>> f && ls", "`&>`"),
        ("test -v 'a[$(curl)]'", "evaluate"),
        ("[ -v 'a[`curl`]' ]", "evaluate"),
        ("/lib64/ld-linux-x86-64.so.2 /usr/bin/curl x", "`ld-linux-x86-64.so.2`"),
        ("zsh -c ls", "`zsh`"),
        ("ls >", "no file"),
        ("ls > ; x", "no file"),
        ("ls > > x", "no file"),
        ("ls > ''", "without a name"),
        ("ls >& f", "without a number"),
        ("ls 2>&1f", "without a number"),
        ("ls 12> f", "descriptor"),
        ("cat < /dev/tcp/evil/80", "device"),
        ("! ls", "word `!`"),
        ("if true; then curl x; fi", "word `if`"),
        ("ls; while true; do ls; done", "word `while`"),
        ("for x in a; do ls; done", "word `for`"),
        ("time curl x", "word `time`"),
        ("[[ -f x ]]", "matches file names"),
        ("function f", "word `function`"),
        ("eval curl x", "`eval`"),
        ("e'va'l curl x", "`eval`"),
        ("builtin eval curl", "`eval`"),
        (". ./file", "`.`"),
        ("source file", "`source`"),
        ("alias ls=curl", "`alias`"),
        ("export PATH=/evil", "`export`"),
        ("declare -x A=1", "`declare`"),
        ("read PATH", "`read`"),
        ("printf -v PATH /evil", "`printf`"),
        ("trap 'curl x' EXIT", "`trap`"),
        ("set -x", "`set`"),
        ("A=1", "sets a variable for what follows"),
        ("A=1; ls", "sets a variable for what follows"),
        ("A+=1 ls", "may set a variable"),
        ("PATH=/evil ls", "sets PATH"),
        ("LD_PRELOAD=x ls", "sets LD_PRELOAD"),
        ("GIT_SSH_COMMAND=x git pull", "sets GIT_SSH_COMMAND"),
        ("env LD_PRELOAD=x ls", "sets LD_PRELOAD"),
        ("MANPAGER=x man ls", "sets MANPAGER"),
        ("env a-b=1 ls", "sets the variable"),
        ("ls | xargs rm", "`xargs`"),
        ("su -c 'curl x'", "`su`"),
        ("ssh host curl", "`ssh`"),
        ("parallel curl", "`parallel`"),
        ("fish -c x", "`fish`"),
        ("env -S 'curl x'", "option \"-S\""),
        ("env -C a curl x", "option \"-C\""),
        ("env A=1 -- curl x", "looks like an option"),
        ("sudo A=1 -u root curl x", "looks like an option"),
        ("find . -name -exec -exec curl x \\;", "looks like an option"),
        ("find . -exec curl x {} +", "does not end"),
        ("sudo -i", "option \"-i\""),
        ("sudo -s curl", "option \"-s\""),
        ("exec", "changes the shell"),
        ("exec > f", "changes the shell"),
        ("command cd a", "which folder"),
        ("curl x | sh", "what `sh` would run"),
        ("sh -s < f", "what `sh` would run"),
        ("bash -i", "what `bash` would run"),
        ("bash -lc 'curl x'", "what `bash` would run"),
        ("sh -c", "what `sh` would run"),
        ("sh /dev/stdin", "what `sh` would run"),
        ("sh -c 'echo $0' curl", "unquoted `$`"),
        ("sudo sh -c 'curl `x`'", "unquoted ``"),
        ("find . -exec rm {} \\;", "on which files"),
        ("find . -execdir rm x \\;", "in which folders"),
        ("find . -exec rm x", "does not end"),
        ("cd", "which folder"),
        ("cd -", "which folder"),
        ("cd -P a && ls", "which folder"),
        ("cd a b && ls", "which folder"),
        ("CDPATH=/etc cd a && ls", "sets CDPATH"),
        ("X=1 cd a && ls", "which folder"),
        ("cd a | ls", "which folder"),
        ("cd a & ls", "which folder"),
        ("cd a; ls", "even if that failed"),
        ("cd a\nls", "even if that failed"),
        ("cd a || ls", "even if that failed"),
        ("cd a && ls || ls", "even if that failed"),
        ("cd a && ls & ls", "even if that failed"),
        ("ls || cd a && ls", "which folder"),
        (&deep, "more than 8 times"),
        (&long, "at most 65536"),
        (&many, "more than 256 commands"),
    ];
    for (line, words) in table {
        let shown: String = line.chars().take(60).collect();
        let reason = reason(line);
        assert!(reason.contains(words), "{shown:?}: {reason}");
    }
}
