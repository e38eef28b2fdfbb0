"""The header of a WAV file: the declared and the available number of bytes of samples.

libsndfile silently shortens a truncated file, so the chunks are read here too.
"""

import struct

from wav2spec.audio.header import ChunkLayout, Header, HeaderError, PcmFormat, packed
from wav2spec.storage.sources import SourceFile

# Programs that do not know the length, because they write into a pipe, store a size up to a page below 2**31 or 2**32:
# 0x7FFFF000 (sox, espeak-ng), 0x7FFFFFFF - 36 (arecord and others), 0xFFFFFFFF (ffmpeg).
_PAGE = 4096


_UNKNOWN_SIZES = (range(2**31 - _PAGE, 2**31), range(2**32 - _PAGE, 2**32))


# WAVE_FORMAT_MPEG and WAVE_FORMAT_MPEGLAYER3.
_MPEG_CODES = {0x50, 0x55}


_LAYOUTS = {
    "RIFF": ChunkLayout(12, "<I"),
    "RIFX": ChunkLayout(12, ">I"),
    "RF64": ChunkLayout(12, "<I"),
    "W64": ChunkLayout(40, "<Q", name_size=16, size_counts_head=True, alignment=8),
}


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
    if name == "RIFF" and (pcm := _plain_format(file)):
        n_bytes = file.size - pcm.start
        return Header(name, n_bytes, n_bytes, pcm=pcm)
    container = _LAYOUTS[name]
    is_mpeg: bool | None = None
    long_size: tuple[int, int] | None = None
    for chunk, body, size in container.chunks(file, container.first_chunk):
        if chunk == b"fmt ":
            is_mpeg = _is_mpeg(file, body, container)
        elif chunk == b"ds64":
            file.seek(body + 8)
            long_size = body + 8, int.from_bytes(file.read(8), "little")
        elif chunk == b"data":
            if is_mpeg is None:
                raise HeaderError("damaged WAV header: no format ('fmt ' chunk) before the samples")
            available_bytes = max(0, file.size - body)
            if size == 0xFFFFFFFF and long_size:
                offset, size = long_size
                size_patch = offset, packed("<Q", available_bytes)
            else:
                size_patch = body - container.head_size + container.name_size, container.packed_size(available_bytes)
            if _has_unknown_length(container, file, body, size):
                return Header(name, None, available_bytes, size_patch, is_mpeg)
            return Header(name, size, min(size, available_bytes), size_patch, is_mpeg)
    raise HeaderError("a WAV header without samples (no 'data' chunk)")


# RIFF, its size, and WAVE; `fmt `, its size, and what it holds; `data` and its size.
_PLAIN = struct.Struct("<12x4sIHHIIHH4sI")
_WAVE_FORMAT_PCM = 1
# libsndfile takes no more.
_MAX_CHANNELS, _MAX_RATE = 1024, 2**31 - 1


def _plain_format(file: SourceFile) -> PcmFormat | None:
    """Return the format of a file that holds 16-bit samples and nothing else, with a header that is right."""
    file.seek(0)
    head = file.read(_PLAIN.size)
    if len(head) < _PLAIN.size:
        return None
    format_name, format_bytes, code, n_channels, rate, byte_rate, frame_bytes, n_bits, data, n_bytes = _PLAIN.unpack(
        head
    )
    is_plain = (
        (format_name, format_bytes, code, n_bits, data) == (b"fmt ", 16, _WAVE_FORMAT_PCM, 16, b"data")
        and 0 < n_channels <= _MAX_CHANNELS
        and 0 < rate <= _MAX_RATE
        and frame_bytes == 2 * n_channels
        and byte_rate == rate * frame_bytes
        and 0 < n_bytes == file.size - _PLAIN.size
        and n_bytes % frame_bytes == 0
    )
    return PcmFormat(rate, n_channels, _PLAIN.size) if is_plain else None


def _is_mpeg(file: SourceFile, body: int, container: ChunkLayout) -> bool:
    """Check the format chunk, and return whether its samples are layer II or III of MPEG."""
    file.seek(body)
    code, n_channels = struct.unpack(container.size_format[0] + "HH", file.read(4).ljust(4, b"\0"))
    if n_channels == 0:
        raise HeaderError("damaged WAV header: 0 channels, at least 1 is needed")
    return code in _MPEG_CODES


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
