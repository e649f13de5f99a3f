//! Files mapped into memory, guarded against being cut.
//!
//! A read behind the end of a file that was cut after it was mapped raises SIGBUS, which ends the process without a word. The
//! guard is a handler of that signal: it puts zeros in place of the missing pages of a [`MappedFile`] and marks it, so that the
//! reader goes on and [`MappedFile::intact`] reports the cut. Other bus errors end the process as before.

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::E0601;

/// A regular file, mapped to be read.
#[derive(Debug)]
pub struct MappedFile {
    // Dropped before the map that it guards.
    guard: guard::Guard,
    map: Mmap,
    file: File,
    path: PathBuf,
}

/// Opens a regular file. Pipes and devices are refused before they are opened, since that alone may block.
pub(crate) fn regular(path: &Path) -> io::Result<File> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    File::open(path)
}

impl MappedFile {
    /// Maps a file.
    ///
    /// # Errors
    /// What the operating system says; a path that is not a regular file.
    pub fn open(path: &Path) -> io::Result<MappedFile> {
        let file = regular(path)?;
        // SAFETY: the map is only read, as bytes, of which every value is valid. A file that another process changes meanwhile
        // gives other bytes, which is documented; one that is cut is what the guard is for.
        let map = unsafe { Mmap::map(&file) }?;
        Ok(MappedFile { guard: guard::Guard::new(&map), map, file, path: path.to_owned() })
    }

    /// Path of the file, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Checks that the file was not cut since it was opened: what was read until now is its content.
    ///
    /// # Errors
    /// `E0601` if it was.
    pub fn intact(&self) -> Result<(), Diagnostic> {
        let now = self.file.metadata().map_or(0, |about| about.len());
        if !self.guard.was_hit() && now >= self.map.len() as u64 {
            return Ok(());
        }
        let (path, had) = (self.path.display(), self.map.len());
        Err(Diagnostic::error(E0601, format!("`{path}` was cut while it was read: it had {had} bytes and has {now}"))
            .help("start again when the file is complete; a file that is in use must not be written to"))
    }

    /// As [`intact`](Self::intact), at the cost of one load: whether a missing part was read.
    pub(crate) fn was_cut(&self) -> bool {
        self.guard.was_hit()
    }
}

impl Deref for MappedFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.map
    }
}

#[cfg(unix)]
mod guard {
    use std::cell::UnsafeCell;
    use std::mem::MaybeUninit;
    use std::sync::Once;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    /// A guarded map, read by the signal handler. `length` is 0 while the entry is free or being filled.
    struct Entry {
        taken: AtomicBool,
        start: AtomicUsize,
        length: AtomicUsize,
        hit: AtomicBool,
    }

    /// Maps beyond this number are not guarded.
    const MOST: usize = 256;

    static ENTRIES: [Entry; MOST] = [const {
        Entry {
            taken: AtomicBool::new(false),
            start: AtomicUsize::new(0),
            length: AtomicUsize::new(0),
            hit: AtomicBool::new(false),
        }
    }; MOST];

    /// Marks a map as guarded while it lives.
    #[derive(Debug)]
    pub(super) struct Guard(Option<usize>);

    impl Guard {
        pub(super) fn new(map: &[u8]) -> Guard {
            install();
            let free =
                |entry: &Entry| entry.taken.compare_exchange(false, true, Ordering::AcqRel, Ordering::Relaxed).is_ok();
            let Some((number, entry)) = ENTRIES.iter().enumerate().find(|(_, entry)| free(entry)) else {
                return Guard(None);
            };
            entry.hit.store(false, Ordering::Relaxed);
            entry.start.store(map.as_ptr() as usize, Ordering::Relaxed);
            entry.length.store(map.len(), Ordering::Release);
            Guard(Some(number))
        }

        fn entry(&self) -> Option<&'static Entry> {
            ENTRIES.get(self.0?)
        }

        pub(super) fn was_hit(&self) -> bool {
            self.entry().is_some_and(|entry| entry.hit.load(Ordering::Acquire))
        }
    }

    impl Drop for Guard {
        fn drop(&mut self) {
            if let Some(entry) = self.entry() {
                entry.length.store(0, Ordering::Release);
                entry.taken.store(false, Ordering::Release);
            }
        }
    }

    /// What handled the signal before: the standard library, which looks for overflown stacks.
    struct Before(UnsafeCell<MaybeUninit<libc::sigaction>>);
    // SAFETY: written once, before the handler that reads it is installed.
    unsafe impl Sync for Before {}
    static BEFORE: Before = Before(UnsafeCell::new(MaybeUninit::uninit()));
    static PAGE: AtomicUsize = AtomicUsize::new(0);

    fn install() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            // SAFETY: `sysconf` only reads; the actions are valid for `sigaction`, and the first call fills `BEFORE` before the
            // second one makes the handler, its only reader, reachable.
            unsafe {
                PAGE.store(usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)).unwrap_or(4096), Ordering::Relaxed);
                let mut action: libc::sigaction = std::mem::zeroed();
                action.sa_sigaction = on_bus_error as *const () as usize;
                action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
                libc::sigemptyset(&raw mut action.sa_mask);
                if libc::sigaction(libc::SIGBUS, std::ptr::null(), (*BEFORE.0.get()).as_mut_ptr()) == 0 {
                    libc::sigaction(libc::SIGBUS, &raw const action, std::ptr::null_mut());
                }
            }
        });
    }

    /// Puts zeros in place of the pages from the missing one to the end of the map it belongs to. Only system calls and atomics,
    /// as a signal handler may use.
    extern "C" fn on_bus_error(_: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
        // SAFETY: the system passes a valid `info` to a handler with SA_SIGINFO.
        let at = unsafe { (*info).si_addr() } as usize;
        let page = PAGE.load(Ordering::Relaxed).max(1);
        for entry in &ENTRIES {
            let (length, start) = (entry.length.load(Ordering::Acquire), entry.start.load(Ordering::Relaxed));
            let end = start.saturating_add(length).next_multiple_of(page);
            if length == 0 || !(start..end).contains(&at) {
                continue;
            }
            let from = at - at % page;
            // SAFETY: the range is a part of a private, read-only map that this process made; its pages behind the end of the
            // file have no content that anything could hold on to.
            let zeros = unsafe {
                let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
                libc::mmap(from as *mut libc::c_void, end - from, libc::PROT_READ, flags, -1, 0)
            };
            if zeros != libc::MAP_FAILED {
                entry.hit.store(true, Ordering::Release);
                return;
            }
        }
        // Not one of ours: the instruction is repeated under the handler of before.
        // SAFETY: `BEFORE` was filled when the handler was installed.
        unsafe {
            libc::sigaction(libc::SIGBUS, (*BEFORE.0.get()).as_ptr(), std::ptr::null_mut());
        }
    }
}

#[cfg(not(unix))]
mod guard {
    /// Other systems refuse to cut a file that is mapped.
    #[derive(Debug)]
    pub(super) struct Guard;

    impl Guard {
        pub(super) fn new(_: &[u8]) -> Guard {
            Guard
        }

        pub(super) fn was_hit(&self) -> bool {
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_cut_is_reported_and_kills_nothing() {
        let tmp = tempfile::tempdir().unwrap();
        let path = tmp.path().join("features.pkl");
        std::fs::write(&path, vec![7; 1 << 20]).unwrap();
        let file = MappedFile::open(&path).unwrap();
        let other = MappedFile::open(&path).unwrap();
        assert_eq!((file[0], file[(1 << 20) - 1]), (7, 7));
        assert!(file.intact().is_ok());
        File::options().write(true).open(&path).unwrap().set_len(5000).unwrap();
        // The page with the new end is still there, the pages behind it are not.
        assert_eq!(file[4999], 7);
        assert!(!file.was_cut());
        assert_eq!(file.iter().map(|b| u64::from(*b)).sum::<u64>(), 5000 * 7);
        assert!(file.was_cut());
        let fault = file.intact().unwrap_err();
        assert!(fault.message.contains("it had 1048576 bytes and has 5000"), "{fault}");
        // Reading the other map, from another thread, is no different.
        let last = std::thread::spawn(move || (other[900_000], other.was_cut(), other.intact().is_err()));
        assert_eq!(last.join().unwrap(), (0, true, true));
        drop(file);
        assert!(MappedFile::open(&path).unwrap().intact().is_ok());
    }

    #[test]
    fn an_empty_file_is_mapped() {
        let tmp = tempfile::tempdir().unwrap();
        std::fs::write(tmp.path().join("x"), "").unwrap();
        assert!(MappedFile::open(&tmp.path().join("x")).unwrap().is_empty());
    }
}
