"""What a figure says in words: names, settings and resolutions."""

import os
from typing import Any

from wav2spec.console import printable
from wav2spec.dsp.resolution import resolution
from wav2spec.dsp.spectrogram import SpectrogramStream
from wav2spec.render.figures.axes import MINUS
from wav2spec.settings.settings import Settings


def displayed_name(name: str) -> str:
    """Return the name of a recording as it is written in a figure."""
    return printable(os.path.basename(name))


def figure_caption(stream: SpectrogramStream) -> str:
    """Return the settings in a line: window, stride, FFT, and what is made of the channels."""
    analysis, rate = stream.analysis, stream.sound.sample_rate
    if stream.praat is not None:
        step_ms = _quantity(1000 * stream.praat.time_step, "ms")
        window = f"{stream.settings.programs.praat_window} {analysis.window_size}"
        return f"Praat, {window} samples, step {step_ms}, FFT {stream.praat.length}; {_channels(stream)}"
    window_ms = _quantity(1000 * int(analysis.window_size) / rate, "ms")
    text = f"{analysis.window} {analysis.window_size} = {window_ms}, stride {analysis.stride}"
    if analysis.fft_length != analysis.window_size:
        text += f", FFT {analysis.fft_length}"
    return f"{text}; {_channels(stream)}"


def panel_caption(stream: SpectrogramStream) -> str:
    """Return the settings and the resolution of a panel of a grid, in two lines."""
    analysis = stream.analysis
    found = resolution(analysis, stream.sound.sample_rate)
    lobes = f"side lobes {found.side_lobe_db:.0f} dB".replace("-", MINUS)
    resolves = f"{_quantity(found.frequency_hz, 'Hz')}, {_quantity(1000 * found.time_s, 'ms')}, {lobes}"
    return f"{analysis.window} {analysis.window_size}, stride {analysis.stride}\n{resolves}"


def varied_text(settings: Settings, chosen: dict[str, Any], before: str = "") -> str:
    """Return the settings, or the preset, in which a panel differs and that its caption would not say.

    `chosen` has those that vary, as they were given for the panel.
    """
    values = chosen | settings.as_dict()
    texts = [f"{name.replace('_', ' ')} {values[name]}" for name in chosen if name not in _IN_CAPTION]
    return before + ", ".join(texts) if texts else ""


# Settings that the second line of a panel's caption has.
_IN_CAPTION = ("window", "window_size", "stride")


def _channels(stream: SpectrogramStream) -> str:
    channel, n_channels = stream.settings.preprocessing.channel, stream.sound.facts()["n_channels"]
    if n_channels == 1:
        return "mono"
    texts = {"mix": f"mix of {n_channels} channels", "all": f"{n_channels} channels"}
    number = 1 if channel == "first" else channel
    return texts.get(str(channel), f"channel {number} of {n_channels}")


def _quantity(value: float, unit: str) -> str:
    """Return a value with three digits and its unit.

    >>> _quantity(1584.0, "Hz"), _quantity(0.35, "ms"), _quantity(1024.0, "ms")
    ('1.58 kHz', '0.35 ms', '1.02 s')
    """
    if value >= 1000:
        return f"{value / 1000:.3g} {'s' if unit == 'ms' else 'k' + unit}"
    return f"{value:.3g} {unit}"
