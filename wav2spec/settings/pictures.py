"""Settings of the two kinds of picture: the image of pixels alone, and the labelled figure."""

from dataclasses import dataclass
from typing import Literal, get_args

from wav2spec.errors import SettingError
from wav2spec.settings.choices import GRAY, LAYOUTS, MAX_PNG_SIDE, PALETTES, BitDepth, Layout, Reduce, Style
from wav2spec.settings.fields import Choice, Flag, Group, Number, Text, setting
from wav2spec.settings.marks import MarkList

_REDUCE_HELP = "Statistic of the powers that share a pixel."
_METADATA_HELP = "Store the settings in the picture."


@dataclass(frozen=True, eq=False, repr=False)
class Raster(Group):
    """The image of pixels alone."""

    layout: Layout = setting(
        "down-left",
        Choice(get_args(Layout)),
        "Direction of time, then of rising frequency.",
        group="Picture",
        everyday=True,
        pixels_only=True,
    )
    width: int | None = setting(
        None,
        Number("px", whole=True, minimum=1, maximum=MAX_PNG_SIDE),
        "Width of the image.",
        details="Along time, frames are pooled or repeated; along frequency, as many bands are formed.",
        group="Picture",
        default_text="a pixel for each frame or band",
    )
    height: int | None = setting(
        None,
        Number("px", whole=True, minimum=1, maximum=MAX_PNG_SIDE),
        "Height of the image.",
        details="As for the width.",
        group="Picture",
        default_text="a pixel for each frame or band",
    )
    reduce: Reduce = setting("max", Choice(get_args(Reduce)), _REDUCE_HELP, group="Picture")
    palette: str = setting(
        GRAY,
        Text("NAME", names=PALETTES),
        "Colours: gray, or any colormap of matplotlib.",
        group="Levels and colour",
        everyday=True,
        aliases=("cmap", "colormap"),
        pixels_only=True,
    )
    invert: bool = setting(False, Flag(), "Swap dark and bright.", group="Levels and colour", pixels_only=True)
    bit_depth: BitDepth = setting(
        8, Choice(get_args(BitDepth)), "Bits of a gray pixel.", group="Picture", pixels_only=True
    )
    metadata: bool = setting(True, Flag(), _METADATA_HELP, group="Picture", pixels_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.bit_depth == 16 and self.palette != GRAY:
            raise SettingError("bit_depth", f"16 bits are for gray alone, but the palette is {self.palette}")

    def side_along(self, axis: Literal["time", "frequency"]) -> Literal["width", "height"]:
        """Return the setting that gives the length of an axis."""
        return "width" if (LAYOUTS[self.layout].time == "columns") == (axis == "time") else "height"

    @property
    def along_time(self) -> int | None:
        """The pixels asked for along time."""
        return getattr(self, self.side_along("time"))  # type: ignore[no-any-return]

    @property
    def along_frequency(self) -> int | None:
        """The pixels asked for along frequency."""
        return getattr(self, self.side_along("frequency"))  # type: ignore[no-any-return]


@dataclass(frozen=True, eq=False, repr=False)
class Figure(Group):
    """The labelled figure."""

    width: int | None = setting(
        None,
        Number("px", whole=True, minimum=64, maximum=32_000),
        "Width of the figure.",
        group="Picture",
        default_text="960, more for a wide grid",
    )
    height: int | None = setting(
        None,
        Number("px", whole=True, minimum=64, maximum=32_000),
        "Height of the figure.",
        group="Picture",
        default_text="480, more for several panels",
    )
    dpi: int = setting(
        100,
        Number(whole=True, minimum=20, maximum=1_000),
        "Pixels per inch: the size of letters and lines.",
        group="Picture",
    )
    title: str | None = setting(
        None,
        Text(),
        "Title above the figure.",
        group="Picture",
        default_text="the file's name",
    )
    colorbar: bool = setting(True, Flag(), "Draw the scale of levels at the right.", group="Picture")
    waveform: bool = setting(False, Flag(), "Draw the waveform above.", group="Picture", everyday=True)
    waveform_range: float = setting(
        1.0,
        Number(above=0),
        "Reach of the waveform's axis; louder samples widen it.",
        group="Picture",
        applies_if=("waveform", (True,)),
    )
    caption: bool = setting(True, Flag(), "Write the settings below the title.", group="Picture")
    labels: str | None = setting(
        None,
        Text("FILE|auto"),
        "Draw labels: Audacity, Raven, Praat or CSV.",
        details="`auto` takes `talk.TextGrid`, `talk.txt` or `talk.csv` beside `talk.wav`. Labels with limits in "
        "frequency are boxes, the others stand in tiers below.",
        group="Picture",
        default_text="none",
    )
    mark: str | None = setting(
        None,
        MarkList(),
        "Draw lines at times (1.23) and frequencies (440Hz).",
        group="Picture",
        default_text="none",
    )
    style: Style = setting("light", Choice(get_args(Style)), "Dark on light, or light on dark.", group="Picture")
    palette: str = setting(
        "magma",
        Text("NAME", names=PALETTES),
        "Colours: any colormap of matplotlib.",
        group="Levels and colour",
        everyday=True,
        aliases=("cmap", "colormap"),
    )
    reduce: Reduce = setting("max", Choice(get_args(Reduce)), _REDUCE_HELP, group="Picture")
    metadata: bool = setting(True, Flag(), _METADATA_HELP, group="Picture")
