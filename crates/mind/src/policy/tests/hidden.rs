//! Programs that hide behind others, and words that hide programs (rows B51, B53, B54).

use super::*;

#[test]
fn what_a_launcher_hides_is_denied() {
    // Rows B51 and B54.
    let rights =
        rights(json!({ "mode": "auto", "rules": [{ "deny": { "commands": [["rm", "**"], ["curl", "**"]] } }] }));
    let denied = [
        "rm a",
        "/bin/rm a",
        "./rm a",
        "RM a",
        "sudo rm a",
        "sudo -u root rm a",
        "env A=b rm a",
        "nice -n 5 rm a",
        "timeout 5 rm a",
        "nohup rm a",
        "sudo bash -c x",
        "xargs rm",
        "xargs -n1 /bin/rm -f",
        "find . -exec rm {} ;",
        "sh -c x",
        "sudo timeout 5 /usr/bin/curl x",
        "busybox rm a",
        "command rm a",
        "exec rm a",
        "python3 -c os.system('rm')",
        "awk BEGIN{system(\"rm\")}",
        "bash script",
        "eval rm",
        "git -c alias.x=!rm x",
        "rm.exe a",
        "C:\\bin\\RM.EXE a",
        "npx rm a",
        "eatmydata rm a",
        "proxychains -q rm a",
        "/lib64/ld-linux-x86-64.so.2 /bin/rm a",
        "uv run rm a",
        "uv tool run rm a",
        "docker run -v /:/h i rm a",
        "docker compose exec web rm a",
        "kubectl exec p -- rm a",
        "npm exec -- rm a",
        "bundle exec rm a",
        "git bisect run rm a",
        "git submodule foreach rm",
        "git rebase --exec=rm",
        "git config alias.x !rm",
        "tar --to-c=rm -xf a",
        "tar -xIrm -f a",
        "tar xIf rm a",
        "rsync -ave rm a b",
        "sort --compress-p=rm a",
        "fd -Hx rm",
        "make SHELL=rm",
        "man -P rm ls",
        "unheard-of --exec=rm",
        "unheard-of --exec rm",
    ];
    for line in denied {
        assert_eq!(verdict(&rights, "run_shell", &runs(&[line])), Verdict::Deny, "{line}");
    }
    for line in ["sudo ls", "rmdir a", "ls", "ls -l", "cat a", "git status", "cargo test", "cargo test --workspace"] {
        assert_eq!(verdict(&rights, "run_shell", &runs(&[line])), Verdict::Allow, "{line}");
    }
    for line in ["sed -i s/a/b/ f", "python3 -c print(1)", "perl -e 1", "awk 1 f"] {
        assert_eq!(verdict(&rights, "run_shell", &runs(&[line])), Verdict::Ask, "{line}: code can't be seen into");
    }
}

#[test]
fn a_word_that_names_a_denied_program_is_asked_about_whatever_stands_before_it() {
    // Rows B51 and B54: what becomes of a word is not known, and no list of launchers is ever whole.
    let rights = rights(json!({ "mode": "auto", "rules": [
        { "deny": { "commands": [["rm", "**"]], "name": "no-rm" } },
        { "allow": { "commands": [["ls", "**"], ["man", "rm"]] } }
    ] }));
    let suspected = [
        "ls rm",
        "git rm a",
        "unheard-of rm a",
        "unheard-of /bin/rm",
        "unheard-of ./RM.exe",
        "unheard-of --do=rm",
        "unheard-of -orm",
        "unheard-of -o@rm",
        "unheard-of a,rm,b",
        "unheard-of !rm",
        "cp /bin/rm x",
        "ln -s /bin/rm ls",
        "unheard-of r\u{200b}m",
    ];
    for line in suspected {
        assert_eq!(verdict(&rights, "run_shell", &runs(&[line])), Verdict::Ask, "{line}");
    }
    let texts = [vec!["unheard-of", "rm x"], vec!["unheard-of", "--do", "cd a && rm x"], vec!["env", "-S", "rm x"]];
    for words in texts {
        let argv = words.iter().map(|word| (*word).into()).collect();
        let touch = one(Command { argv, ..Command::default() });
        assert_eq!(verdict(&rights, "run_shell", &touch), Verdict::Ask, "{words:?}");
    }
    let environment = vec![("HELPER".into(), "/bin/rm".into())];
    let touch = one(Command { environment, ..command("cargo build") });
    assert_eq!(verdict(&rights, "run_shell", &touch), Verdict::Ask);
    for line in ["man rm", "ls rmdir", "ls --rm", "cargo test", "git status", "cat notes.txt"] {
        assert_eq!(verdict(&rights, "run_shell", &runs(&[line])), Verdict::Allow, "{line}");
    }
    assert_eq!(verdict(&rights, "run_shell", &runs(&["man rm", "ls rm"])), Verdict::Ask);
    let decision = decide(&[&rights], "run_shell", &json!({}), &runs(&["cp /bin/rm x"]));
    assert_eq!(
        decision.to_string(),
        "ask by permissions.rules[0] \"no-rm\": the command `cp /bin/rm x` may run what matches rm **, and whether it \
         does can't be told"
    );
    let copied = one(Command { reads: vec!["/bin/rm".into()], writes: vec!["x".into()], ..command("cat") });
    assert_eq!(verdict(&rights, "run_shell", &copied), Verdict::Ask);
    // The same for a rule that asks, for one about any program, and only where the whole rule could apply.
    let rights = self::rights(json!({ "mode": "auto", "rules": [
        { "ask": { "commands": [["git", "push", "**"]] } },
        { "deny": { "commands": [["*", "--force"]] } },
        { "deny": { "commands": [["curl", "**"]], "paths": ["keep/**"] } }
    ] }));
    let rows = [
        ("unheard-of git status", Verdict::Ask),
        ("git status", Verdict::Allow),
        ("unheard-of x --force", Verdict::Ask),
        ("x --force", Verdict::Deny),
        ("unheard-of curl keep/a", Verdict::Ask),
        ("unheard-of curl a", Verdict::Allow),
    ];
    for (line, expected) in rows {
        assert_eq!(verdict(&rights, "run_shell", &runs(&[line])), expected, "{line}");
    }
}

#[test]
fn what_is_suspected_is_explained_with_its_rule() {
    let rights = rights(json!({ "mode": "auto", "rules": [{ "deny": { "commands": [["rm", "**"]] } }] }));
    let (arguments, touch) = (json!({}), runs(&["cp /bin/rm x"]));
    let question = Question { tool: "run_shell", effect: ToolEffect::Execute, arguments: &arguments, touch: &touch };
    let text = explain([&rights], &question).to_string();
    let expected = "ask by permissions.rules[0]
  the command `cp /bin/rm x` may run what matches rm **, and whether it does
  can't be told

What was looked at, in this order:
- deny built-in protection
    the call touches no protected name
* ask permissions.rules[0]
    the command `cp /bin/rm x` may run what matches rm **, and whether it does
    can't be told
";
    assert_eq!(text, expected);
}

#[test]
fn no_program_is_allowed_by_a_name_behind_which_others_hide() {
    // Rows B51 and B53: the glob that allows a program does not allow what it runs.
    let programs = [
        "find",
        "git",
        "tar",
        "xargs",
        "env",
        "sh",
        "python3",
        "sed",
        "awk",
        "sudo",
        "timeout",
        "export",
        "sort",
        "rsync",
        "npx",
        "npm",
        "uv",
        "docker",
        "cargo",
        "make",
        "unheard-of",
    ];
    let patterns: Vec<Value> = programs.iter().map(|program| json!([program, "**"])).collect();
    let rights = rights(json!({ "rules": [{ "allow": { "commands": patterns } }] }));
    let asked = [
        "find . -exec a ;",
        "find . -delete",
        "find . -fprintf a b",
        "git -c core.pager=a log",
        "git fetch --upload-pack=a",
        "tar xf a --to-command=b",
        "xargs a",
        "env a",
        "sh -c a",
        "python3 -c a",
        "sed -i a b",
        "sed w a",
        "awk a",
        "sudo a",
        "timeout 5 a",
        "export PATH=a",
        "./git status",
        "/tmp/git status",
        "git fetch --upload-pac=a",
        "git fetch --upl=a",
        "git clone --config a",
        "git clone ext::sh",
        "git grep --open-files-in-pager=a b",
        "git difftool --extcmd=a",
        "git rebase -x a",
        "git submodule foreach a",
        "git bisect run a",
        "git filter-branch --tree-filter a",
        "git config alias.x a",
        "git log --output=a",
        "git -C a status",
        "git an-alias",
        "tar --use-comp=a b",
        "tar --checkpoint-a=exec=a b",
        "tar -xIa b",
        "tar xIf a b",
        "tar --rmt-command=a b",
        "sort -ro a b",
        "sort --outp=a b",
        "sort --compress-p=a b",
        "rsync -ave a b c",
        "python3 -m http.server",
        "python3 -",
        "npx a",
        "npm exec a",
        "uv run a",
        "docker run a",
        "cargo an-alias",
        "cargo --config a build",
        "make SHELL=a",
        "make -f a",
        "unheard-of --exec=a",
        "unheard-of --pager a",
    ];
    for line in asked {
        assert_eq!(verdict(&rights, "run_shell", &runs(&[line])), Verdict::Ask, "{line}");
    }
    let plain = [
        "find . -name a",
        "git log",
        "git log --oneline -n 3",
        "git push -u origin main",
        "tar xf a",
        "tar -czf a b",
        "python3 a.py",
        "python3 -u a.py --verbose",
        "sort -rn a",
        "rsync -av a b",
        "npm test",
        "uv sync",
        "docker ps -a",
        "cargo test -p a",
        "make -j4 all",
        "unheard-of --anything else",
    ];
    for line in plain {
        assert_eq!(verdict(&rights, "run_shell", &runs(&[line])), Verdict::Allow, "{line}");
    }
    let spelled = self::rights(json!({ "rules": [
        { "allow": { "commands": [["sed", "-n", "5p", "a"], ["sudo", "reboot"]] } },
        { "deny": { "commands": [["rm", "**"]] } }
    ] }));
    for (line, expected) in
        [("sed -n 5p a", Verdict::Allow), ("sudo reboot", Verdict::Allow), ("sed -n 5p b", Verdict::Ask)]
    {
        assert_eq!(verdict(&spelled, "run_shell", &runs(&[line])), expected, "{line}");
    }
}

#[test]
fn options_between_the_words_of_a_denied_command_hide_nothing() {
    let rights = rights(json!({ "mode": "auto", "rules": [
        { "deny": { "commands": [["git", "push", "**"], ["rm", "-rf", "**"]] } }
    ] }));
    let rows = [
        ("git push origin", Verdict::Deny),
        ("git -C x push origin", Verdict::Ask),
        ("git --no-pager push", Verdict::Ask),
        ("rm -fr a", Verdict::Ask),
        ("rm a -r -f", Verdict::Ask),
        ("git status", Verdict::Allow),
        ("git log --oneline", Verdict::Allow),
        ("rm a", Verdict::Allow),
    ];
    for (line, expected) in rows {
        assert_eq!(verdict(&rights, "run_shell", &runs(&[line])), expected, "{line}");
    }
}
