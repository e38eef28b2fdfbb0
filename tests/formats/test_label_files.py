"""Label files of four kinds, by hand, and lines that cannot be read."""

from pathlib import Path

import pytest

from wav2spec.errors import AudioError
from wav2spec.formats.label_files import find_label_file, read_label_file
from wav2spec.formats.labels import Label

TEXTGRID = '''File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 3
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 3
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 0.5
            text = ""
        intervals [2]:
            xmin = 0.5
            xmax = 1.5
            text = "two ""words"""
    item [2]:
        class = "TextTier"
        name = "points"
        xmin = 0
        xmax = 3
        points: size = 1
        points [1]:
            number = 1.2
            mark = "p"
'''

RAVEN = (
    "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tSpecies\n"
    "1\tWaveform 1\t1\t0.5\t1.25\t100\t2000\towl\n"
    "1\tSpectrogram 1\t1\t0.5\t1.25\t100\t2000\towl\n"
    "2\tSpectrogram 1\t1\t2\t3\t400\t500.5\twren\n"
)


def read(tmp_path: Path, name: str, text: str) -> list[Label]:
    path = tmp_path / name
    path.write_text(text)
    return read_label_file(str(path))


def test_audacity(tmp_path: Path) -> None:
    text = "2.5\t3\tlater\n0.5\t1.25\ta b\n\\\t100.0\t2000.0\n1.5\t1.5\tpoint\n"
    assert read(tmp_path, "a.txt", text) == [
        Label(0.5, 1.25, "a b", 100.0, 2000.0),
        Label(1.5, 1.5, "point"),
        Label(2.5, 3.0, "later"),
    ]


def test_raven_has_a_line_for_each_view(tmp_path: Path) -> None:
    assert read(tmp_path, "a.selections.txt", RAVEN) == [
        Label(0.5, 1.25, "owl", 100.0, 2000.0),
        Label(2.0, 3.0, "wren", 400.0, 500.5),
    ]


def test_praat(tmp_path: Path) -> None:
    found = read(tmp_path, "a.TextGrid", TEXTGRID)
    # Empty intervals are none.
    assert [(one.start_s, one.end_s, one.tier) for one in found] == [(0.5, 1.5, "words"), (1.2, 1.2, "points")]
    assert found[0].text.startswith("two ")
    assert found[1].text == "p"


@pytest.mark.parametrize(
    "text",
    [
        'start,end,low,high,label\n1,2,100,200,"a, b"\n',
        '1,2,100,200,"a, b"\n',
        'Label,Onset,Offset,fmin,fmax\n"a, b",1,2,100,200\n',
    ],
)
def test_csv_by_names_or_by_place(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, "a.csv", text) == [Label(1.0, 2.0, "a, b", 100.0, 200.0)]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.txt", "0\t1\tx\n1\ttwo\ty\n", ("line 2", "'two'")),
        ("a.txt", "0\t1\tx\n\n3\t2\ty\n", ("3 s to 2 s",)),
        ("a.txt", "hello\n", ("line 1", "tabs")),
        ("a.txt", "0\tnan\tx\n", ("line 1", "finite")),
        ("a.csv", "start,end,label\n0,1,x\n1,,y\n", ("line 3", "no end")),
        ("a.csv", "0,1,x,y\n", ("line 1", "4 columns")),
        ("a.csv", f"0,1,{'x' * 200_000}\n", ("not CSV", "field larger")),
        ("a.csv", "0,1,500,400,x\n", ("500 Hz to 400 Hz",)),
        ("a.txt", "Selection\tBegin Time (s)\tEnd Time (s)\n1\t2\n", ("line 2", "2 columns")),
        ("a.TextGrid", "no grid", ("TextGrid",)),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, name: str, text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(AudioError) as caught:
        read(tmp_path, name, text)
    assert caught.value.path.endswith(name)
    assert all(word in caught.value.message for word in words)


def test_labels_beside_a_recording_are_found_by_its_name(tmp_path: Path) -> None:
    assert find_label_file(str(tmp_path / "talk.wav")) is None
    (tmp_path / "talk.txt").write_text("")
    assert find_label_file(str(tmp_path / "talk.wav")) == str(tmp_path / "talk.txt")
