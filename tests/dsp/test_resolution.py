"""The resolution of every window function against the literature."""

import pytest

from wav2spec.dsp.resolution import normalized_resolution
from wav2spec.settings.choices import WINDOWS

# -6 dB bandwidth in bins and highest side lobe in dB: Harris, "On the use of windows for harmonic analysis with the
# discrete Fourier transform", Proceedings of the IEEE 66(1), 1978, table I; Nuttall, "Some windows with very good
# sidelobe behavior", IEEE Transactions on ASSP 29(1), 1981; the flat top of D'Antona and Ferrero, "Digital Signal
# Processing for Measurement Systems", 2006.
LITERATURE = {
    "rectangular": (1.21, -13),
    "bartlett": (1.78, -27),
    "hann": (2.00, -32),
    "hanning": (2.00, -32),
    "hamming": (1.81, -43),
    "blackman": (2.35, -58),
    "blackman-harris": (2.72, -92),
    "nuttall": (2.63, -98),
    "flattop": (4.58, -93),
    "cosine": (1.65, -23),
    "kaiser:6.2832": (1.99, -46),
    "kaiser:7.854": (2.20, -57),
    "kaiser:9.4248": (2.39, -69),
    "kaiser:10.9956": (2.57, -82),
    "gaussian:819.2": (1.90, -42),
    "gaussian:682.667": (2.24, -55),
    "gaussian:585.143": (2.62, -69),
    "tukey:0.25": (1.38, -14),
    "tukey:0.5": (1.57, -15),
    "tukey:0.75": (1.80, -19),
}


@pytest.mark.parametrize("window", LITERATURE)
def test_bandwidth_and_side_lobes_are_those_of_the_literature(window: str) -> None:
    bins, side_lobe_db = LITERATURE[window]
    found = normalized_resolution(window)
    # The literature's windows have 50 points, by which those that are cut off at their ends differ most.
    assert found.bins == pytest.approx(bins, abs=0.06)
    assert found.side_lobe_db == pytest.approx(side_lobe_db, abs=2.1)


def test_no_window_function_is_left_out() -> None:
    # Kaldi's window is in no table of the literature.
    assert {window.partition(":")[0] for window in LITERATURE} == WINDOWS.keys() - {"povey"}
