"""Read untrusted tar archives.

The reader is stricter than `tarfile`, which takes a damaged header for the end of the archive, and reads a pax header
of any size into memory: here damage is an error, and the size of headers is limited.

References
----------
.. [1] https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html
.. [2] https://www.gnu.org/software/tar/manual/html_node/Standard.html
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from wav2spec.errors import ArchiveError

# Headers and contents begin at multiples of this (bytes).
BLOCK = 512

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
_LONG_NAME, _LONG_LINK, _PAX, _SOLARIS_PAX, PAX_GLOBAL = b"L", b"K", b"x", b"X", b"g"
_EXTENSIONS = {_LONG_NAME, _LONG_LINK, _PAX, _SOLARIS_PAX, PAX_GLOBAL}


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


def read_comment(file: _Seekable) -> str | None:
    """Return the comment of an archive; None if it has none or is not a tar archive."""
    try:
        header = _Header.parse(_read(file, 0, BLOCK), 0)
        if header is None or header.flag != PAX_GLOBAL:
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
            header = _Header.parse(_read(file, offset, BLOCK), offset)
            if header is None:
                return
            content = offset + BLOCK
            if header.flag in _EXTENSIONS:
                value = _read_extension(file, header, offset)
                if header.flag == _LONG_NAME:
                    fields["path"] = os.fsdecode(value.partition(b"\0")[0])
                elif header.flag == PAX_GLOBAL:
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
        if len(block) < BLOCK:
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
    content = _read(file, offset + BLOCK, header.size)
    if len(content) < header.size:
        raise ArchiveError(f"truncated at byte {offset + BLOCK + len(content)}")
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
    return size + -size % BLOCK


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
