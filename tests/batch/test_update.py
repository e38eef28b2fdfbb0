"""`--update` draws what a plain run would draw otherwise, and nothing else; what it leaves is not touched."""

import json
import os
import re
import shutil
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from folders import folder_state
from in_process import done, invoke, run_in_process
from pictures import chunk, text_of
from recordings import MakeWav
from setting_cases import CASES, needed
from updates import NOISE, WAYS, assert_brought_up_to_date, every_way, write, write_tree

# A setting of each kind for the figures, which take longer; of pixels alone, each is tried.
SETTINGS = [
    *[("image", field) for field in CASES["image"]],
    *[("plot", field) for field in ("title", "dpi", "freq_scale", "width", "style", "waveform", "start", "db_range")],
    *[("compare", field) for field in ("window", "window_size", "palette", "colorbar")],
]


@every_way
def test_a_second_run_over_a_folder_leaves_every_file_alone(tmp_path: Path, way: str) -> None:
    words: list[str | Path] = [*WAYS[way][0], write_tree(tmp_path), "-o", tmp_path / "out", "--update"]
    assert done(*words).stderr == "wav2spec: 3 written\n"
    plain: list[str | Path] = [*WAYS[way][0], tmp_path / "in", "-o", tmp_path / "plain"]
    done(*plain)
    for path in (tmp_path / "plain").rglob("*.*"):
        assert (tmp_path / "out" / path.relative_to(tmp_path / "plain")).read_bytes() == path.read_bytes()
    before = folder_state(tmp_path)
    result = done(*words)
    assert (result.stdout, result.stderr) == ("", "wav2spec: 3 up to date\n")
    assert folder_state(tmp_path) == before


@pytest.mark.parametrize(
    ("way", "jobs"),
    [(way, "1") for way in WAYS] + [pytest.param(way, "4", marks=pytest.mark.system) for way in ("image", "plot")],
)
def test_of_a_folder_only_what_changed_is_drawn_by_any_number_of_workers(tmp_path: Path, way: str, jobs: str) -> None:
    recordings = write_tree(tmp_path)
    words: list[str | Path] = [*WAYS[way][0], "-o", tmp_path / "out", "--update", "-v", "-j", jobs, recordings]
    done(*words)
    before = folder_state(tmp_path / "out")
    write(tmp_path / "in" / "b.wav", -NOISE)
    suffix = WAYS[way][1][1:]
    (tmp_path / "out" / "deep" / f"c{suffix}").unlink()
    lines = done(*words).stderr.splitlines()
    assert [line.split(": ")[1] for line in lines[:3]] == ["up to date", "written", "written"]
    assert lines[3:] == ["wav2spec: 2 written, 1 up to date"]
    kept = str(tmp_path / "out" / f"a{suffix}")
    assert {path for path, was in before.items() if folder_state(tmp_path / "out").get(path) == was} == {kept}


@pytest.mark.parametrize("way", [way for way in WAYS if "bare" not in way])
def test_a_second_run_beside_the_source_leaves_the_file_alone(tmp_path: Path, way: str) -> None:
    words, name = WAYS[way]
    wav = write(tmp_path / "a.wav")
    assert f"written: {wav} -> {tmp_path / name}" in done(*words, wav, "--update", "-v").stderr
    before = folder_state(tmp_path)
    result = done(*words, wav, "--update", "-v")
    assert (result.stdout, result.stderr) == ("", f"wav2spec: up to date: {wav} -> {tmp_path / name}\n")
    assert folder_state(tmp_path) == before


@pytest.mark.parametrize("options", [(), ("--palette", "sox"), ("--channel", "all")])
def test_a_picture_by_the_method_of_sox_is_left_alone(
    make_wav: MakeWav, tmp_path: Path, options: tuple[str, ...]
) -> None:
    wav = make_wav(n_samples=8000, n_channels=2)
    done(wav, "-o", tmp_path / "o.png", "--method", "sox", *options)
    result = done(wav, "-o", tmp_path / "o.png", "--method", "sox", *options, "--update", "-v")
    assert "up to date" in result.stderr


@pytest.mark.parametrize("way", ["bare", "bare-plot"])
def test_a_picture_beside_the_source_that_is_what_would_be_drawn_is_up_to_date(tmp_path: Path, way: str) -> None:
    wav = write(tmp_path / "a.wav")
    done(*WAYS[way][0], wav)
    before = folder_state(tmp_path)
    for option in ("--update", "--check"):
        done(*WAYS[way][0], wav, option)
    assert folder_state(tmp_path) == before


SAME_SOUND: dict[str, dict[str, Any]] = {
    "touched": {},
    "W64": {"format": "W64"},
    "RF64": {"format": "RF64"},
    "RIFX": {"endian": "BIG"},
}


# All for the quick ones; of the figures, whose samples are those of any picture, a few.
@pytest.mark.parametrize(
    ("way", "kind"),
    [(way, kind) for way in WAYS for kind in SAME_SOUND if way in ("image", "npy") or kind in ("touched", "W64")],
)
def test_the_same_samples_in_any_file_redraw_nothing(tmp_path: Path, way: str, kind: str) -> None:
    wav, target = write(tmp_path / "a.wav"), tmp_path / WAYS[way][1]
    done(*WAYS[way][0], wav, "-o", target)
    write(wav, **SAME_SOUND[kind])
    os.utime(wav, (2**31, 2**31))
    assert not assert_brought_up_to_date(target, *WAYS[way][0], wav)


@every_way
def test_a_fresh_checkout_is_up_to_date(tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path / "one")
    words: list[str | Path] = [*WAYS[way][0], "in", "-o", "out"]
    monkeypatch.chdir(tmp_path / "one")
    done(*words)
    # Pictures older than recordings, as git may leave them.
    shutil.copytree(tmp_path / "one", tmp_path / "two", copy_function=shutil.copyfile)
    for path in (tmp_path / "two" / "out").rglob("*"):
        os.utime(path, (0, 0))
    monkeypatch.chdir(tmp_path / "two")
    before = folder_state(tmp_path / "two")
    assert done(*words, "--update").stderr == "wav2spec: 3 up to date\n"
    assert done(*words, "--check").stdout == ""
    assert folder_state(tmp_path / "two") == before


OTHER_SOUND: dict[str, tuple[Any, int]] = {
    "one quantum": (NOISE + np.eye(4000, 2) / 32768, 16000),
    "one sample more": (np.vstack([NOISE, NOISE[:1]]), 16000),
    "another rate": (NOISE, 16001),
    "half of it": (NOISE[:2000], 16000),
    "mono": (NOISE[:, :1], 16000),
}


@pytest.mark.parametrize(
    ("way", "change"),
    [
        (way, change)
        for way in WAYS
        for change in OTHER_SOUND
        if way in ("image", "npy", "bare") or change in ("half of it", "another rate")
    ],
)
def test_another_sound_is_drawn_if_that_makes_another_file(tmp_path: Path, way: str, change: str) -> None:
    wav, target = write(tmp_path / "a.wav"), tmp_path / WAYS[way][1]
    done(*WAYS[way][0], wav, "-o", target)
    write(wav, *OTHER_SOUND[change])
    differs = assert_brought_up_to_date(target, *WAYS[way][0], wav)
    # Every picture that says how it was made names the samples; of the others, all show one half.
    assert differs or (change != "half of it" and way in ("npy", "bare", "bare-plot"))


@pytest.mark.parametrize(("name", "field"), SETTINGS)
def test_each_changed_setting_redraws_and_so_does_the_way_back(tmp_path: Path, name: str, field: str) -> None:
    wav, target = write(tmp_path / "a.wav", np.tile(NOISE, (2, 1))), tmp_path / "o.png"
    given = CASES[name][field]
    # The last option is the one in question; what it needs beside it stays.
    last = max(index for index, word in enumerate(given) if re.match("--[a-z]", word))
    before: list[str | Path] = [name, wav, *needed(name, field if field == "dpi" else ""), *given[:last]]
    after: list[str | Path] = [name, wav, *needed(name, field), *given]
    done(*before, "-o", target)
    assert assert_brought_up_to_date(target, *after)
    assert assert_brought_up_to_date(target, *before)


@pytest.mark.parametrize(
    ("option", "acts"),
    [("--window-size=200", True), ("--scale=db", True), ("--stride=128", False), ("--reduce=mean", False)],
)
def test_values_are_left_alone_by_what_does_not_change_them(tmp_path: Path, option: str, acts: bool) -> None:
    wav, target = write(tmp_path / "a.wav"), tmp_path / "a.npy"
    done(wav, target)
    assert assert_brought_up_to_date(target, wav, option) == acts


@pytest.mark.parametrize("name", ["plot", "compare"])
def test_a_figure_of_a_renamed_recording_gets_the_new_name_as_its_title(tmp_path: Path, name: str) -> None:
    wav, target = write(tmp_path / "old.wav"), tmp_path / "o.png"
    done(name, wav, *needed(name), "-o", target)
    assert assert_brought_up_to_date(target, name, wav.rename(tmp_path / "new.wav"), *needed(name))


@pytest.mark.parametrize("way", ["image", "plot", "compare"])
def test_a_picture_by_another_version_is_drawn_again(tmp_path: Path, way: str) -> None:
    wav, target = write(tmp_path / "a.wav"), tmp_path / "o.png"
    done(*WAYS[way][0], wav, "-o", target)
    data = target.read_bytes()
    recipe = json.loads(text_of(data))
    recipe["analysis_version"] -= 1
    text = json.dumps(recipe, separators=(",", ":")).encode()
    assert len(text) == len(text_of(data))
    head = data[: data.index(b"tEXt") - 4]
    target.write_bytes(head + chunk(b"tEXt", b"wav2spec\0" + text) + chunk(b"IEND", b""))
    assert assert_brought_up_to_date(target, *WAYS[way][0], wav)


def test_a_pipe_is_up_to_date_with_the_file_that_it_brings(tmp_path: Path) -> None:
    wav, target = write(tmp_path / "a.wav"), tmp_path / "a.png"
    done(wav)
    result = run_in_process("-", "-o", target, "--update", "-v", input=wav.read_bytes())
    assert (result.returncode, result.stderr.decode()) == (0, f"wav2spec: up to date: standard input -> {target}\n")


def metadata_changed(picture: Path, **settings: Any) -> None:
    """Rewrite what a picture says of its settings; those that are None are left out, as a version before them did."""
    body = picture.read_bytes()
    recipe = json.loads(text_of(body))
    recipe["settings"] |= settings
    recipe["settings"] = {name: value for name, value in recipe["settings"].items() if value is not None}
    text = json.dumps(recipe, separators=(",", ":")).encode()
    picture.write_bytes(
        body[: body.index(b"tEXtwav2spec") - 4] + chunk(b"tEXt", b"wav2spec\0" + text) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("way", ["image", "plot", "compare"])
def test_a_picture_made_before_a_setting_existed_stays_current(tmp_path: Path, way: str) -> None:
    words, name = WAYS[way]
    wav, picture = write(tmp_path / "a.wav"), tmp_path / name
    done(*words, wav)
    metadata_changed(picture, gamma=None, reduce=None)
    assert invoke(*words, wav, "--check").return_value == 0
    metadata_changed(picture, gamma=2.0)
    assert invoke(*words, wav, "--check").return_value == 1


def test_a_picture_made_by_a_later_version_is_drawn_anew(tmp_path: Path) -> None:
    wav, picture = write(tmp_path / "a.wav"), tmp_path / "a.png"
    done(wav)
    metadata_changed(picture, unheard_of=3)
    assert invoke(wav, "--check").return_value == 1


def with_header(data: bytes, **changes: int) -> bytes:
    """Return a PNG with another header, whose checksum is right."""
    names = ("width", "height", "depth", "kind", "compression", "filter", "interlace")
    header = dict(zip(names, struct.unpack(">IIBBBBB", data[16:29]), strict=True)) | changes
    return data[:8] + chunk(b"IHDR", struct.pack(">IIBBBBB", *header.values())) + data[33:]


@pytest.mark.parametrize(
    "changes",
    [
        {"depth": 16, "width": 64},
        {"depth": 16},
        {"width": 64, "height": 60},
        {"height": 29},
        {"kind": 2},
        {"width": 30, "height": 129},
        {"kind": 3},
    ],
)
def test_a_picture_with_an_altered_header_is_drawn_anew(
    make_wav: MakeWav, tmp_path: Path, changes: dict[str, int]
) -> None:
    source, target = make_wav(), tmp_path / "a.png"
    assert invoke(source).return_value == 0
    whole = target.read_bytes()
    for data in (whole, with_header(whole, **changes)):
        target.write_bytes(data)
        code = invoke(source, "--check").return_value
        assert code == int(data != whole)
    assert invoke(source, "--update").return_value == 0
    assert target.read_bytes() == whole
