//! Ctrl-C and other requests to end the process.

use dsc_experiment::events::Stop;

/// What a second request to end does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Second {
    /// It ends the process at once.
    Ends,
    /// It is counted: processes that were started are to get as many.
    Counts,
}

static STOP: Stop = Stop::new();

/// From now on, requests to end are counted here; at the first one, what runs saves its state and stops. Before anything
/// runs, it ends the process.
pub(super) fn watch(second: Second) -> &'static Stop {
    // Fails only where a handler is set already, as by an earlier training of this process; without one Ctrl-C ends the process at
    // once.
    let _ = ctrlc::set_handler(move || {
        if !STOP.has_listener() || STOP.request() > 1 && second == Second::Ends {
            std::process::exit(130);
        }
    });
    &STOP
}
