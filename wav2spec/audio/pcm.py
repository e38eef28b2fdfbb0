"""16-bit samples of plain WAV files, which are used as they lie in the file.

Most data sets consist of such files. libsndfile would take longer to open a clip of a second than to hash its samples.
"""

import numpy as np
import numpy.typing as npt

from wav2spec.audio.header import READ_AT_ONCE_BYTES, PcmFormat
from wav2spec.errors import AudioError, os_error_message
from wav2spec.storage.sources import SourceFile

_SAMPLE = np.dtype("<i2")


class PcmSamples:
    """The samples of a recording; as `wav2spec.audio.libsndfile.DecodedSamples`."""

    subtype = "PCM_16"

    def __init__(self, file: SourceFile, format: PcmFormat) -> None:
        self._file = file
        self.sample_rate, self.n_channels, self._start = format
        self._frame_bytes = self.n_channels * _SAMPLE.itemsize
        self.n_samples = (file.size - self._start) // self._frame_bytes
        is_short = file.size <= READ_AT_ONCE_BYTES
        self._all = self._from_file(0, self.n_samples) if is_short else None

    def read(self, position: int, n_samples: int) -> npt.NDArray[np.int16]:
        if self._all is not None:
            return self._all[position : position + n_samples]
        return self._from_file(position, min(n_samples, self.n_samples - position))

    def close(self) -> None:
        self._file.close()

    def _from_file(self, position: int, n_samples: int) -> npt.NDArray[np.int16]:
        samples = np.empty((n_samples, self.n_channels), _SAMPLE)
        try:
            self._file.seek(self._start + position * self._frame_bytes)
            n_bytes = self._file.readinto(samples.reshape(-1).view(np.uint8).data)
        except OSError as error:
            raise AudioError(self._file.name, f"cannot be read: {os_error_message(error)}") from error
        return samples[: n_bytes // self._frame_bytes].astype(np.int16, copy=False)
