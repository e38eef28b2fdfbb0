"""The manifest as a file: of any names, whole or as it was, and never in the place of what a run reads or draws."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from folders import folder_state
from manifests import assert_right, parsed
from processes import wait_until_writing
from program import FAILED, HANGS_AFTER_S, USAGE_ERROR, needs_mounts, needs_proc, on_a_disk, run, start
from recordings import MakeWav


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are UTF-8")
def test_a_name_that_is_no_text_comes_back_as_the_bytes_it_is(make_wav: MakeWav, folder: Path) -> None:
    names = [b"\xff\xfe.wav", b"a\n\t\"'\\.wav", "\N{SNOWMAN}e\N{COMBINING ACUTE ACCENT}\U0001f600.wav".encode()]
    wav = make_wav()
    for name in names:
        (folder / os.fsdecode(name)).write_bytes(wav.read_bytes())
    for jobs in ("1", "4"):
        assert run(folder, "-j", jobs, "--manifest", folder / "m.jsonl").returncode == 0
        rows = parsed((folder / "m.jsonl").read_bytes())
        sources = [os.fsencode(row["source"]) for row in rows]
        assert sources == [os.fsencode(folder) + b"/" + name for name in sorted(names, key=os.fsdecode)]
        assert [os.fsencode(row["target"]) for row in rows] == [source[:-3] + b"png" for source in sources]
        for row in rows:
            assert_right(row)


def test_a_manifest_that_cannot_be_written_is_an_error_before_any_work(make_wav: MakeWav, folder: Path) -> None:
    wav, dangling = make_wav(), folder / "dangling"
    dangling.symlink_to("nowhere")
    named = {
        folder: folder,
        wav / "m.jsonl": wav,
        wav / "deep" / "m.jsonl": wav / "deep",
        dangling / "m.jsonl": dangling,
    }
    for path, name in named.items():
        before = folder_state(wav.parent)
        result = run(wav, "-o", folder / "o.png", "--manifest", path)
        assert (result.returncode, result.stdout) == (FAILED, b"")
        assert result.stderr.startswith(f"wav2spec: error: {name}: ".encode())
        assert folder_state(wav.parent) == before


@pytest.mark.parametrize("options", [[], ["--check"]])
def test_its_folder_is_made_if_it_is_missing(make_wav: MakeWav, folder: Path, options: list[str]) -> None:
    manifest = folder / "new" / "deep" / "m.jsonl"
    result = run(make_wav(), "-o", folder / "o.png", "--manifest", manifest, *options)
    assert result.returncode == (FAILED if options else 0)
    (row,) = parsed(manifest.read_bytes())
    assert row["status"] == ("missing" if options else "written")


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("old", [b"", b"old\n"], ids=["new", "old"])
def test_a_run_that_is_stopped_leaves_it_as_it_was(
    make_wav: MakeWav, folder: Path, tmp_path: Path, number: signal.Signals, old: bytes
) -> None:
    first, second = make_wav("a.wav"), make_wav("b.wav", n_samples=1_000_000)
    manifest = tmp_path / "told" / "m.jsonl"
    manifest.parent.mkdir()
    if old:
        manifest.write_bytes(old)
    with start(first, second, "--stride", "1", "-o", folder, "--manifest", manifest) as process:
        wait_until_writing(process, folder)
        process.send_signal(number)
        process.communicate(timeout=HANGS_AFTER_S)
    assert process.returncode == -number
    assert {path.name: path.read_bytes() for path in manifest.parent.iterdir()} == ({"m.jsonl": old} if old else {})


@needs_mounts
def test_a_disk_too_full_for_it_leaves_the_old_one(make_wav: MakeWav, folder: Path, tmp_path: Path) -> None:
    wavs = [make_wav(f"{number:02}.wav") for number in range(12)]
    words: tuple[str | Path, ...] = (*wavs, "-o", folder, "--manifest", "disk/m.jsonl")
    result, left = on_a_disk(tmp_path, "size=4k", "echo old >disk/m.jsonl", *words)
    assert (result.returncode, left) == (FAILED, {"m.jsonl": b"old\n"})
    assert result.stderr.splitlines()[0] == b"wav2spec: error: disk/m.jsonl: cannot be written: No space left on device"


def test_an_old_one_is_replaced_and_a_link_followed(make_wav: MakeWav, folder: Path) -> None:
    real, link = folder / "real", folder / "m.jsonl"
    link.symlink_to(real)
    for _ in range(2):
        assert run(make_wav(), "-o", folder / "o.png", "--manifest", link).returncode == 0
        (row,) = parsed(real.read_bytes())
        assert_right(row)
    assert link.is_symlink()


# What must not be replaced by a manifest, by the folder in which all of it lies.
PLACES: dict[str, Callable[[Path], Path]] = {
    "recording": lambda folder: folder / "a.wav",
    "last recording": lambda folder: folder / "b.wav",
    "recording by another name": lambda folder: folder / "pictures" / ".." / "a.wav",
    "link to a recording": lambda folder: folder / "link",
    "picture": lambda folder: folder / "pictures" / "b.png",
    "list": lambda folder: folder / "list",
}


@pytest.mark.parametrize("place", list(PLACES))
@pytest.mark.parametrize("option", ["--update", "--check"])
def test_it_never_takes_the_place_of_what_is_read_or_drawn(
    make_wav: MakeWav, folder: Path, place: str, option: str
) -> None:
    wavs = [make_wav("a.wav"), make_wav("b.wav")]
    (wavs[0].with_name("link")).symlink_to("a.wav")
    (wavs[0].with_name("list")).write_bytes(b"".join(os.fsencode(wav) + b"\n" for wav in wavs))
    words: list[str | Path] = ["--files-from", wavs[0].with_name("list"), "-o", folder, option]
    before = folder_state(wavs[0].parent)
    result = run(*words, "--manifest", PLACES[place](wavs[0].parent))
    assert (result.returncode, result.stdout) == (USAGE_ERROR, b"")
    assert folder_state(wavs[0].parent) == before


@pytest.mark.parametrize(
    "words", ["-o - --manifest -", "-o - --manifest /dev/stdout", "-o pictures/ --check --manifest -"]
)
def test_standard_output_takes_one_thing(make_wav: MakeWav, words: str) -> None:
    wav = make_wav()
    result = run(wav, *words.split(), cwd=wav.parent)
    assert (result.returncode, result.stdout) == (USAGE_ERROR, b"")


def test_an_empty_name_is_refused(make_wav: MakeWav, folder: Path) -> None:
    result = run(make_wav(), "-o", folder, "--manifest", "")
    assert (result.returncode, list(folder.iterdir())) == (USAGE_ERROR, [])
