"""Labels of Audacity and Raven."""

import pytest

from wav2spec.formats.labels import Label, parse_labels, read_labels

RAVEN = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tAnnotation"


def test_label_tracks_have_spans_points_texts_and_bands() -> None:
    lines = ["0.5\t1.25\ta crow", "2,5\t2,5\tdecimal comma", "3\t4\t", "\\\t800\t-1", "", "5\t6\ttwo\ttabs"]
    assert parse_labels(lines) == (
        Label(0.5, 1.25, "a crow"),
        Label(2.5, 2.5, "decimal comma"),
        Label(3.0, 4.0, "", 800.0, None),
        Label(5.0, 6.0, "two\ttabs"),
    )


def test_selection_tables_have_a_label_for_each_selection_not_for_each_view() -> None:
    rows = [f"1\t{view}\t1\t0.5\t0.75\t300\t2000.5\tcall" for view in ("Waveform 1", "Spectrogram 1")]
    rows.append("2\tSpectrogram 1\t1\t1\t2\t0\t500\t")
    assert parse_labels([RAVEN, *rows]) == (Label(0.5, 0.75, "call", 300.0, 2000.5), Label(1.0, 2.0, "", 0.0, 500.0))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["0.5\t1\tgood", "no label"], "line 2 is no label"),
        (["a\tb\tc"], "line 1: 'a' and 'b' should be numbers"),
        (["nan\t1\tc"], "line 1: 'nan' and '1' should be finite"),
        ([RAVEN, "1\tSpectrogram 1"], "line 2 has 2 columns, the head has 8"),
    ],
)
def test_a_line_that_is_no_label_is_named(lines: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_labels(lines)


def test_files_may_begin_with_a_byte_order_mark(tmp_path: object) -> None:
    path = f"{tmp_path}/labels.txt"
    with open(path, "wb") as file:
        file.write("\N{BYTE ORDER MARK}1\t2\tschön\r\n".encode())
    assert read_labels(path) == (Label(1.0, 2.0, "schön"),)
