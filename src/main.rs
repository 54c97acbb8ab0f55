//! `moot`: plays multi-agent scenarios from the command line.
//!
//! Everything the command can do is in `command/`, one file per subcommand; this file is the edge to the operating
//! system. A panic in a world is part of its run and told in its outcome, so panics are only logged; one outside a
//! world is a defect of this program, and ends it with a plain message.

mod command;

use std::any::Any;
use std::panic;
use std::process::ExitCode;

fn main() -> ExitCode {
    panic::set_hook(Box::new(|panic| tracing::debug!(target: "moot::panic", "{panic}")));
    guarded(command::main).unwrap_or_else(|message| {
        command::output::tell(&format!(
            "error: this program has a defect: {message}\nhelp: with --log debug it tells where it happened\n"
        ));
        ExitCode::from(command::exit::ENDED_OTHERWISE)
    })
}

/// What the work came to, or what it said when it panicked.
fn guarded<T>(work: impl FnOnce() -> T + panic::UnwindSafe) -> Result<T, String> {
    panic::catch_unwind(work).map_err(|payload| said(&*payload))
}

fn said(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it says nothing more".to_owned())
}

#[cfg(test)]
#[allow(clippy::panic, reason = "it is what is tested")]
mod tests {
    use super::guarded;

    #[test]
    fn a_defect_is_told_and_no_trace() {
        assert_eq!(guarded(|| 3), Ok(3));
        assert_eq!(guarded(|| -> u8 { panic!("seven is {}", 7) }), Err("seven is 7".to_owned()));
        assert_eq!(guarded(|| -> u8 { panic!("plain") }), Err("plain".to_owned()));
    }
}
