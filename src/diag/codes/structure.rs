//! Blocks, losses, outputs, companions, variants and recipes, `E05xx`.

codes! {}
