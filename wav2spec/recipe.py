"""What a picture says of itself: one line of JSON behind its pixels, from which it can be made or read again."""

import json
import os
from typing import Any

import numpy as np
import numpy.typing as npt

from wav2spec.analyze import Spectrogram, SpectrogramStream, stream_spectrogram
from wav2spec.errors import AudioError, SettingError, reason
from wav2spec.levels import level_range
from wav2spec.pictures import Figure, Raster
from wav2spec.png import PixelDigest, begins_as_png, read_text
from wav2spec.prepare import Sound
from wav2spec.settings import Levels, Settings
from wav2spec.unpack import streamed_digest

# Changes only when a pixel of some picture would.
ANALYSIS_VERSION = 1

Recipe = dict[str, Any]

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
        "settings": dict(settings.acting()),
        "resolved": {
            "window_size": analysis.window_size,
            "stride": analysis.stride,
            "fft_length": analysis.fft_length,
            "start_s": sound.start_s,
            "start_sample": sound.clip.first,
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
    low, high = level_range(levels, unit)
    return {"unit": unit, "low": low, "high": high, "rounding": "nearest" if unit == "dB" else "down"}


def read_recipe(path: str) -> Recipe | None:
    """Return what a PNG says of how it was made; None if it was not made by wav2spec, or does not say.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    return _parsed(read_text(path))


def same_picture(found: str | None, expected: str) -> bool:
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
        same_settings = settings_of(old).acting() == settings_of(new).acting()
    except (SettingError, TypeError):
        # Made by a later version.
        return False
    return same_settings and _agree({**old, "settings": None}, {**new, "settings": None})


def _agree(old: Any, new: Any) -> bool:
    """Return whether all that `old` says is said by `new`, which may say more."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(name in new and _agree(value, new[name]) for name, value in old.items())
    return bool(old == new)


def _parsed(text: str | None) -> Recipe | None:
    try:
        recipe = json.loads(text or "null")
    except (ValueError, RecursionError):
        return None
    shaped = isinstance(recipe, dict) and all(isinstance(recipe.get(name), kind) for name, kind in _SHAPE.items())
    varied = recipe.get("varied", {}) if shaped else {}
    shaped = shaped and isinstance(varied, dict) and all(isinstance(values, list) for values in varied.values())
    return recipe if shaped else None


def settings_of(recipe: Recipe) -> Settings:
    """Return the settings with which a picture was made.

    Raises
    ------
    SettingError
        If it was made by another version, with settings unknown here.
    """
    given = recipe["settings"]
    start = Settings(picture=Figure() if "dpi" in given else Raster())
    unknown = given.keys() - start.flat().keys()
    if unknown:
        raise SettingError("like", f"the picture has settings that are unknown here: {', '.join(sorted(unknown))}")
    return start.updated(**given)


def is_png(path: str) -> bool:
    """Say whether a file begins as a PNG does; what cannot be read is left to whoever reads it."""
    try:
        return begins_as_png(path)
    except OSError:
        return False


def demand_recipe(path: str) -> Recipe:
    """Return what a PNG says of how it was made.

    Raises
    ------
    AudioError
        If it cannot be read, or does not say.
    """
    try:
        recipe = read_recipe(path)
    except OSError as error:
        raise AudioError(path, reason(error)) from error
    if recipe is None:
        raise AudioError(path, "does not say how it was made: no PNG of wav2spec, or one without metadata")
    return recipe


def pixel_digest(path: str) -> str:
    """Return the `PixelDigest` of a PNG.

    Raises
    ------
    AudioError
        If it cannot be decoded.
    """
    try:
        if streamed := streamed_digest(path):
            return streamed
        pixels = _decoded(path, colors=True)
    except OSError as error:
        raise AudioError(path, str(error)) from error
    digest = PixelDigest()
    digest.update(np.ascontiguousarray(pixels, pixels.dtype.newbyteorder(">")).view(np.uint8))
    return digest.hexdigest(pixels.shape[1], pixels.shape[0])


def read_png(path: str | os.PathLike[str]) -> Spectrogram:
    """Read a picture of `image` back.

    Parameters
    ----------
    path : path-like
        A PNG that wav2spec made of pixels alone, and that says how.

    Returns
    -------
    Spectrogram
        Levels are within half a quantum of what they were, except where pixels are at the ends of their range; where
        they were rounded down, they are the middle of the quantum. Times and frequencies are exact.

    Raises
    ------
    AudioError
        If it is no such picture.
    """
    name = os.fspath(path)
    recipe = demand_recipe(name)
    resolved = recipe["resolved"]
    try:
        settings = settings_of(recipe)
        if not isinstance(settings.picture, Raster):
            raise AudioError(name, "is a labelled figure, which cannot be read back")
        rate, n_channels, n_samples = (int(resolved[key]) for key in ("sample_rate", "n_channels", "n_samples"))
        sound = Sound(name, rate, n_channels, n_samples, lambda: iter(()), start_s=float(resolved["start_s"]))
        stream = stream_spectrogram(sound, settings)
        pixels = _upright(_decoded(name), stream.shape, settings.picture)
        # A recording that was cut while it was read has fewer rows, unless their number was asked for.
        n_rows, asked = pixels.shape[1], settings.picture.along_time
        if n_rows > stream.shape[1] or asked not in (None, n_rows):
            raise ValueError(f"{n_rows} rows of {stream.shape[1]}")
    except (ArithmeticError, KeyError, MemoryError, TypeError, ValueError, OSError) as error:
        raise AudioError(name, f"its pixels and what it says do not go together: {error}") from error
    times = stream.times(np.arange(pixels.shape[1]))
    values = _values(pixels, settings.levels, settings.picture, stream.unit)
    return Spectrogram(values, times, stream.bands.frequencies, stream.unit)


def _decoded(path: str, *, colors: bool = False) -> npt.NDArray[np.integer[Any]]:
    """Return the pixels as they are stored, shape (height, width); with `colors`, what they look like."""
    # Imported here so that only reading pictures pays for it. Not by Image.open, whose limit on the number of pixels
    # is a global of the process.
    from PIL.PngImagePlugin import PngImageFile

    try:
        with PngImageFile(path) as picture:
            return np.asarray(picture.convert("RGB") if colors and picture.mode == "P" else picture)
    except SyntaxError as error:
        raise OSError(str(error)) from error


def _upright(pixels: npt.NDArray[Any], shape: tuple[int, int, int], raster: Raster) -> npt.NDArray[Any]:
    """Return shape (n_channels, n_rows, n_bands), frequency rising."""
    n_channels, _, n_bands = shape
    if raster.layout == "right-up":
        return pixels.reshape(n_channels, n_bands, -1)[:, ::-1].transpose(0, 2, 1)
    bands = pixels.reshape(len(pixels), n_channels, n_bands).transpose(1, 0, 2)
    return bands[:, :, ::-1] if raster.layout == "down-left" else bands


def _values(pixels: npt.NDArray[Any], levels: Levels, raster: Raster, unit: str) -> npt.NDArray[np.float32]:
    white = 2**raster.bit_depth - 1
    exact = pixels.astype(np.float64)
    if raster.invert:
        exact = white - exact
    if unit == "dB":
        share = (exact / white) ** levels.gamma
        values = levels.db_max - levels.db_range + share * levels.db_range
        return values.astype(np.float32)  # type: ignore[no-any-return]
    # Rounded down: the middle of what was, but for the greatest, which may have been anything.
    share = (np.minimum(exact + 0.5, white) / white) ** levels.gamma
    values = share * 255 / levels.brightness
    return values.astype(np.float32)  # type: ignore[no-any-return]
