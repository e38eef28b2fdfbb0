"""What the tests of faults share: ways to run the program in trouble, and to tell a whole picture from a part."""

import functools
import io
import os
import random
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from conftest import riff
from strict_png import decode

PROGRAM = (sys.executable, "-m", "wav2spec")
# As on systems that have no nameless files: the unfinished picture has a name, which somebody must remove.
PROGRAM_NAMING_FILES = (
    sys.executable,
    "-c",
    "import os; del os.O_TMPFILE; from wav2spec.__main__ import main; main()",
)
Words = str | bytes | Path

_PIPES: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}

# Answers of the program, as processes see them.
FAILED = 1
USAGE_ERROR = 2

with_and_without_nameless_files = pytest.mark.parametrize(
    "program", [PROGRAM, PROGRAM_NAMING_FILES], ids=["nameless", "named"]
)


@functools.cache
def _succeeds(*command: str) -> bool:
    if not shutil.which(command[0]):
        return False
    return subprocess.run(command, capture_output=True, timeout=10).returncode == 0


_WITHOUT_RIGHTS = "-dac_override,-dac_read_search"
AS_OTHERS = ("setpriv", f"--bounding-set={_WITHOUT_RIGHTS}", f"--inh-caps={_WITHOUT_RIGHTS}")

needs_mounts = pytest.mark.skipif(
    not _succeeds("unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"),
    reason="needs the right to mount file systems (root, `unshare -m`)",
)
needs_strace = pytest.mark.skipif(
    not _succeeds("strace", "-qq", "-o", os.devnull, "true"), reason="needs strace and the right to trace processes"
)
needs_setpriv = pytest.mark.skipif(
    os.geteuid() == 0 and not _succeeds(*AS_OTHERS, "true"), reason="root reads everything unless setpriv stops it"
)
needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="needs /proc to see open files")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes device nodes")


def start(*words: Words, program: tuple[str, ...] = PROGRAM, **options: Any) -> subprocess.Popen[bytes]:
    """Start the program, its output and messages into pipes unless said otherwise."""
    options = _PIPES | options
    process: subprocess.Popen[bytes] = subprocess.Popen([*program, *map(os.fsencode, words)], **options)
    return process


def wrapped(
    *wrapper: Words, words: tuple[Words, ...], program: tuple[str, ...] = PROGRAM, **options: Any
) -> subprocess.CompletedProcess[bytes]:
    """Run the program as the last words of another command."""
    options = _PIPES | {"timeout": 60} | options
    result: subprocess.CompletedProcess[bytes] = subprocess.run(
        [*wrapper, *program, *map(os.fsencode, words)], **options
    )
    return result


def shell(
    script: str, *words: Words, program: tuple[str, ...] = PROGRAM, **options: Any
) -> subprocess.CompletedProcess[bytes]:
    """Run a shell script in which ``"$@"`` is the program with its words."""
    return wrapped("sh", "-c", script, "sh", words=words, program=program, **options)


def on_a_disk(
    folder: Path, mount_options: str, preprocess: str, *words: Words, program: tuple[str, ...] = PROGRAM, **options: Any
) -> tuple[subprocess.CompletedProcess[bytes], dict[str, bytes]]:
    """Run the program in `folder`, where ``disk`` is a file system of its own; return what was on it in the end."""
    mount = f"mkdir disk after && mount -t tmpfs -o {mount_options} tmpfs disk || exit 99"
    script = f'{mount}; {preprocess}\n"$@"; code=$?; cp -a disk/. after; exit $code'
    wrapper = ("unshare", "-m", "sh", "-c", script, "sh")
    result = wrapped(*wrapper, words=words, program=program, cwd=folder, **options)
    return result, {name: (folder / "after" / name).read_bytes() for name in os.listdir(folder / "after")}


def traced(
    injection: str, *words: Words, program: tuple[str, ...] = PROGRAM, log: str | Path = os.devnull
) -> subprocess.CompletedProcess[bytes]:
    """Run the program with faults injected into its system calls."""
    calls = injection.partition(":")[0]
    strace = ("strace", "-f", "-qq", "-o", log, "-e", f"trace={calls}", "-e", f"inject={injection}")
    # Python's own caches of compiled modules would count as writes.
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    return wrapped(*strace, words=words, program=program, env=environment)


def error_of(result: subprocess.CompletedProcess[bytes]) -> str:
    """Return the only line of error of a run that failed as it should: exit 1, a line, no traceback, no output."""
    lines = result.stderr.decode("ascii").splitlines()
    assert result.returncode == FAILED, lines
    assert not result.stdout
    assert all(line.startswith(("wav2spec: error: ", "wav2spec: warning: ")) for line in lines)
    (error,) = (line for line in lines if line.startswith("wav2spec: error: "))
    assert "unexpected" not in error
    return error


def assert_usage_error(result: subprocess.CompletedProcess[bytes]) -> None:
    assert result.returncode == USAGE_ERROR
    assert b"\nError: " in result.stderr
    assert b"Traceback" not in result.stderr
    assert not result.stdout


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder, the hidden ones too."""
    return {name: (folder / name).read_bytes() for name in sorted(os.listdir(folder))}


def png_size(picture: bytes) -> tuple[int, int]:
    """Return width and height of a PNG that is whole: every row there, nothing behind."""
    height, width = decode(picture).shape
    return width, height


def wait_until_writing(process: subprocess.Popen[bytes], folder: Path, n_bytes: int = 2**17) -> None:
    """Return when the process has written some of a file in `folder`, named or nameless."""
    for _ in range(4000):
        assert process.poll() is None, "it ended before it was seen writing"
        for descriptor in os.listdir(f"/proc/{process.pid}/fd"):
            try:
                name = os.readlink(f"/proc/{process.pid}/fd/{descriptor}")
                position = Path(f"/proc/{process.pid}/fdinfo/{descriptor}").read_text().split()[1]
            except FileNotFoundError:
                continue
            if name.startswith(f"{folder}/") and int(position) >= n_bytes:
                return
        time.sleep(0.005)
    raise TimeoutError("it was not seen writing")


def rf64(n_bytes: int, rate: int = 16000) -> bytes:
    """Return the head of an RF64 that promises so many bytes of 16-bit mono."""
    form = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
    sizes = struct.pack("<QQQI", n_bytes + 72, n_bytes, n_bytes // 2, 0)
    head = b"RF64\xff\xff\xff\xffWAVEds64" + struct.pack("<I", len(sizes)) + sizes
    return head + b"fmt " + struct.pack("<I", len(form)) + form + b"data\xff\xff\xff\xff"


def write_sparse(path: Path, head: bytes, n_bytes: int) -> Path:
    """Write a file of `head` and so many zeros, which take no room on the disk."""
    with open(path, "wb") as file:
        file.write(head)
        file.truncate(len(head) + n_bytes)
    return path


def sparse_wav(path: Path, n_bytes: int) -> Path:
    """Write a WAV of silence of so many bytes, which take no room on the disk."""
    return write_sparse(path, riff(b"", riff_size=36 + n_bytes, data_size=n_bytes), n_bytes)


def _written(n_samples: int, n_channels: int, **options: str) -> bytes:
    """Return noise as libsndfile writes it."""
    samples = np.random.default_rng(7).uniform(-0.5, 0.5, (n_samples, n_channels))
    file = io.BytesIO()
    soundfile.write(file, samples, 16000, **options)
    return file.getvalue()


def _chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    return name + struct.pack("<I", len(body) if size is None else size) + body + bytes(len(body) % 2)


def _form(
    code: int = 1, n_channels: int = 1, rate: int = 16000, bits: int = 16, align: int | None = None, tail: bytes = b""
) -> bytes:
    align = n_channels * bits // 8 % 65536 if align is None else align
    return _chunk(b"fmt ", struct.pack("<HHIIHH", code, n_channels, rate, rate * align % 2**32, align, bits) + tail)


def _wav(*chunks: bytes) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return _chunk(b"RIFF", body)


def hostile_files() -> dict[str, bytes]:
    """Return some 400 files that are damaged, odd, or no WAV at all, by name; always the same."""
    noise = np.random.default_rng(7).integers(-20000, 20000, 1000).astype("<i2").tobytes()
    data, plain = _chunk(b"data", noise), riff(noise)
    containers = {
        "riff": plain,
        "rifx": _written(1000, 1, format="WAV", subtype="PCM_16", endian="BIG"),
        "rf64": _written(1000, 1, format="RF64", subtype="PCM_16"),
        "w64": _written(1000, 1, format="W64", subtype="PCM_16"),
        "float": _wav(_form(3, bits=32), _chunk(b"data", np.linspace(-1, 1, 1000, dtype="<f4").tobytes())),
        "ima": _written(2000, 2, format="WAV", subtype="IMA_ADPCM"),
        "ms": _written(2000, 1, format="WAV", subtype="MS_ADPCM"),
        "gsm": _written(2000, 1, format="WAV", subtype="GSM610"),
        "extensible": _written(1000, 2, format="WAVEX", subtype="PCM_24"),
    }
    files = {"plain": plain}
    files |= {f"cut_at_{length}": plain[:length] for length in range(47)}
    flips, heads = random.Random(69), {"rf64": 104, "w64": 136}
    for name, whole in containers.items():
        head = heads.get(name, 64)
        files |= {f"{name}_cut_at_{length}": whole[:length] for length in range(3, head, 9)}
        for number in range(12):
            damaged = bytearray(whole)
            for _ in range(1 + number % 4):
                damaged[flips.randrange(4, head if number < 9 else len(whole))] ^= 1 << flips.randrange(8)
            files[f"{name}_flips_{number}"] = bytes(damaged)
    sizes = (0, 1, 3, 15, 17, 1999, 2001, 2**16, 2**31 - 4096, 2**31 - 37, 2**31 - 1, 2**31, 2**32 - 9, 2**32 - 1)
    for size in sizes:
        files[f"riff_size_{size}"] = riff(noise, riff_size=size)
        files[f"data_size_{size}"] = riff(noise, data_size=size)
        files[f"data_size_{size}_nothing_there"] = riff(b"", data_size=size)
        files[f"fmt_size_{size}"] = _wav(_chunk(b"fmt ", _form()[8:], size), data)
        files[f"list_size_{size}"] = _wav(_form(), _chunk(b"LIST", b"INFOISFT" + bytes(8), size), data)
        files[f"ds64_{size}"] = rf64(size) + noise
    for size in (2**63 - 1, 2**63, 2**64 - 1, 24, 23, 1, 0):
        packed = struct.pack("<Q", size)
        files[f"ds64_of_{size}"] = rf64(0)[:28] + packed + rf64(0)[36:] + noise
        whole = containers["w64"]
        for name, offset in (("riff", 16), ("fmt", 56), ("data", whole.index(b"data") + 16)):
            files[f"w64_{name}_size_{size}"] = whole[:offset] + packed + whole[offset + 8 :]
    forms: dict[str, dict[str, Any]] = {
        **{f"channels_{n}": {"n_channels": n} for n in (0, 2, 3, 14, 255, 1000, 1024, 1025, 32768, 65535)},
        **{f"rate_{rate}": {"rate": rate} for rate in (0, 1, 7, 44099, 2**31 - 1, 2**31, 2**32 - 1)},
        **{f"bits_{bits}": {"bits": bits} for bits in (0, 1, 4, 7, 8, 12, 20, 24, 32, 33, 64, 255, 65535)},
        **{f"align_{align}": {"align": align} for align in (0, 1, 3, 4, 65535)},
        **{f"code_{code}": {"code": code} for code in (0, 2, 3, 6, 7, 17, 49, 64, 80, 85, 255, 0x674F, 65534, 65535)},
        "float_rate_0": {"code": 3, "bits": 32, "rate": 0},
        "double": {"code": 3, "bits": 64},
        "extensible_without_extension": {"code": 65534, "tail": b"\x16\0"},
        "extensible_zeros": {"code": 65534, "tail": b"\x16\0" + bytes(22)},
        "ima_zeros": {"code": 17, "bits": 4, "align": 1, "tail": b"\2\0\0\0"},
    }
    files |= {name: _wav(_form(**form), data) for name, form in forms.items()}
    for name, value in (("nan", np.nan), ("inf", np.inf), ("huge", 3e38), ("tiny", 1e-45)):
        files[name] = _wav(_form(3, bits=32), _chunk(b"data", np.full(1000, value, "<f4").tobytes()))
    files |= {
        "nested_riff": _wav(plain),
        "nested_deep": _wav(_form(), _chunk(b"LIST", _chunk(b"LIST", _chunk(b"LIST", plain))), data),
        "fmt_after_data": _wav(data, _form()),
        "no_fmt": _wav(data),
        "no_data": _wav(_form()),
        "two_data": _wav(_form(), data, data),
        "two_fmt": _wav(_form(), _form(n_channels=2), data),
        "empty_data_first": _wav(_form(), _chunk(b"data", b""), data),
        "many_chunks": _wav(_form(), *[_chunk(b"junk", b"")] * 5000, data),
        "many_cues": _wav(_form(), _chunk(b"cue ", struct.pack("<I", 2**31)), data),
        "smpl": _wav(_form(), _chunk(b"smpl", b"\xff" * 36), data),
        "bext": _wav(_form(), _chunk(b"bext", b"\xff" * 602), data),
        "fact": _wav(_form(), _chunk(b"fact", b"\xff" * 4), data),
        "peak": _wav(_form(3, bits=32), _chunk(b"PEAK", b"\xff" * 16), data),
        "wave_in_lower_case": plain.replace(b"WAVE", b"wave"),
        "bytes_before": b"\0" + plain,
        "avi": plain.replace(b"WAVE", b"AVI "),
        "text": b"Nothing to hear here.\n" * 50,
        "html": b"<!DOCTYPE html><title>404</title>",
        "png": b"\x89PNG\r\n\x1a\n" + noise,
        "elf": b"\x7fELF\2\1\1" + noise,
        "zip": b"PK\3\4" + noise,
        "gzip": b"\x1f\x8b\x08" + noise,
        "git_lfs_pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        "apple_double": b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(64),
        "flac": b"fLaC" + noise,
        "ogg": b"OggS" + noise,
        "aiff": b"FORM" + struct.pack(">I", 2004) + b"AIFFCOMM" + noise,
        "caf": b"caff\0\1\0\0desc" + noise,
        "au": b".snd" + noise,
        "mp3": b"ID3\4" + noise,
        "svx": b"FORM" + struct.pack(">I", 2004) + b"8SVX" + noise,
        "zeros": bytes(1000),
        "ones": b"\xff" * 1000,
        "real_flac": _written(1000, 1, format="FLAC", subtype="PCM_16"),
        "real_aiff": _written(1000, 1, format="AIFF", subtype="PCM_16"),
        "real_caf": _written(1000, 1, format="CAF", subtype="PCM_16"),
    }
    return files
