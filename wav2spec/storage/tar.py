"""Write tar archives reproducibly, and read untrusted ones.

Headers are those of POSIX.1-1988 (ustar), without owner or time, so that two runs write equal archives. A comment in a
pax global header precedes the first member; WebDataset, GNU tar and `tarfile` skip it.

The reader is stricter than `tarfile`, which takes a damaged header for the end of the archive, and reads a pax header
of any size into memory: here damage is an error, and the size of headers is limited.

References
----------
.. [1] https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html
.. [2] https://www.gnu.org/software/tar/manual/html_node/Standard.html
.. [3] https://github.com/webdataset/webdataset
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal, Protocol

from wav2spec.errors import ArchiveError

_BLOCK = 512

# Limits of the fields of a ustar header (bytes).
_MAX_NAME, _MAX_PREFIX, _MAX_SIZE = 100, 155, 8**11 - 1

# Limit of long names and pax headers, beyond any in use (bytes).
_MAX_EXTENSION = 2**20

Kind = Literal["file", "directory", "link", "device", "sparse file"]

# Kinds of members by type flag. POSIX has others treated as files.
_KINDS: dict[bytes, Kind] = {
    b"1": "link",
    b"2": "link",
    b"3": "device",
    b"4": "device",
    b"5": "directory",
    b"6": "device",
    b"S": "sparse file",
}

# Type flags of headers that describe the next member or, global, all: GNU's long names, and pax.
_LONG_NAME, _LONG_LINK, _PAX, _SOLARIS_PAX, _PAX_GLOBAL = b"L", b"K", b"x", b"X", b"g"
_EXTENSIONS = {_LONG_NAME, _LONG_LINK, _PAX, _SOLARIS_PAX, _PAX_GLOBAL}


class _Seekable(Protocol):
    def read(self, size: int, /) -> bytes: ...
    def seek(self, offset: int, /) -> int: ...


@dataclass(frozen=True, slots=True)
class TarMember:
    """A member of a tar archive; its content begins at byte `offset`."""

    name: str
    kind: Kind
    offset: int
    size: int


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
            self._add("pax_global_header", _pax_record("comment", self._comment), _PAX_GLOBAL)
            self._comment = ""
        self._add(name, content, b"0")

    def finish(self, comment: str = "") -> None:
        """Write the end of the archive, two empty blocks.

        Parameters
        ----------
        comment : str
            Replaces the first comment; of the same length.
        """
        self._file.write(bytes(2 * _BLOCK))
        if comment and not self._comment:
            self._file.seek(0)
            self._add("pax_global_header", _pax_record("comment", comment), _PAX_GLOBAL)

    def _add(self, name: str, content: bytes | memoryview, kind: bytes) -> None:
        self._file.write(_header(name, len(content), kind))
        self._file.write(content)
        self._file.write(bytes(-len(content) % _BLOCK))


def check_member_name(name: str) -> None:
    """Check that `TarWriter` can store a name.

    Raises
    ------
    ArchiveError
        If the name is too long.
    """
    _split_name(name)


def read_comment(file: _Seekable) -> str | None:
    """Return the comment of an archive; None if it has none or is not a tar archive."""
    try:
        header = _Header.parse(_read(file, 0, _BLOCK), 0)
        if header is None or header.flag != _PAX_GLOBAL:
            return None
        return _pax_fields(_read_extension(file, header, 0)).get("comment")
    except ArchiveError:
        return None


def read_members(file: _Seekable) -> Iterator[TarMember]:
    """Yield the members of an archive in their order.

    Parameters
    ----------
    file : binary file
        Sought forwards only, unless the caller seeks backwards between members.

    Raises
    ------
    ArchiveError
        Where the archive is damaged or truncated.
    """
    offset, after = 0, ""
    fields: dict[str, str] = {}
    global_fields: dict[str, str] = {}
    while True:
        try:
            header = _Header.parse(_read(file, offset, _BLOCK), offset)
            if header is None:
                return
            content = offset + _BLOCK
            if header.flag in _EXTENSIONS:
                value = _read_extension(file, header, offset)
                if header.flag == _LONG_NAME:
                    fields["path"] = os.fsdecode(value.partition(b"\0")[0])
                elif header.flag == _PAX_GLOBAL:
                    global_fields |= _pax_fields(value)
                elif header.flag != _LONG_LINK:
                    fields |= _pax_fields(value)
                offset = content + _padded(header.size)
                continue
            member = _member(header, content, {**global_fields, **fields})
        except ArchiveError as error:
            where = f"damaged after {after}" if after else "damaged, or not a tar archive"
            raise ArchiveError(f"{where}: {error}") from None
        yield member
        after, fields = member.name, {}
        # A link may have the size of its target, but has no content.
        offset = content + (0 if member.kind in ("link", "device", "directory") else _padded(member.size))


@dataclass(frozen=True, slots=True)
class _Header:
    name: str
    flag: bytes
    size: int

    @classmethod
    def parse(cls, block: bytes, offset: int) -> "_Header | None":
        """Return the header in a block; None for an empty block, which ends the archive."""
        if len(block) < _BLOCK:
            raise ArchiveError(f"truncated at byte {offset + len(block)}")
        if not block.strip(b"\0"):
            return None
        if _number(block[148:156], offset) not in _checksums(block):
            raise ArchiveError(f"the header at byte {offset} has a wrong checksum")
        name = block[:100].partition(b"\0")[0]
        # GNU's own format, with a space after "ustar", stores times in the place of the prefix.
        if block[257:263] == b"ustar\0" and (prefix := block[345:500].partition(b"\0")[0]):
            name = prefix + b"/" + name
        return cls(os.fsdecode(name), block[156:157], _number(block[124:136], offset))


def _member(header: _Header, content: int, fields: dict[str, str]) -> TarMember:
    name = fields.get("path", header.name)
    kind = _KINDS.get(header.flag, "file")
    if any(field.startswith("GNU.sparse.") for field in fields):
        kind = "sparse file"
    # In the oldest format, a directory is a file whose name ends in a slash.
    if kind == "file" and name.endswith("/"):
        kind = "directory"
    size = fields.get("size", str(header.size))
    if not (size.isascii() and size.isdecimal() and len(size) < 20):
        raise ArchiveError(f"the size of {name} is not a number")
    return TarMember(name, kind, content, int(size))


def _checksums(block: bytes) -> Iterator[int]:
    """Yield the sum of a header's bytes, with spaces for the checksum: of unsigned bytes, then of signed ones.

    Some old programs sum signed bytes.
    """
    block = block[:148] + b" " * 8 + block[156:]
    yield sum(block)
    yield sum(block) - 256 * sum(byte >= 128 for byte in block)


def _read(file: _Seekable, offset: int, size: int) -> bytes:
    file.seek(offset)
    return file.read(size)


def _read_extension(file: _Seekable, header: _Header, offset: int) -> bytes:
    if header.size > _MAX_EXTENSION:
        message = f"the header at byte {offset} announces a name or attributes of {header.size} bytes"
        raise ArchiveError(f"{message}, more than {_MAX_EXTENSION}")
    content = _read(file, offset + _BLOCK, header.size)
    if len(content) < header.size:
        raise ArchiveError(f"truncated at byte {offset + _BLOCK + len(content)}")
    return content


def _number(field: bytes, offset: int) -> int:
    """Return a number, in octal or, if the first bit is set, in binary, as GNU tar writes large ones."""
    if field[0] & 0x80:
        number = int.from_bytes(field, "big", signed=False) - (0x80 << 8 * (len(field) - 1))
        if field[0] == 0xFF or number >= 2**63:
            raise ArchiveError(f"the header at byte {offset} has an impossible size")
        return number
    digits = field.partition(b"\0")[0].strip()
    try:
        return int(digits or b"0", 8)
    except ValueError:
        raise ArchiveError(f"the header at byte {offset} is not a tar header") from None


def _padded(size: int) -> int:
    return size + -size % _BLOCK


def _header(name: str, size: int, flag: bytes) -> bytes:
    if size > _MAX_SIZE:
        raise ArchiveError(f"{name} has {size} bytes; a member of a tar archive has {_MAX_SIZE} at most")
    prefix, last = _split_name(name)
    header = bytearray(_BLOCK)

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


def _pax_fields(records: bytes) -> dict[str, str]:
    fields, start = {}, 0
    records = records.rstrip(b"\0")
    while start < len(records):
        # Few digits are searched, since a record is no longer than a header may be.
        space = records.find(b" ", start, start + len(str(_MAX_EXTENSION)) + 1)
        length = int(records[start:space]) if space > 0 and records[start:space].isdigit() else 0
        name, equals, value = records[space + 1 : start + length - 1].partition(b"=")
        if not equals or not start < space < start + length <= len(records):
            raise ArchiveError("a pax header is damaged")
        fields[name.decode("utf-8", "replace")] = os.fsdecode(value)
        start += length
    return fields
