"""The header of a WAV file: the declared and the available number of bytes of samples.

libsndfile silently shortens a truncated file, so the chunks are read here too.
"""

import struct
from typing import NamedTuple

from wav2spec.audio.header import ChunkLayout, Header, HeaderError, PcmFormat, packed
from wav2spec.storage.sources import SourceFile

# Programs that do not know the length, because they write into a pipe, store a size up to a page below 2**31 or 2**32:
# 0x7FFFF000 (sox, espeak-ng), 0x7FFFFFFF - 36 (arecord and others), 0xFFFFFFFF (ffmpeg).
_PAGE = 4096


_UNKNOWN_SIZES = (range(2**31 - _PAGE, 2**31), range(2**32 - _PAGE, 2**32))


_WAVE_FORMAT_PCM = 1
# WAVE_FORMAT_MPEG and WAVE_FORMAT_MPEGLAYER3.
_MPEG_CODES = {0x50, 0x55}

# What libsndfile takes.
_MAX_CHANNELS, _MAX_RATE = 1024, 2**31 - 1


_LAYOUTS = {
    "RIFF": ChunkLayout(12, "<I"),
    "RIFX": ChunkLayout(12, ">I"),
    "RF64": ChunkLayout(12, "<I"),
    "W64": ChunkLayout(40, "<Q", name_size=16, size_counts_head=True, alignment=8),
}


class _Format(NamedTuple):
    """The format chunk, by the names of Microsoft's WAVEFORMATEX."""

    n_bytes: int
    code: int
    n_channels: int
    sample_rate: int
    byte_rate: int
    frame_bytes: int
    n_bits: int

    @property
    def is_mpeg(self) -> bool:
        """Whether the samples are layer II or III of MPEG."""
        return self.code in _MPEG_CODES

    def is_filled_by(self, n_bytes: int) -> bool:
        """Return whether so many bytes are 16-bit samples by a format that agrees with itself."""
        return (
            (self.n_bytes, self.code, self.n_bits) == (16, _WAVE_FORMAT_PCM, 16)
            and 0 < self.n_channels <= _MAX_CHANNELS
            and 0 < self.sample_rate <= _MAX_RATE
            and self.frame_bytes == 2 * self.n_channels
            and self.byte_rate == self.sample_rate * self.frame_bytes
            and n_bytes > 0
            and n_bytes % self.frame_bytes == 0
        )


def read_wav_header(file: SourceFile, name: str) -> Header:
    """Read the chunks of a WAV file up to its samples.

    Parameters
    ----------
    file : SourceFile
    name : str
        RIFF, RIFX, RF64 or W64.

    Raises
    ------
    HeaderError
        If the format or the samples are missing.
    """
    container = _LAYOUTS[name]
    formats: list[_Format] = []
    long_size: tuple[int, int] | None = None
    for chunk, body, size in container.chunks(file, container.first_chunk):
        if chunk == b"fmt ":
            formats.append(_read_format(file, body, size, container))
        elif chunk == b"ds64":
            file.seek(body + 8)
            long_size = body + 8, int.from_bytes(file.read(8), "little")
        elif chunk == b"data":
            if not formats:
                raise HeaderError("damaged WAV header: no format ('fmt ' chunk) before the samples")
            found, available_bytes = formats[-1], max(0, file.size - body)
            if size == 0xFFFFFFFF and long_size:
                offset, size = long_size
                size_patch = offset, packed("<Q", available_bytes)
            else:
                size_patch = body - container.head_size + container.name_size, container.packed_size(available_bytes)
            if _has_unknown_length(container, file, body, size):
                return Header(name, None, available_bytes, size_patch, found.is_mpeg)
            # Which of two formats holds is for libsndfile to tell.
            is_plain = name == "RIFF" and len(formats) == 1 and size == available_bytes and found.is_filled_by(size)
            pcm = PcmFormat(found.sample_rate, found.n_channels, body) if is_plain else None
            return Header(name, size, min(size, available_bytes), size_patch, found.is_mpeg, pcm)
    raise HeaderError("a WAV header without samples (no 'data' chunk)")


def _read_format(file: SourceFile, body: int, size: int, container: ChunkLayout) -> _Format:
    """Read a format chunk.

    Raises
    ------
    HeaderError
        If there is no channel.
    """
    file.seek(body)
    layout = struct.Struct(container.size_format[0] + "HHIIHH")
    found = _Format(size, *layout.unpack(file.read(layout.size).ljust(layout.size, b"\0")))
    if found.n_channels == 0:
        raise HeaderError("damaged WAV header: 0 channels, at least 1 is needed")
    return found


def _has_unknown_length(container: ChunkLayout, file: SourceFile, body: int, size: int) -> bool:
    """Return whether the length is unknown: the size is one for pipes, or 0 although samples follow."""
    available_bytes = file.size - body
    if any(size in sizes for sizes in _UNKNOWN_SIZES):
        behind = body + size + size % 2
        return size > available_bytes or (behind < file.size and not _chunks_reach_the_end(container, file, behind))
    return size == 0 and available_bytes > 0 and not _chunks_reach_the_end(container, file, body)


def _chunks_reach_the_end(container: ChunkLayout, file: SourceFile, start: int) -> bool:
    """Return whether chunks, and not samples, follow an empty data chunk."""
    end = start
    for name, body, size in container.chunks(file, start):
        if not (name.isascii() and name.decode().isprintable()):
            return False
        end = body + size
    return end in (file.size, file.size - 1)
