"""The names that settings choose from. Each feeds the rule, the option and the tests."""

import math
from typing import Literal

ChannelName = Literal["first", "mix", "all"]


SegmentLast = Literal["pad", "drop"]


WindowSymmetry = Literal["periodic", "symmetric", "even-periodic"]


FftLengthName = Literal["power-of-two", "window"]


WindowAlign = Literal["left", "center"]


Framing = Literal["valid", "pad-end", "centered"]


PadMode = Literal["constant", "reflect", "edge"]


FreqScale = Literal["linear", "log", "mel"]


MelFormula = Literal["slaney", "htk"]


MelNorm = Literal["slaney", "none"]


Scale = Literal["linear", "db"]


DbRefName = Literal["full-scale", "peak"]


Layout = Literal["down-left", "down-right", "right-up"]


Style = Literal["light", "dark"]


Reduce = Literal["max", "mean"]


BitDepth = Literal[8, 16]


# The palette that needs no matplotlib.
GRAY = "gray"


# No side of a PNG may be longer (pixels).
MAX_PNG_SIDE = 2**31 - 1


# How many bands a mel scale has unless it is said otherwise.
MEL_BANDS = 128


_REQUIRED = math.nan


# The window functions, each with the number behind its colon: None for none, NaN where it must be given.
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
    "kaiser": _REQUIRED,
    "gaussian": _REQUIRED,
    "tukey": _REQUIRED,
}


# What those numbers are, and from where to where they make sense: beyond 700, kaiser's Bessel function overflows.
WINDOW_PARAMETERS: dict[str, tuple[str, float, float]] = {
    "kaiser": ("beta", 0.0, 700.0),
    "gaussian": ("standard deviation in samples", 1e-3, 1e9),
    "tukey": ("tapered share", 0.0, 1.0),
}


# No linear level that is asked for may be greater; squares of it and of its inverse are numbers in float32.
MAX_LEVEL = 1e15


# What a recording can be normalised to, with the linear level.
NORMALIZATIONS: dict[str, float | None] = {"none": None, "peak": 1.0, "rms": _REQUIRED}


# What recordings are refused or warned of for, each with its threshold unless another is given.
CHECKS: dict[str, float | None] = {
    "silent": -60.0,  # RMS of all channels in dBFS, at most
    "clipped": 0.001,  # share of values at full scale, more than
    "short": 1.0,  # s, less than
    "truncated": None,
    "dc": 0.01,  # mean of a channel, linear, either way more than
}


# Settings that act under one value of another alone: the other's name, and the values.
APPLIES_IF: dict[str, tuple[str, tuple[str, ...]]] = {
    "pad_mode": ("framing", ("pad-end", "centered")),
    "mel_formula": ("freq_scale", ("mel",)),
    "mel_norm": ("freq_scale", ("mel",)),
    "drop_nyquist": ("freq_scale", ("linear",)),
    "brightness": ("scale", ("linear",)),
    "db_ref": ("scale", ("db",)),
    "db_max": ("scale", ("db",)),
    "db_range": ("scale", ("db",)),
    "amin": ("scale", ("db",)),
    "magnitude_squared": ("scale", ("linear",)),
}


Format = Literal["png", "npy"]
