"""Fonts for letters that matplotlib's own font lacks."""

import functools
import os
from typing import Any

from wav2spec.render.figures.backend import matplotlib_defaults

# The font that comes with matplotlib, and its file.
_OWN_FONT, _OWN_FILE = "DejaVu Sans", ("fonts", "ttf", "DejaVuSans.ttf")
# Fonts whose glyphs are boxes, for every letter there is; one of them comes with matplotlib too.
_BOXES = "Last Resort"


def missing_letters(text: str) -> str:
    """Return the letters of a text that no installed font has."""
    if text.isascii():
        return ""
    with matplotlib_defaults():
        return _fonts_for(text)[1]


def font_families(text: str) -> list[str]:
    """Return the fonts that a text needs, in the order in which they are asked for its letters."""
    return [_OWN_FONT] if text.isascii() else _fonts_for(text)[0]


def font_of(text: str, points: float) -> Any:
    """Return the properties of the fonts that a text needs, as matplotlib takes them."""
    return _properties(tuple(font_families(text)), points)


@functools.lru_cache(maxsize=64)
def _properties(families: tuple[str, ...], points: float) -> Any:
    from matplotlib.font_manager import FontProperties

    if families == (_OWN_FONT,):
        # Matplotlib looks among all fonts for one of that name, in each size anew.
        return FontProperties(fname=_own_file(), size=points)
    return FontProperties(family=families, size=points)


def _own_file() -> str:
    import matplotlib

    return os.path.join(matplotlib.get_data_path(), *_OWN_FILE)


@functools.cache
def _own_letters() -> frozenset[int]:
    from matplotlib.font_manager import get_font

    return frozenset(get_font(_own_file()).get_charmap())


@functools.lru_cache(maxsize=64)
def _fonts_for(text: str) -> tuple[list[str], str]:
    """Return matplotlib's font with installed ones that have the letters it lacks, and the letters that none has."""
    from matplotlib import font_manager

    families = [_OWN_FONT]
    missing = {ord(letter) for letter in text} - _own_letters()
    for entry in sorted(font_manager.fontManager.ttflist, key=lambda entry: entry.name) if missing else ():
        if entry.name in families or entry.name.startswith(_BOXES):
            continue
        if entry.style == "normal" and entry.weight in (400, "normal", "regular"):
            found = missing & font_manager.get_font(entry.fname).get_charmap().keys()
            if found:
                families.append(entry.name)
                missing -= found
        if not missing:
            break
    return families, "".join(letter for letter in dict.fromkeys(text) if ord(letter) in missing)
