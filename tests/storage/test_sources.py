"""A source reads as the file does, by any backend, and reports what the system reports."""

import errno
import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wav2spec.errors import AudioError
from wav2spec.storage.sources import SourceFile, open_source

CONTENT = os.urandom(100_000)


class MemoryFile(SourceFile):
    """A backend in memory, some of whose bytes cannot be read."""

    def __init__(self, content: bytes, bad: range = range(0)) -> None:
        super().__init__("memory", len(content))
        self._content = content
        self._bad = bad

    def read_at(self, offset: int, buffer: memoryview) -> int:
        if offset < self._bad.stop and self._bad.start < offset + len(buffer):
            raise OSError(errno.EIO, "Input/output error")
        piece = self._content[offset : offset + len(buffer)]
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        pass


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("seek"), st.integers(-10, 110_000), st.sampled_from([os.SEEK_SET])),
        st.tuples(st.just("seek"), st.integers(-40_000, 40_000), st.sampled_from([os.SEEK_CUR, os.SEEK_END])),
        st.tuples(st.just("read"), st.integers(0, 70_000), st.just(0)),
    ),
    max_size=30,
)


@given(steps=STEPS)
def test_any_reads_and_seeks_give_what_they_give_of_bytes_in_memory(steps: list[tuple[str, int, int]]) -> None:
    source, plain = MemoryFile(CONTENT), io.BytesIO(CONTENT)
    for step, number, whence in steps:
        if step == "read":
            assert source.read(number) == plain.read(number)
        else:
            base = {os.SEEK_SET: 0, os.SEEK_CUR: plain.tell(), os.SEEK_END: len(CONTENT)}[whence]
            if base + number >= 0:
                plain.seek(base + number)
            source.seek(number, whence)
        assert source.tell() == plain.tell()


def test_a_local_file_reads_as_it_is_and_is_known_by_its_inode(tmp_path: Path) -> None:
    path, link = tmp_path / "a.wav", tmp_path / "b.wav"
    path.write_bytes(CONTENT)
    os.link(path, link)
    with open_source(str(path)) as one, open_source(str(link)) as other:
        assert (one.name, one.size) == (str(path), len(CONTENT))
        assert one.identity == other.identity is not None
        assert one.read(50) + one.read(10**9) == CONTENT


def test_a_read_that_fails_raises_and_the_next_does_not_take_what_was_read_before() -> None:
    source = MemoryFile(CONTENT, bad=range(40_000, 40_001))
    assert source.read(10) == CONTENT[:10]
    for size in (100, 50_000):
        source.seek(39_990)
        with pytest.raises(OSError, match="Input/output"):
            source.read(size)
        assert source.tell() == 39_990
    source.seek(60_000)
    assert source.read(10) == CONTENT[60_000:60_010]


def test_a_pipe_is_copied_and_is_nobodys_target() -> None:
    reading, writing = os.pipe()
    os.write(writing, CONTENT[:50_000])
    os.close(writing)
    with open_source(f"/dev/fd/{reading}") as source:
        assert (source.size, source.identity) == (50_000, None)
        assert source.read(60_000) == CONTENT[:50_000]
    os.close(reading)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (str, "No such file"),
        (os.mkdir, "Is a directory"),
        (os.mkfifo, "FIFO or a device"),
        (lambda path: os.symlink(path, path), "symbolic links"),
    ],
)
def test_what_is_no_file_is_named_with_the_reason(make: object, message: str, tmp_path: Path) -> None:
    path = str(tmp_path / "a.wav")
    make(path)  # type: ignore[operator]
    n_open = len(os.listdir("/dev/fd"))
    with pytest.raises(AudioError, match=message) as caught:
        open_source(path)
    assert caught.value.path == path
    assert len(os.listdir("/dev/fd")) == n_open
