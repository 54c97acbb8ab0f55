//! `moot schema`: prints the JSON Schema of scenario files, for editors.

use std::io::Write;

use super::error::CommandError;
use super::exit::Ending;
use super::output::Output;

/// Print the JSON Schema of scenario files, for editors
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  moot schema > scenario.schema.json

An editor with a YAML language server checks and completes a scenario that
starts with the line
  # yaml-language-server: $schema=./scenario.schema.json")]
pub(crate) struct SchemaArguments {}

/// Prints the schema.
pub(crate) fn schema(_: &SchemaArguments, output: &mut Output) -> Result<Ending, CommandError> {
    serde_json::to_writer_pretty(&mut *output, &folkmoot::scenario::schema()).map_err(std::io::Error::from)?;
    writeln!(output)?;
    Ok(Ending::Completed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn the_schema_beside_the_scenarios_is_this_one() {
        let mut bytes = Vec::new();
        schema(&SchemaArguments {}, &mut Output::new(&mut bytes)).unwrap();
        let kept = include_str!("../../scenarios/scenario.schema.json");
        assert!(
            String::from_utf8(bytes).unwrap() == kept,
            "write it anew: cargo run -- schema > scenarios/scenario.schema.json"
        );
    }
}
