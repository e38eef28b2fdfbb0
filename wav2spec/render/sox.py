"""Pictures as ``sox FILE -n spectrogram -r`` draws them, to the pixel."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from wav2spec.dsp.filterbank import bands_as_they_are
from wav2spec.dsp.sox.columns import sox_columns
from wav2spec.dsp.sox.layout import SoxAnalysis, SoxLayout
from wav2spec.dsp.spectrogram import SpectrogramStream
from wav2spec.errors import AudioError, SettingError
from wav2spec.formats.digest import PixelDigest
from wav2spec.formats.png_writer import INDEXED, PngWriter
from wav2spec.render.drawing import Rendering
from wav2spec.render.metadata import describe
from wav2spec.render.sox_colors import is_sox_palette, sox_palette
from wav2spec.settings.choices import GRAY
from wav2spec.settings.pictures import Raster
from wav2spec.settings.settings import Settings
from wav2spec.waveform import Waveform

# The numbers of colours before those of levels: background, text, labels, grid.
_FIRST = 4

# The limits of SoX's own options: -x, -y, -z and -Z.
_LIMITS = {"width": (100, 200_000), "height": (64, 1200), "db_range": (20, 180), "db_max": (-100, 100)}


def plan_sox(waveform: Waveform, settings: Settings, raster: Raster) -> Rendering:
    """Plan SoX's picture of a waveform: its width is -x, its height the rows of a channel, -y.

    Raises
    ------
    SettingError
        If a setting is beyond SoX's limits.
    AudioError
        If the recording is too short for a column.
    """
    levels, programs = settings.levels, settings.programs
    values = {"width": raster.width, "height": raster.height, "db_range": levels.db_range, "db_max": levels.db_max}
    for name, (low, high) in _LIMITS.items():
        value = values[name]
        if value is not None and not low <= value <= high:
            raise SettingError(name, f"must be from {low} to {high} for SoX, not {value:g}")
    palette = sox_palette(_palette_name(raster), programs.sox_levels + 2)
    options = SoxAnalysis(
        x_size=raster.width,
        per_second=programs.sox_columns_per_second,
        y_size=raster.height,
        z_range=levels.db_range,
        z_max=levels.db_max,
        window=programs.sox_window,
        adjust=programs.sox_window_adjust,
        slack=programs.sox_slack,
    )
    layout = SoxLayout(options, waveform.n_samples, waveform.n_channels, waveform.sample_rate)
    if not layout.n_columns:
        raise AudioError(waveform.name, f"too short: {waveform.n_samples} samples give no column of SoX's picture")
    stream = _stream(waveform, settings, raster, layout)
    described = partial(describe, stream, "image")
    write = partial(_write, stream=stream, layout=layout, palette=palette, described=described)
    return Rendering(stream, write, described)


def _palette_name(raster: Raster) -> str:
    if raster.palette == GRAY:
        return "sox:m"
    if not is_sox_palette(raster.palette):
        raise SettingError("palette", f"must be sox, sox:LETTERS or {GRAY} for SoX, not {raster.palette}")
    return raster.palette


def _stream(waveform: Waveform, settings: Settings, raster: Raster, layout: SoxLayout) -> SpectrogramStream:
    """Return the axes of the picture: a column is a frame, whose time is that of its first."""
    analysis = replace(
        settings.analysis,
        window_size=layout.size,
        fft_length=layout.size,
        stride=layout.step * layout.n_averaged,
        framing="centered",
    )
    bands = bands_as_they_are(layout.frequencies)
    shape = waveform.n_channels, layout.n_columns, bands.n_bands
    settings = replace(settings, picture=replace(raster, layout="right-up"))
    return SpectrogramStream(waveform, settings, analysis, bands, layout.n_columns, shape, "dB")


def _write(
    file: BinaryIO,
    digest: PixelDigest | None,
    stream: SpectrogramStream,
    layout: SoxLayout,
    palette: npt.NDArray[np.uint8],
    described: Callable[[], str],
) -> tuple[int, int]:
    n_channels, n_columns, n_rows = stream.shape
    # A row of background between channels.
    pixels = np.zeros((n_channels * (n_rows + 1) - 1, n_columns), np.uint8)
    column = 0
    for block in sox_columns(stream.sound.blocks(), layout):
        numbers = color_numbers(block, layout.options.z_range, len(palette) - _FIRST)
        for channel in range(n_channels):
            top = channel * (n_rows + 1)
            pixels[top : top + n_rows, column : column + block.shape[1]] = numbers[channel, :, ::-1].T
        column += block.shape[1]
    writer = PngWriter(file, n_columns, INDEXED, palette, digest)
    writer.write_rows(pixels)
    return writer.close(described())


def color_numbers(levels: npt.NDArray[np.float32], z_range: float, n_colors: int) -> npt.NDArray[np.uint8]:
    """Return the number of the colour of levels in dB re the highest.

    >>> color_numbers(np.array([-130.0, -60.0, 0.0], np.float32), 120, 251).tolist()
    [4, 129, 254]
    """
    exact = levels.astype(np.float64)
    with np.errstate(invalid="ignore"):
        # A window of a single point has no level.
        between = np.nan_to_num(1.0 + (1.0 + exact / z_range) * (n_colors - 2), posinf=0.0, neginf=0.0)
        number = np.where(exact < -z_range, 0, np.where(exact >= 0, n_colors - 1, np.trunc(between)))
    return (_FIRST + number).astype(np.uint8)
