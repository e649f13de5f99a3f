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
///
/// A signal that the process was started to ignore stays ignored: `nohup` does that with SIGHUP, so that a lost connection does
/// not end a training, and a shell script with SIGINT, for what it starts with `&`.
pub(super) fn watch(second: Second) -> &'static Stop {
    keeping_ignored(|| {
        // Fails only where a handler is set already, as by an earlier training of this process; without one Ctrl-C ends the process
        // at once.
        let _ = ctrlc::set_handler(move || {
            if !STOP.has_listener() || STOP.request() > 1 && second == Second::Ends {
                // At once: the destructors that `exit` runs would take libtorch away from the threads that compute.
                // SAFETY: ends the process, whatever its other threads do.
                unsafe { libc::_exit(130) }
            }
        });
    });
    &STOP
}

/// Sets handlers, and takes them away again from the signals that were ignored. Those are held back in between.
#[cfg(unix)]
fn keeping_ignored(set: impl FnOnce()) {
    // SAFETY: plain calls on local values that are filled before they are read; `sigaction` without a new action only asks.
    unsafe {
        let is_ignored = |signal: &libc::c_int| {
            let mut old: libc::sigaction = std::mem::zeroed();
            libc::sigaction(*signal, std::ptr::null(), &raw mut old) == 0 && old.sa_sigaction == libc::SIG_IGN
        };
        let ignored: Vec<libc::c_int> =
            [libc::SIGHUP, libc::SIGINT, libc::SIGTERM].into_iter().filter(is_ignored).collect();
        let (mut held, mut before): (libc::sigset_t, libc::sigset_t) = (std::mem::zeroed(), std::mem::zeroed());
        libc::sigemptyset(&raw mut held);
        for signal in &ignored {
            libc::sigaddset(&raw mut held, *signal);
        }
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const held, &raw mut before);
        set();
        for signal in &ignored {
            libc::signal(*signal, libc::SIG_IGN);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
    }
}

#[cfg(not(unix))]
fn keeping_ignored(set: impl FnOnce()) {
    set();
}
