// Products of matrices whose rows do not depend on how many there are.
//
// The columns of the second factor are copied into panels of two vectors, as many at a time as stay in the cache; each block of rows
// then meets all of them.

namespace DSC_NAME {

constexpr int64_t PANEL = 2 * LANES;
// Bytes of panels that stay in the second level of the cache beside the rows.
constexpr int64_t CACHED = 256 * 1024;

// Columns that are packed at a time.
static int64_t group(const Product& p) {
  const int64_t fit = CACHED / static_cast<int64_t>(sizeof(Real)) / (p.terms + 1) / PANEL * PANEL;
  const int64_t all = padded(p.columns);
  const int64_t most = fit < PANEL ? PANEL : fit;
  return all < most ? all : most;
}

int64_t product_room(const Product& p) {
  const int64_t columns = group(p);
  return columns * (p.terms + 1) + DSC_ROWS * PANEL;
}

// Columns from `at` on as panels, behind the numbers that their sums begin with.
static void pack(const Product& p, int64_t at, int64_t columns, Real* panels) {
  const Real* const b = static_cast<const Real*>(p.b);
  const Real* const bias = static_cast<const Real*>(p.bias);
  for (int64_t from = 0; from < columns; from += PANEL) {
    const int64_t wide = columns - from < PANEL ? padded(columns - from) : PANEL;
    const int64_t left = p.columns - at - from;
    const int64_t there = left < wide ? left : wide;
    Real* const panel = panels + from * (p.terms + 1);
    for (int64_t c = 0; c < wide; ++c) panel[c] = bias != nullptr && c < there ? bias[at + from + c] : 0;
    for (int64_t j = 0; j < p.terms; ++j) {
      Real* const row = panel + (j + 1) * wide;
      const Real* const source = b + j * p.b_term + (at + from) * p.b_column;
      for (int64_t c = 0; c < there; ++c) row[c] = source[c * p.b_column];
      for (int64_t c = there; c < wide; ++c) row[c] = 0;
    }
  }
}

void multiply(const Product& p, void* room) {
  const int64_t most = group(p);
  Real* const panels = static_cast<Real*>(room);
  // Results of a panel that is wider than what is left.
  Real* const last = panels + most * (p.terms + 1);
  const Real* const a = static_cast<const Real*>(p.a);
  Real* const out = static_cast<Real*>(p.out);
  for (int64_t at = 0; at < p.columns; at += most) {
    const int64_t columns = padded(p.columns - at) < most ? padded(p.columns - at) : most;
    pack(p, at, columns, panels);
    for (int64_t r = 0; r < p.rows; r += DSC_ROWS) {
      const int64_t rows = p.rows - r < DSC_ROWS ? p.rows - r : DSC_ROWS;
      for (int64_t from = 0; from < columns; from += PANEL) {
        const int64_t wide = columns - from < PANEL ? columns - from : PANEL;
        const Real* const panel = panels + from * (p.terms + 1);
        Real* const to = out + r * p.out_row + at + from;
        const int64_t left = p.columns - at - from;
        const bool whole = left >= wide;
        Real* const c = whole ? to : last;
        const int64_t ldc = whole ? p.out_row : PANEL;
        product(a + r * p.a_row, p.a_row, p.a_term, panel + wide, wide, panel, 0, c, ldc, rows, wide, p.terms);
        for (int64_t i = 0; !whole && i < rows; ++i) {
          for (int64_t j = 0; j < left; ++j) to[i * p.out_row + j] = last[i * PANEL + j];
        }
      }
    }
  }
}

}  // namespace DSC_NAME
