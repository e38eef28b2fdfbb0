"""Read recordings block by block."""

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Samples
from wav2spec.audio.channels import channel_slice, downmix, samples_in_block
from wav2spec.audio.containers import read_header
from wav2spec.audio.header import Header, HeaderError
from wav2spec.audio.pcm import PcmSamples
from wav2spec.audio.sample_digest import SampleDigest
from wav2spec.errors import AudioError, os_error_message
from wav2spec.settings.choices import ChannelName
from wav2spec.storage.sources import SourceFile, open_source

if TYPE_CHECKING:
    from wav2spec.audio.libsndfile import DecodedSamples


class Recording:
    """An open recording. Its samples can be read any number of times.

    Attributes
    ----------
    path : str
        Its name in messages.
    sample_rate : int
        In Hz.
    n_channels, n_samples : int
        Of the samples in the file, whatever the header declares; `n_samples` counts those of one channel.
    container, subtype : str
        The name of a row of `CONTAINERS`, and libsndfile's name of the sample format.
    identity : hashable or None
        Identifies the file, so that it is not overwritten.
    warnings : list of str
        Defects that do not keep it from being drawn. Reading may add some.
    n_threads : int
        Threads that may analyse it if it is long.
    watch : callable, optional
        Called for every block with the seconds read so far and the duration.
    """

    def __init__(self, file: SourceFile) -> None:
        self.path = path = file.name
        self.identity = file.identity
        self.warnings: list[str] = []
        self.n_threads = 1
        self.watch: Callable[[float, float], None] | None = None
        try:
            header = read_header(file)
        except HeaderError as error:
            raise AudioError(path, str(error)) from error
        except OSError as error:
            raise AudioError(path, f"cannot be read: {os_error_message(error)}") from error
        self.container = header.container
        self._samples = _samples_of(file, header)
        self.sample_rate = self._samples.sample_rate
        self.n_channels = self._samples.n_channels
        self.n_samples = self._samples.n_samples
        self.subtype = self._samples.subtype
        self._digest = self._new_digest(0)
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
        self._samples.close()

    @property
    def block_size(self) -> int:
        """Samples of each channel in a block."""
        return samples_in_block(self.n_channels)

    @property
    def duration(self) -> float:
        """In s."""
        return self.n_samples / self.sample_rate

    def n_output_channels(self, channel: ChannelName | int) -> int:
        """Return the number of channels that `blocks` yields.

        Raises
        ------
        AudioError
            If the recording lacks the channel.
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
        """Yield the samples of the selected channels, block by block.

        Parameters
        ----------
        channel : str or int
            As `Preprocessing.channel`.
        first, n_samples : int
            First sample and number of samples; by default all.
        check : bool
            Whether NaN and infinite samples raise an error.
        block_size : int, optional
            Samples of each channel in a block; the last may be shorter. By default such that a block fits the cache.

        Yields
        ------
        ndarray, shape (n, n_output_channels), float32
            Full scale at 1.0.

        Raises
        ------
        AudioError
            If it cannot be read, or holds NaN or infinite samples.
        """
        block_size = block_size or self.block_size
        columns = channel_slice(channel)
        end = self.n_samples if n_samples is None else min(first + n_samples, self.n_samples)
        if first != self._digest.first:
            self._digest = self._new_digest(first)
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
        """Return rate, samples and channels, and the `SampleDigest` of the `n_samples` from `first` on.

        The samples are not read again if `blocks` began at `first` and has read them all.
        """
        if first != self._digest.first:
            self._digest = self._new_digest(first)
        while (position := self._digest.end) < first + n_samples:
            if not len(self._read(position, min(self.block_size, first + n_samples - position))):
                break
        return {
            "sample_rate": self.sample_rate,
            "n_samples": self.n_samples,
            "n_channels": self.n_channels,
            "samples_sha256": self._digest.hexdigest(),
        }

    def _new_digest(self, first: int) -> SampleDigest:
        return SampleDigest(self.sample_rate, self.n_channels, first)

    def _read(self, position: int, block_size: int) -> npt.NDArray[np.int16] | Samples:
        """Read samples of all channels; those of 16-bit formats are not converted."""
        samples = self._samples.read(position, block_size)
        if self.watch:
            self.watch((position + len(samples)) / self.sample_rate, self.duration)
        self._digest.add(position, samples)
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


def _samples_of(file: SourceFile, header: Header) -> "PcmSamples | DecodedSamples":
    if header.pcm:
        return PcmSamples(file, header.pcm)
    # Loads libsndfile.
    from wav2spec.audio.libsndfile import DecodedSamples

    return DecodedSamples(file, header)


def open_recording(path: str) -> Recording:
    """Open a recording: a file, an object in a store, a member of an archive, or standard input for ``-``.

    A pipe is copied to an unlinked temporary file first, up to `STREAM_LIMIT`.

    Raises
    ------
    AudioError
        If it cannot be opened or is not a recording.
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
