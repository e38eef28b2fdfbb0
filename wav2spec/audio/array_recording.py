"""An array of samples, used like a recording."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Samples
from wav2spec.audio.channels import channel_slice, downmix, samples_in_block
from wav2spec.audio.sample_digest import SampleDigest
from wav2spec.errors import SettingError
from wav2spec.settings.choices import ChannelName

# As in the header of a WAV file (Hz).
_MAX_SAMPLE_RATE = 2**31 - 1


class ArrayRecording:
    """Samples in memory with the interface of a recording.

    Parameters
    ----------
    samples : array_like, shape (n_samples,) or (n_samples, n_channels)
        Full scale at 1.0. Integers are PCM: int16 is divided by 2**15, int32 by 2**31, uint8 has its middle at 128.
    sample_rate : int
        In Hz.

    Raises
    ------
    SettingError
        If the shape, the type or the sample rate is not valid.
    """

    def __init__(self, samples: npt.ArrayLike, sample_rate: int) -> None:
        if not _is_sample_rate(sample_rate):
            limits = f"from 1 to {_MAX_SAMPLE_RATE} Hz"
            raise SettingError("sample_rate", f"must be a whole number {limits}, not {str(sample_rate)[:100]}")
        self._samples = _as_samples(samples)
        self.path = "samples"
        self.sample_rate = int(sample_rate)
        self.n_samples, self.n_channels = self._samples.shape
        self.n_threads = 1

    def blocks(
        self,
        channel: ChannelName | int = "all",
        first: int = 0,
        n_samples: int | None = None,
        *,
        check: bool = True,  # noqa: ARG002 - values that are not finite are the caller's own
        block_size: int | None = None,
    ) -> Iterator[Samples]:
        end = self.n_samples if n_samples is None else min(first + n_samples, self.n_samples)
        columns, step = channel_slice(channel), block_size or samples_in_block(self.n_channels)
        for begin in range(first, end, step):
            wanted = self._samples[begin : min(begin + step, end), columns]
            yield downmix(wanted) if channel == "mix" else wanted

    def n_output_channels(self, channel: ChannelName | int) -> int:
        if isinstance(channel, int) and channel > self.n_channels:
            raise SettingError("channel", f"there is no channel {channel}: the samples have {self.n_channels}")
        return self.n_channels if channel == "all" else 1

    @property
    def duration(self) -> float:
        """In s."""
        return float(self.n_samples / self.sample_rate)

    def facts(self, first: int, n_samples: int) -> dict[str, Any]:
        digest = SampleDigest(self.sample_rate, self.n_channels)
        digest.add(0, self._samples[first : first + n_samples])
        return {
            "sample_rate": self.sample_rate,
            "n_samples": self.n_samples,
            "n_channels": self.n_channels,
            "samples_sha256": digest.hexdigest(),
        }


def _is_sample_rate(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return False
    return bool(1 <= value <= _MAX_SAMPLE_RATE and int(value) == value)


def _as_samples(samples: npt.ArrayLike) -> Samples:
    array = np.asarray(samples)
    if array.ndim not in (1, 2):
        raise SettingError("samples", f"must have shape (n_samples,) or (n_samples, n_channels), not {array.shape}")
    columns = array if array.ndim == 2 else array[:, np.newaxis]
    if columns.shape[1] == 0:
        raise SettingError("samples", f"must have a channel, but their shape is {array.shape}")
    if columns.shape[1] > columns.shape[0] > 0:
        n_samples, n_channels = columns.shape
        message = f"must have shape (n_samples, n_channels), but {array.shape} would be {n_channels} channels"
        raise SettingError("samples", f"{message} of {n_samples} samples; transpose channels-first arrays")
    match columns.dtype.name:
        case "float32":
            return columns
        case "float16" | "float64":
            return columns.astype(np.float32)
        case "int16" | "int32" as name:
            return (columns / -float(np.iinfo(name).min)).astype(np.float32)
        case "uint8":
            return (columns / 128.0 - 1.0).astype(np.float32)
        case name:
            raise SettingError("samples", f"must be float, int16, int32 or uint8, not {name}")
