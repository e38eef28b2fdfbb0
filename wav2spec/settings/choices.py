"""The values that settings choose from."""

import math
from collections.abc import Mapping
from typing import Literal, NamedTuple

from wav2spec.settings.kinds import Parameter

ChannelName = Literal["first", "mix", "all"]

SegmentLast = Literal["pad", "drop"]

WindowSymmetry = Literal["periodic", "symmetric", "even-periodic", "open"]

FftLengthName = Literal["auto", "power-of-two", "window"]

WindowAlign = Literal["left", "center"]

Framing = Literal["valid", "pad-end", "centered", "hop-centered"]

FrameCount = Literal["fit", "floor", "ceil", "round", "cover", "open"]

PadMode = Literal["constant", "reflect", "edge", "symmetric"]

PreemphasisOf = Literal["frame", "signal"]

Detrend = Literal["none", "mean"]

Energy = Literal["none", "first", "last"]

SpectrumScale = Literal["none", "magnitude", "window", "psd"]

Sides = Literal["onesided", "onesided2X"]

FreqScale = Literal["linear", "log", "mel"]

MelFormula = Literal["slaney", "htk"]

MelNorm = Literal["slaney", "none"]

MelTriangles = Literal["hz", "mel", "left"]

BandSum = Literal["power", "magnitude"]

NpyAxes = Literal["frames-bands", "bands-frames"]

Statistic = Literal["band", "recording"]

PcenStart = Literal["one", "first"]

Resampler = Literal["soxr-vhq", "soxr-hq"]

DbRefName = Literal["full-scale", "peak"]

Layout = Literal["down-left", "down-right", "right-up"]

Style = Literal["light", "dark"]

Reduce = Literal["max", "mean", "p95"]

BitDepth = Literal[8, 16]


class Orientation(NamedTuple):
    """Where an image has its axes.

    Attributes
    ----------
    time : {"rows", "columns"}
        Whether a frame is a row, with time from top to bottom, or a column, with time from left to right.
    frequency_falls : bool
        Whether frequency falls along the other axis, from left to right or from top to bottom.
    """

    time: Literal["rows", "columns"]
    frequency_falls: bool


LAYOUTS: Mapping[str, Orientation] = {
    "down-left": Orientation("rows", frequency_falls=True),
    "down-right": Orientation("rows", frequency_falls=False),
    "right-up": Orientation("columns", frequency_falls=True),
}
# The value of settings that follow from the recording and the size of the picture.
AUTO = "auto"

# The palette that needs no matplotlib.
GRAY = "gray"

# The colormaps of matplotlib that completion offers; all others are valid too.
PALETTES = ("gray", "magma", "inferno", "plasma", "viridis", "cividis", "turbo", "gray_r", "magma_r", "viridis_r")

# Upper limit of the sides of a PNG (pixels).
MAX_PNG_SIDE = 2**31 - 1

# Number of mel bands by default.
MEL_BANDS = 128

_REQUIRED = math.nan

# The window functions, each with the number behind its colon: None if it takes none, NaN if it must be given.
WINDOWS: dict[str, float | None] = {
    "hann": None,
    "hanning": None,
    "hamming": None,
    "blackman": None,
    "bartlett": None,
    "rectangular": None,
    "blackman-harris": None,
    "nuttall": None,
    "flattop": None,
    "cosine": None,
    "povey": None,
    "kaiser": _REQUIRED,
    "gaussian": _REQUIRED,
    "tukey": _REQUIRED,
}

# The meaning and limits of those numbers. Beyond 700, kaiser's Bessel function overflows.
WINDOW_PARAMETERS = {
    "kaiser": Parameter("beta", 0.0, 700.0),
    "gaussian": Parameter("standard deviation in samples", 1e-3, 1e9),
    "tukey": Parameter("tapered share", 0.0, 1.0),
}

# Names that SciPy and others use.
WINDOW_ALIASES = {"boxcar": "rectangular", "blackmanharris": "blackman-harris"}

# From values to what is stored and drawn, with an exponent where it must be given.
SCALES: dict[str, float | None] = {
    "linear": None,
    "db": None,
    "ln": None,
    "log10": None,
    "power": _REQUIRED,
    "pcen": None,
}

# The scales that are logarithms, whose pixels are levels in dB.
LOGARITHMIC = ("db", "ln", "log10")

# Upper limit of linear levels: its square and the square of its inverse are finite in float32.
MAX_LEVEL = 1e15

# Quantities that can be normalised, each with its linear level by default.
NORMALIZATIONS: dict[str, float | None] = {"none": None, "peak": 1.0, "rms": _REQUIRED, "range": None}

Format = Literal["png", "npy", "html", "svg", "pdf"]

# Formats of `image`; a page is written by `explore`.
ImageFormat = Literal["png", "npy"]
