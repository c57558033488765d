"""Kernels in Triton's language, apart from the routings: whoever lists those imports no Triton."""
