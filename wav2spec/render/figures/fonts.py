"""Fonts for letters that matplotlib's own font lacks."""

import functools

from wav2spec.render.figures.backend import matplotlib_defaults

# The font that comes with matplotlib.
_OWN_FONT = "DejaVu Sans"
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


@functools.lru_cache(maxsize=64)
def _fonts_for(text: str) -> tuple[list[str], str]:
    """Return matplotlib's font with installed ones that have the letters it lacks, and the letters that none has."""
    from matplotlib import font_manager

    families = [_OWN_FONT]
    own = font_manager.get_font(font_manager.findfont(_OWN_FONT)).get_charmap()
    missing = {ord(letter) for letter in text} - own.keys()
    for entry in sorted(font_manager.fontManager.ttflist, key=lambda entry: entry.name):
        if not missing:
            break
        if entry.name in families or entry.name.startswith(_BOXES):
            continue
        if entry.style == "normal" and entry.weight in (400, "normal", "regular"):
            found = missing & font_manager.get_font(entry.fname).get_charmap().keys()
            if found:
                families.append(entry.name)
                missing -= found
    return families, "".join(letter for letter in dict.fromkeys(text) if ord(letter) in missing)
