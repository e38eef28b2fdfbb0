"""The containers of recordings, one row each: how a file is recognised, and how its header is read.

libsndfile recognises files by their content, and knows more containers; only these reach it.
"""

import struct
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from wav2spec.audio.header import ChunkLayout, Header, HeaderError
from wav2spec.audio.wav_header import read_wav_header
from wav2spec.storage.sources import SourceFile

# Bytes at the beginning that identify a container.
_HEAD_BYTES = 40


class Container(NamedTuple):
    """A kind of file that holds a recording.

    Attributes
    ----------
    name : str
    suffixes : tuple of str
        The usual ones.
    matches : callable
        Tells whether a file begins like this container, given its first bytes.
    read_header : callable
    """

    name: str
    suffixes: tuple[str, ...]
    matches: Callable[[bytes], bool]
    read_header: Callable[[SourceFile], Header]


def read_header(file: SourceFile) -> Header:
    """Return the header of a recording.

    Raises
    ------
    HeaderError
        If the file is empty, no recording, or damaged.
    """
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    if not head:
        raise HeaderError("the file is empty")
    for container in CONTAINERS:
        if container.matches(head):
            return container.read_header(file)
    names = ", ".join(container.name for container in CONTAINERS[4:])
    raise HeaderError(f"not a WAV file (nor {names}): it begins with {head[:4]!r}")


def _is_wave(magic: bytes, head: bytes) -> bool:
    form = head[24:28] if magic == b"riff" else head[8:12]
    return head.startswith(magic) and form.upper() == b"WAVE"


def _wav(name: str, magic: bytes, *suffixes: str) -> Container:
    return Container(name, suffixes, partial(_is_wave, magic), partial(read_wav_header, name=name))


def _is_aiff(head: bytes) -> bool:
    return head.startswith(b"FORM") and head[8:12] in (b"AIFF", b"AIFC")


def _read_aiff(file: SourceFile) -> Header:
    layout = ChunkLayout(12, ">I")
    for name, body, size in layout.chunks(file, layout.first_chunk):
        if name == b"SSND":
            # Before the samples: an offset and a block size.
            return Header("AIFF", max(0, size - 8), min(max(0, size - 8), max(0, file.size - body - 8)))
    raise HeaderError("an AIFF header without samples (no 'SSND' chunk)")


def _read_au(file: SourceFile) -> Header:
    file.seek(0)
    head = file.read(12)
    if len(head) < 12:
        raise HeaderError("damaged AU header: it is cut off")
    first, size = struct.unpack(">II" if head.startswith(b".snd") else "<II", head[4:])
    available = max(0, file.size - first)
    # A size of 0xFFFFFFFF means that the samples go on to the end, as libsndfile knows.
    return Header("AU", available if size == 0xFFFFFFFF else size, min(size, available))


def _read_caf(file: SourceFile) -> Header:
    layout = ChunkLayout(8, ">Q", alignment=1)
    for name, body, size in layout.chunks(file, layout.first_chunk):
        if name == b"data":
            # Before the samples: a count of edits. A size of -1 goes on to the end.
            available = max(0, file.size - body - 4)
            declared = available if size == 2**64 - 1 else max(0, size - 4)
            return Header("CAF", declared, min(declared, available))
    raise HeaderError("a CAF header without samples (no 'data' chunk)")


def _is_mp3(head: bytes) -> bool:
    # A frame of layer III of MPEG 1, 2 or 2.5: eleven bits of synchronisation, version, layer.
    is_frame = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 and head[1] & 0x18 != 0x08
    return is_frame or head.startswith(b"ID3")


def _codec(name: str, matches: Callable[[bytes], bool], *suffixes: str) -> Container:
    """Return a container of a compressed stream, whose header has no size."""
    return Container(name, suffixes, matches, lambda _: Header(name, is_mpeg=name == "MP3"))


CONTAINERS = (
    _wav("RIFF", b"RIFF", ".wav"),
    _wav("RIFX", b"RIFX", ".wav"),
    _wav("RF64", b"RF64", ".wav", ".rf64"),
    _wav("W64", b"riff", ".w64"),
    Container("AIFF", (".aiff", ".aif", ".aifc"), _is_aiff, _read_aiff),
    Container("AU", (".au", ".snd"), lambda head: head[:4] in (b".snd", b"dns."), _read_au),
    Container("CAF", (".caf",), lambda head: head.startswith(b"caff"), _read_caf),
    _codec("FLAC", lambda head: head.startswith(b"fLaC"), ".flac"),
    _codec("OGG", lambda head: head.startswith(b"OggS"), ".ogg", ".oga", ".opus"),
    _codec("MP3", _is_mp3, ".mp3"),
)
