//! Ctrl-C: the first asks the worlds to stop, so that their journals are closed; the second ends the program.

use std::io::IsTerminal;
use std::sync::Arc;

use folkmoot::runtime::Live;

use super::error::CommandError;
use super::{exit, output};

/// From now on Ctrl-C calls these worlds off.
pub(crate) fn watch(live: &Arc<Live>) -> Result<(), CommandError> {
    let live = Arc::clone(live);
    let interrupted = move || {
        if live.is_cancelled() {
            std::process::exit(i32::from(exit::INTERRUPTED));
        }
        live.cancel();
        // A terminal's line may hold a bar, and the ^C that was typed.
        let gap = if std::io::stderr().is_terminal() { "\n" } else { "" };
        output::tell(&format!("{gap}interrupted: stopping; Ctrl-C again ends at once\n"));
    };
    ctrlc::set_handler(interrupted).map_err(CommandError::Interrupt)
}
