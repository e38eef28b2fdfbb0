"""The page that explores one recording: it carries the samples and computes spectrograms in the browser."""

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, astuple
from functools import cache, partial
from math import ceil, log2
from typing import IO, Any, BinaryIO

import numpy as np

from wav2spec.console import printable
from wav2spec.dsp.spectrogram import SpectrogramStream
from wav2spec.errors import AudioError, OutputError, os_error_message
from wav2spec.formats.digest import PixelDigest
from wav2spec.formats.flac import MAX_CHANNELS, write_flac
from wav2spec.formats.labels import Label, read_labels
from wav2spec.render.colormaps import load_colormap
from wav2spec.render.drawing import Rendering, plan_spectrogram
from wav2spec.render.html.page import Block, Page, to_base64, to_json
from wav2spec.render.metadata import describe
from wav2spec.settings.choices import AUTO, GRAY, Format
from wav2spec.settings.pictures import Figure
from wav2spec.settings.settings import Settings
from wav2spec.waveform import Waveform

_PAGE = Page(
    "explore/explore.html",
    ("common/common.css", "explore/explore.css"),
    (
        "common/text.js",
        "explore/sound.js",
        "explore/axes.js",
        "explore/picture.js",
        "explore/ink.js",
        "explore/player.js",
        "explore/command.js",
        "explore/main.js",
    ),
    workers=("explore/dsp.js", "explore/columns.js"),
    media="worker-src blob:",
)

# Labels beside the recording, of the same name with .txt.
AUTO_LABELS = "auto"

# The palettes that the page offers, beside the one asked for.
_PALETTES = ("magma", "viridis", "gray")

# Above the first limit a page is too large for mail, above the second browsers fail to open it (bytes).
_LARGE_BYTES, _MAX_BYTES = 50 * 10**6, 250 * 10**6

# FLAC in Base64 takes about this many bytes per sample.
_BYTES_PER_SAMPLE = 1.2

# Sample rates that browsers decode without resampling (Hz); others are labelled with a usual one and played back by
# a factor.
_LABELS = range(3_000, 384_001)
_USUAL_LABEL = 48_000

_COPY_BYTES = 3 * 2**18


def plan_explorer(waveform: Waveform, _format: Format, settings: Settings, labels: str | None = None) -> Rendering:
    """Plan the page of a waveform.

    Parameters
    ----------
    waveform : Waveform
    settings : Settings
    labels : str, optional
        A file of labels, or `AUTO_LABELS` for the one beside the recording, if there is one.

    Raises
    ------
    SettingError, AudioError
        If the settings do not fit it, it has more channels than FLAC, or its labels cannot be read.
    """
    stream = plan_spectrogram(waveform, settings)
    if waveform.n_channels > MAX_CHANNELS:
        message = f"a page takes {MAX_CHANNELS} channels, it has {waveform.n_channels}; select one, or their mean (mix)"
        raise AudioError(waveform.name, message)
    found = _labels(waveform.name, labels)
    more = {"labels": [astuple(label) for label in found]} if found else {}
    described = partial(describe, stream, "explore", source=waveform.name, page_sha256=_page_digest(), **more)
    warnings = []
    n_bytes = waveform.n_samples * waveform.n_channels * _BYTES_PER_SAMPLE
    if n_bytes > _LARGE_BYTES:
        warnings.append(f"the page will have about {n_bytes / 1e6:.0f} MB: {_WAYS_OUT}")
    return Rendering(
        stream, partial(_write, stream=stream, described=described, labels=found), described, tuple(warnings)
    )


_WAYS_OUT = "a part (start, duration), the mean of the channels (channel mix) or a lower sample rate makes it smaller"

_page_digest = cache(_PAGE.digest)


def _labels(recording: str, labels: str | None) -> tuple[Label, ...]:
    if labels is None:
        return ()
    path = os.path.splitext(recording)[0] + ".txt" if labels == AUTO_LABELS else labels
    try:
        return read_labels(path)
    except FileNotFoundError as error:
        if labels == AUTO_LABELS:
            return ()
        raise AudioError(path, os_error_message(error)) from error
    except OSError as error:
        raise AudioError(path, os_error_message(error)) from error
    except ValueError as error:
        raise AudioError(path, str(error)) from error


def _write(
    file: BinaryIO,
    _digest: PixelDigest | None,
    stream: SpectrogramStream,
    described: Callable[[], str],
    labels: tuple[Label, ...],
) -> tuple[int, ...]:
    sound = stream.sound
    gain = _gain(sound)
    label = sound.sample_rate if sound.sample_rate in _LABELS else _USUAL_LABEL
    with _temporary_file() as flac:
        try:
            write_flac(flac, sound.blocks(), label, sound.n_channels, gain)
        except OSError as error:
            raise _temporary_error(error) from error
        n_bytes = flac.seek(0, os.SEEK_END) * 4 // 3
        if n_bytes > _MAX_BYTES:
            limit = f"browsers open at most {_MAX_BYTES / 1e6:.0f} MB"
            raise AudioError(sound.name, f"the page would have {n_bytes / 1e6:.0f} MB, {limit}: {_WAYS_OUT}")
        flac.seek(0)
        data = Block("data", [to_json(_data(stream, gain, label, labels))], "application/json")
        _PAGE.write(file, _title(stream), described(), [data, Block("sound", to_base64(_pieces(flac)))])
    return sound.n_samples, sound.n_channels


def _temporary_file() -> IO[bytes]:
    try:
        # Without a buffer, of which the rest would be written, and fail, when the file is closed.
        return tempfile.TemporaryFile(buffering=0)
    except OSError as error:
        raise _temporary_error(error) from error


def _temporary_error(error: OSError) -> OutputError:
    return OutputError(f"temporary directory {tempfile.gettempdir()}", os_error_message(error))


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_COPY_BYTES):
        yield piece


def _gain(sound: Waveform) -> float:
    """Return the least power of two, from 1 on, that no sample reaches."""
    peak = max((float(np.abs(block).max(initial=0)) for block in sound.blocks()), default=0.0)
    # -1.0 is a value of integer formats, 1.0 is not; at twice the gain, 16 bits are still exact.
    return 1.0 if peak < 1.0 else 2.0 ** ceil(log2(np.nextafter(peak, np.inf)))


def _title(stream: SpectrogramStream) -> str:
    figure = stream.settings.picture
    given = figure.title if isinstance(figure, Figure) else None
    return printable(os.path.basename(stream.sound.name)) if given is None else given


def _data(stream: SpectrogramStream, gain: float, label: int, labels: tuple[Label, ...]) -> dict[str, Any]:
    sound, settings = stream.sound, stream.settings
    channel = settings.preprocessing.channel
    rate = settings.preprocessing.sample_rate
    plural = "s" if sound.n_channels > 1 else ""
    seconds = sound.n_samples / sound.sample_rate
    palettes = dict.fromkeys((settings.picture.palette, *_PALETTES))
    return {
        "title": _title(stream),
        "about": f"{sound.sample_rate} Hz · {sound.n_channels} channel{plural} · {seconds:.3f} s",
        "source": sound.name,
        "sample_rate": sound.sample_rate,
        "label_rate": label,
        "gain": gain,
        "n_samples": sound.n_samples,
        "n_channels": sound.n_channels,
        "start_s": sound.start_s,
        "duration_s": sound.start_s + seconds,
        # Channels count from 1 on the command line.
        "first_channel": channel if isinstance(channel, int) else 1,
        "options": [f"--sample-rate {rate}"] if rate else [],
        "state": {
            "size": stream.analysis.window_size,
            "window": settings.analysis.window,
            "scale": settings.bands.freq_scale,
            "top": settings.levels.db_max,
            "range": settings.levels.db_range,
            "palette": settings.picture.palette,
            "low": settings.bands.fmin or 0,
            "high": _highest(stream),
            "channel": "mix" if channel in ("all", "mix") else "0",
        },
        # Gray needs no table.
        "palettes": {name: "" if name == GRAY else _colors(name) for name in palettes},
        "labels": [asdict(found) for found in labels],
    }


def _highest(stream: SpectrogramStream) -> float:
    """Return the upper limit of the view in Hz."""
    fmax, nyquist = stream.settings.bands.fmax, stream.sound.sample_rate / 2
    if fmax == AUTO:
        return float(stream.bands.frequencies[-1])
    return nyquist if fmax is None else min(float(fmax), nyquist)


def _colors(palette: str) -> str:
    return b"".join(to_base64([load_colormap(palette).tobytes()])).decode()
