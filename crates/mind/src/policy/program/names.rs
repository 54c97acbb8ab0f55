//! The names of programs behind which others hide.
//!
//! The lists only ever make a verdict stricter. What they miss is met by general rules: a word that names a denied
//! program is asked about whatever stands before it. This module must not know rules or options.
//!
//! ```
//! use moot_mind::policy::{Reach, reach_of};
//!
//! assert_eq!(reach_of(&["C:\\tools\\Bash.EXE".into(), "-c".into()]), Reach::Shell);
//! assert_eq!(reach_of(&["perl5.36".into(), "-e".into(), "1".into()]), Reach::Code);
//! ```

/// Programs that run the command that follows their options.
pub(super) const WRAPS: &[&str] = &[
    "abduco",
    "apptainer",
    "aws-vault",
    "bubblewrap",
    "builtin",
    "bunx",
    "busybox",
    "bwrap",
    "caffeinate",
    "capsh",
    "catatonit",
    "catchsegv",
    "cgexec",
    "chamber",
    "choom",
    "chpst",
    "chroot",
    "chronic",
    "chrt",
    "command",
    "coproc",
    "cpulimit",
    "daemon",
    "daemonize",
    "dbus-launch",
    "dbus-run-session",
    "direnv",
    "distrobox-enter",
    "doas",
    "doppler",
    "dotenv",
    "dtach",
    "dumb-init",
    "eatmydata",
    "env",
    "envchain",
    "envdir",
    "envuidgid",
    "exec",
    "fakechroot",
    "faketime",
    "fakeroot",
    "firejail",
    "flatpak-spawn",
    "flock",
    "foreman",
    "gosu",
    "gtimeout",
    "heaptrack",
    "hyperfine",
    "infisical",
    "ionice",
    "linux32",
    "linux64",
    "ltrace",
    "machinectl",
    "mise",
    "mpiexec",
    "mpirun",
    "newgrp",
    "nice",
    "nix-shell",
    "nohup",
    "nsenter",
    "numactl",
    "npx",
    "nvm",
    "op",
    "perf",
    "pkexec",
    "pipx",
    "pnpx",
    "prlimit",
    "proot",
    "proxychains",
    "proxychains4",
    "reptyr",
    "rlwrap",
    "rr",
    "run0",
    "runcon",
    "runuser",
    "schroot",
    "screen",
    "setarch",
    "setlock",
    "setpriv",
    "setsid",
    "setuidgid",
    "sg",
    "singularity",
    "softlimit",
    "sops",
    "ssh-agent",
    "start-stop-daemon",
    "stdbuf",
    "strace",
    "su-exec",
    "sudo",
    "systemd-inhibit",
    "systemd-nspawn",
    "systemd-run",
    "taskset",
    "time",
    "timeout",
    "tini",
    "tmux",
    "torify",
    "torsocks",
    "toybox",
    "trickle",
    "tsocks",
    "unbuffer",
    "unshare",
    "uvx",
    "valgrind",
    "volta",
    "wine",
    "with-contenv",
    "wsl",
    "xinit",
    "xvfb-run",
];

/// Programs that add words from elsewhere to the command that they run, or change what later commands mean.
pub(super) const OPENS: &[&str] = &[
    "alias",
    "ansible",
    "declare",
    "enable",
    "entr",
    "export",
    "guix",
    "hash",
    "local",
    "mosh",
    "nix",
    "parset",
    "pdsh",
    "readonly",
    "rsh",
    "set",
    "shopt",
    "ssh",
    "trap",
    "typeset",
    "unalias",
    "unset",
    "vagrant",
    "watch",
    "watchexec",
    "xargs",
];

/// Programs whose words are programs in a language that can run others or open files.
pub(super) const CODE_ALWAYS: &[&str] = &[
    "awk",
    "bc",
    "bpftrace",
    "cscript",
    "dc",
    "ed",
    "emacs",
    "emacsclient",
    "erl",
    "ex",
    "expect",
    "gawk",
    "gdb",
    "ghci",
    "gnuplot",
    "gsed",
    "iex",
    "ipython",
    "irb",
    "jshell",
    "lldb",
    "m4",
    "mariadb",
    "matlab",
    "mawk",
    "mshta",
    "mysql",
    "nawk",
    "nvim",
    "octave",
    "osascript",
    "psql",
    "rvim",
    "sed",
    "sqlite",
    "ssed",
    "vi",
    "view",
    "vim",
    "vimdiff",
    "wscript",
];

/// Programs that run lines or files of commands.
pub(super) const SHELLS: &[&str] = &[
    ".",
    "ash",
    "at",
    "bash",
    "batch",
    "cmd",
    "crontab",
    "csh",
    "dash",
    "elvish",
    "eval",
    "execlineb",
    "fish",
    "ksh",
    "mksh",
    "nu",
    "osh",
    "parallel",
    "posh",
    "powershell",
    "pwsh",
    "rbash",
    "sash",
    "script",
    "sh",
    "source",
    "su",
    "tcsh",
    "xonsh",
    "yash",
    "ysh",
    "zsh",
];

/// Interpreters of programs in files, and the letters of those of their options that take no program and no value.
pub(super) const INTERPRETERS: &[(&str, &str)] = &[
    ("bun", ""),
    ("deno", ""),
    ("elixir", ""),
    ("escript", ""),
    ("groovy", ""),
    ("guile", ""),
    ("julia", ""),
    ("lua", "v"),
    ("luajit", "v"),
    ("node", "v"),
    ("nodejs", "v"),
    ("ocaml", ""),
    ("perl", "wWtTUv"),
    ("php", "nqv"),
    ("pypy", "BEIOPRSVbdqsuv"),
    ("python", "BEIOPRSVbdqsuv"),
    ("racket", ""),
    ("rscript", ""),
    ("ruby", "wvT"),
    ("runghc", ""),
    ("scala", ""),
    ("swift", ""),
    ("tclsh", ""),
    ("ts-node", ""),
    ("tsx", ""),
    ("wish", ""),
];

/// Those of them whose first word may be a subcommand.
pub(super) const WITH_SUBCOMMANDS: &[&str] = &["bun", "deno", "scala", "swift"];

/// The last part of a program's path.
pub(in crate::policy) fn base_name(program: &str) -> &str {
    program.rsplit(['/', '\\']).next().unwrap_or(program)
}

/// A program's own name: the last part of its path without what Windows runs it by, and without dots and spaces at the
/// end, which Windows leaves out as well.
pub(in crate::policy) fn own_name(program: &str) -> &str {
    let whole = base_name(program);
    let trimmed = whole.trim_end_matches(['.', ' ']);
    let name = if trimmed.is_empty() { whole } else { trimmed };
    let is_ending = |ending: &&str| {
        let start = name.len().checked_sub(ending.len()).filter(|start| *start > 0);
        start.and_then(|start| name.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(ending))
    };
    let ending = [".exe", ".com", ".bat", ".cmd"].into_iter().find(is_ending);
    ending.and_then(|ending| name.get(..name.len() - ending.len())).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_known_by_the_last_part_of_its_path() {
        let rows = [
            ("rm", "rm"),
            ("/bin/rm", "rm"),
            ("./rm.exe", "rm"),
            ("C:\\x\\RM.EXE", "RM"),
            ("rm.", "rm"),
            ("rm.cmd ", "rm"),
            (".exe", ".exe"),
            ("a.example", "a.example"),
        ];
        for (word, name) in rows {
            assert_eq!(own_name(word), name, "{word:?}");
        }
    }
}
