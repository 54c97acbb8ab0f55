//! The bar that shows how far a long run is. It only looks at the live counters and changes nothing of the run.

use std::io::{self, IsTerminal};
use std::sync::mpsc;
use std::time::Duration;

use folkmoot::runtime::Live;
use indicatif::{ProgressBar, ProgressStyle};

/// A run that takes less shows no bar.
const SHOWN_AFTER: Duration = Duration::from_millis(400);
/// How often the bar moves.
const MOVES_EVERY: Duration = Duration::from_millis(100);
/// Fits into 80 columns.
const BAR: &str = "{bar:32} {human_pos} of {human_len} tasks, {eta} to go";
const ONE_TASK: &str = "{spinner} playing for {elapsed}";

/// Whether somebody sees a bar.
pub(crate) fn is_possible() -> bool {
    io::stderr().is_terminal()
}

/// Does the work while a bar shows how many of so many tasks have ended.
pub(crate) fn shown<T>(live: &Live, tasks_total: u64, work: impl FnOnce() -> T) -> T {
    std::thread::scope(|scope| {
        // Also dropped when the work panics, which ends the bar.
        let (done, waiting) = mpsc::channel::<()>();
        scope.spawn(move || show(live, tasks_total, &waiting));
        let result = work();
        drop(done);
        result
    })
}

fn show(live: &Live, tasks_total: u64, work: &mpsc::Receiver<()>) {
    let goes_on = |time| matches!(work.recv_timeout(time), Err(mpsc::RecvTimeoutError::Timeout));
    if !goes_on(SHOWN_AFTER) {
        return;
    }
    let bar = ProgressBar::new(tasks_total);
    let template = if tasks_total > 1 { BAR } else { ONE_TASK };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    loop {
        bar.set_position(live.tasks_ended());
        bar.tick();
        if !goes_on(MOVES_EVERY) {
            bar.finish_and_clear();
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_sound_and_the_work_is_done() {
        assert!(ProgressStyle::with_template(BAR).is_ok());
        assert!(ProgressStyle::with_template(ONE_TASK).is_ok());
        assert_eq!(shown(&Live::new(), 3, || 7), 7);
    }
}
