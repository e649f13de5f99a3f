// Products of small matrices in registers.

namespace DSC_NAME {

// c[r][..] = from[r][..] + sum over j of a[r * si + j * sj] * b[j * ldb + ..] for R rows and V vectors; without `from`, from 0. A
// row's sum is the same in every tile: term by term, each product and its addition rounded once where the processor can do that.
template <int R, int V>
static inline void tile(const Real* __restrict a, int64_t si, int64_t sj, const Real* __restrict b, int64_t ldb,
                        const Real* from, int64_t ldf, Real* c, int64_t ldc, int64_t terms) {
  Vec sum[R][V];
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < V; ++v) sum[r][v] = from != nullptr ? load(from + r * ldf + v * LANES) : Vec{};
  }
  for (int64_t j = 0; j < terms; ++j) {
    Vec y[V];
    for (int v = 0; v < V; ++v) y[v] = load(b + j * ldb + v * LANES);
    for (int r = 0; r < R; ++r) {
      const Vec x = all(a[r * si + j * sj]);
      for (int v = 0; v < V; ++v) sum[r][v] += x * y[v];
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < V; ++v) store(c + r * ldc + v * LANES, sum[r][v]);
  }
}

template <int R>
static inline void strip(const Real* a, int64_t si, int64_t sj, const Real* b, int64_t ldb, const Real* from, int64_t ldf,
                         Real* c, int64_t ldc, int64_t columns, int64_t terms) {
  const auto start = [from](int64_t at) { return from != nullptr ? from + at : nullptr; };
  int64_t at = 0;
  for (; at + 2 * LANES <= columns; at += 2 * LANES) {
    tile<R, 2>(a, si, sj, b + at, ldb, start(at), ldf, c + at, ldc, terms);
  }
  if (at < columns) tile<R, 1>(a, si, sj, b + at, ldb, start(at), ldf, c + at, ldc, terms);
}

// A product of rows x terms, of any strides, with terms x columns; `columns` is a multiple of LANES. It is added to `from` where that
// is given, whose rows are `ldf` apart: 0 for one row in the place of all.
static void product(const Real* a, int64_t si, int64_t sj, const Real* b, int64_t ldb, const Real* from, int64_t ldf, Real* c,
                    int64_t ldc, int64_t rows, int64_t columns, int64_t terms) {
  const auto start = [from, ldf](int64_t r) { return from != nullptr ? from + r * ldf : nullptr; };
  int64_t r = 0;
  // Sums of a single vector each are few: more of them hide how long one takes.
  if (columns == LANES) {
    for (; r + 2 * DSC_ROWS <= rows; r += 2 * DSC_ROWS) {
      tile<2 * DSC_ROWS, 1>(a + r * si, si, sj, b, ldb, start(r), ldf, c + r * ldc, ldc, terms);
    }
  }
  for (; r + DSC_ROWS <= rows; r += DSC_ROWS) {
    strip<DSC_ROWS>(a + r * si, si, sj, b, ldb, start(r), ldf, c + r * ldc, ldc, columns, terms);
  }
  if (DSC_ROWS > 4 && r + 4 <= rows) {
    strip<4>(a + r * si, si, sj, b, ldb, start(r), ldf, c + r * ldc, ldc, columns, terms);
    r += 4;
  }
  if (r + 2 <= rows) {
    strip<2>(a + r * si, si, sj, b, ldb, start(r), ldf, c + r * ldc, ldc, columns, terms);
    r += 2;
  }
  if (r < rows) strip<1>(a + r * si, si, sj, b, ldb, start(r), ldf, c + r * ldc, ldc, columns, terms);
}

}  // namespace DSC_NAME
