//! Devices, number of threads, memory use.

use super::error::plain;
use super::ffi;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::runtime::{E0702, E0703, E0704, E0705, E0707};
use std::ffi::{CStr, CString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{fmt, fs};

/// A device, as `--device` names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Device {
    /// The CPU.
    #[default]
    Cpu,
    /// The GPU of that index, from 0.
    Cuda(usize),
}

/// Whether this processor has one of these extensions, by its flags in `/proc/cpuinfo`; no where there is no such file.
pub fn processor_has_one_of(extensions: &[&str]) -> bool {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let flags = info.lines().find(|line| line.starts_with("flags")).unwrap_or_default();
    flags.split_whitespace().any(|flag| extensions.contains(&flag))
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Cpu => f.write_str("cpu"),
            Device::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

impl Device {
    /// Parses `cpu`, `cuda` (the first GPU) or `cuda:N`. Loads nothing.
    pub fn parse(text: &str) -> Result<Device, Diagnostic> {
        match text {
            "cpu" => return Ok(Device::Cpu),
            "cuda" => return Ok(Device::Cuda(0)),
            _ => {}
        }
        let index = text.strip_prefix("cuda:").filter(|n| n.bytes().all(|b| b.is_ascii_digit()));
        match index.and_then(|n| n.parse().ok()) {
            Some(index) => Ok(Device::Cuda(index)),
            None => Err(Diagnostic::error(E0702, format!("`{text}` is not a device"))
                .help("use `cpu`, `cuda`, or `cuda:N` with N from 0")),
        }
    }

    /// Initialises the device. For CUDA this loads the CUDA part of libtorch, and asks for deterministic kernels. It must be called before anything else in the process
    /// queries libtorch for CUDA, since libtorch caches the first answer.
    pub fn open(self) -> Result<tch::Device, Diagnostic> {
        let Device::Cuda(index) = self else { return Ok(tch::Device::Cpu) };
        let count = load_cuda()?;
        if index >= count {
            let visible = if count == 1 { "1 GPU is".to_owned() } else { format!("{count} GPUs are") };
            return Err(Diagnostic::error(E0705, format!("there is no `{self}`: {visible} visible"))
                .help(format!("use an index below {count}, or change CUDA_VISIBLE_DEVICES")));
        }
        let fault = |why: String| Diagnostic::error(E0705, format!("`{self}` cannot be set up: {}", plain(why)));
        ffi::set_deterministic(true).map_err(fault)?;
        Ok(tch::Device::Cuda(index))
    }
}

/// Loads the CUDA part of libtorch and returns the number of GPUs, at least 1. Repeated calls are cheap.
///
/// # Errors
/// `E0703` without a driver or GPU, `E0704` if the CUDA part of libtorch is missing or cannot be loaded.
pub fn load_cuda() -> Result<usize, Diagnostic> {
    let remedy = "install the NVIDIA driver for this GPU, or use `--device cpu`";
    open_library(Path::new("libcuda.so.1"))
        .map_err(|why| Diagnostic::error(E0703, format!("no CUDA driver on this machine: {why}")).help(remedy))?;

    let remedy = "point LIBTORCH at a full `pip install torch==2.11.0` and build again, or use `--device cpu`";
    let Some(folder) = libtorch_folder() else {
        return Err(Diagnostic::error(E0704, "the folder of the loaded libtorch is unknown").help(remedy));
    };
    let library = folder.join("libtorch_cuda.so");
    if !library.exists() {
        let message = format!("this libtorch has no CUDA part: {} does not exist", library.display());
        return Err(Diagnostic::error(E0704, message).help(remedy));
    }
    open_library(&library).map_err(|why| {
        Diagnostic::error(E0704, format!("the CUDA part of libtorch does not load: {why}")).help(remedy)
    })?;
    match ffi::cuda_device_count() {
        Ok(0) => Err(Diagnostic::error(E0703, "the CUDA driver finds no usable GPU")
            .help("check `nvidia-smi` and CUDA_VISIBLE_DEVICES, or use `--device cpu`")),
        Ok(count) => Ok(count),
        Err(why) => Err(Diagnostic::error(E0703, format!("CUDA does not start: {}", plain(why)))
            .help("check `nvidia-smi`, or use `--device cpu`")),
    }
}

/// Memory of a GPU in bytes; `None` for the CPU, or if the driver does not tell. The device has to be [opened](Device::open) before.
pub fn memory_of(device: Device) -> Option<u64> {
    let Device::Cuda(index) = device else { return None };
    let ordinal = libc::c_int::try_from(index).ok()?;
    let symbol = |name: &CStr| {
        // SAFETY: a NUL-terminated name, looked up in the libraries that are loaded.
        let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
        (!found.is_null()).then_some(found)
    };
    let (get, total) = (symbol(c"cuDeviceGet")?, symbol(c"cuDeviceTotalMem_v2")?);
    // SAFETY: the signatures of the CUDA driver interface: `CUresult cuDeviceGet(CUdevice*, int)` and
    // `CUresult cuDeviceTotalMem_v2(size_t*, CUdevice)`, where `CUdevice` and `CUresult` are `int`.
    let (get, total) = unsafe {
        (
            std::mem::transmute::<*mut libc::c_void, unsafe extern "C" fn(*mut libc::c_int, libc::c_int) -> libc::c_int>(
                get,
            ),
            std::mem::transmute::<*mut libc::c_void, unsafe extern "C" fn(*mut usize, libc::c_int) -> libc::c_int>(
                total,
            ),
        )
    };
    let (mut handle, mut bytes) = (0, 0usize);
    // SAFETY: the results go to live locals.
    let done = unsafe { get(&mut handle, ordinal) == 0 && total(&mut bytes, handle) == 0 };
    (done && bytes > 0).then_some(bytes as u64)
}

/// `dlopen` without `dlclose`; the symbols are visible to libraries that are loaded later.
fn open_library(path: &Path) -> Result<(), String> {
    let name = CString::new(path.as_os_str().as_bytes()).map_err(|e| e.to_string())?;
    // SAFETY: a NUL-terminated name; the library's initialisers are libtorch's or the driver's own.
    if !unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) }.is_null() {
        return Ok(());
    }
    // SAFETY: `dlerror` returns NUL-terminated text or null, valid until the next call on this thread.
    let text = unsafe {
        let text = libc::dlerror();
        if text.is_null() { c"unknown reason" } else { CStr::from_ptr(text) }
    };
    Err(text.to_string_lossy().into_owned())
}

/// The folder of the libtorch that is loaded in this process.
pub fn libtorch_folder() -> Option<PathBuf> {
    let maps = fs::read_to_string("/proc/self/maps").ok()?;
    let path = maps.lines().find_map(|line| {
        let at = line.find('/')?;
        line.get(at..).filter(|path| path.ends_with("/libtorch_cpu.so"))
    })?;
    Path::new(path).parent().map(Path::to_path_buf)
}

/// More threads than this are refused: each takes memory, and libtorch ends the process where it cannot start one.
const MOST_THREADS: usize = 1024;

/// The number of threads that libtorch would use by itself: the physical cores, or `OMP_NUM_THREADS`.
pub(crate) fn default_threads() -> usize {
    // Asked once: afterwards libtorch has one thread per operator.
    static DEFAULT: OnceLock<usize> = OnceLock::new();
    *DEFAULT.get_or_init(|| {
        // The first thing that every program does with libtorch, before it has other threads.
        ffi::pool_tensors();
        usize::try_from(ffi::threads()).unwrap_or(1).max(1)
    })
}

/// The number of threads for [`Workers`](crate::Workers): `count`, or without it the physical cores (`OMP_NUM_THREADS` if that is
/// set). From here on libtorch itself uses one thread per operator.
///
/// # Errors
/// `E0707` for a number of threads that no machine has.
pub fn threads(count: Option<usize>) -> Result<usize, Diagnostic> {
    if let Some(count) = count {
        let bad = |why: String| Diagnostic::error(E0707, why).help("`--threads` takes a number from 1");
        if count == 0 {
            return Err(bad("0 is not a number of threads".to_owned()));
        }
        if count > MOST_THREADS {
            return Err(bad(format!("{count} threads are more than any machine runs at a time"))
                .help(format!("`--threads` takes a number from 1 to {MOST_THREADS}; without it, one for each core")));
        }
    }
    let default = default_threads();
    ffi::set_threads(1).map_err(|why| Diagnostic::error(E0707, why))?;
    Ok(count.unwrap_or(default))
}

/// Processor seconds of all threads of this process so far, user and system.
pub fn cpu_seconds() -> f64 {
    // SAFETY: all-zero bytes are a valid `rusage`, and the result goes to a live local.
    let used = unsafe {
        let mut used: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut used);
        used
    };
    let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 * 1e-6;
    seconds(used.ru_utime) + seconds(used.ru_stime)
}

/// Seconds since this process was started, in hundredths; none where the system does not tell.
pub fn process_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name of the program, which may hold anything, the third field follows; this is the 22nd.
    let started: f64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the result goes to a live local, and `sysconf` reads a constant.
    let (read, ticks) =
        unsafe { (libc::clock_gettime(libc::CLOCK_BOOTTIME, &mut now), libc::sysconf(libc::_SC_CLK_TCK)) };
    let seconds = now.tv_sec as f64 + now.tv_nsec as f64 * 1e-9 - started / ticks as f64;
    (read == 0 && ticks > 0 && seconds >= 0.0).then_some(seconds)
}

/// Resets the peak that [`peak_rss`] reads to the memory that is resident now. False if the kernel does not allow it.
pub fn reset_peak_rss() -> bool {
    fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// Peak resident memory of this process so far, or since [`reset_peak_rss`], in bytes (`VmHWM`).
pub fn peak_rss() -> Option<u64> {
    status_kib("VmHWM:").map(|kib| kib * 1024)
}

/// Resident memory of this process, in bytes (`VmRSS`).
pub fn rss() -> Option<u64> {
    status_kib("VmRSS:").map(|kib| kib * 1024)
}

fn status_kib(key: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_printed() {
        for (text, device) in [("cpu", Device::Cpu), ("cuda", Device::Cuda(0)), ("cuda:3", Device::Cuda(3))] {
            let read = Device::parse(text).unwrap();
            assert_eq!(read, device);
            assert_eq!(Device::parse(&read.to_string()).unwrap(), device);
        }
        for text in ["", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:+1", "CPU"] {
            assert_eq!(Device::parse(text).unwrap_err().code, E0702, "{text}");
        }
    }

    #[test]
    fn cuda_works_or_says_why_not_in_one_line() {
        match load_cuda() {
            Ok(count) => {
                assert!(count > 0);
                let device = Device::Cuda(0).open().unwrap();
                let t = tch::Tensor::from_slice(&[1f32, 2.]).to_device(device);
                assert_eq!((&t * 2).sum(tch::Kind::Float).double_value(&[]), 6.0);
                assert_eq!(Device::Cuda(count).open().unwrap_err().code, E0705);
                assert!(memory_of(Device::Cuda(0)).unwrap() > 1 << 30);
                assert_eq!(memory_of(Device::Cuda(count)), None);
            }
            Err(fault) => {
                assert!([E0703, E0704].contains(&fault.code));
                assert!(!fault.message.contains('\n'), "{}", fault.message);
                assert!(fault.help.is_some_and(|h| h.contains("--device cpu")));
                assert!(Device::Cuda(0).open().is_err());
                dsc_testing::skip::skip(dsc_testing::skip::Lacks::Gpu(&fault.message));
            }
        }
        assert_eq!((Device::Cpu.open().unwrap(), memory_of(Device::Cpu)), (tch::Device::Cpu, None));
    }

    #[test]
    fn threads_and_memory() {
        assert!(libtorch_folder().unwrap().join("libtorch_cpu.so").exists());
        let default = threads(None).unwrap();
        assert_eq!((threads(Some(3)).unwrap(), threads(None).unwrap(), ffi::threads()), (3, default, 1));
        assert_eq!(threads(Some(0)).unwrap_err().code, E0707);
        assert!(threads(Some(100_000)).unwrap_err().help.unwrap().contains("from 1 to 1024"));
        let (first, pause) = (process_seconds().unwrap(), 0.05);
        std::thread::sleep(std::time::Duration::from_secs_f64(pause));
        assert!(process_seconds().unwrap() >= first + pause && first < 3600.0, "{first}");
        let before = peak_rss().unwrap();
        let block = vec![1u8; 300 << 20];
        assert!(block.iter().step_by(4096).all(|&b| b == 1));
        drop(block);
        assert!(peak_rss().unwrap() >= rss().unwrap());
        let peak = peak_rss().unwrap();
        assert!(peak > before, "the peak stays after the block is gone");
        if reset_peak_rss() {
            assert!(peak_rss().unwrap() + (200 << 20) < peak, "the mark is set back to what is resident");
        }
    }
}
