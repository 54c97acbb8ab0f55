//! The repository's own checks and chores: `cargo xtask test` runs everything, `cargo xtask tidy` the rules that no
//! compiler knows. It must not know the product crates; it looks at their files and runs their commands.

mod campaign;
mod instructions;
mod steps;
mod tidy;

use std::process::ExitCode;

const HELP: &str = "\
usage: cargo xtask <command>

  test    every check: tidy, format, lints, scenarios, digests, tests
  tidy    crate arrows, where ractor is named, module docs, banned sources of order
  digests debug and release builds give the same digests
  campaign [--seeds N] [--first S] [--threads T]
          generated scenarios under planned faults, held against every invariant;
          --seed-only S [--events] plays one and makes it small when it fails;
          --planted NAME|all shows that bugs on purpose are found;
          --twice plays all seeds in two processes, at 1 and at 8 at a time;
          --leaks tells whether worlds leave files, threads or memory behind
  instructions
          counts instructions of messages, turns, votes and debates beside their floors

example: cargo xtask tidy";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let root = steps::root();
    let done = match arguments.first().map(String::as_str) {
        Some("test") => steps::test(&root),
        Some("tidy") => steps::tidy(&root),
        Some("digests") => steps::digests(&root),
        Some("campaign") => campaign::run(&root, arguments.get(1..).unwrap_or_default()),
        Some("instructions") => instructions::run(&root),
        Some("help" | "--help" | "-h") => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        other => {
            eprintln!(
                "{}\n\n{HELP}",
                other.map_or("a command is missing".to_owned(), |name| format!("no command {name:?}"))
            );
            return ExitCode::from(2);
        }
    };
    if done { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
