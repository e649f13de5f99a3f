// Memory of large tensors on the CPU: pages that are kept, taken again where they fit best.
//
// The tensors of a step come and go in the same order, with sizes that differ a little from batch to batch. The C library puts them
// between small objects that stay, where holes that are a little too small are of no use: it then holds twice what is alive, and
// gives pages back that it asks for again. Here tensors of some size lie among themselves. Free neighbours are joined at once.
#include "common.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

namespace {

// Smaller tensors are the C library's.
constexpr size_t SMALLEST = 32 << 10;
// Sizes are rounded up to this, so that every tensor begins at a line of the cache.
constexpr size_t UNIT = 64;
// Addresses are asked for in steps of this; pages that nothing was written to take no memory.
constexpr size_t STEP = size_t{256} << 20;
constexpr size_t PAGE = 4096;

size_t rounded(size_t n, size_t to) { return (n + to - 1) / to * to; }

class Pool {
 public:
  // Null where the system has no more.
  char* take(size_t bytes) {
    const size_t size = rounded(bytes, UNIT);
    const std::lock_guard<std::mutex> guard(lock_);
    auto best = by_size_.lower_bound({size, nullptr});
    if (best == by_size_.end()) {
      if (!grow(size)) return nullptr;
      best = by_size_.lower_bound({size, nullptr});
    }
    const auto [found, at] = *best;
    by_size_.erase(best);
    free_.erase(at);
    if (found > size) put(at + size, found - size);
    taken_[at] = size;
    now_ += size;
    most_ = std::max(most_, now_);
    return at;
  }

  // False for memory that is not from here.
  bool give(char* at) {
    const std::lock_guard<std::mutex> guard(lock_);
    const auto held = taken_.find(at);
    if (held == taken_.end()) return false;
    size_t size = held->second;
    taken_.erase(held);
    now_ -= size;
    auto next = free_.lower_bound(at);
    if (next != free_.end() && next->first == at + size && !begins_.count(next->first)) {
      size += next->second;
      by_size_.erase({next->second, next->first});
      next = free_.erase(next);
    }
    if (next != free_.begin() && !begins_.count(at)) {
      const auto before = std::prev(next);
      if (before->first + before->second == at) {
        at = before->first;
        size += before->second;
        by_size_.erase({before->second, before->first});
        free_.erase(before);
      }
    }
    put(at, size);
    return true;
  }

  // Gives the pages of free memory back to the system.
  void trim() {
    const std::lock_guard<std::mutex> guard(lock_);
    for (const auto& [at, size] : free_) {
      const auto from = rounded(reinterpret_cast<uintptr_t>(at), PAGE);
      const auto to = (reinterpret_cast<uintptr_t>(at) + size) / PAGE * PAGE;
      if (from < to) madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
    }
    most_ = now_;
  }

  int64_t most() {
    const std::lock_guard<std::mutex> guard(lock_);
    return static_cast<int64_t>(most_);
  }

 private:
  void put(char* at, size_t size) {
    free_[at] = size;
    by_size_.insert({size, at});
  }

  bool grow(size_t size) {
    const size_t whole = rounded(size, STEP);
    void* const at = mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return false;
    begins_.insert(static_cast<char*>(at));
    put(static_cast<char*>(at), whole);
    return true;
  }

  std::mutex lock_;
  // Free memory by address and by size; of equal sizes the lowest is taken, so that the highest addresses stay unused.
  std::map<char*, size_t> free_;
  std::set<std::pair<size_t, char*>> by_size_;
  std::unordered_map<char*, size_t> taken_;
  // Where memory from the system begins: neighbours across it may not be joined.
  std::set<char*> begins_;
  size_t now_ = 0, most_ = 0;
};

// Never destroyed: tensors may outlive the end of the program's main function.
Pool& pool() {
  static Pool* const one = new Pool;
  return *one;
}

void release(void* at) {
  if (!pool().give(static_cast<char*>(at))) c10::GetDefaultCPUAllocator()->raw_deallocate(at);
}

struct Tensors final : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) override {
    if (bytes >= SMALLEST) {
      if (void* const at = pool().take(bytes)) return {at, at, &release, c10::Device(c10::DeviceType::CPU)};
    }
    // It also says that there is not enough.
    return c10::GetDefaultCPUAllocator()->allocate(bytes);
  }

  c10::DeleterFnPtr raw_deleter() const override { return &release; }

  void copy_data(void* to, const void* from, size_t bytes) const override { default_copy_data(to, from, bytes); }
};

}  // namespace

extern "C" {

// From now on large tensors on the CPU have pages of their own.
void dsc_pool_tensors() {
  static Tensors* const one = new Tensors;
  c10::SetCPUAllocator(one, /*priority=*/1);
}

// Gives back what nothing holds, of the C library too, and counts the most from now on.
void dsc_pool_trim() {
  pool().trim();
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

// The most that tensors of the pool held since the last trim, in bytes.
int64_t dsc_pool_most() { return pool().most(); }

}  // extern "C"
