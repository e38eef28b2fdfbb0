"""Assemble a page that opens from disk without a network: one file, no request, no markup from data."""

import base64
import hashlib
import html
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any, BinaryIO

from wav2spec.console import printable
from wav2spec.formats.page_reader import METADATA_ID

# Nothing may be requested but what a page names here; scripts and styles run only with the digest of what was written.
_POLICY = "default-src 'none'; script-src '{script}'{workers}; style-src '{style}'; img-src blob: data:; {media}"


@dataclass(frozen=True)
class Block:
    """Data within a page, which a script finds by its `id`.

    Attributes
    ----------
    id : str
    content : iterable of bytes
        Base64, JSON of `to_json`, or source text without ``</script``; taken once.
    type : str
        A MIME type that browsers do not execute.
    """

    id: str
    content: Iterable[bytes]
    type: str = "text/plain"


@dataclass(frozen=True)
class Page:
    """The fixed parts of a page, by names of files in this directory.

    Attributes
    ----------
    body : str
        Markup.
    styles, scripts : tuple of str
        Joined in order.
    workers : tuple of str
        Scripts of a worker, which the page starts from the block ``worker``.
    media : str
        Directives of the content security policy for sound and workers.
    """

    body: str
    styles: tuple[str, ...]
    scripts: tuple[str, ...]
    workers: tuple[str, ...] = ()
    media: str = ""

    def digest(self) -> str:
        """Return the SHA-256 of the fixed parts: a page is out of date when they change."""
        parts = (self.body, *self.styles, *self.scripts, *self.workers)
        return hashlib.sha256("\0".join(map(_read, parts)).encode()).hexdigest()

    def write(self, file: BinaryIO, title: str, metadata: str, blocks: Iterable[Block]) -> None:
        """Write the page.

        Parameters
        ----------
        file : binary file
        title : str
            Any text, such as a file's name.
        metadata : str
            JSON that says how the page was made; not written if empty.
        blocks : iterable of Block
        """
        style, script = (_joined(names) for names in (self.styles, self.scripts))
        policy = _POLICY.format(
            script=_csp_hash(script),
            style=_csp_hash(style),
            workers=" blob:" if self.workers else "",
            media=self.media,
        )
        head = (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="generator" content="wav2spec">\n'
            f"<title>{html.escape(printable(title))}</title>\n"
        )
        file.write(head.encode())
        if metadata:
            _write_block(file, Block(METADATA_ID, [escape_json(metadata)], "application/json"))
        file.write(f"<style>{style}</style>\n</head>\n<body>\n{_read(self.body)}".encode())
        for block in blocks:
            _write_block(file, block)
        if self.workers:
            _write_block(file, Block("worker", [_joined(self.workers).encode()]))
        file.write(f"<script>{script}</script>\n</body>\n</html>\n".encode())


def to_json(value: Any) -> bytes:
    r"""Return compact JSON in ASCII that cannot end the element in which it stands.

    >>> to_json("</script>")
    b'"\\u003c/script>"'
    """
    return escape_json(json.dumps(value, separators=(",", ":"), allow_nan=False))


def escape_json(text: str) -> bytes:
    """Return JSON as `to_json` writes it."""
    return text.replace("<", "\\u003c").encode("ascii")


def to_base64(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield Base64 of the joined pieces.

    >>> b"".join(to_base64([b"a", b"bcde"]))
    b'YWJjZGU='
    """
    rest = b""
    for piece in pieces:
        piece = rest + piece
        whole = len(piece) // 3 * 3
        yield base64.b64encode(piece[:whole])
        rest = piece[whole:]
    yield base64.b64encode(rest)


def _write_block(file: BinaryIO, block: Block) -> None:
    file.write(f'<script type="{block.type}" id="{block.id}">'.encode())
    for piece in block.content:
        file.write(piece)
    file.write(b"</script>\n")


def _joined(names: tuple[str, ...]) -> str:
    return "\n" + "\n".join(map(_read, names))


def _read(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def _csp_hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
