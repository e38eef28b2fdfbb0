"""Files that wav2spec did not make: an implied target never replaces one, and none brings it down."""

import errno
import io
import json
import math
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result
from in_process import run_in_process
from PIL import Image
from program import HANGS_AFTER_S
from recordings import ROOT, MakeWav

from wav2spec import AudioError, read_png
from wav2spec.cli.main import command

# The commands with an implied target: their words, and what is added to the source's name.
COMMANDS: dict[str, tuple[list[str], str]] = {
    "image": ([], ""),
    "plot": (["--dpi", "50", "--size", "300x200"], "-plot"),
    "compare": (["--window-size", "128", "--window-size", "256", "--dpi", "50"], "-compare"),
}
every_command = pytest.mark.parametrize("name", list(COMMANDS))


def invoke(*words: str | Path) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words], standalone_mode=False)


def draw(name: str, *words: str | Path) -> Result:
    return invoke(name, *words, *COMMANDS[name][0])


def implied(name: str, wav: Path) -> Path:
    return wav.with_name(f"{wav.stem}{COMMANDS[name][1]}.png")


def somebodys_png() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4)).save(file, "PNG")
    return file.getvalue()


def is_ours(path: Path) -> bool:
    return b"tEXtwav2spec\0" in path.read_bytes()


def assert_refused(result: Result, target: Path) -> None:
    assert result.exception is None
    assert result.return_value == 1
    assert str(target) in result.stderr
    assert "Traceback" not in result.stderr
    assert "unexpected" not in result.stderr


FOREIGN = {
    "png": somebodys_png(),
    "empty": b"",
    "text": b"my notes\n",
    "other-text": somebodys_png()[:-12] + b"\0\0\0\x05tEXta\0bcd\0\0\0\0" + somebodys_png()[-12:],
    "not-json": somebodys_png()[:-12] + b"\0\0\0\x0atEXtwav2spec\0{\0\0\0\0" + somebodys_png()[-12:],
    "long-chunk": somebodys_png()[:33] + b"\xff\xff\xff\xfftEXt",
}


@every_command
@pytest.mark.parametrize("kind", list(FOREIGN))
def test_an_implied_target_that_is_not_ours_is_kept_unless_forced(make_wav: MakeWav, name: str, kind: str) -> None:
    wav = make_wav()
    target = implied(name, wav)
    target.write_bytes(FOREIGN[kind])
    before = target.stat()
    result = draw(name, wav)
    assert_refused(result, target)
    assert "--force" in result.stderr
    assert target.read_bytes() == FOREIGN[kind]
    assert (target.stat().st_ino, target.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert {path.name for path in wav.parent.iterdir()} == {wav.name, target.name}
    assert draw(name, "--force", wav).return_value == 0
    assert is_ours(target)


@every_command
def test_a_named_target_is_replaced_without_force(make_wav: MakeWav, folder: Path, name: str) -> None:
    wav = make_wav()
    beside = implied(name, wav)
    named, inside = folder / "named.png", folder / beside.name
    ways: dict[Path, list[str | Path]] = {beside: [beside], named: ["-o", named], inside: ["-o", folder]}
    for target, words in ways.items():
        target.write_bytes(somebodys_png())
        assert draw(name, wav, *words).return_value == 0
        assert is_ours(target)


@every_command
@pytest.mark.parametrize("maker", list(COMMANDS))
def test_a_picture_of_the_same_command_is_replaced_and_one_of_another_by_force(
    make_wav: MakeWav, name: str, maker: str
) -> None:
    wav = make_wav()
    target = implied(name, wav)
    assert draw(maker, wav, target).return_value == 0
    first = target.read_bytes()
    if name != maker:
        assert_refused(draw(name, wav), target)
        assert target.read_bytes() == first
        assert draw(name, wav, "--force").return_value == 0
    else:
        assert draw(name, wav).return_value == 0
    assert is_ours(target)
    assert (target.read_bytes() == first) == (name == maker)


def test_a_picture_without_metadata_does_not_say_so_and_is_kept(make_wav: MakeWav) -> None:
    wav = make_wav()
    assert draw("image", wav, "--no-metadata").return_value == 0
    assert_refused(draw("image", wav), wav.with_suffix(".png"))


def test_an_implied_target_that_cannot_be_read_is_kept(make_wav: MakeWav, monkeypatch: pytest.MonkeyPatch) -> None:
    wav = make_wav()
    target = wav.with_suffix(".png")
    target.write_bytes(somebodys_png())
    # In place of modes, which mean nothing to root.
    monkeypatch.setattr(
        "wav2spec.batch.freshness.read_metadata", Mock(side_effect=PermissionError(errno.EACCES, "denied"))
    )
    result = draw("image", wav)
    assert_refused(result, target)
    assert "denied" in result.stderr
    assert target.read_bytes() == somebodys_png()


@pytest.mark.usefixtures("deadline")
@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
@pytest.mark.parametrize(
    "words", ["image a.wav", "info x.png", "info --digest x.png", "image a.wav -o b.png --like x.png"]
)
def test_what_is_no_file_is_refused_at_once(make_wav: MakeWav, make: Callable[[Path], None], words: str) -> None:
    wav = make_wav()
    name = "a.png" if words == "image a.wav" else "x.png"
    make(wav.with_name(name))
    done = run_in_process(*words.split(), cwd=wav.parent)
    assert done.returncode in (1, 2), done.stderr
    assert name.encode() in done.stderr
    assert b"unexpected" not in done.stderr
    assert make is os.mkfifo or b"--force replaces" not in done.stderr


def test_a_link_to_somebodys_picture_is_followed_and_the_picture_kept(make_wav: MakeWav, folder: Path) -> None:
    wav = make_wav()
    theirs = folder / "theirs.png"
    theirs.write_bytes(somebodys_png())
    link = wav.with_suffix(".png")
    link.symlink_to(theirs)
    assert_refused(draw("image", wav), link)
    assert theirs.read_bytes() == somebodys_png()
    assert draw("image", "--force", wav).return_value == 0
    assert (link.is_symlink(), is_ours(theirs)) == (True, True)


def test_a_link_to_nothing_is_written_through_if_it_can_be(make_wav: MakeWav, folder: Path) -> None:
    wav = make_wav()
    link = wav.with_suffix(".png")
    link.symlink_to(folder / "new.png")
    assert draw("image", wav).return_value == 0
    assert (link.is_symlink(), is_ours(folder / "new.png")) == (True, True)
    for goal in (folder / "none" / "a.png", link):
        link.unlink()
        link.symlink_to(goal)
        assert_refused(draw("image", wav), link)
        assert link.is_symlink()


def test_an_implied_target_of_values_is_written(make_wav: MakeWav) -> None:
    wav = make_wav()
    wav.with_suffix(".npy").write_bytes(b"older values")
    assert draw("image", wav, "--format", "npy").return_value == 0
    assert np.load(wav.with_suffix(".npy")).shape == (30, 129)


@pytest.mark.parametrize("name", ["image", "plot"])
def test_of_several_sources_the_others_are_drawn(make_wav: MakeWav, name: str) -> None:
    wavs = [make_wav(f"{stem}.wav") for stem in "abc"]
    targets = [implied(name, wav) for wav in wavs]
    targets[1].write_bytes(somebodys_png())
    result = draw(name, *wavs, "-j1")
    assert_refused(result, targets[1])
    assert result.stderr.count("error") == 1
    assert [is_ours(target) for target in targets] == [True, False, True]


# What is put where in a recipe: the place, and values of wrong types, unknown, senseless or huge.
HOSTILE: dict[str, list[Any]] = {
    "": [b"", b"{", b"5", b'{"analysis_version":1}', b"\xff\xfe", b"[" * 100_000, b" " * 2**21, b"1" * 5000],
    "command": [None, [], {}, 5, "tune"],
    "settings": [None, [], {}, 5, {"nosuch": 1}, {"dpi": 1}, {"start": -1}, {"palette": 5}],
    "settings.window_size": [None, [], {}, True, 0, -5, 2.5, 10**30, "nan", "1e999s", math.nan, math.inf],
    "settings.window": [None, [], {}, 5, "kaiser:", "kaiser:1e999"],
    "settings.channel": [None, [], True, 0, 10**30, 7],
    "settings.layout": [None, [], {}, "up"],
    "settings.bit_depth": [None, "8", 16.0, [], 12, 16],
    "settings.gamma": [None, [], "2", 0, math.nan, 1e-300, 1e300],
    "settings.width": [[], "5", 0, -1, 2.5, 10**30, 5],
    "settings.db_ref": [None, [], {}, math.nan, "loud"],
    "resolved": [None, [], {}, "text"],
    "resolved.sample_rate": [None, [], "x", 0, -1, 10**400, math.nan, 1e300],
    "resolved.n_channels": [None, [], "x", 0, -1, 2, 10**30, 1.5],
    "resolved.n_samples": [None, [], "x", 0, -1, 10**30, math.nan],
    "resolved.start_s": [None, [], "x", math.inf],
    "varied": [None, [], 5, {"window": 5}, {"nosuch": [1]}, {"window": [[]]}, {"window": "hann"}],
}


def pictured(wav: Path) -> tuple[bytes, dict[str, Any]]:
    """Return a picture up to its recipe, and the recipe."""
    assert invoke(wav, wav.with_name("made.png"), "--start", "0").return_value == 0
    data = wav.with_name("made.png").read_bytes()
    at = data.index(b"tEXtwav2spec\0")
    return data[: at - 4], json.loads(data[at + 13 : data.rindex(b"IEND") - 8])


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def with_text(pixels: bytes, text: bytes) -> bytes:
    return pixels + chunk(b"tEXt", b"wav2spec\0" + text) + chunk(b"IEND", b"")


def falls(picture: bytes, wav: Path) -> list[str]:
    """Return what looks at a picture and neither answers nor says in words of its own why not."""
    path, found = wav.with_name("x.png"), []
    path.write_bytes(picture)
    wav.with_suffix(".png").write_bytes(picture)
    like = f"image -o {wav.with_name('y.png')} {wav} --like"
    for words in ("info", "info --json", "info --flags", "info --digest", like, "image"):
        result = invoke(*words.split(), wav if words == "image" else path)
        if not isinstance(result.exception, click.ClickException | None) or "unexpected" in result.output:
            found.append(f"{words[:13]}: {result.exception!r:.80} {result.output:.80}")
    try:
        read_png(path)
    except Exception as error:
        if not isinstance(error, AudioError):
            found.append(f"read_png: {error!r:.80}")
    return found


@pytest.mark.parametrize("place", list(HOSTILE))
def test_a_hostile_recipe_gives_an_answer_or_a_reason(make_wav: MakeWav, place: str) -> None:
    wav = make_wav()
    pixels, recipe = pictured(wav)
    texts = []
    *groups, name = place.split(".")
    inner = recipe[groups[0]] if groups else recipe
    for value in HOSTILE[place]:
        inner[name] = value
        texts.append(json.dumps(recipe).encode() if place else value)
    inner.pop(name)
    texts.append(json.dumps(recipe).encode())
    assert [f"{text[:40]!r}: {words}" for text in texts for words in falls(with_text(pixels, text), wav)] == []


def test_a_damaged_picture_gives_an_answer_or_a_reason(make_wav: MakeWav) -> None:
    pixels, recipe = pictured(make_wav())
    data = with_text(pixels, json.dumps(recipe).encode())
    at = data.index(b"IDAT")
    damaged = [data[:size] for size in (8, 20, 33, 40, 60, at + 500, len(data) - 20, len(data) - 4)]
    places = (8, 12, 16, 20, 24, 25, 26, 28, 30, at - 4, at - 1, at, at + 5, at + 900, len(pixels), len(data) - 5)
    damaged += [data[:place] + b"\xff" + data[place + 1 :] for place in places]
    for size in [(1, 1), (0, 5), (129, 29), (129, 31), (128, 30), (30, 129)]:
        damaged.append(data[:8] + chunk(b"IHDR", struct.pack(">II", *size) + data[24:29]) + data[33:])
    assert [f"{n}: {words}" for n, picture in enumerate(damaged) for words in falls(picture, make_wav())] == []


@pytest.mark.system
@pytest.mark.parametrize("how", ["info", "info --digest", "image a.wav -o b.png --like", "read_png"])
@pytest.mark.parametrize("field", ["height", "width", "pixels"])
def test_huge_sizes_are_refused_within_little_memory(make_wav: MakeWav, how: str, field: str) -> None:
    wav = make_wav()
    pixels, recipe = pictured(wav)
    if field == "pixels":
        pixels = pixels[:8] + chunk(b"IHDR", struct.pack(">II", 2**31 - 1, 2**31 - 1) + pixels[24:29]) + pixels[33:]
    else:
        recipe["settings"][field] = 2**31 - 1
    wav.with_name("x.png").write_bytes(with_text(pixels, json.dumps(recipe).encode()))
    code = "import sys, wav2spec\ntry: wav2spec.read_png('x.png')\nexcept wav2spec.AudioError: sys.exit(1)"
    words = ["-c", code] if how == "read_png" else ["-m", "wav2spec", *how.split(), "x.png"]
    limited = ["sh", "-c", 'ulimit -v 3000000; exec "$@"', "sh", sys.executable, *words]
    surroundings = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(limited, cwd=wav.parent, env=surroundings, capture_output=True, timeout=HANGS_AFTER_S)
    assert done.returncode in (0, 1)
    assert b"Traceback" not in done.stderr
    assert b"unexpected" not in done.stderr


def test_a_recording_in_a_pipe_with_a_name_is_told_of(make_wav: MakeWav) -> None:
    done = run_in_process("info", "/dev/stdin", input=make_wav().read_bytes())
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"4000 (0.250 s)" in done.stdout
