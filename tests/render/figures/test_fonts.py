"""Letters that matplotlib's own font lacks."""

import pytest

from wav2spec.render.figures.fonts import font_families, missing_letters

# A code of the last private plane, for which no font has a letter.
NOBODYS = "\U0010fffd"


@pytest.mark.parametrize(("text", "missing"), [("a.wav", ""), ("ä.wav", ""), (f"a{NOBODYS}", NOBODYS)])
def test_letters_that_would_be_drawn_as_boxes_are_found(text: str, missing: str) -> None:
    assert missing_letters(text) == missing


def test_fonts_of_boxes_are_not_asked() -> None:
    assert not [name for name in font_families(NOBODYS) if name.startswith("Last Resort")]
