"""The settings of the two kinds of picture: pixels alone, and the labelled figure."""

from dataclasses import dataclass

from wav2spec.errors import SettingError
from wav2spec.settings.choices import GRAY, MAX_PNG_SIDE, BitDepth, Layout, Reduce, Style
from wav2spec.settings.validation import check_choice, check_flag, check_number, check_palette


@dataclass(frozen=True)
class Raster:
    """How the picture of pixels alone looks.

    Attributes
    ----------
    layout : str
        Where time runs, then where frequency rises to.
    width, height : int, optional
        In pixels. Along time, frames are pooled or repeated; along frequency, as many bands are formed.
    reduce : {"max", "mean"}
        What a pixel shows of the powers of several frames.
    palette : str
        ``"gray"``, or any colormap that matplotlib knows.
    invert : bool
        Whether the darkest and the brightest change places.
    bit_depth : int
        8, or 16 for grey.
    metadata : bool
        Whether the picture says how it was made.
    """

    layout: Layout = "down-left"
    width: int | None = None
    height: int | None = None
    reduce: Reduce = "max"
    palette: str = "gray"
    invert: bool = False
    bit_depth: BitDepth = 8
    metadata: bool = True

    def __post_init__(self) -> None:
        check_choice("layout", self.layout, Layout)
        for name in ("width", "height"):
            if getattr(self, name) is not None:
                check_number(name, getattr(self, name), whole=True, minimum=1, maximum=MAX_PNG_SIDE)
        check_choice("reduce", self.reduce, Reduce)
        check_palette(self.palette)
        check_flag("invert", self.invert)
        check_flag("metadata", self.metadata)
        check_choice("bit_depth", self.bit_depth, BitDepth)
        if self.bit_depth == 16 and self.palette != GRAY:
            raise SettingError("bit_depth", f"16 bits are for gray alone, but the palette is {self.palette}")

    @property
    def along_time(self) -> int | None:
        """The pixels asked for along time."""
        return self.width if self.layout == "right-up" else self.height

    @property
    def along_frequency(self) -> int | None:
        """The pixels asked for along frequency."""
        return self.height if self.layout == "right-up" else self.width


@dataclass(frozen=True)
class Figure:
    """How the labelled figure looks.

    Attributes
    ----------
    width, height : int, optional
        Of the whole figure, in pixels. By default 1000 x 500, or as large as a grid of panels needs.
    dpi : int
        Pixels in an inch: how large letters and lines are.
    title : str, optional
        By default the name of the recording; none if empty.
    colorbar, waveform : bool
        Whether the levels' colours are explained at the right, and the samples drawn above.
    style : {"light", "dark"}
    palette : str
        Any colormap that matplotlib knows.
    reduce : {"max", "mean"}
        What a pixel shows of the powers that fall into it.
    metadata : bool
        Whether the picture says how it was made.
    """

    width: int | None = None
    height: int | None = None
    dpi: int = 100
    title: str | None = None
    colorbar: bool = True
    waveform: bool = False
    style: Style = "light"
    palette: str = "magma"
    reduce: Reduce = "max"
    metadata: bool = True

    def __post_init__(self) -> None:
        for name in ("width", "height"):
            if getattr(self, name) is not None:
                check_number(name, getattr(self, name), whole=True, minimum=64, maximum=32_000)
        check_number("dpi", self.dpi, whole=True, minimum=20, maximum=1_000)
        check_choice("style", self.style, Style)
        check_choice("reduce", self.reduce, Reduce)
        for name in ("colorbar", "waveform", "metadata"):
            check_flag(name, getattr(self, name))
        check_palette(self.palette)
