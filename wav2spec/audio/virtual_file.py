"""The files that libsndfile reads through."""

import os

from wav2spec.storage.sources import SourceFile


class VirtualFile:
    """A source for soundfile's callbacks, which replaces a few bytes, and keeps errors until they can be raised.

    An exception cannot pass through libsndfile: cffi would print it, and libsndfile would take the failure for the end
    of the file. `raise_error` raises it when libsndfile has returned.

    Parameters
    ----------
    source : SourceFile
    patch : tuple of (int, bytes), optional
        Offset and bytes that replace those of the source.
    """

    def __init__(self, source: SourceFile, patch: tuple[int, bytes] = (0, b"")) -> None:
        self._source = source
        self._patch_offset, self._patch = patch
        self._error: BaseException | None = None
        # Neither calls the system.
        self.seek = source.seek
        self.tell = source.tell

    def raise_error(self) -> None:
        """Raise the first error since the last call, if there was one."""
        error, self._error = self._error, None
        if error:
            raise error

    def readinto(self, buffer: memoryview) -> int:
        try:
            start = self._source.tell()
            size = self._source.readinto(buffer)
        except BaseException as error:
            self._error = self._error or error
            return 0
        for index, byte in enumerate(self._patch, self._patch_offset - start):
            if 0 <= index < size:
                buffer[index : index + 1] = bytes((byte,))
        return size

    def read(self, size: int) -> bytes:
        """Read bytes. soundfile requires the method, but calls `readinto`."""
        buffer = bytearray(size)
        return bytes(buffer[: self.readinto(memoryview(buffer))])


def memory_descriptor(content: bytes) -> int | None:
    """Return a descriptor of a nameless file in memory with that content; None where the system refuses one."""
    if not hasattr(os, "memfd_create"):
        return None
    try:
        descriptor = os.memfd_create("recording")
    except OSError:
        return None
    try:
        # A limit on the size of files may cut it off.
        if os.write(descriptor, content) == len(content):
            os.lseek(descriptor, 0, os.SEEK_SET)
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None
