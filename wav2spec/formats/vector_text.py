"""Read the metadata of an SVG or PDF that wav2spec wrote."""

import os
import re

# The metadata of an SVG stand at its beginning, those of a PDF near its end (bytes).
_REACH = 2**18

_SVG = re.compile(rb"<dc:description>(.*?)</dc:description>", re.DOTALL)
_PDF = re.compile(rb"/Keywords \(((?:[^\\()]|\\.)*)\)", re.DOTALL)


def read_vector_text(path: str) -> str | None:
    """Return the description of an SVG, or the keywords of a PDF; None if it has none, or is neither.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    # Imported here so that only reading an SVG pays for it.
    import html

    with open(path, "rb") as file:
        head = file.read(_REACH)
        if head.startswith(b"%PDF"):
            file.seek(max(0, os.fstat(file.fileno()).st_size - _REACH))
            match = _PDF.search(file.read())
            return re.sub(r"\\(.)", r"\1", match[1].decode("ascii", "replace")) if match else None
        match = _SVG.search(head) if b"<svg" in head else None
        return html.unescape(match[1].decode("utf-8", "replace")) if match else None
