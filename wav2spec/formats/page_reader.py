"""The metadata of an HTML page, as `wav2spec.render.html` writes it."""

import os

METADATA_ID = "wav2spec"

_BEGINNING = b"<!doctype html>"
_BLOCK = f'<script type="application/json" id="{METADATA_ID}">'.encode()
_END = b"</script>"
_LAST = b"</html>\n"

# The metadata stands in the head (bytes).
_MAX_HEAD_BYTES = 2**20


def read_page_text(path: str, *, whole: bool = False) -> str | None:
    """Return the metadata of a page; None if it has none or is no page of wav2spec.

    Parameters
    ----------
    path : str
        A regular file.
    whole : bool
        Whether a page that was cut off has none.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with open(path, "rb") as file:
        if file.read(len(_BEGINNING)) != _BEGINNING:
            return None
        head = file.read(_MAX_HEAD_BYTES)
        first = head.find(_BLOCK) + len(_BLOCK)
        last = head.find(_END, first)
        if first < len(_BLOCK) or last < 0:
            return None
        if whole:
            file.seek(-len(_LAST), os.SEEK_END)
            if file.read() != _LAST:
                return None
    return head[first:last].decode("ascii", "replace")
