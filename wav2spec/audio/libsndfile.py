"""Samples as libsndfile decodes them. The only module that reads with soundfile."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import cast

import numpy as np
import numpy.typing as npt
import soundfile

from wav2spec.arrays import Samples
from wav2spec.audio.header import READ_AT_ONCE_BYTES, Header
from wav2spec.audio.virtual_file import VirtualFile, memory_descriptor
from wav2spec.errors import AudioError, os_error_message
from wav2spec.process import silent_stderr
from wav2spec.storage.sources import SourceFile

# Samples of each channel that are read at once to get to a position.
_SKIPPED_SAMPLES = 2**16


class _Sound(soundfile.SoundFile):  # type: ignore[misc]
    """A file without the seeks that soundfile adds to every read, which fail at the end of a truncated FLAC."""

    def seekable(self) -> bool:
        return False

    @property
    def can_seek(self) -> bool:
        return bool(super().seekable())


class DecodedSamples:
    """The samples of a recording.

    Parameters
    ----------
    file : SourceFile
        Which is closed with it.
    header : Header

    Attributes
    ----------
    sample_rate : int
        In Hz.
    n_channels, n_samples : int
    subtype : str
        libsndfile's name of the sample format.
    """

    def __init__(self, file: SourceFile, header: Header) -> None:
        self._file = file
        # An unknown length in the header is replaced by the real one.
        self._virtual_file = VirtualFile(file, header.size_patch if header.declared_bytes is None else (0, b""))
        self._is_mpeg = header.is_mpeg
        self._sound = self._open()
        self._position = 0
        self.sample_rate: int = self._sound.samplerate
        self.n_channels: int = self._sound.channels
        self.n_samples: int = self._sound.frames
        self.subtype: str = self._sound.subtype
        # Read as integers: half as many bytes, and only selected channels are converted.
        self._dtype = "int16" if self.subtype == "PCM_16" else "float32"

    def read(self, position: int, n_samples: int) -> npt.NDArray[np.int16] | Samples:
        """Return samples of all channels, those of 16-bit formats as integers; fewer at the end.

        Raises
        ------
        AudioError
            If they cannot be read.
        """
        if position != self._position:
            self._go_to(position)
        with self._translated_errors(f"cannot be read at sample {position}: "):
            samples = self._sound.read(n_samples, dtype=self._dtype, always_2d=True)
        self._position = position + len(samples)
        return cast(Samples, samples)

    def close(self) -> None:
        self._sound.close()
        self._file.close()

    def _go_to(self, position: int) -> None:
        if self._sound.can_seek:
            with self._translated_errors(f"cannot be read at sample {position}: "):
                self._sound.seek(position)
            self._position = position
            return
        # GSM 6.10 and some kinds of ADPCM cannot seek: read from the beginning.
        self._sound.close()
        self._sound = self._open()
        self._position = 0
        for first in range(0, position, _SKIPPED_SAMPLES):
            self.read(first, min(_SKIPPED_SAMPLES, position - first))

    def _open(self) -> _Sound:
        # libsndfile begins where the file stands.
        self._virtual_file.seek(0)
        with self._translated_errors("damaged or unsupported file: "):
            copy = self._copy() if self._file.size <= READ_AT_ONCE_BYTES else None
            # libsndfile closes the copy.
            return _Sound(self._virtual_file if copy is None else copy)

    def _copy(self) -> int | None:
        """Return a descriptor of a copy in memory, which libsndfile reads without a callback for every few bytes."""
        content = self._virtual_file.read(self._file.size)
        if len(content) == self._file.size and (descriptor := memory_descriptor(content)) is not None:
            return descriptor
        # That it has shrunk is noticed when it is read.
        self._virtual_file.seek(0)
        return None

    @contextmanager
    def _translated_errors(self, context: str) -> Iterator[None]:
        """Turn errors of libsndfile, and of the system, which libsndfile may hide, into `AudioError`."""
        try:
            try:
                with silent_stderr() if self._is_mpeg else nullcontext():
                    yield
            finally:
                self._virtual_file.raise_error()
        except soundfile.LibsndfileError as error:
            raise AudioError(self._file.name, context + error.error_string) from error
        except OSError as error:
            raise AudioError(self._file.name, f"cannot be read: {os_error_message(error)}") from error
