// Attention of one sample.
//
// A block of BLOCK queries is multiplied with all keys of a head, so that a row of scores is whole: its softmax is the plain one.
// Sums run in the order of their terms, whatever else is in the batch.

namespace DSC_NAME {

constexpr int64_t BLOCK = 16;

// ---- softmax ----

// The exponential of numbers of at most 0: a polynomial of what is left beside a power of 2. It is 0 below the logarithm of the smallest
// normal number, since products with smaller ones are slow; NaN stays the NaN that it is.
static inline Vec exponential(Vec given) {
  constexpr bool SINGLE = sizeof(Real) == 4;
  const Vec least = all(SINGLE ? Real(-87.0) : Real(-708.0));
  Vec x = given < least ? least : given;
  // Added and taken away again, it rounds to whole numbers.
  const Vec magic = all(SINGLE ? Real(12582912.0) : Real(6755399441055744.0));
  const Vec shifted = x * all(Real(1.4426950408889634)) + magic;
  const Vec power = shifted - magic;
  Vec rest = x - power * all(SINGLE ? Real(0.693359375) : Real(0.693147180369123816490));
  rest = rest - power * all(SINGLE ? Real(-2.12194440e-4) : Real(1.90821492927058770002e-10));
  Vec sum;
  if (SINGLE) {
    sum = all(Real(1.9875691500e-4));
    sum = sum * rest + all(Real(1.3981999507e-3));
    sum = sum * rest + all(Real(8.3334519073e-3));
    sum = sum * rest + all(Real(4.1665795894e-2));
    sum = sum * rest + all(Real(1.6666665459e-1));
    sum = sum * rest + all(Real(5.0000001201e-1));
    sum = sum * rest * rest + rest + all(Real(1));
  } else {
    Real term = Real(1.0 / 6227020800.0);
    sum = all(term);
    for (int n = 13; n > 0; --n) {
      term *= n;
      sum = sum * rest + all(term);
    }
  }
  // The low bits of the shifted number are the power of 2.
  const int bits = SINGLE ? 23 : 52;
  const Ints exponent = reinterpret_cast<Ints>(shifted) << bits;
  const Vec result = given < least ? Vec{} : reinterpret_cast<Vec>(reinterpret_cast<Ints>(sum) + exponent);
  return given == given ? result : given;
}

// The keys that a query sees: from `first` to before `end`.
struct Seen {
  int64_t first;
  int64_t end;
};

static Seen seen(const Sample& s, int64_t row) {
  Seen all{0, s.keys};
  if (s.causal) all.end = row + s.offset + 1 < all.end ? row + s.offset + 1 : all.end;
  if (s.window >= 0) {
    all.first = row - s.window > 0 ? row - s.window : 0;
    all.end = row + s.window + 1 < all.end ? row + s.window + 1 : all.end;
  }
  return all;
}

// Which of LANES keys from `at` on a query sees.
static inline Ints within(int64_t at, Seen keys) {
  const Ints index = counting() + all_int(static_cast<Int>(at));
  return (index >= all_int(static_cast<Int>(keys.first))) & (index < all_int(static_cast<Int>(keys.end)));
}

static inline bool whole(int64_t at, Seen keys) { return at >= keys.first && at + LANES <= keys.end; }

// Whether a weight is kept, by its bit: those of LANES keys from `at` on.
static inline Ints kept(const uint16_t* bits, int64_t at, Ints lanes) {
  const Int word = static_cast<Int>(bits[at / 16]) >> (at % 16);
  return ((all_int(word) >> lanes) & 1) != 0;
}

static const uint16_t* bits_of(const Sample& s, int64_t head, int64_t row) {
  return s.bits == nullptr ? nullptr : s.bits + (head * s.queries + row) * s.words;
}

// Scores of a row to exponentials less the largest. What they were less, and what divides them, goes to `kept`: backward the weights
// come out as they were, whatever the size of the scores.
static Real soften(Real* row, int64_t wide, Seen keys, Real* kept) {
  const Vec low = all(-static_cast<Real>(__builtin_huge_val()));
  Vec most = low;
  for (int64_t j = 0; j < wide; j += LANES) {
    Vec x = load(row + j);
    if (!whole(j, keys)) x = within(j, keys) ? x : low;
    most = x > most ? x : most;
  }
  Real top = most[0];
  for (int i = 1; i < LANES; ++i) top = most[i] > top ? most[i] : top;
  if (keys.first >= keys.end) top = 0;
  Vec sums{};
  for (int64_t j = 0; j < wide; j += LANES) {
    Vec x = exponential(load(row + j) - all(top));
    if (!whole(j, keys)) x = within(j, keys) ? x : Vec{};
    store(row + j, x);
    sums += x;
  }
  Real sum = 0;
  for (int i = 0; i < LANES; ++i) sum += sums[i];
  if (keys.first >= keys.end) sum = 1;
  kept[0] = top;
  kept[1] = 1 / sum;
  return kept[1];
}

static Real* kept_of(const Sample& s, int64_t head, int64_t row) {
  return static_cast<Real*>(s.kept) + 2 * (row * s.heads + head);
}

static void drop(Real* row, int64_t wide, const uint16_t* bits) {
  const Ints lanes = counting() & 15;
  for (int64_t j = 0; j < wide; j += LANES) store(row + j, kept(bits, j, lanes) ? load(row + j) : Vec{});
}

// ---- a sample ----

struct Sizes {
  int64_t d, e, t, keys_rows, keys_columns, values_rows, values_columns;
  explicit Sizes(const Sample& s)
      : d(padded(s.width)),
        e(padded(s.columns)),
        t(padded(s.keys)),
        keys_rows(s.keys * d),
        keys_columns(s.width * t),
        values_rows(s.keys * e),
        values_columns(s.columns * t) {}
};

int64_t forward_room(const Sample& s) {
  const Sizes z(s);
  return z.keys_columns + z.values_rows + BLOCK * (z.t + z.e + z.d);
}

void forward(const Sample& s, void* room) {
  const Sizes z(s);
  Real* const keys = static_cast<Real*>(room);
  Real* const values = keys + z.keys_columns;
  Real* const scores = values + z.values_rows;
  Real* const mixed = scores + BLOCK * z.t;
  Real* const queries = mixed + BLOCK * z.e;
  for (int64_t head = 0; head < s.heads; ++head) {
    const int64_t of = s.shared ? 0 : head;
    if (head == 0 || !s.shared) {
      pad_columns(static_cast<const Real*>(s.k) + of * s.width, s.k_row, s.keys, s.width, keys);
      pad_rows(static_cast<const Real*>(s.v) + of * s.columns, s.v_row, s.keys, s.columns, 1, values);
    }
    const Real* const q = static_cast<const Real*>(s.q) + head * s.width;
    Real* const out = static_cast<Real*>(s.out) + head * s.columns;
    for (int64_t from = 0; from < s.queries; from += BLOCK) {
      const int64_t rows = s.queries - from < BLOCK ? s.queries - from : BLOCK;
      // The queries are scaled: scores that are subtracted from each other have to be rounded in one way.
      pad_rows(q + from * s.q_row, s.q_row, rows, s.width, static_cast<Real>(s.scale), queries);
      product(queries, z.d, 1, keys, z.t, nullptr, 0, scores, z.t, rows, z.t, s.width);
      Real inverse[BLOCK];
      for (int64_t r = 0; r < rows; ++r) {
        inverse[r] = soften(scores + r * z.t, z.t, seen(s, from + r), kept_of(s, head, from + r));
        if (s.bits != nullptr) drop(scores + r * z.t, z.t, bits_of(s, head, from + r));
      }
      product(scores, z.t, 1, values, z.e, nullptr, 0, mixed, z.e, rows, z.e, s.keys);
      for (int64_t r = 0; r < rows; ++r) {
        const Real factor = static_cast<Real>(s.keep) * inverse[r];
        for (int64_t i = 0; i < s.columns; ++i) out[(from + r) * s.out_row + i] = mixed[r * z.e + i] * factor;
      }
    }
  }
}

int64_t backward_room(const Sample& s) {
  const Sizes z(s);
  return 2 * z.keys_rows + z.keys_columns + z.values_rows + z.values_columns + BLOCK * (2 * z.t + 2 * z.d + z.e);
}

// Weights from scores, in place, and the gradient of the scores from that of the weights, in place.
static void unsoften(Real* weights, Real* gradient, int64_t wide, Seen keys, const Real* kept_of_row, Real delta, Real keep,
                     const uint16_t* bits) {
  const Ints lanes = counting() & 15;
  const Vec top = all(kept_of_row[0]), inverse = all(kept_of_row[1]);
  for (int64_t j = 0; j < wide; j += LANES) {
    Vec weight = exponential(load(weights + j) - top) * inverse;
    if (!whole(j, keys)) weight = within(j, keys) ? weight : Vec{};
    Vec given = load(gradient + j);
    Vec used = weight;
    if (bits != nullptr) {
      const Ints mask = kept(bits, j, lanes);
      given = mask ? given * all(keep) : Vec{};
      used = mask ? weight * all(keep) : Vec{};
    }
    store(weights + j, used);
    store(gradient + j, weight * (given - all(delta)));
  }
}

void backward(const Sample& s, const Gradient& g, void* room) {
  const Sizes z(s);
  Real* const keys_t = static_cast<Real*>(room);
  Real* const keys = keys_t + z.keys_columns;
  Real* const values_t = keys + z.keys_rows;
  Real* const to_keys = values_t + z.values_columns;
  Real* const to_values = to_keys + z.keys_rows;
  Real* const scores = to_values + z.values_rows;
  Real* const slopes = scores + BLOCK * z.t;
  Real* const queries = slopes + BLOCK * z.t;
  Real* const to_queries = queries + BLOCK * z.d;
  Real* const given = to_queries + BLOCK * z.d;
  const Real scale = static_cast<Real>(s.scale);
  for (int64_t head = 0; head < s.heads; ++head) {
    const int64_t of = s.shared ? 0 : head;
    if (head == 0 || !s.shared) {
      const Real* const k = static_cast<const Real*>(s.k) + of * s.width;
      pad_columns(k, s.k_row, s.keys, s.width, keys_t);
      pad_rows(k, s.k_row, s.keys, s.width, 1, keys);
      pad_columns(static_cast<const Real*>(s.v) + of * s.columns, s.v_row, s.keys, s.columns, values_t);
    }
    zero(to_keys, z.keys_rows);
    zero(to_values, z.values_rows);
    const Real* const q = static_cast<const Real*>(s.q) + head * s.width;
    const Real* const out = static_cast<const Real*>(s.out) + head * s.columns;
    const Real* const dout = static_cast<const Real*>(g.out) + head * s.columns;
    for (int64_t from = 0; from < s.queries; from += BLOCK) {
      const int64_t rows = s.queries - from < BLOCK ? s.queries - from : BLOCK;
      pad_rows(q + from * s.q_row, s.q_row, rows, s.width, scale, queries);
      pad_rows(dout + from * g.out_row, g.out_row, rows, s.columns, 1, given);
      product(queries, z.d, 1, keys_t, z.t, nullptr, 0, scores, z.t, rows, z.t, s.width);
      product(given, z.e, 1, values_t, z.t, nullptr, 0, slopes, z.t, rows, z.t, s.columns);
      for (int64_t r = 0; r < rows; ++r) {
        Real delta = 0;
        for (int64_t i = 0; i < s.columns; ++i) delta += given[r * z.e + i] * out[(from + r) * s.out_row + i];
        unsoften(scores + r * z.t, slopes + r * z.t, z.t, seen(s, from + r), kept_of(s, head, from + r), delta,
                 static_cast<Real>(s.keep), bits_of(s, head, from + r));
      }
      product(scores, 1, z.t, given, z.e, to_values, z.e, to_values, z.e, s.keys, z.e, rows);
      product(slopes, 1, z.t, queries, z.d, to_keys, z.d, to_keys, z.d, s.keys, z.d, rows);
      product(slopes, z.t, 1, keys, z.d, nullptr, 0, to_queries, z.d, rows, z.d, s.keys);
      add_rows(to_queries, rows, s.width, scale, static_cast<Real*>(g.q) + from * g.q_row + head * s.width, g.q_row);
    }
    add_rows(to_keys, s.keys, s.width, 1, static_cast<Real*>(g.k) + of * s.width, g.k_row);
    add_rows(to_values, s.keys, s.columns, 1, static_cast<Real*>(g.v) + of * s.columns, g.v_row);
  }
}

}  // namespace DSC_NAME
