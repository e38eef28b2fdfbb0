"""Thumbnails, all on one scale of levels, gathered into sheets that browsers decode at once."""

import io
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from wav2spec.errors import AudioError
from wav2spec.render.drawing import plan_spectrogram
from wav2spec.render.metadata import read_metadata
from wav2spec.render.quantize import quantize
from wav2spec.settings.settings import Settings
from wav2spec.waveform import Waveform

Pixels = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 96, 48

# Thumbnails along a side of a sheet, and in all. A sheet is decoded when one of them is first shown.
SHEET_SIDE = 10
PER_SHEET = SHEET_SIDE**2

# WebP of this quality takes 300 to 500 bytes a thumbnail, PNG 1,500.
_QUALITY = 50

# Levels are dB re full scale, the same for all, so that loud and quiet recordings can be told apart.
SETTINGS = Settings().replace(
    channel="mix",
    window_size="40ms",
    stride="1/2",
    window_align="center",
    framing="centered",
    freq_scale="mel",
    scale="db",
    db_range=80.0,
    layout="right-up",
    width=WIDTH,
    height=HEIGHT,
)


def from_waveform(waveform: Waveform) -> Pixels:
    """Return the thumbnail of a waveform, shape (HEIGHT, WIDTH), frequency upwards.

    Raises
    ------
    AudioError, SettingError
        If it cannot be read or analysed.
    """
    stream = plan_spectrogram(waveform, SETTINGS)
    pixels = np.concatenate([quantize(block[0], SETTINGS.levels) for block in stream.blocks()])
    upright: Pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
    upright[:, : len(pixels)] = pixels.T[::-1]
    return upright


def from_picture(path: str) -> Pixels:
    """Return the thumbnail of a PNG as it was drawn, turned so that time runs to the right and frequency upwards.

    Raises
    ------
    AudioError
        If it cannot be decoded.
    """
    # Imported here so that only reading pictures pays for it.
    from PIL import Image
    from PIL.PngImagePlugin import PngImageFile

    turns = {"down-left": Image.Transpose.TRANSPOSE, "down-right": Image.Transpose.ROTATE_90}
    try:
        metadata = read_metadata(path) or {"settings": {}}
        with PngImageFile(path) as picture:
            grey = (
                picture.point(lambda level: level / 257).convert("L")
                if picture.mode == "I;16"
                else picture.convert("L")
            )
    except (OSError, SyntaxError, ValueError) as error:
        raise AudioError(path, str(error)) from error
    turn = turns.get(metadata["settings"].get("layout", ""))
    upright = grey if turn is None else grey.transpose(turn)
    return np.asarray(upright.resize((WIDTH, HEIGHT), Image.Resampling.BOX))


def sheets(thumbnails: Iterable[Pixels]) -> Iterator[bytes]:
    """Yield WebP sheets of `PER_SHEET` thumbnails in rows of `SHEET_SIDE`, the last one padded with black."""
    sheet = _empty()
    n_thumbnails = 0
    for n_thumbnails, thumbnail in enumerate(thumbnails, 1):
        row, column = divmod((n_thumbnails - 1) % PER_SHEET, SHEET_SIDE)
        sheet[row * HEIGHT :][:HEIGHT, column * WIDTH :][:, :WIDTH] = thumbnail
        if n_thumbnails % PER_SHEET == 0:
            yield _webp(sheet)
            sheet = _empty()
    if n_thumbnails % PER_SHEET:
        yield _webp(sheet)


def _empty() -> Pixels:
    return np.zeros((SHEET_SIDE * HEIGHT, SHEET_SIDE * WIDTH), np.uint8)


def _webp(sheet: Pixels) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(sheet).save(file, "WEBP", quality=_QUALITY)
    return file.getvalue()
