"""Windows are SciPy's, and what the literature says of them."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from recordings import GOLDEN, SAMPLES

import wav2spec
from wav2spec.dsp.windows import get_window, is_periodic
from wav2spec.errors import SettingError
from wav2spec.settings.analysis import Analysis
from wav2spec.settings.choices import WINDOWS, WindowSymmetry

SCIPY = np.load(GOLDEN / "scipy_windows.npz")
SPECTROGRAMS = np.load(GOLDEN / "scipy_stft.npz")
OUR_NAMES = {"boxcar": "rectangular", "blackmanharris": "blackman-harris"}
NUMBERS = {"kaiser": ":14", "gaussian": ":40", "tukey": ":0.25"}
EVERY = [name + NUMBERS.get(name, "") for name in WINDOWS]


def window(name: str, size: int, symmetry: WindowSymmetry = "periodic") -> npt.NDArray[np.float64]:
    return get_window(Analysis(window=name, window_size=size, fft_length="window", window_symmetry=symmetry))


@pytest.mark.parametrize("key", SCIPY.files)
def test_every_window_is_scipys(key: str) -> None:
    name, length, periodic = key.split("/")
    symmetry: WindowSymmetry = "periodic" if periodic == "periodic=True" else "symmetric"
    size = int(length.removeprefix("length="))
    np.testing.assert_allclose(window(OUR_NAMES.get(name, name), size, symmetry), SCIPY[key], rtol=0, atol=1e-12)


def test_scipy_answered_for_every_window_but_kaldis() -> None:
    answered = {key.split("/")[0] for key in SCIPY.files}
    assert {OUR_NAMES.get(name, name) for name in answered} | {"hanning", "povey"} == set(EVERY)


@pytest.mark.parametrize("size", [255, 400])
def test_povey_is_the_power_of_a_symmetric_hann(size: int) -> None:
    expected = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / (size - 1))) ** 0.85
    np.testing.assert_allclose(window("povey", size, "symmetric"), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("size", [255, 256])
def test_an_open_window_has_no_zeros_at_its_ends(size: int) -> None:
    expected = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(1, size + 1) / (size + 1))
    np.testing.assert_allclose(window("hann", size, "open"), expected, rtol=1e-12)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("size", [255, 256])
def test_even_periodic_is_periodic_for_even_sizes_alone(name: str, size: int) -> None:
    expected = window(name, size, "symmetric" if size % 2 else "periodic")
    np.testing.assert_array_equal(window(name, size, "even-periodic"), expected)


@pytest.mark.parametrize(
    ("symmetry", "size", "periodic"),
    [
        ("periodic", 256, True),
        ("periodic", 255, True),
        ("symmetric", 256, False),
        ("symmetric", 255, False),
        ("even-periodic", 256, True),
        ("even-periodic", 255, False),
    ],
)
def test_periodic_says_that_the_last_point_is_left_away(symmetry: WindowSymmetry, size: int, periodic: bool) -> None:
    analysis = Analysis(window_size=size, window_symmetry=symmetry)
    assert is_periodic(analysis) is periodic
    assert np.allclose(get_window(analysis), get_window(analysis)[::-1]) is not periodic


@pytest.mark.parametrize("symmetry", ["periodic", "symmetric", "even-periodic"])
def test_hanning_means_hann(symmetry: WindowSymmetry) -> None:
    np.testing.assert_array_equal(window("hanning", 101, symmetry), window("hann", 101, symmetry))


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("symmetry", ["periodic", "symmetric", "even-periodic"])
@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_smallest_windows_are_finite_and_as_long_as_asked(name: str, symmetry: WindowSymmetry, size: int) -> None:
    values = window(name, size, symmetry)
    assert values.shape == (size,)
    assert values.dtype == np.float64
    assert np.isfinite(values).all()
    # The published weights of the flat top sum to 1.000000003.
    assert values.max() <= 1.0 + 1e-8


@given(name=st.sampled_from(EVERY), size=st.integers(2, 3000))
def test_a_periodic_window_is_the_symmetric_one_of_a_point_more_without_its_last(name: str, size: int) -> None:
    np.testing.assert_array_equal(window(name, size), window(name, size + 1, "symmetric")[:-1])


@given(name=st.sampled_from(EVERY), size=st.integers(2, 3000))
def test_a_symmetric_window_reads_the_same_backwards(name: str, size: int) -> None:
    values = window(name, size, "symmetric")
    np.testing.assert_allclose(values, values[::-1], rtol=0, atol=1e-12)


@given(name=st.sampled_from(EVERY), half=st.integers(1, 1500))
def test_a_window_is_greatest_and_1_in_its_middle(name: str, half: int) -> None:
    values = window(name, 2 * half)
    assert values[half] == pytest.approx(1.0, abs=1e-8)
    assert values.max() == pytest.approx(1.0, abs=1e-8)


@pytest.mark.parametrize("size", [2, 3, 17, 256])
@pytest.mark.parametrize("symmetry", ["periodic", "symmetric"])
def test_tukey_0_is_rectangular_and_tukey_1_is_hann(size: int, symmetry: WindowSymmetry) -> None:
    np.testing.assert_allclose(window("tukey:0", size, symmetry), np.ones(size), rtol=0, atol=1e-12)
    np.testing.assert_allclose(window("tukey:1", size, symmetry), window("hann", size, symmetry), rtol=0, atol=1e-12)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
def test_tukey_is_flat_but_for_its_share(share: float) -> None:
    # The points of a window over [0, 1]: cosine tapers of share / 2 at either end (Harris 1978, eq. 38).
    place = np.linspace(0, 1, 501)
    inward = np.minimum(place, 1 - place)
    expected = np.where(inward < share / 2, 0.5 - 0.5 * np.cos(2 * np.pi * inward / share), 1.0)
    np.testing.assert_allclose(window(f"tukey:{share}", 501, "symmetric"), expected, rtol=0, atol=1e-12)


def test_kaiser_0_is_rectangular_and_kaiser_is_a_ratio_of_bessel_functions() -> None:
    np.testing.assert_allclose(window("kaiser:0", 64), np.ones(64), rtol=0, atol=1e-12)
    x = np.linspace(-1, 1, 65)
    # I0 by its series, sum of ((z / 2)**k / k!)**2.
    terms = np.cumprod(np.repeat([[1.0 / k] for k in range(1, 80)], 65, axis=1) * (4.0 * np.sqrt(1 - x**2)), axis=0)
    at_0 = np.cumprod([4.0 / k for k in range(1, 80)])
    expected = (1 + (terms**2).sum(axis=0)) / (1 + (at_0**2).sum())
    np.testing.assert_allclose(window("kaiser:8", 65, "symmetric"), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("deviation", [0.5, 7.0, 40.5, 1e6])
def test_gaussian_falls_to_exp_minus_half_at_its_deviation(deviation: float) -> None:
    x = np.arange(-100, 101)
    expected = np.exp(-(x**2) / (2 * deviation**2))
    np.testing.assert_allclose(window(f"gaussian:{deviation}", 201, "symmetric"), expected, rtol=0, atol=1e-12)


# Highest side lobe in dB: Harris 1978 table 1, Nuttall 1981 table 2, and D'Antona & Ferrero for the flat top.
@pytest.mark.parametrize(
    ("name", "main_lobe", "side_lobe"),
    [
        ("rectangular", 1, -13.3),
        ("bartlett", 2, -26.5),
        ("hann", 2, -31.5),
        ("hamming", 2, -42.7),
        ("cosine", 1.5, -23.0),
        ("blackman", 3, -58.1),
        ("blackman-harris", 4, -92.0),
        ("nuttall", 4, -98.2),
        ("flattop", 5, -93.0),
    ],
)
def test_side_lobes_are_as_low_as_the_literature_says(name: str, main_lobe: float, side_lobe: float) -> None:
    spectrum = np.abs(np.fft.rfft(window(name, 1024), 32 * 1024))
    outside = spectrum[int(main_lobe * 32) :]
    assert 20 * np.log10(outside.max() / spectrum[0]) == pytest.approx(side_lobe, abs=0.6)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hanm", "'hanm' is none of hann"),
        ("", "'' is none of"),
        ("Hann", "'Hann' is none of"),
        ("hann:1", "hann takes no number, but '1' was given"),
        ("kaiser", "kaiser needs a number"),
        ("gaussian", "gaussian needs a number"),
        ("tukey", "tukey needs a number"),
        ("kaiser:-1", "beta of kaiser must be from 0 to 700, not -1"),
        ("kaiser:x", "'x' in 'kaiser:x' is no number"),
        ("kaiser:inf", "not finite"),
        ("gaussian:0", "must be from 0.001 to 1e+09, not 0"),
        ("gaussian:-3", "must be from 0.001 to 1e+09, not -3"),
        ("tukey:-0.1", "must be from 0 to 1, not -0.1"),
        ("tukey:1.5", "must be from 0 to 1, not 1.5"),
        ("tukey:nan", "not finite"),
        ("512", "did you mean `window_size`?"),
    ],
)
def test_a_window_that_cannot_be_is_refused_with_limit_and_value(name: str, words: str) -> None:
    with pytest.raises(SettingError) as caught:
        Analysis(window=name)
    assert caught.value.name == "window"
    assert words in caught.value.message


@pytest.mark.parametrize(
    "name", ["kaiser:0", "kaiser:14", "kaiser:700", "kaiser:1e4", "gaussian:1e-3", "gaussian:1e-300"]
)
def test_every_number_is_refused_or_gives_a_finite_window(name: str) -> None:
    try:
        Analysis(window=name)
    except SettingError:
        return
    for size in (2, 3, 256, 257):
        assert np.isfinite(window(name, size)).all()


def test_a_window_depends_on_nothing_but_its_name_size_and_symmetry() -> None:
    analysis = Analysis(window_size=100, stride=10, fft_length=128)
    other = replace(analysis, stride=7, fft_length=4096, window_align="center", framing="centered", pad_mode="edge")
    np.testing.assert_array_equal(get_window(other), get_window(analysis))


@pytest.mark.parametrize("key", [key for key in SPECTROGRAMS.files if "/spectrogram/" in key])
def test_power_in_a_tukey_window_is_scipys_spectrogram(key: str) -> None:
    samples, sample_rate = soundfile.read(SAMPLES / f"{key.split('/')[0]}.wav")
    expected = SPECTROGRAMS[key]
    # SciPy takes each frame's mean away; set side by side, the frames are analysed with a stride of a whole window.
    frames = np.array([samples[224 * i : 224 * i + 256] for i in range(expected.shape[1])])
    frames -= frames.mean(axis=1, keepdims=True)
    options: dict[str, Any] = {"window": "tukey:0.25", "magnitude_squared": True}
    power = wav2spec.spectrogram(frames.ravel(), sample_rate, stride=256, **options).values[0].astype(np.float64)
    window = wav2spec.spectrogram(np.eye(256).ravel(), sample_rate, stride=256, **options).values[0, :, 0]
    power[:, 1:-1] *= 2
    found = power.T / (sample_rate * window.sum(dtype=np.float64))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * expected.max())
