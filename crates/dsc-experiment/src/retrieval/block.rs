//! Similarities of a block of anchors with a block of candidates.

/// Row-major vectors `[n, width]` whose products are similarities.
pub(super) struct Units {
    pub(super) data: Vec<f32>,
    pub(super) width: usize,
}

impl Units {
    /// Rows `from .. from + count`; empty if that is out of range.
    fn rows(&self, from: usize, count: usize) -> &[f32] {
        self.data.get(from * self.width..(from + count) * self.width).unwrap_or_default()
    }

    /// Writes the products of `anchors` (from, count) with `candidates` (from, count) into `out`, row-major
    /// `[anchors, candidates]`. Each product is summed in a fixed order, independent of the blocks, so equal rows
    /// give equal products and the selection is deterministic.
    pub(super) fn products(&self, anchors: (usize, usize), candidates: (usize, usize), out: &mut [f32]) {
        let (a, b) = (self.rows(anchors.0, anchors.1), self.rows(candidates.0, candidates.1));
        let (m, n, k) = (anchors.1, candidates.1, self.width);
        assert!(a.len() == m * k && b.len() == n * k && out.len() >= m * n, "blocks lie within the matrix");
        let wide = k as isize;
        // SAFETY: the assertion above states what the kernel touches: `a` is m x k and `b` (read as its transpose) n x k,
        // both row-major with a row stride of k; `out` holds m x n with a row stride of n and is borrowed mutably.
        unsafe {
            matrixmultiply::sgemm(
                m,
                k,
                n,
                1.0,
                a.as_ptr(),
                wide,
                1,
                b.as_ptr(),
                1,
                wide,
                0.0,
                out.as_mut_ptr(),
                n as isize,
                1,
            );
        }
    }
}
