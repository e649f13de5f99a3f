// When the nodes of a backward pass begin. libtorch numbers the nodes as the forward pass makes them, which ties each to the operation
// that made it; our own nodes (attention) are numbered like all others.
#include "common.h"

#include <ATen/SequenceNumber.h>
#include <ATen/record_function.h>

#include <chrono>
#include <cstdlib>
#include <memory>

using dsc::guarded;

// The same fields as in ffi/raw.rs. `after` is in nanoseconds from the beginning of the recording.
struct Begun {
  uint64_t sequence;
  int64_t after;
};

using Clock = std::chrono::steady_clock;

struct Recording {
  std::vector<Begun> nodes;
  Clock::time_point began;
  at::CallbackHandle handle = at::INVALID_CALLBACK_HANDLE;
};

// A backward pass on the CPU runs on the thread that asks for it.
static thread_local Recording* recording = nullptr;

static int64_t after(const Recording& r) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - r.began).count();
}

static std::unique_ptr<at::ObserverContext> begins(const at::RecordFunction& node) {
  if (recording != nullptr) recording->nodes.push_back({static_cast<uint64_t>(node.seqNr()), after(*recording)});
  return nullptr;
}

static void end(Recording* of) {
  if (recording != of) return;
  recording = nullptr;
  at::removeCallback(of->handle);
}

extern "C" {

// The number of the next node that this thread makes.
uint64_t dsc_sequence_number() { return at::sequence_number::peek(); }

// Records the nodes that begin on this thread until `dsc_record_end`. One recording at a time.
char* dsc_record_begin(Recording** out) {
  return guarded([&] {
    TORCH_CHECK(recording == nullptr, "a backward pass is recorded already");
    auto made = std::make_unique<Recording>();
    made->nodes.reserve(4096);
    made->handle = at::addThreadLocalCallback(
        at::RecordFunctionCallback(begins).scopes({at::RecordScope::BACKWARD_FUNCTION}));
    made->began = Clock::now();
    recording = made.get();
    *out = made.release();
  });
}

// Ends a recording of this thread, and says how long it lasted. The nodes belong to it, in the order in which they began.
char* dsc_record_end(Recording* of, const Begun** nodes, int64_t* count, int64_t* lasted) {
  return guarded([&] {
    *lasted = after(*of);
    end(of);
    *nodes = of->nodes.data();
    *count = static_cast<int64_t>(of->nodes.size());
  });
}

// Ends it too, where the backward pass was left early.
void dsc_record_free(Recording* of) {
  if (of == nullptr) return;
  std::free(guarded([&] { end(of); }));
  delete of;
}

}  // extern "C"
