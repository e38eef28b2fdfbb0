"""Output formats, one row each. `wav2spec.render.plan` has the code of every row, and refuses to load without it."""

from typing import NamedTuple

from wav2spec.settings.choices import Format


class OutputFormat(NamedTuple):
    """A kind of file that a spectrogram is written as.

    Attributes
    ----------
    suffix : str
        Of its files, with the dot, lower case.
    unit : str
        Plural noun for the numbers it holds, as reports use it.
    has_metadata : bool
        Whether files record how they were made. One that does not is drawn again to find out whether it is current.
    commands : tuple of str
        The commands that write it; the first format of a command is its default.
    """

    suffix: str
    unit: str
    has_metadata: bool
    commands: tuple[str, ...]

    @property
    def holds_pixels(self) -> bool:
        return self.unit == "pixels"


FORMATS: dict[Format, OutputFormat] = {
    "png": OutputFormat(".png", "pixels", has_metadata=True, commands=("image", "plot", "compare")),
    "npy": OutputFormat(".npy", "values", has_metadata=False, commands=("image",)),
    "svg": OutputFormat(".svg", "px", has_metadata=True, commands=("plot", "compare")),
    "pdf": OutputFormat(".pdf", "px", has_metadata=True, commands=("plot", "compare")),
    "html": OutputFormat(".html", "samples", has_metadata=True, commands=("explore",)),
}


def formats_of(command: str) -> dict[Format, OutputFormat]:
    """Return the formats that a command writes, its default first."""
    return {name: row for name, row in FORMATS.items() if command in row.commands}


def suffixes_of(command: str) -> str:
    """Return the suffixes of a command's targets, as messages list them.

    >>> suffixes_of("image")
    '.png or .npy'
    """
    suffixes = [row.suffix for row in formats_of(command).values()]
    return " or ".join(part for part in (", ".join(suffixes[:-1]), *suffixes[-1:]) if part)
