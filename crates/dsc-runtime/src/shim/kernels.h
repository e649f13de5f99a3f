// What the kernels are given, whatever they are compiled for. See kernels_of.h.
#pragma once

#include <stdint.h>

namespace dsc {

// Attention of the queries of one sample to its keys. Rows of a value are `.._row` numbers apart; heads lie side by side in them.
struct Sample {
  const void* q;
  const void* k;
  const void* v;
  int64_t q_row, k_row, v_row;
  // The result, and for each of its rows and heads the largest score and one over the sum of exponentials: written forward, read
  // backward.
  void* out;
  int64_t out_row;
  void* kept;
  int64_t queries, keys, heads;
  // Entries of a query and a key, and of a value, in one head.
  int64_t width, columns;
  // Whether all heads read the same keys and values.
  bool shared;
  // Row i sees the keys up to i + offset if it is causal, and those at most `window` away from i unless that is negative.
  bool causal;
  int64_t offset, window;
  double scale;
  // Dropout: a bit for each weight, 1 where it is kept, `words` words for each row of each head; and what kept ones are multiplied with.
  const uint16_t* bits;
  int64_t words;
  double keep;
};

// Where gradients come from and are added to.
struct Gradient {
  const void* out;
  int64_t out_row;
  void* q;
  void* k;
  void* v;
  int64_t q_row, k_row, v_row;
};

// A product of matrices, `a` [rows, terms] and `b` [terms, columns] of any strides, to `out`, whose entries of a row lie side by side.
struct Product {
  const void* a;
  int64_t a_row, a_term;
  const void* b;
  int64_t b_term, b_column;
  // Added to every row where it is given.
  const void* bias;
  void* out;
  int64_t out_row;
  int64_t rows, terms, columns;
};

// One compilation of the kernels. Rooms are numbers of entries.
struct Kernels {
  int64_t (*forward_room)(const Sample&);
  void (*forward)(const Sample&, void*);
  int64_t (*backward_room)(const Sample&);
  void (*backward)(const Sample&, const Gradient&, void*);
  int64_t (*product_room)(const Product&);
  void (*product)(const Product&, void*);
};

// For numbers of 32 bits, and of 64.
struct KernelSet {
  Kernels single;
  Kernels twofold;
};

// Those that this processor can run, the widest vectors last.
int64_t kernel_sets();

// A set: 0 is the widest, n the n-th.
const KernelSet& kernel_set(int64_t number);

KernelSet kernels_base();
#if defined(__x86_64__)
KernelSet kernels_avx2();
KernelSet kernels_avx512();
#endif

}  // namespace dsc
