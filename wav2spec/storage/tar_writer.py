"""Write tar archives reproducibly.

Headers are those of POSIX.1-1988 (ustar) [1]_, without owner or time, so that two runs write equal archives. A comment
in a pax global header precedes the first member; WebDataset [2]_, GNU tar and `tarfile` skip it.

References
----------
.. [1] https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html
.. [2] https://github.com/webdataset/webdataset
"""

import os
from typing import BinaryIO

from wav2spec.errors import ArchiveError
from wav2spec.storage.tar_reader import BLOCK, PAX_GLOBAL

# Limits of the fields of a ustar header (bytes).
_MAX_NAME, _MAX_PREFIX, _MAX_SIZE = 100, 155, 8**11 - 1


class TarWriter:
    """Writes a tar archive.

    Parameters
    ----------
    file : binary file
    comment : str
        Comment on the archive, in ASCII without line breaks. It is omitted from an archive without members, because
        `tarfile` cannot read a global header alone.
    """

    def __init__(self, file: BinaryIO, comment: str) -> None:
        self._file = file
        self._comment = comment

    def add(self, name: str, content: bytes | memoryview) -> None:
        """Append a file.

        Raises
        ------
        ArchiveError
            If its name or size exceeds the limits of a ustar header.
        """
        if self._comment:
            self._add("pax_global_header", _pax_record("comment", self._comment), PAX_GLOBAL)
            self._comment = ""
        self._add(name, content, b"0")

    def finish(self, comment: str = "") -> None:
        """Write the end of the archive, two empty blocks.

        Parameters
        ----------
        comment : str
            Replaces the first comment; of the same length.
        """
        self._file.write(bytes(2 * BLOCK))
        if comment and not self._comment:
            self._file.seek(0)
            self._add("pax_global_header", _pax_record("comment", comment), PAX_GLOBAL)

    def _add(self, name: str, content: bytes | memoryview, kind: bytes) -> None:
        self._file.write(_header(name, len(content), kind))
        self._file.write(content)
        self._file.write(bytes(-len(content) % BLOCK))


def check_member_name(name: str) -> None:
    """Check that `TarWriter` can store a name.

    Raises
    ------
    ArchiveError
        If the name is too long.
    """
    _split_name(name)


def _header(name: str, size: int, flag: bytes) -> bytes:
    if size > _MAX_SIZE:
        raise ArchiveError(f"{name} has {size} bytes; a member of a tar archive has {_MAX_SIZE} at most")
    prefix, last = _split_name(name)
    header = bytearray(BLOCK)

    def put(offset: int, value: bytes) -> None:
        header[offset : offset + len(value)] = value

    put(0, last)
    put(100, b"0000644\0")  # mode
    put(108, b"0000000\0")  # user
    put(116, b"0000000\0")  # group
    put(124, b"%011o\0" % size)
    put(136, b"%011o\0" % 0)  # time of the last change
    put(148, b" " * 8)  # the checksum counts itself as spaces
    put(156, flag)
    put(257, b"ustar\00000")
    put(345, prefix)
    put(148, b"%06o\0 " % sum(header))
    return bytes(header)


def _split_name(name: str) -> tuple[bytes, bytes]:
    """Return the fields prefix and name, which readers join by a slash."""
    whole = os.fsencode(name)
    if len(whole) <= _MAX_NAME:
        return b"", whole
    cut = whole.rfind(b"/", 0, _MAX_PREFIX + 1)
    prefix, last = whole[: max(0, cut)], whole[cut + 1 :]
    if not prefix or not 0 < len(last) <= _MAX_NAME:
        limit = f"{_MAX_PREFIX} bytes for folders and {_MAX_NAME} for the last part"
        raise ArchiveError(f"{name} is too long for a tar archive, which has {limit}")
    return prefix, last


def _pax_record(name: str, value: str) -> bytes:
    """Return a record of a pax header; it begins with its own length in decimal."""
    rest = f" {name}={value}\n".encode("ascii")
    length = len(rest)
    while (whole := len(str(length)) + len(rest)) != length:
        length = whole
    return str(length).encode() + rest
