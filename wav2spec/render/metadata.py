"""Metadata: one line of JSON in the PNG, from which the image can be reproduced or decoded."""

import functools
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from wav2spec.dsp.spectrogram import SpectrogramStream
from wav2spec.errors import AudioError, SettingError, os_error_message
from wav2spec.formats.png_reader import Image, begins_as_png, is_regular, read_text
from wav2spec.formats.png_writer import GREY, GREY_16, INDEXED, RGB
from wav2spec.render.orientation import axes
from wav2spec.render.quantize import is_rounded, value_range
from wav2spec.settings.choices import AUTO, GRAY, LAYOUTS
from wav2spec.settings.levels import Levels
from wav2spec.settings.pictures import Figure, Raster
from wav2spec.settings.settings import Settings

# Raised only by a change that alters a pixel of some picture; figures have a version of their own.
ANALYSIS_VERSION = 1
FIGURE_VERSION = 2

# Settings that name files.
_PATHS = ("labels", "segments")

Metadata = dict[str, Any]

# The keys of all metadata; JSON without them was not written by wav2spec.
_SHAPE = {"analysis_version": int, "command": str, "settings": dict, "resolved": dict, "recording": dict}


def describe(stream: SpectrogramStream, command: str, **more: Any) -> str:
    """Return the metadata of a picture as compact JSON in ASCII; empty with ``--no-metadata``.

    It contains a digest of the samples, which are read if they have not been.

    Parameters
    ----------
    stream : SpectrogramStream
    command : str
        The command that draws such pictures.
    **more
        Further entries.
    """
    settings, analysis, sound = stream.settings, stream.analysis, stream.sound
    if not settings.picture.metadata:
        return ""
    metadata = {
        "analysis_version": FIGURE_VERSION if isinstance(settings.picture, Figure) else ANALYSIS_VERSION,
        "command": command,
        "settings": without_paths(settings.effective()),
        "resolved": {
            "window_size": analysis.window_size,
            "stride": analysis.stride,
            "fft_length": analysis.fft_length,
            "start_s": sound.start_s + sound.surroundings[0] / sound.sample_rate,
            "start_sample": sound.segment.first,
            "sample_rate": sound.sample_rate,
            "n_samples": sound.n_samples - sum(sound.surroundings),
            "n_channels": sound.n_channels,
            "n_frames": stream.n_frames,
            "n_bands": stream.shape[2],
            **({} if stream.fmax is None else {"fmax": stream.fmax}),
        },
        "recording": sound.facts(),
        **({"label": sound.segment.label} if sound.segment.label else {}),
        "level": _level(settings.levels, stream.unit),
        **more,
    }
    if isinstance(settings.picture, Raster):
        metadata |= _raster_axes(stream, settings.picture)
    return json.dumps(metadata, separators=(",", ":"))


def without_paths(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings without the names of files, which would tell where a picture was made."""
    return {name: value for name, value in settings.items() if name not in _PATHS or value == AUTO}


def _raster_axes(stream: SpectrogramStream, raster: Raster) -> dict[str, Any]:
    first, last = stream.times(np.array([0, stream.shape[1] - 1])).tolist()
    low, high = stream.bands.frequencies[0].item(), stream.bands.frequencies[-1].item()
    return axes(raster.layout, (first, last), (low, high), stream.settings.bands.freq_scale, stream.shape[0])


def _level(levels: Levels, unit: str) -> dict[str, Any]:
    """Return the values of pixel 0 and of the greatest pixel, before gamma, and how the others were rounded."""
    low, high = value_range(levels, unit)
    return {"unit": unit, "low": low, "high": high, "rounding": "nearest" if is_rounded(unit) else "down"}


def read_metadata(path: str) -> Metadata | None:
    """Return the metadata of a PNG; None if it has none of wav2spec.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    return _parsed(read_description(path))


def read_description(path: str) -> str | None:
    """Return the text of `describe` in a PNG, a page or a vector figure; None if there is none.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    if not is_regular(path):
        return None
    return read_text(path) or read_document_description(path)


def read_document_description(path: str, *, whole: bool = False) -> str | None:
    """Return the text of `describe` in a page or a vector figure; None if there is none.

    Parameters
    ----------
    path : str
        Of a regular file.
    whole : bool
        Whether a page that was damaged or cut off has none.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    # Imported here so that pictures do not pay for it.
    from wav2spec.formats.page_reader import read_page_text
    from wav2spec.formats.vector_text import read_vector_text

    return read_page_text(path, whole=whole) or read_vector_text(path)


def fits(image: Image, stream: SpectrogramStream) -> bool:
    """Return whether the pixels of a PNG have the format and the bands of an image of a spectrogram."""
    picture, (n_channels, _, n_bands) = stream.settings.picture, stream.shape
    if isinstance(picture, Figure):
        return image.format in (RGB, INDEXED)
    side = image.width if LAYOUTS[picture.layout].time == "rows" else image.height
    if stream.settings.programs.method == "sox":
        # A row of background lies between channels.
        return image.format is INDEXED and side == n_channels * (n_bands + 1) - 1
    expected = INDEXED if picture.palette != GRAY else GREY if picture.bit_depth == 8 else GREY_16
    return image.format is expected and side == n_channels * n_bands


def has_planned_length(image: Image, stream: SpectrogramStream) -> bool:
    """Return whether an image has a row or column for each frame. A figure has no such length."""
    picture = stream.settings.picture
    if isinstance(picture, Figure):
        return False
    return (image.height if LAYOUTS[picture.layout].time == "rows" else image.width) == stream.shape[1]


def is_rendering(path: str) -> bool:
    """Return whether a file is a PNG, or a page with metadata; a file that cannot be read is neither."""
    try:
        return begins_as_png(path) or (is_regular(path) and read_description(path) is not None)
    except OSError:
        return False


def same_metadata(found: str | None, expected: str) -> bool:
    """Return whether two texts of `describe` stand for the same pixels.

    Settings are compared by their meaning: one that `found` lacks has its default, so that a picture made before a
    setting existed stays current. Only `ANALYSIS_VERSION` records that pixels changed.
    """
    if found == expected:
        return True
    old, new = _parsed(found), _parsed(expected)
    if old is None or new is None:
        return False
    return same_settings(old, new) and _agree({**old, "settings": None}, {**new, "settings": None})


def same_settings(old: Metadata, new: Metadata) -> bool:
    """Return whether the settings in two metadata have the same meaning: one that is not there has its default."""
    try:
        return settings_from_metadata(old).effective() == settings_from_metadata(new).effective()
    except (SettingError, TypeError):
        # Made by a later version.
        return False


def _agree(old: Any, new: Any) -> bool:
    """Return whether `new` contains all of `old`; it may contain more."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(name in new and _agree(value, new[name]) for name, value in old.items())
    return bool(old == new)


def _parsed(text: str | None) -> Metadata | None:
    try:
        metadata = json.loads(text or "null")
        if text and "\\u" in text:
            # Surrogates that stand for no byte of a name are valid in JSON, but cannot be printed.
            json.dumps(metadata, ensure_ascii=False).encode("utf-8", "surrogateescape")
    except (ValueError, RecursionError):
        return None
    shaped = isinstance(metadata, dict) and all(isinstance(metadata.get(name), kind) for name, kind in _SHAPE.items())
    varied = metadata.get("varied", {}) if shaped else {}
    shaped = shaped and isinstance(varied, dict) and all(isinstance(values, list) for values in varied.values())
    return metadata if shaped else None


def settings_from_metadata(metadata: Metadata) -> Settings:
    """Return the settings with which a picture was made.

    Raises
    ------
    SettingError
        If it was made by another version, with settings unknown to this one.
    """
    try:
        text = json.dumps(metadata["settings"])
    except RecursionError as error:
        raise SettingError("like", "the settings of the picture are nested too deeply") from error
    # Pictures of a batch have the same settings; to check them takes longer than to read a small picture.
    return _settings_from_json(text)


@functools.lru_cache(maxsize=16)
def _settings_from_json(text: str) -> Settings:
    given = json.loads(text)
    start = Settings(picture=Figure() if "dpi" in given else Raster())
    unknown = given.keys() - start.as_dict().keys()
    if unknown:
        raise SettingError(
            "like", f"the picture has settings that this version does not know: {', '.join(sorted(unknown))}"
        )
    return start.replace(**given)


def require_metadata(path: str) -> Metadata:
    """Return the metadata of a PNG.

    Raises
    ------
    AudioError
        If it cannot be read, or has none.
    """
    try:
        metadata = read_metadata(path)
    except OSError as error:
        raise AudioError(path, os_error_message(error)) from error
    if metadata is None:
        raise AudioError(path, "has no wav2spec metadata (not written by wav2spec, or with --no-metadata)")
    return metadata
