//! Where a run happens: device, threads, memory.
