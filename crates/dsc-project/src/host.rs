//! The machine that requests run on.

/// Bytes of a line of `/proc/meminfo`: `meminfo("MemAvailable:")`. Nothing where the system has no such file.
pub fn meminfo(key: &str) -> Option<u64> {
    let memory = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = memory.lines().find_map(|l| l.strip_prefix(key))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|n| n * 1024)
}

/// The most memory in bytes that a process can have: RAM and swap of the machine, or the limit of its control group (a container, a
/// batch job) if that is lower.
pub fn memory_limit() -> Option<u64> {
    let machine = meminfo("MemTotal:").map(|total| total.saturating_add(meminfo("SwapTotal:").unwrap_or(0)));
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    machine.into_iter().chain(groups.lines().filter_map(group_limit)).min()
}

/// The lowest limit of a control group and those above it. `line` is `0::/PATH` (version 2) or `9:memory:/PATH` (version 1).
fn group_limit(line: &str) -> Option<u64> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (root, file) = match parts.next()? {
        "" => ("/sys/fs/cgroup", "memory.max"),
        controllers if controllers.split(',').any(|c| c == "memory") => {
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        }
        _ => return None,
    };
    let folder = std::path::Path::new(root).join(parts.next()?.trim_start_matches('/'));
    let read = |folder: &std::path::Path| std::fs::read_to_string(folder.join(file)).ok()?.trim().parse().ok();
    folder.ancestors().take_while(|f| f.starts_with(root)).filter_map(read).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_cannot_have_more_than_the_machine() {
        let all = meminfo("MemTotal:").unwrap() + meminfo("SwapTotal:").unwrap();
        let limit = memory_limit().unwrap();
        assert!(limit > 64 << 20 && limit <= all, "{limit} {all}");
        assert_eq!(group_limit("3:cpu,cpuacct:/x"), None);
        assert_eq!(group_limit("nonsense"), None);
    }
}
