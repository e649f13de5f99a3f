//! Threads that each compute whole parts of a step.
//!
//! libtorch can use several threads within an operator. They wait for each other after every operator, which costs more than it
//! brings for small operands and on machines with other work, and the sums of some kernels depend on their number. Here libtorch has
//! one thread per operator, and the work is cut into parts of which each runs on one thread. How it is cut does not depend on the
//! number of threads, and results are taken in the order of the parts: so they are the same, bit for bit, with any number of threads.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::device::{Device, default_threads};
use super::ffi;
use super::params::ParamStore;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::runtime::E0707;

thread_local! {
    /// Time that this thread has spent in parts that are finished.
    static FINISHED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// A clock of this thread that stands still while it computes other parts than the one that reads it: a thread that waits in a part may
/// compute another one meanwhile, whose time is its own. The zero point means nothing.
pub fn own_time() -> Duration {
    static ZERO: LazyLock<Instant> = LazyLock::new(Instant::now);
    ZERO.elapsed().saturating_sub(FINISHED.get())
}

/// Computes a part, or takes its result; the parts that wait on this thread do not count the time.
fn apart<T>(work: impl FnOnce() -> T) -> T {
    let (began, finished) = (own_time(), FINISHED.get());
    let result = work();
    // Those that finished within it are in its time.
    let within = FINISHED.get().saturating_sub(finished);
    FINISHED.set(finished + within + own_time().saturating_sub(began));
    result
}

/// A number of threads, started once.
#[derive(Debug)]
pub struct Workers {
    pool: ThreadPool,
}

/// Parameters that several threads read.
#[derive(Clone, Copy)]
pub struct SharedParams<'a>(&'a ParamStore);

// SAFETY: the threads read the values of the tensors and record gradients of them, which libtorch allows from several threads at
// once: counts of references are atomic, and nothing is written while a `SharedParams` borrows the store.
unsafe impl Send for SharedParams<'_> {}
// SAFETY: as above.
unsafe impl Sync for SharedParams<'_> {}

impl<'a> SharedParams<'a> {
    /// Lends the parameters to threads.
    pub fn new(store: &'a ParamStore) -> SharedParams<'a> {
        SharedParams(store)
    }

    /// The parameters.
    pub fn get(&self) -> &'a ParamStore {
        self.0
    }
}

/// Results of parts on their way to being taken.
struct Arrivals<T> {
    /// The part that is taken next.
    next: usize,
    waiting: BTreeMap<usize, T>,
    /// Whether a thread is taking results; it also takes those that arrive meanwhile.
    taking: bool,
    /// The error of the first part that has one.
    fault: Option<(usize, Diagnostic)>,
}

impl Workers {
    /// Starts the threads. `threads` is at least 1.
    ///
    /// # Errors
    /// `E0707` if the system starts no more threads.
    pub fn new(threads: usize) -> Result<Workers, Diagnostic> {
        default_threads();
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads.max(1))
            .thread_name(|index| format!("dsc-worker-{index}"))
            // libtorch counts its threads per thread.
            .start_handler(|_| drop(ffi::set_threads(1)))
            .build();
        let pool = pool.map_err(|why| {
            Diagnostic::error(E0707, format!("{threads} threads cannot be started: {why}"))
                .help("use fewer, with `--threads`")
        })?;
        Ok(Workers { pool })
    }

    /// The threads for a device: on a GPU one, since its own threads do the work.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn on(device: Device, threads: usize) -> Result<Workers, Diagnostic> {
        Workers::new(if device == Device::Cpu { threads } else { 1 })
    }

    /// Number of threads.
    pub fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// Computes the parts `0..parts` on the threads and takes their results in this order, each as soon as those before it are taken.
    ///
    /// # Errors
    /// That of the first part, in order, for which `work` or `take` fails. Parts behind it may or may not have been computed; none of
    /// them is taken.
    pub fn in_order<T: Send>(
        &self,
        parts: usize,
        work: impl Fn(usize) -> Result<T, Diagnostic> + Sync,
        take: impl FnMut(usize, T) -> Result<(), Diagnostic> + Send,
    ) -> Result<(), Diagnostic> {
        let begun = AtomicUsize::new(0);
        let arrivals = Mutex::new(Arrivals { next: 0, waiting: BTreeMap::new(), taking: false, fault: None });
        // Only the thread that has set `taking` locks it.
        let take = Mutex::new(take);
        let run = || {
            loop {
                // Parts are begun in order, so those before the first fault are all computed.
                let part = begun.fetch_add(1, Ordering::Relaxed);
                if part >= parts || locked(&arrivals).fault.is_some() {
                    return;
                }
                let result = apart(|| work(part));
                arrived(&arrivals, part, result, &mut |part, result| apart(|| (locked(&take))(part, result)));
            }
        };
        // One task per thread. A thread that waits inside of a part, for a mask that others draw with it, may begin a part that no thread
        // has begun: the parts share nothing, so that changes times alone.
        self.pool.scope(|scope| (0..self.threads().min(parts)).for_each(|_| scope.spawn(|_| run())));
        match arrivals.into_inner().unwrap_or_else(PoisonError::into_inner).fault {
            Some((_, fault)) => Err(fault),
            None => Ok(()),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Stores the result of a part and takes all whose turn it is, unless another thread is doing so.
fn arrived<T>(
    arrivals: &Mutex<Arrivals<T>>,
    part: usize,
    result: Result<T, Diagnostic>,
    take: &mut dyn FnMut(usize, T) -> Result<(), Diagnostic>,
) {
    let mut now = locked(arrivals);
    match result {
        Ok(result) => {
            now.waiting.insert(part, result);
        }
        Err(fault) => now.failed(part, fault),
    }
    if now.taking {
        return;
    }
    now.taking = true;
    while let Some((part, result)) = now.following() {
        drop(now);
        let taken = take(part, result);
        now = locked(arrivals);
        if let Err(fault) = taken {
            now.failed(part, fault);
        }
    }
    now.taking = false;
}

impl<T> Arrivals<T> {
    /// The next result, if it has arrived and nothing before it has failed.
    fn following(&mut self) -> Option<(usize, T)> {
        let (part, failed) = (self.next, self.fault.as_ref().map_or(usize::MAX, |(failed, _)| *failed));
        if part >= failed {
            return None;
        }
        let result = self.waiting.remove(&part)?;
        self.next += 1;
        Some((part, result))
    }

    fn failed(&mut self, part: usize, fault: Diagnostic) {
        if self.fault.as_ref().is_none_or(|(first, _)| part < *first) {
            self.fault = Some((part, fault));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn fault(part: usize) -> Diagnostic {
        Diagnostic::error(E0707, format!("part {part}"))
    }

    #[test]
    fn results_are_taken_in_order() {
        for threads in [1, 2, 5] {
            let workers = Workers::new(threads).unwrap();
            assert_eq!(workers.threads(), threads);
            for parts in [0, 1, 3, 17] {
                let mut taken = Vec::new();
                // The first parts take longest.
                let work = |part: usize| {
                    std::thread::sleep(Duration::from_micros(200 * (17 - part) as u64));
                    Ok(part * 10)
                };
                workers
                    .in_order(parts, work, |part, result| {
                        taken.push((part, result));
                        Ok(())
                    })
                    .unwrap();
                assert_eq!(taken, (0..parts).map(|part| (part, part * 10)).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn the_first_fault_in_order_is_reported_and_nothing_behind_it_is_taken() {
        for threads in [1, 2, 4] {
            let workers = Workers::new(threads).unwrap();
            let mut taken = Vec::new();
            // The second fault is there first.
            let work = |part: usize| match part {
                3 => {
                    std::thread::sleep(Duration::from_millis(20));
                    Err(fault(3))
                }
                4 => Err(fault(4)),
                part => Ok(part),
            };
            let found = workers.in_order(9, work, |part, _| {
                taken.push(part);
                Ok(())
            });
            assert_eq!(found.unwrap_err().message, "part 3");
            assert_eq!(taken, [0, 1, 2]);
            let found = workers.in_order(9, Ok, |part, _| if part == 2 { Err(fault(part)) } else { Ok(()) });
            assert_eq!(found.unwrap_err().message, "part 2");
        }
    }

    #[test]
    fn a_part_within_another_one_takes_none_of_its_time() {
        let pause = |ms| std::thread::sleep(Duration::from_millis(ms));
        let began = own_time();
        let of_inner = apart(|| {
            let began = own_time();
            pause(20);
            apart(|| pause(40));
            own_time() - began
        });
        let of_outer = own_time() - began;
        assert!(of_inner >= Duration::from_millis(20) && of_inner < Duration::from_millis(40), "{of_inner:?}");
        assert!(of_outer < Duration::from_millis(20), "{of_outer:?}");
    }

    #[test]
    fn libtorch_has_one_thread_on_each() {
        let workers = Workers::new(3).unwrap();
        let mut all = Vec::new();
        let work = |_| {
            std::thread::sleep(Duration::from_millis(2));
            Ok(ffi::threads())
        };
        workers
            .in_order(12, work, |_, threads| {
                all.push(threads);
                Ok(())
            })
            .unwrap();
        assert_eq!(all, [1; 12]);
    }
}
