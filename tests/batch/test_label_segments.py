"""`--segments`: a picture of each section of a label file."""

import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from in_process import done, invoke, usage_error
from recordings import MakeWav

import wav2spec

RATE = 16000


@pytest.fixture
def recordings(make_wav: MakeWav, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a recording of 2 s of noise in each of two folders, as the working directory."""
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, 2 * RATE)
    for name in ("crow/1.wav", "rook/2.wav"):
        (folder / name).parent.mkdir(parents=True)
        make_wav(samples=samples, sample_rate=RATE).rename(folder / name)
    monkeypatch.chdir(folder)
    return folder


def rows(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def names(root: str) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in Path(root).rglob("*.png"))


FORMATS = {
    "txt": "0.5\t1.0\tcaw\n\\\t800\t2000\n1.25\t1.5\tcaw\n",
    "csv": "start,end,label\n0.5,1.0,caw\n1.25,1.5,caw\n",
    "selections.txt": "Begin Time (s)\tEnd Time (s)\tSpecies\n0.5\t1.0\tcaw\n1.25\t1.5\tcaw\n",
    "TextGrid": """File type = "ooTextFile"
Object class = "TextGrid"

0
2
<exists>
1
"IntervalTier"
"calls"
0
2
5
0
0.5
""
0.5
1.0
"caw"
1.0
1.25
""
1.25
1.5
"caw"
1.5
2
""
""",
}


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_picture_of_each_section_is_that_of_the_section_cut_out(recordings: Path, suffix: str) -> None:
    (recordings / f"crow/1.{suffix}").write_text(FORMATS[suffix])
    done("image", "crow/", "-o", "out/", "--segments", "auto", "--manifest", "m.jsonl")
    assert names("out") == ["1-0000008000-caw.png", "1-0000020000-caw.png"]
    found = [(row["label"], row["start_s"], row["segment_samples"], row["start_sample"]) for row in rows("m.jsonl")]
    assert found == [("caw", 0.5, RATE // 2, 8000), ("caw", 1.25, RATE // 4, 20000)]
    done("image", "crow/1.wav", "cut.png", "--start", "1.25", "--duration", "0.25")
    np.testing.assert_array_equal(
        wav2spec.read_png("out/1-0000020000-caw.png").values, wav2spec.read_png("cut.png").values
    )


def test_one_table_serves_a_whole_set(recordings: Path) -> None:
    table = "file,start,end,label\ncrow/1.wav,0,0.5,caw\nrook/2,0.5,1,croak\n2.wav,1,1.5,croak\nnone.wav,0,9,x\n"
    (recordings / "all.csv").write_text(table)
    done("image", "crow", "rook", "-o", "out/", "--segments", "all.csv", "--manifest", "m.jsonl", "-j", "1")
    assert [(row["source"], row["label"]) for row in rows("m.jsonl")] == [
        ("crow/1.wav", "caw"),
        ("rook/2.wav", "croak"),
        ("rook/2.wav", "croak"),
    ]


@pytest.mark.usefixtures("recordings")
def test_the_label_of_a_recording_without_sections_is_its_folder() -> None:
    done("image", "crow", "rook", "-o", "out/", "--manifest", "m.jsonl")
    assert [row["label"] for row in rows("m.jsonl")] == ["crow", "rook"]


def test_names_stay_apart_and_fit_the_file_system(recordings: Path) -> None:
    labels = [(0.5, 1, "a/b.c"), (0.5, 1.5, "a b c"), (0.5, 2, ""), (0.5, 1.75, "é" * 90)]
    (recordings / "crow/1.txt").write_text("".join(f"{start}\t{end}\t{text}\n" for start, end, text in labels))
    done("image", "crow/1.wav", "-o", "out/", "--segments", "auto")
    assert set(names("out")) == {f"1-0000008000{end}.png" for end in ("", "-a_b_c-2", "-a_b_c", f"-{'é' * 20}")}
    long = recordings / f"{'n' * 240}.wav"
    (recordings / "crow/1.wav").rename(long)
    (recordings / "l.txt").write_text(f"0\t1\t{'x' * 90}\n0\t2\t{'x' * 90}\n")
    done("image", long.name, "-o", "long/", "--segments", "l.txt")
    assert all(len(name) <= 255 for name in names("long"))
    assert len(names("long")) == 2


def test_update_draws_what_changed_and_prune_removes_what_is_gone(recordings: Path) -> None:
    table = recordings / "crow/1.txt"
    table.write_text("0\t0.5\tcaw\n1\t1.5\tcaw\n")
    words = ("image", "crow/", "-o", "out/", "--segments", "auto")
    done(*words)
    assert "2 up to date" in done(*words, "--update").stderr
    table.write_text("0\t0.5\tcaw\n1\t1.75\tcaw\n")
    assert invoke(*words, "--check").return_value == 1
    assert "1 written, 1 up to date" in done(*words, "--update").stderr
    table.write_text("1\t1.75\tcroak\n")
    done(*words, "--update", "--prune")
    assert names("out") == ["1-0000016000-croak.png"]
    assert done(*words, "--dry-run").output == "crow/1.wav -> out/1-*.png\n"


def test_shards_hold_sections_with_their_labels(recordings: Path) -> None:
    (recordings / "crow/1.txt").write_text("0\t0.5\tcaw\n1\t1.5\tk. r.\n")
    (recordings / "rook/2.txt").write_text("0.25\t0.5\tcroak\n")
    words = ("image", "crow", "rook", "-o", "s-%03d.tar", "--segments", "auto", "--shard-size", "1")
    done(*words)
    for part in (1, 2):
        done(*words[:4], "p-%03d.tar", *words[5:], "--part", f"{part}/2")
    for number in range(2):
        assert Path(f"s-{number:03}.tar").read_bytes() == Path(f"p-{number:03}.tar").read_bytes()
    with tarfile.open("s-000.tar") as archive:
        members = archive.getnames()
        assert members[::2] == ["crow/1-0000000000-caw.png", "crow/1-0000016000-k_r.png"]
        labels = [json.load(archive.extractfile(name))["label"] for name in members[1::2]]  # type: ignore[arg-type]
    assert labels == ["caw", "k. r."]
    assert "3 up to date" in done(*words, "--update").stderr


def test_metadata_tells_the_label_and_no_path(recordings: Path) -> None:
    (recordings / "crow/1.txt").write_text("0\t0.5\tcaw\n")
    done("image", "crow/1.wav", "-o", "out/", "--segments", str(recordings / "crow/1.txt"))
    text = done("info", "--json", "out/1-0000000000-caw.png").stdout
    assert json.loads(text)["label"] == "caw"
    assert str(recordings) not in text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("0\t1\ta\n0.5 1.0\n", "crow/1.txt: line 2 is no label"),
        ("0\t1\ta\n0.5\tx\tb\n", "crow/1.txt: line 2: '0.5' and 'x' should be numbers"),
        ("0\t1\ta\n2.5\t3\tlate\n", "crow/1.txt: the label 'late' begins at 2.5 s, but crow/1.wav ends at 2.000 s"),
        ("1\t0.5\tback\n", "crow/1.txt: the label 'back' is from 1 s to 0.5 s"),
    ],
)
def test_a_line_that_cannot_be_is_named_and_nothing_is_drawn(recordings: Path, content: str, message: str) -> None:
    (recordings / "crow/1.txt").write_text(content)
    result = invoke("image", "crow/1.wav", "-o", "out/", "--segments", "auto")
    assert result.return_value == 1
    assert message in result.stderr
    assert not Path("out").exists()


def test_what_is_left_out_is_told(recordings: Path) -> None:
    (recordings / "crow/1.txt").write_text("1.5\t2.5\tlong\n0.5\t0.5\tclick\n")
    result = done("image", "crow/1.wav", "-o", "out/", "--segments", "auto", "--manifest", "m.jsonl")
    assert "1 left out" in result.stderr
    assert "1 cut off there" in result.stderr
    assert [row["segment_samples"] for row in rows("m.jsonl")] == [RATE // 2]
    (recordings / "crow/1.txt").write_text("")
    assert "no section of it has a label" in done("image", "crow/1.wav", "-o", "out/", "--segments", "auto").stderr


def test_a_recording_without_labels_fails_alone(recordings: Path) -> None:
    (recordings / "crow/1.txt").write_text("0\t0.5\tcaw\n")
    result = invoke("image", "crow", "rook", "-o", "out/", "--segments", "auto")
    assert result.return_value == 1
    assert "rook/2.wav: has no label file of its name beside it" in result.stderr
    assert names("out") == ["crow/1-0000000000-caw.png"]


@pytest.mark.usefixtures("recordings")
@pytest.mark.parametrize("words", ["--segment 1", "--start 1", "--duration 1"])
def test_sections_have_one_source(words: str) -> None:
    message = usage_error("image", "crow/1.wav", "--segments", "auto", *words.split())
    assert "cannot be combined with --segments" in message


@pytest.mark.usefixtures("recordings")
def test_a_section_does_not_go_to_standard_output_nor_over_its_labels() -> None:
    assert "standard output" in usage_error("image", "crow/1.wav", "-", "--segments", "auto")
    assert "m is to be written" in usage_error("image", "crow", "-o", "out/", "--segments", "m", "--manifest", "m")


def test_figures_of_sections_tell_their_times(recordings: Path) -> None:
    (recordings / "crow/1.txt").write_text("0.5\t1\tcaw\n")
    done("plot", "crow/1.wav", "-o", "out/", "--segments", "auto")
    [name] = names("out")
    metadata = json.loads(done("info", "--json", f"out/{name}").stdout)
    assert metadata["columns"]["left"] == pytest.approx(0.5, abs=1e-3)
    assert metadata["columns"]["right"] == pytest.approx(1.0, abs=1e-3)
    assert "caw" in metadata["title"]
    assert "0.5 to 1 s" in metadata["title"]
