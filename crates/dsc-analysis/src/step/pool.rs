//! Where blocks lie: the pool of large tensors (`shim/allocator.cpp` of `dsc-runtime`), address by address, so that the holes between
//! blocks count.

use std::collections::{BTreeMap, BTreeSet};

/// Smaller blocks are the C library's, and count as they are.
const SMALLEST: u64 = 32 << 10;
/// Sizes are rounded up to this.
const UNIT: u64 = 64;

/// Addresses from 0, as many as are needed. Memory that was used once stays with the process.
#[derive(Debug, Default)]
pub(super) struct Pool {
    free: BTreeMap<u64, u64>,
    by_size: BTreeSet<(u64, u64)>,
    /// Behind the last block that there ever was.
    used: u64,
    /// Bytes of small blocks, now and at most.
    small: (u64, u64),
}

impl Pool {
    /// The address of a new block; none for a small one.
    pub(super) fn take(&mut self, bytes: u64) -> Option<u64> {
        if bytes < SMALLEST {
            self.small.0 += bytes;
            self.small.1 = self.small.1.max(self.small.0);
            return None;
        }
        let size = bytes.next_multiple_of(UNIT);
        // The smallest hole in which it fits; of equal ones the lowest.
        let best = self.by_size.range((size, 0)..).next().copied();
        let Some((hole, at)) = best else {
            // What is free at the end grows.
            let at = match self.free.last_key_value() {
                Some((at, size)) if at + size == self.used => *at,
                _ => self.used,
            };
            self.remove(at);
            self.used = at + size;
            return Some(at);
        };
        self.remove(at);
        if hole > size {
            self.put(at + size, hole - size);
        }
        Some(at)
    }

    /// Gives a block back.
    pub(super) fn give(&mut self, at: Option<u64>, bytes: u64) {
        let Some(mut at) = at else {
            self.small.0 = self.small.0.saturating_sub(bytes);
            return;
        };
        let mut size = bytes.next_multiple_of(UNIT);
        if let Some(next) = self.remove(at + size) {
            size += next;
        }
        if let Some((before, length)) = self.free.range(..at).next_back().map(|(b, l)| (*b, *l))
            && before + length == at
        {
            self.remove(before);
            (at, size) = (before, size + length);
        }
        self.put(at, size);
    }

    /// Bytes that the process holds at most.
    pub(super) fn resident(&self) -> u64 {
        self.used + self.small.1
    }

    fn put(&mut self, at: u64, size: u64) {
        self.free.insert(at, size);
        self.by_size.insert((size, at));
    }

    fn remove(&mut self, at: u64) -> Option<u64> {
        let size = self.free.remove(&at)?;
        self.by_size.remove(&(size, at));
        Some(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1 << 20;

    #[test]
    fn holes_are_joined_and_taken_where_they_fit_best() {
        let mut pool = Pool::default();
        let [a, b, c, d] = [4, 2, 3, 1].map(|n| pool.take(n * MB));
        assert_eq!([a, b, c, d], [0, 4, 6, 9].map(|n| Some(n * MB)));
        pool.give(a, 4 * MB);
        pool.give(c, 3 * MB);
        assert_eq!(pool.take(3 * MB), c, "not the larger hole in front");
        pool.give(c, 3 * MB);
        pool.give(b, 2 * MB);
        assert_eq!(pool.take(9 * MB), Some(0), "three holes are one");
        pool.give(d, MB);
        assert_eq!((pool.take(2 * MB), pool.resident()), (Some(9 * MB), 11 * MB), "the last hole grows");
        // A hole that is a little too small is of no use.
        pool.give(Some(0), 9 * MB);
        assert_eq!(pool.take(9 * MB + 1), Some(11 * MB));
        assert_eq!(pool.take(100), None);
        assert_eq!(pool.resident(), 20 * MB + UNIT + 100);
    }
}
