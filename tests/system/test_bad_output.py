"""Targets in trouble: full disks, odd places, closed descriptors. A target is complete or untouched."""

import os
import pty
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from folders import contents
from pictures import png_size
from processes import wait_until_writing
from program import (
    AS_OTHERS,
    FAILED,
    HANGS_AFTER_S,
    USAGE_ERROR,
    assert_usage_error,
    error_of,
    failures,
    needs_mounts,
    needs_proc,
    needs_root,
    needs_setpriv,
    on_a_disk,
    run,
    shell,
    start,
    with_and_without_nameless_files,
    wrapped,
)
from recordings import MakeWav

FULL = "No space left on device"

# Its picture has more than 190 KiB: more than a pipe or the disks of these tests hold.
N_SAMPLES = 200_000


def make_node(path: Path, minor: int) -> Path:
    """Make a memory device: 3 is null, 7 is full."""
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, minor))
        os.close(os.open(path, os.O_WRONLY))
    except OSError as error:
        pytest.skip(f"device nodes cannot be made or used here: {error}")
    return path


@needs_root
def test_a_full_device_is_reported_and_stays_a_device(make_wav: MakeWav, folder: Path) -> None:
    node = make_node(folder / "full", 7)
    assert FULL in error_of(run(make_wav(), "-o", node))
    assert stat.S_ISCHR(node.stat().st_mode)
    assert os.listdir(folder) == ["full"]


@needs_root
def test_a_device_is_written_through_and_stays_a_device(make_wav: MakeWav, folder: Path) -> None:
    node = make_node(folder / "null", 3)
    assert run(make_wav(), "-o", node).returncode == 0
    assert stat.S_ISCHR(node.stat().st_mode)
    assert os.listdir(folder) == ["null"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_standard_output_is_reported(make_wav: MakeWav) -> None:
    with open("/dev/full", "wb") as full:
        error = error_of(run(make_wav(), "-o", "-", stdout=full, stderr=subprocess.PIPE))
    assert FULL in error
    assert "standard output" in error


@needs_mounts
@with_and_without_nameless_files
@pytest.mark.parametrize("name", ["o.png", "o.npy"])
def test_a_full_disk_is_left_without_a_picture(
    make_wav: MakeWav, tmp_path: Path, program: tuple[str, ...], name: str
) -> None:
    make_wav(n_samples=N_SAMPLES)
    result, left = on_a_disk(tmp_path, "size=64k", "", "a.wav", "-o", f"disk/{name}", program=program)
    error = error_of(result)
    assert FULL in error
    assert f"disk/{name}" in error
    assert left == {}


@needs_mounts
@with_and_without_nameless_files
def test_a_full_disk_leaves_the_old_picture_untouched(
    make_wav: MakeWav, tmp_path: Path, program: tuple[str, ...]
) -> None:
    make_wav()
    fill = "echo old >disk/o.png; cat /dev/zero >disk/filler 2>/dev/null"
    result, left = on_a_disk(tmp_path, "size=64k", fill, "a.wav", "-o", "disk/o.png", program=program)
    assert FULL in error_of(result)
    assert sorted(left) == ["filler", "o.png"]
    assert left["o.png"] == b"old\n"


@needs_mounts
def test_a_disk_without_inodes_is_reported(make_wav: MakeWav, tmp_path: Path) -> None:
    make_wav()
    result, left = on_a_disk(tmp_path, "nr_inodes=2", "touch disk/x", "a.wav", "-o", "disk/o.png")
    assert FULL in error_of(result)
    assert left == {"x": b""}


@needs_mounts
def test_a_read_only_disk_is_reported(make_wav: MakeWav, tmp_path: Path) -> None:
    make_wav()
    result, left = on_a_disk(tmp_path, "ro", "", "a.wav", "-o", "disk/o.png")
    assert "Read-only file system" in error_of(result)
    assert left == {}


@with_and_without_nameless_files
def test_the_limit_of_a_file_is_reported_and_nothing_left(
    make_wav: MakeWav, folder: Path, program: tuple[str, ...]
) -> None:
    source = make_wav(n_samples=N_SAMPLES)
    result = shell('ulimit -f 8; exec "$@"', source, "-o", folder / "o.png", program=program)
    assert "File too large" in error_of(result)
    assert contents(folder) == {}


def test_a_missing_folder_of_a_file_is_made(make_wav: MakeWav, tmp_path: Path) -> None:
    make_wav()
    assert run("a.wav", "-o", "no/such/o.png", cwd=tmp_path).returncode == 0
    assert os.listdir(tmp_path / "no" / "such") == ["o.png"]


def test_a_folder_that_ends_in_a_slash_is_made(make_wav: MakeWav, tmp_path: Path) -> None:
    make_wav()
    assert run("a.wav", "-o", "no/such/", cwd=tmp_path).returncode == 0
    assert png_size((tmp_path / "no" / "such" / "a.png").read_bytes())


def test_a_folder_as_target_takes_the_picture(make_wav: MakeWav, folder: Path) -> None:
    assert run(make_wav(), "-o", folder).returncode == 0
    assert os.listdir(folder) == ["a.png"]


def test_a_file_in_the_place_of_a_folder_is_reported(make_wav: MakeWav, tmp_path: Path) -> None:
    source = make_wav()
    recording = source.read_bytes()
    for target in ("a.wav/o.png", "a.wav/sub/"):
        assert "a.wav/" in error_of(run(source, "-o", target, cwd=tmp_path))
    assert contents(tmp_path) == {"a.wav": recording}


@needs_setpriv
def test_a_folder_without_the_right_to_write_is_reported(make_wav: MakeWav, folder: Path) -> None:
    source = make_wav()
    (folder / "o.png").write_bytes(b"old")
    folder.chmod(0o555)
    wrapper = AS_OTHERS if os.geteuid() == 0 else ()
    for name in ("new.png", "o.png"):
        assert "Permission denied" in error_of(wrapped(*wrapper, words=(source, "-o", folder / name)))
    assert contents(folder) == {"o.png": b"old"}


def test_the_recording_is_no_target(make_wav: MakeWav, tmp_path: Path) -> None:
    recording = make_wav().read_bytes()
    assert_usage_error(run("a.wav", "-o", "a.wav", cwd=tmp_path))
    assert contents(tmp_path) == {"a.wav": recording}


@pytest.mark.parametrize("source", ["path", "standard input"])
@pytest.mark.parametrize("make_link", [os.link, os.symlink], ids=["hard", "symbolic"])
def test_a_link_to_the_recording_is_no_target(
    make_wav: MakeWav, tmp_path: Path, make_link: Callable[[Path, Path], None], source: str
) -> None:
    recording = make_wav().read_bytes()
    make_link(tmp_path / "a.wav", tmp_path / "link.png")
    if source == "path":
        result = run("a.wav", "-o", "link.png", cwd=tmp_path)
    else:
        result = shell('exec "$@" <a.wav', "-", "-o", "link.png", cwd=tmp_path)
    assert "link.png" in error_of(result)
    assert contents(tmp_path) == {"a.wav": recording, "link.png": recording}
    assert os.path.samefile(tmp_path / "a.wav", tmp_path / "link.png")


def test_a_fifo_with_a_reader_carries_the_picture(make_wav: MakeWav, folder: Path) -> None:
    fifo = folder / "fifo"
    os.mkfifo(fifo)
    with subprocess.Popen(["cat", fifo], stdout=subprocess.PIPE) as reader:
        # No larger than the pipe behind the reader, out of which nobody reads meanwhile.
        assert run(make_wav(n_samples=40_000), "-o", fifo).returncode == 0
        picture, _ = reader.communicate(timeout=HANGS_AFTER_S)
    assert png_size(picture) == (129, 311)
    assert stat.S_ISFIFO(fifo.stat().st_mode)
    assert os.listdir(folder) == ["fifo"]


def test_a_fifo_whose_reader_goes_away_is_reported(make_wav: MakeWav, folder: Path) -> None:
    fifo = folder / "fifo"
    os.mkfifo(fifo)
    with subprocess.Popen(["head", "-c", "1", fifo], stdout=subprocess.DEVNULL):
        error_of(run(make_wav(n_samples=N_SAMPLES), "-o", fifo))
    assert os.listdir(folder) == ["fifo"]


@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="needs /dev/fd")
def test_a_pipe_named_by_its_descriptor_carries_the_picture(make_wav: MakeWav) -> None:
    """As the shell writes ``-o >(command)``."""
    reading, writing = os.pipe()
    result = run(make_wav(), "-o", f"/dev/fd/{writing}", pass_fds=[writing])
    os.close(writing)
    assert result.returncode == 0, result.stderr
    with open(reading, "rb") as pipe:
        assert png_size(pipe.read())


def test_a_symbolic_link_is_followed_and_kept(make_wav: MakeWav, folder: Path) -> None:
    real, link = folder / "real.png", folder / "link.png"
    link.symlink_to("real.png")
    for _ in range(2):  # first onto nothing, then onto the picture
        assert run(make_wav(), "-o", link).returncode == 0
        assert os.readlink(link) == "real.png"
        assert not real.is_symlink()
        assert png_size(real.read_bytes())
    assert sorted(os.listdir(folder)) == ["link.png", "real.png"]


@with_and_without_nameless_files
def test_a_name_of_the_greatest_length_is_written(make_wav: MakeWav, folder: Path, program: tuple[str, ...]) -> None:
    name = "N" * 251 + ".png"
    assert shell('exec "$@"', make_wav(), "-o", folder / name, program=program).returncode == 0
    assert os.listdir(folder) == [name]


@with_and_without_nameless_files
@pytest.mark.parametrize(("mask", "mode"), [("027", 0o640), ("000", 0o666), ("077", 0o600)])
def test_the_umask_decides_the_mode(
    make_wav: MakeWav, folder: Path, program: tuple[str, ...], mask: str, mode: int
) -> None:
    result = shell(f'umask {mask}; exec "$@"', make_wav(), "-o", folder / "o.png", program=program)
    assert result.returncode == 0
    assert stat.S_IMODE((folder / "o.png").stat().st_mode) == mode


def test_a_closed_standard_output_is_reported(make_wav: MakeWav) -> None:
    assert "standard output" in error_of(shell('exec "$@" >&-', make_wav(), "-o", "-"))


def test_a_closed_standard_error_hinders_nothing(make_wav: MakeWav, folder: Path) -> None:
    result = shell('exec "$@" 2>&-', make_wav(), "-o", folder / "o.png")
    assert (result.returncode, result.stdout) == (0, b"")
    assert png_size((folder / "o.png").read_bytes())


@pytest.mark.parametrize(("words", "code"), [(("-o", "a.wav/o.png"), FAILED), (("--no-such-option",), USAGE_ERROR)])
def test_a_message_for_a_closed_standard_error_goes_nowhere(
    make_wav: MakeWav, tmp_path: Path, words: tuple[str, ...], code: int
) -> None:
    recording = make_wav().read_bytes()
    result = shell('exec "$@" 2>&-', "a.wav", *words, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (code, b"")
    assert contents(tmp_path) == {"a.wav": recording}


def test_a_closed_standard_input_is_reported(folder: Path) -> None:
    assert "standard input" in error_of(shell('exec "$@" <&-', "-", "-o", folder / "o.png"))
    assert contents(folder) == {}


def test_a_terminal_gets_no_picture(make_wav: MakeWav) -> None:
    master, slave = pty.openpty()
    result = run(make_wav(), "-o", "-", stdout=slave, stderr=subprocess.PIPE)
    os.close(slave)
    assert result.returncode == USAGE_ERROR
    assert b"terminal" in result.stderr
    with pytest.raises(OSError, match="Input/output error"):  # nothing was written to it
        os.read(master, 1)
    os.close(master)


def test_a_reader_that_goes_away_is_no_error(make_wav: MakeWav) -> None:
    with start(make_wav(n_samples=N_SAMPLES), "-o", "-") as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.read(1) == b"\x89"
        process.stdout.close()
        assert process.stderr.read() == b""
    # By SIGPIPE, which a shell shows as 141.
    assert process.returncode in (FAILED, -13)


@with_and_without_nameless_files
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o666])
def test_a_picture_that_is_replaced_keeps_its_mode(
    make_wav: MakeWav, folder: Path, program: tuple[str, ...], mode: int
) -> None:
    target = folder / "o.png"
    target.write_bytes(b"old")
    target.chmod(mode)
    result = shell('umask 022; exec "$@"', make_wav(), "-o", target, program=program)
    if os.geteuid() == 0 or mode & 0o200:
        assert result.returncode == 0
        assert png_size(target.read_bytes())[0] == 129
    else:
        assert "Permission denied" in error_of(result)
    assert stat.S_IMODE(target.stat().st_mode) == mode


@needs_proc
@with_and_without_nameless_files
def test_a_private_picture_is_never_readable_by_others_while_it_is_written(
    make_wav: MakeWav, folder: Path, program: tuple[str, ...]
) -> None:
    target = folder / "o.png"
    target.write_bytes(b"old")
    target.chmod(0o600)
    with start(make_wav(n_samples=2_000_000), "--stride", "16", "-o", target, program=program) as process:
        wait_until_writing(process, folder)
        modes = set()
        for descriptor in os.listdir(f"/proc/{process.pid}/fd"):
            path = f"/proc/{process.pid}/fd/{descriptor}"
            if os.readlink(path).startswith(str(folder)):
                modes.add(stat.S_IMODE(os.stat(path).st_mode))
        process.kill()
    assert modes == {0o600}


@pytest.mark.parametrize("words", [(), ("--update",)], ids=["draw", "update"])
def test_a_fifo_without_a_reader_does_not_hold_up_a_batch(
    make_wav: MakeWav, folder: Path, words: tuple[str, ...]
) -> None:
    sources = [make_wav(f"{name}.wav") for name in "abc"]
    os.mkfifo(folder / "b.png")
    result = run(*sources, *words, "-o", f"{folder}/")
    assert result.returncode == 1
    assert failures(result.stderr) == {"b": "is a FIFO that nobody reads (waited 5 s)"}
    assert stat.S_ISFIFO((folder / "b.png").stat().st_mode)
    assert all(png_size((folder / f"{name}.png").read_bytes()) for name in "ac")
