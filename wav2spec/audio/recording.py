"""Read recordings block by block. The only module that uses soundfile."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import TracebackType
from typing import Any, Self, cast

import numpy as np
import numpy.typing as npt
import soundfile

from wav2spec.arrays import Samples
from wav2spec.audio.channels import channel_slice, downmix
from wav2spec.audio.containers import read_header
from wav2spec.audio.header import HeaderError
from wav2spec.audio.virtual_file import VirtualFile
from wav2spec.errors import AudioError, os_error_message
from wav2spec.process import silent_stderr
from wav2spec.settings.choices import ChannelName
from wav2spec.storage.sources import SourceFile, open_source

# Samples of all channels that are read at once: 256 KiB as float32, so that a block stays in the cache.
_BLOCK_SAMPLES = 2**16


class _Sound(soundfile.SoundFile):  # type: ignore[misc]
    """A file without the seeks that soundfile adds to every read, which fail at the end of a truncated FLAC."""

    def seekable(self) -> bool:
        return False

    @property
    def can_seek(self) -> bool:
        return bool(super().seekable())


class Recording:
    """An open recording, read block by block as often as wanted.

    Attributes
    ----------
    path : str
        As errors name it.
    sample_rate : int
        In Hz.
    n_channels, n_samples : int
        Of what is there, whatever the header says; `n_samples` counts one channel.
    container, subtype : str
        The name of a row of `CONTAINERS`; and the sample format, as libsndfile names it.
    identity : hashable or None
        By which a target is known to be the recording itself.
    warnings : list of str
        What is wrong with it though it can be drawn. May grow while it is read.
    n_threads : int
        Threads that may analyse it if it is long.
    watch : callable, optional
        Told at every block how many s have been read, and how long the recording is.
    """

    def __init__(self, file: SourceFile) -> None:
        self.path = path = file.name
        self.identity = file.identity
        self._file = file
        self.warnings: list[str] = []
        self.n_threads = 1
        self.watch: Callable[[float, float], None] | None = None
        try:
            header = read_header(file)
        except HeaderError as error:
            raise AudioError(path, str(error)) from error
        except OSError as error:
            raise AudioError(path, f"cannot be read: {os_error_message(error)}") from error
        # A header that leaves the length open is read as if it told the length.
        self._virtual_file = VirtualFile(file, header.size_patch if header.declared_bytes is None else (0, b""))
        self.container = header.container
        self._is_mpeg = header.is_mpeg
        self._sound = self._open_sound()
        self._position = 0
        self.sample_rate: int = self._sound.samplerate
        self.n_channels: int = self._sound.channels
        self.n_samples: int = self._sound.frames
        self._digest_from(0)
        self.subtype: str = self._sound.subtype
        # Half as much to be read and hashed, and only the channels asked for are converted.
        self._is_16_bit = self.subtype == "PCM_16"
        if header.declared_bytes is not None and header.available_bytes < header.declared_bytes:
            message = (
                f"the header promises {header.declared_bytes} bytes of samples, {header.available_bytes} are there"
            )
            self.warnings.append(f"truncated: {message}")
        elif header.declared_bytes is None and header.container in ("RIFF", "RIFX") and header.available_bytes >= 2**32:
            self.warnings.append(f"only the first 4 GiB of its {header.available_bytes} bytes of samples can be read")
        if self.n_samples == 0:
            raise AudioError(path, "no samples in it")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sound.close()
        self._file.close()

    @property
    def block_size(self) -> int:
        """Samples of each channel that are read at once."""
        return max(1, _BLOCK_SAMPLES // self.n_channels)

    @property
    def duration(self) -> float:
        """In s."""
        return self.n_samples / self.sample_rate

    def n_output_channels(self, channel: ChannelName | int) -> int:
        """Return how many channels `blocks` yields.

        Raises
        ------
        AudioError
            If the channel asked for is not there.
        """
        if isinstance(channel, int) and channel > self.n_channels:
            raise AudioError(self.path, f"there is no channel {channel}: it has {self.n_channels}")
        return self.n_channels if channel == "all" else 1

    def blocks(
        self,
        channel: ChannelName | int = "all",
        first: int = 0,
        n_samples: int | None = None,
        *,
        check: bool = True,
        block_size: int | None = None,
    ) -> Iterator[Samples]:
        """Read block by block, yielding the selected channels.

        Parameters
        ----------
        channel : str or int
            As `Source.channel`.
        first, n_samples : int
            Where to begin and how many to read; by default all.
        check : bool
            Whether samples that are no finite numbers are refused.
        block_size : int, optional
            Samples of each channel in a block, the last excepted. By default what suits the cache.

        Yields
        ------
        ndarray, shape (n, n_output_channels), float32
            Full scale at 1.0.

        Raises
        ------
        AudioError
            If it cannot be read, or has samples that are no finite numbers.
        """
        block_size = block_size or self.block_size
        columns = channel_slice(channel)
        end = self.n_samples if n_samples is None else min(first + n_samples, self.n_samples)
        if first != self._digest_first:
            self._digest_from(first)
        self._go_to(first)
        position = first
        while position < end:
            samples = self._read(position, min(block_size, end - position))
            if not len(samples):
                message = f"truncated: it ended at sample {position} of {self.n_samples} while it was read"
                if message not in self.warnings:
                    self.warnings.append(message)
                return
            wanted = _as_float(samples[:, columns])
            if check and self.subtype in ("FLOAT", "DOUBLE"):
                self._check_finite(wanted, position, columns.start or 0)
            position += len(samples)
            yield downmix(wanted) if channel == "mix" else wanted

    def facts(self, first: int, n_samples: int) -> dict[str, Any]:
        """Return rate, samples and channels, and the SHA-256 of the `n_samples` from `first` on.

        It is that of 16-bit samples as they are, and of others as float32, both little-endian.

        They are not read again if `blocks` began there and read them all. Rate and channels stand before them in the
        digest, so that it tells the same sound from the same numbers.
        """
        if first != self._digest_first:
            self._digest_from(first)
        while self._digest_end < first + n_samples:
            self._go_to(self._digest_end)
            if not len(self._read(self._digest_end, min(self.block_size, first + n_samples - self._digest_end))):
                break
        return {
            "sample_rate": self.sample_rate,
            "n_samples": self.n_samples,
            "n_channels": self.n_channels,
            "samples_sha256": self._digest.hexdigest(),
        }

    def _open_sound(self) -> _Sound:
        # libsndfile begins where the file stands.
        self._virtual_file.seek(0)
        with self._translated_errors("damaged or unsupported file: "):
            return _Sound(self._virtual_file)

    @contextmanager
    def _translated_errors(self, context: str) -> Iterator[None]:
        """Raise errors of libsndfile as `AudioError`, and before them those of the system, which it may not notice."""
        try:
            try:
                with silent_stderr() if self._is_mpeg else nullcontext():
                    yield
            finally:
                self._virtual_file.raise_error()
        except soundfile.LibsndfileError as error:
            raise AudioError(self.path, context + error.error_string) from error
        except OSError as error:
            raise AudioError(self.path, f"cannot be read: {os_error_message(error)}") from error

    def _digest_from(self, first: int) -> None:
        self._digest = hashlib.sha256(f"{self.sample_rate} {self.n_channels} ".encode())
        self._digest_first = self._digest_end = first

    def _go_to(self, sample: int) -> None:
        if self._position == sample:
            return
        if self._sound.can_seek:
            with self._translated_errors(f"cannot be read at sample {sample}: "):
                self._sound.seek(sample)
        else:
            # GSM 6.10 and some kinds of ADPCM cannot seek: begin anew, and read up to there.
            self._sound.close()
            self._sound = self._open_sound()
            for position in range(0, sample, _BLOCK_SAMPLES):
                self._read(position, min(_BLOCK_SAMPLES, sample - position))
        self._position = sample

    def _read(self, position: int, block_size: int) -> npt.NDArray[np.int16] | Samples:
        """Read samples of all channels, of 16-bit formats as they are."""
        samples: npt.NDArray[np.int16] | Samples
        with self._translated_errors(f"cannot be read at sample {position}: "):
            samples = self._sound.read(block_size, dtype="int16" if self._is_16_bit else "float32", always_2d=True)
        self._position = position + len(samples)
        if self.watch:
            self.watch(self._position / self.sample_rate, self.duration)
        if self._digest_end == position:
            self._digest.update(np.ascontiguousarray(samples, "<i2" if self._is_16_bit else "<f4").data)
            self._digest_end = self._position
        return samples

    def _check_finite(self, samples: Samples, position: int, first_channel: int) -> None:
        finite = np.isfinite(samples)
        if finite.all():
            return
        row, column = np.argwhere(~finite)[0]
        index = position + int(row)
        what = "not a number (NaN)" if np.isnan(samples[row, column]) else "infinite"
        where = f"sample {index} ({index / self.sample_rate:.3f} s) of channel {first_channel + int(column) + 1}"
        raise AudioError(self.path, f"{where} is {what}")


def open_recording(path: str) -> Recording:
    """Open a WAV file, or standard input for ``-``.

    A stream that cannot seek (a pipe) is copied to an unlinked temporary file first, up to `STREAM_LIMIT`.

    Raises
    ------
    AudioError
        If there is no WAV, with the operating system's reason where it has one.
    """
    file = open_source(path)
    try:
        return Recording(file)
    except BaseException:
        file.close()
        raise


def _as_float(samples: npt.NDArray[np.int16] | Samples) -> Samples:
    """Return samples with full scale at 1.0."""
    if samples.dtype == np.float32:
        return cast(Samples, samples)
    # A power of two: nothing is rounded.
    return np.multiply(samples, np.float32(2.0**-15), dtype=np.float32)
