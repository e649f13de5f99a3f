//! The machine that requests run on.

/// Bytes of a line of `/proc/meminfo`: `meminfo("MemAvailable:")`. Nothing where the system has no such file.
pub fn meminfo(key: &str) -> Option<u64> {
    let memory = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = memory.lines().find_map(|l| l.strip_prefix(key))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|n| n * 1024)
}
