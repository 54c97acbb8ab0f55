//! `moot check`: tells whether scenario files are sound, without playing them.

use std::io::Write;
use std::path::PathBuf;

use folkmoot::Scenario;

use super::error::CommandError;
use super::exit::Ending;
use super::number::counted;
use super::output::{self, Output};
use super::trust::{self, TrustArguments};

/// Say whether scenario files are sound, and what is wrong with them
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  moot check scenarios/*.yaml

Every problem is shown with its place, what was expected there and what may
help. Parts written in Rust (`custom:`) are known to the program that plays the
scenario; their names are not checked here. With --tree it is drawn who is
restarted by whom after a failure. With --trust it is listed what a scenario
would do to this machine.")]
pub(crate) struct CheckArguments {
    /// The scenarios, in YAML or TOML
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Draw the supervisors of each sound scenario and what stands under them
    #[arg(long)]
    tree: bool,
    #[command(flatten)]
    trust: TrustArguments,
}

/// Checks every file, also after one that is wrong.
pub(crate) fn check(arguments: &CheckArguments, output: &mut Output) -> Result<Ending, CommandError> {
    let mut ending = Ending::Completed;
    for (index, file) in arguments.files.iter().enumerate() {
        match folkmoot::scenario::load_with(file, &arguments.trust.settings(Vec::new())) {
            Ok(scenario) => {
                writeln!(output, "{}: ok ({})", file.display(), described(&scenario))?;
                write!(output, "{}", trust::list(&scenario))?;
                if arguments.tree {
                    write!(output, "{}", drawn(&scenario))?;
                }
                if !scenario.warnings.is_empty() {
                    output.flush()?;
                    let warnings: Vec<String> = scenario.warnings.iter().map(ToString::to_string).collect();
                    output::tell(&warnings.join("\n"));
                }
            }
            Err(problems) => {
                // So that lines about several files stand in their order.
                output.flush()?;
                let gap = if index > 0 && ending == Ending::WrongFile { "\n" } else { "" };
                output::tell(&format!("{gap}{problems}"));
                ending = Ending::WrongFile;
            }
        }
    }
    Ok(ending)
}

/// The supervisors; of each run when there are several, and of each variant that has others than the file.
fn drawn(scenario: &Scenario) -> String {
    if !scenario.runs.is_empty() {
        return scenario.runs.iter().map(|run| format!("run {}\n{}", run.name, drawn(run))).collect();
    }
    let mut text = scenario.supervision.draw();
    for variant in scenario.compare.iter().flat_map(|plan| &plan.variants) {
        if variant.scenario.supervision != scenario.supervision {
            text.push_str(&format!("variant {}\n{}", variant.name, variant.scenario.supervision.draw()));
        }
    }
    text
}

fn described(scenario: &Scenario) -> String {
    if !scenario.runs.is_empty() {
        let runs: Vec<String> = scenario.runs.iter().map(|run| format!("{}: {}", run.name, described(run))).collect();
        return format!("{}; {}", counted(runs.len() as u64, "run"), runs.join("; "));
    }
    let mut parts = vec![counted(scenario.agents.len() as u64, "agent")];
    if !scenario.councils.is_empty() {
        parts.push(counted(scenario.councils.len() as u64, "council"));
    }
    parts.push(counted(u64::from(scenario.tasks.total()), "task"));
    let described = parts.join(", ");
    let Some(plan) = &scenario.compare else { return described };
    let names: Vec<&str> = plan.variants.iter().map(|variant| variant.name.as_str()).collect();
    format!("{described}; {}: {}", counted(names.len() as u64, "variant"), names.join(", "))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn a_sound_file_is_described_and_a_wrong_one_decides_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let good = root.join("scenarios/jury.yaml");
        let wrong = folder.path().join("wrong.yaml");
        std::fs::write(&wrong, "folkmoot: 1\n").unwrap();
        let mut bytes = Vec::new();
        let files = vec![wrong, good.clone()];
        let arguments = CheckArguments { files, tree: false, trust: TrustArguments::default() };
        let ending = check(&arguments, &mut Output::new(&mut bytes)).unwrap();
        assert_eq!(ending, Ending::WrongFile);
        let expected = format!("{}: ok (5 agents, 1 council, 40,000 tasks)\n", good.display());
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }
}
