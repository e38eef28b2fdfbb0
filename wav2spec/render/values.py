"""Values of a spectrogram to a ``.npy`` file, in the order of axes that the settings ask for."""

from typing import BinaryIO

from wav2spec.dsp.spectrogram import SpectrogramStream
from wav2spec.formats.npy import NpyWriter


def values_writer(file: BinaryIO, stream: SpectrogramStream) -> NpyWriter:
    """Return a writer of the values of a stream."""
    settings = stream.settings
    transposed = settings.compression.npy_axes == "bands-frames"
    return NpyWriter(file, stream.shape, keep_channels=settings.preprocessing.channel == "all", transposed=transposed)
