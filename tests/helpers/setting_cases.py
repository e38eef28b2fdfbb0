"""A value of each setting that is not a command's default, as command-line words."""

import re
import shlex

import pytest

from wav2spec.settings.presets import COMPARE, PLOT
from wav2spec.settings.settings import DEFAULT

# A value of each setting that is none of a command's defaults: the last option, after whatever else it needs.
SOUND = """--start 50ms | --duration 0:00.2 | --channel 2 | --sample-rate 11025 | --target-length 0.2s
    | --normalize peak:0.5 | --window kaiser:8.5 | --window-symmetry symmetric | --window-size 25ms | --stride 1/3
    | --fft-length 4096 | --fmin 200.5 | --fmax 6000 | --freq-scale log | --n-bands 40 | --drop-nyquist
    | --freq-scale mel --mel-formula htk | --freq-scale mel --mel-norm none | --framing centered --pad-mode reflect
    | --scale linear --magnitude-squared | --scale linear --brightness 0.1 | --scale db --db-ref 0.3
    | --scale db --db-max -6.5 | --scale db --db-range 50 | --scale db --amin 0.001 | --gamma 1.8
    | --height 200 --reduce mean | --sample-rate 11025 --resampler soxr-hq
    | --sample-scale 32768 | --preemphasis 0.97 | --preemphasis 0.97 --preemphasis-of signal | --detrend mean
    | --frame-count floor | --scale ln --energy first | --scale ln --energy last --energy-floor 2
    | --spectrum-scale psd | --sides onesided2X | --spectrum-offset 1e-6
    | --freq-scale mel --mel-triangles left | --freq-scale mel --band-sum magnitude
    | --scale ln --log-offset 0.01 | --scale log10 --top-db 40 | --scale pcen --pcen-gain 0.5
    | --scale pcen --pcen-bias 1 | --scale pcen --pcen-power 0.25 | --scale pcen --pcen-smoothing 0.1
    | --scale pcen --pcen-eps 0.01 | --scale pcen --pcen-start first | --scale ln --value-mean band
    | --scale ln --value-std recording | --scale ln --value-std band --std-ddof 1
    | --scale ln --value-std band --std-eps 0.5 | --scale ln --value-std band --var-eps 0.5
    | --npy-axes bands-frames"""

PRAAT = """ | --method praat | --method praat --praat-window welch | --method praat --praat-frequency-step 40"""
SOX = """ | --method sox --sox-slack | --method sox --sox-window dolph --sox-window-adjust 3
    | --method sox --sox-window kaiser | --method sox --sox-columns-per-second 200 | --method sox --sox-levels 60"""

RASTER = """ | --fft-length 1024 --window-align center | --framing pad-end | --scale db | --layout right-up | --width 50
    | --height 11 | --palette viridis | --invert | --bit-depth 16"""

FIGURE = """ | --fft-length 4096 --window-align center | --framing valid | --scale linear | --width 345 | --height 456
    | --dpi 60 | --title "it's a 'title' \N{EM DASH} of\t2" | --no-colorbar | --waveform | --style dark
    | --palette viridis | --waveform --waveform-range 0.5 | --no-caption | --mark 0.1"""


def cases(text: str) -> dict[str, list[str]]:
    """Return the words of each case by the field of its last option."""
    lists = [shlex.split(case) for case in text.split("|")]
    names = [[word for word in words if re.match("--[a-z]", word)][-1] for words in lists]
    return dict(zip((name[2:].removeprefix("no-").replace("-", "_") for name in names), lists, strict=True))


CASES = {
    "image": cases(SOUND + RASTER + PRAAT + SOX),
    "plot": cases(SOUND + FIGURE + PRAAT),
    "compare": cases(SOUND + FIGURE),
}
STARTS = {"image": DEFAULT, "plot": PLOT, "compare": COMPARE}
SMALL = ("--dpi", "50", "--size", "400x300")
# Of figures, which take longer, the settings that images have too are tried by the slow tests alone.
EVERY = [
    pytest.param(name, field, marks=pytest.mark.slow if name != "image" and field in CASES["image"] else ())
    for name, fields in CASES.items()
    for field in fields
]


def needed(name: str, field: str = "") -> list[str]:
    """Return what a command is given beside the setting itself: of a grid, something to compare."""
    varied = [] if name != "compare" else ["--window", "hann", "--window", "hamming"]
    if field == "window" and varied:
        varied = ["--stride", "50%", "--stride", "1//3", "--window-size", "10ms", "--window-size", "512"]
    return varied if name == "image" or field == "dpi" else [*SMALL, *varied]
