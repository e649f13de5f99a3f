// Vectors of one instruction set and one kind of numbers, and what all kernels do with them. A file that includes the kernels defines
//
//   DSC_REAL   float or double
//   DSC_INT    the integer of the same size
//   DSC_BYTES  bytes of a vector register
//   DSC_ROWS   rows of a product that are held in registers at once
//   DSC_NAME   the namespace that the functions are in
//
// No header of the standard library may come along: a function of it that is compiled for a wide instruction set here could be the
// one that the linker keeps for the whole program.
#include "kernels.h"

namespace DSC_NAME {

using Real = DSC_REAL;
using Int = DSC_INT;
constexpr int64_t LANES = DSC_BYTES / static_cast<int64_t>(sizeof(Real));
typedef Real Vec __attribute__((vector_size(DSC_BYTES)));
typedef Int Ints __attribute__((vector_size(DSC_BYTES)));
// A vector in memory of any alignment, which may be read as what it is made of.
typedef Real Loose __attribute__((vector_size(DSC_BYTES), aligned(sizeof(Real)), may_alias));

static inline Vec load(const Real* at) { return *reinterpret_cast<const Loose*>(at); }
static inline void store(Real* at, Vec x) { *reinterpret_cast<Loose*>(at) = x; }
static inline Vec all(Real x) { return x - Vec{}; }
static inline Ints all_int(Int x) { return x - Ints{}; }
static inline int64_t padded(int64_t n) { return (n + LANES - 1) / LANES * LANES; }

static inline Ints counting() {
  Ints lanes{};
  for (int i = 0; i < LANES; ++i) lanes[i] = i;
  return lanes;
}

// Rows times a number, with zeros behind them up to a whole number of vectors.
static void pad_rows(const Real* x, int64_t stride, int64_t rows, int64_t width, Real factor, Real* out) {
  const int64_t wide = padded(width);
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t i = 0; i < width; ++i) out[r * wide + i] = x[r * stride + i] * factor;
    for (int64_t i = width; i < wide; ++i) out[r * wide + i] = 0;
  }
}

// Columns as rows, with zeros behind them.
static void pad_columns(const Real* x, int64_t stride, int64_t rows, int64_t width, Real* out) {
  const int64_t wide = padded(rows);
  for (int64_t i = 0; i < width; ++i) {
    for (int64_t r = 0; r < rows; ++r) out[i * wide + r] = x[r * stride + i];
    for (int64_t r = rows; r < wide; ++r) out[i * wide + r] = 0;
  }
}

static void add_rows(const Real* x, int64_t rows, int64_t width, Real factor, Real* out, int64_t stride) {
  const int64_t wide = padded(width);
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t i = 0; i < width; ++i) out[r * stride + i] += x[r * wide + i] * factor;
  }
}

static void zero(Real* x, int64_t count) {
  for (int64_t i = 0; i < count; ++i) x[i] = 0;
}

}  // namespace DSC_NAME
