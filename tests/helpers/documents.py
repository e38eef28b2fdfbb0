"""The README and the pages of docs/, and the blocks of code in them."""

import re
from dataclasses import dataclass
from pathlib import Path

from recordings import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

# The reference is generated; its examples are those of the help, without the files they name.
EXECUTED = [page for page in PAGES if page.name != "options.md"]

_BLOCK = re.compile(
    r"^(?:<!-- (?P<remark>[^\n]*) -->\n)?```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes
    ----------
    kind : str
        ``sh``: commands, each of which works by itself. ``bash``: a script. ``python``: a part of the page's program.
        Others are not run.
    remark : str
        The comment in front of it: ``needs NAME`` for a program that must be installed.
    """

    page: Path
    kind: str
    text: str
    remark: str


def blocks(page: Path) -> list[Block]:
    found = _BLOCK.finditer(page.read_text())
    return [Block(page, match["kind"], match["text"], match["remark"] or "") for match in found]


README_BLOCKS = blocks(ROOT / "README.md")
BATCH_BLOCKS = blocks(ROOT / "docs" / "batch.md")
