"""File formats, byte by byte: PNG, NPY, deflate. Knows nothing of sound."""
