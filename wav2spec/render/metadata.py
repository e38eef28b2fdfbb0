"""What a picture says of itself: one line of JSON behind its pixels, from which it can be made or read again."""

import json
from typing import Any

import numpy as np

from wav2spec.dsp.spectrogram import SpectrogramStream
from wav2spec.errors import AudioError, SettingError, os_error_message
from wav2spec.formats.png_reader import read_text
from wav2spec.render.quantize import value_range
from wav2spec.settings.levels import Levels
from wav2spec.settings.pictures import Figure, Raster
from wav2spec.settings.settings import Settings

# Changes only when a pixel of some picture would.
ANALYSIS_VERSION = 1


Metadata = dict[str, Any]


# What every recipe has; JSON under our name that lacks it is not ours.
_SHAPE = {"analysis_version": int, "command": str, "settings": dict, "resolved": dict, "recording": dict}


def describe(stream: SpectrogramStream, command: str, **more: Any) -> str:
    """Return how a picture was made, as compact JSON in ASCII; empty if it is not to say.

    Called when the sound has been read, of whose samples it says the digest.

    Parameters
    ----------
    stream : SpectrogramStream
    command : str
        That draws such pictures.
    **more
        What else is worth saying.
    """
    settings, analysis, sound = stream.settings, stream.analysis, stream.sound
    if not settings.picture.metadata:
        return ""
    recipe = {
        "analysis_version": ANALYSIS_VERSION,
        "command": command,
        "settings": dict(settings.effective()),
        "resolved": {
            "window_size": analysis.window_size,
            "stride": analysis.stride,
            "fft_length": analysis.fft_length,
            "start_s": sound.start_s,
            "start_sample": sound.segment.first,
            "sample_rate": sound.sample_rate,
            "n_samples": sound.n_samples,
            "n_channels": sound.n_channels,
            "n_frames": stream.n_frames,
            "n_bands": stream.shape[2],
        },
        "recording": sound.facts(),
        "level": _level(settings.levels, stream.unit),
        **more,
    }
    if isinstance(settings.picture, Raster):
        recipe |= _raster_axes(stream, settings.picture)
    return json.dumps(recipe, separators=(",", ":"))


def _raster_axes(stream: SpectrogramStream, raster: Raster) -> dict[str, Any]:
    """Say which s and Hz the middles of the first and the last row and column have."""
    first, last = stream.times(np.array([0, stream.shape[1] - 1])).tolist()
    time = {"unit": "s", "first": first, "last": last}
    low, high = stream.bands.frequencies[[0, -1]].tolist()
    left, right = (low, high) if raster.layout == "down-right" else (high, low)
    scale, n_channels = stream.settings.bands.freq_scale, stream.shape[0]
    frequency = {"unit": "Hz", "scale": scale, "channels": n_channels, "first": left, "last": right}
    upright = raster.layout == "right-up"
    return {"columns": time, "rows": frequency} if upright else {"rows": time, "columns": frequency}


def _level(levels: Levels, unit: str) -> dict[str, Any]:
    """Say what pixel 0 and the greatest stand for, before gamma, and how the others were rounded."""
    low, high = value_range(levels, unit)
    return {"unit": unit, "low": low, "high": high, "rounding": "nearest" if unit == "dB" else "down"}


def read_metadata(path: str) -> Metadata | None:
    """Return what a PNG says of how it was made; None if it was not made by wav2spec, or does not say.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    return _parsed(read_text(path))


def same_metadata(found: str | None, expected: str) -> bool:
    """Return whether two texts of `describe` stand for the same pixels.

    Settings are compared by what they mean: one that `found` does not mention has its default, so that a picture made
    before a setting existed stays current. A change of `ANALYSIS_VERSION` alone says that pixels changed.
    """
    if found == expected:
        return True
    old, new = _parsed(found), _parsed(expected)
    if old is None or new is None:
        return False
    try:
        same_settings = settings_from_metadata(old).effective() == settings_from_metadata(new).effective()
    except (SettingError, TypeError):
        # Made by a later version.
        return False
    return same_settings and _agree({**old, "settings": None}, {**new, "settings": None})


def _agree(old: Any, new: Any) -> bool:
    """Return whether all that `old` says is said by `new`, which may say more."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(name in new and _agree(value, new[name]) for name, value in old.items())
    return bool(old == new)


def _parsed(text: str | None) -> Metadata | None:
    try:
        recipe = json.loads(text or "null")
    except (ValueError, RecursionError):
        return None
    shaped = isinstance(recipe, dict) and all(isinstance(recipe.get(name), kind) for name, kind in _SHAPE.items())
    varied = recipe.get("varied", {}) if shaped else {}
    shaped = shaped and isinstance(varied, dict) and all(isinstance(values, list) for values in varied.values())
    return recipe if shaped else None


def settings_from_metadata(recipe: Metadata) -> Settings:
    """Return the settings with which a picture was made.

    Raises
    ------
    SettingError
        If it was made by another version, with settings unknown here.
    """
    given = recipe["settings"]
    start = Settings(picture=Figure() if "dpi" in given else Raster())
    unknown = given.keys() - start.as_dict().keys()
    if unknown:
        raise SettingError("like", f"the picture has settings that are unknown here: {', '.join(sorted(unknown))}")
    return start.replace(**given)


def require_metadata(path: str) -> Metadata:
    """Return what a PNG says of how it was made.

    Raises
    ------
    AudioError
        If it cannot be read, or does not say.
    """
    try:
        recipe = read_metadata(path)
    except OSError as error:
        raise AudioError(path, os_error_message(error)) from error
    if recipe is None:
        raise AudioError(path, "does not say how it was made: no PNG of wav2spec, or one without metadata")
    return recipe
