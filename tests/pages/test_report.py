"""``wav2spec report``: manifests to a page and to Markdown, without a browser."""

import base64
import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from recordings import SAMPLES, MakeWav
from reports import make_row, run_report, write_manifest

from wav2spec.cli.main import command
from wav2spec.render.html.review import FLAGS, Review


def data_of(page: Path) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.read_text(), re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def column_of(page: Path, name: str) -> list[Any]:
    data = data_of(page)
    column = data["columns"][name]
    if isinstance(column, list):
        return column
    codes = column["rows"] or [0] * data["n_rows"]
    return [column["values"][code] for code in codes]


def flags_of(*rows: dict[str, Any]) -> list[list[str]]:
    review = Review.of([("a.jsonl", list(rows))])
    return [review.flag_names(index) for index in range(len(rows))]


ODD = {
    "failed": make_row("failed.wav", status="failed", error="no samples in it"),
    "silent": make_row("silent.wav", rms_dbfs=None, peak_dbfs=None),
    "truncated": make_row("truncated.wav", truncated=True),
    "clipped": make_row("clipped.wav", clipped_share=0.002),
    "gaps": make_row("gaps.wav", silent_share=0.5),
    "dropped": make_row("dropped.wav", status="dropped"),
    "short": make_row("short.wav", duration_s=0.05),
    "rate": make_row("rate.wav", sample_rate=8000),
    "channels": make_row("channels.wav", n_channels=2),
    "dc": make_row("dc.wav", dc=-0.02),
    "warned": make_row("warned.wav", warnings=["2 of 40 bands hold no bin"]),
    "format": make_row("format.wav", sample_format="PCM_24"),
}


@pytest.mark.parametrize("name", ODD)
def test_a_fault_is_flagged_and_nothing_else_is(name: str) -> None:
    good = [make_row(f"{number}.wav", sample_format="PCM_16") for number in range(5)]
    assert flags_of(*good, ODD[name]) == [[]] * 5 + [[name]]


def test_every_flag_has_a_fault_that_raises_it() -> None:
    assert {flag.name for flag in FLAGS} == {*ODD, "same", "leak"}


def test_equal_samples_are_the_same_within_a_manifest_and_a_leak_across_two() -> None:
    one, other = make_row("one.wav"), make_row("one.wav") | {"source": "other.wav"}
    assert flags_of(one, other, make_row("third.wav")) == [["same"], ["same"], []]
    review = Review.of([("train", [one, make_row("b.wav")]), ("valid", [other])])
    assert [review.flag_names(index) for index in range(3)] == [["leak", "same"], [], ["leak", "same"]]


def test_a_manifest_of_an_earlier_version_has_no_flags_for_what_it_does_not_say() -> None:
    assert flags_of({"source": "a.wav", "target": None, "status": "written", "error": None}) == [[]]


def markdown(rows: list[dict[str, Any]], folder: Path) -> str:
    result = run_report(write_manifest(folder / "run.jsonl", rows), "-o", folder / "run.md")
    assert (result.return_value, result.stderr) == (0, "")
    return (folder / "run.md").read_text()


def test_failures_come_first_in_markdown_with_their_reason(tmp_path: Path) -> None:
    rows = [make_row(f"{number}.wav") for number in range(30)]
    rows += [ODD["clipped"], make_row("bad|name`<b>.wav", status="failed", error="no | samples <script>")]
    text = markdown(rows, tmp_path)
    table = text.partition("## The worst 2 of 2")[2].splitlines()[4:]
    assert (
        table[0]
        == "| <code>bad&#124;name&#96;&lt;b&gt;.wav</code> | failed | no &#124; samples &lt;script&gt; | 1.000 | -3.0 |"
    )
    assert "clipped.wav" in table[1]
    assert "31 written, 1 failed; 32.0 s of sound." in text


def test_markdown_lists_the_worst_twenty(tmp_path: Path) -> None:
    rows = [make_row(f"{number}.wav", status="failed", error="it broke") for number in range(25)]
    text = markdown(rows, tmp_path)
    assert "## The worst 20 of 25" in text
    assert text.count("it broke") == 20


def test_a_page_has_a_row_and_a_thumbnail_for_each_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SAMPLES.parent)
    manifest = tmp_path / "run.jsonl"
    words = ["sample_audio", "LICENSE", "-o", str(tmp_path / "pictures"), "--manifest", str(manifest), "-q"]
    CliRunner().invoke(command, words, standalone_mode=False)
    result = run_report(manifest, "-o", tmp_path / "report.html")
    assert (result.return_value, result.stderr) == (0, "")
    data = data_of(tmp_path / "report.html")
    assert column_of(tmp_path / "report.html", "source") == [
        json.loads(line)["source"] for line in manifest.read_text().splitlines()
    ]
    assert column_of(tmp_path / "report.html", "thumbnail") == [0, 1, 2, 3, 4, 5, None]
    (base,) = data["bases"]
    assert os.path.samefile(tmp_path / base, SAMPLES.parent)


def test_thumbnails_share_one_scale_of_levels(make_wav: MakeWav) -> None:
    from wav2spec.batch.thumbnails import ThumbnailJob, draw_thumbnails

    noise = np.random.default_rng(1).standard_normal(16000)
    loud, quiet = make_wav("loud.wav", 0.1 * noise), make_wav("quiet.wav", 0.01 * noise)
    one, other = draw_thumbnails([ThumbnailJob(str(loud)), ThumbnailJob(str(quiet))], 1)
    assert not isinstance(one, str)
    assert not isinstance(other, str)
    assert one.shape == (48, 96)
    # 20 dB of 80 are a quarter of the levels.
    inner = slice(2, -2)
    assert np.abs(one[:, inner].astype(int) - other[:, inner] - 255 / 4).max() < 3


@pytest.mark.parametrize("layout", ["right-up", "down-left", "down-right"])
def test_thumbnails_of_pictures_have_time_to_the_right_and_frequency_upwards(
    layout: str, make_wav: MakeWav, tmp_path: Path
) -> None:
    from wav2spec.batch.thumbnails import ThumbnailJob, draw_thumbnails

    # A low tone, then a high one.
    times = np.arange(8000) / 16000
    tones = [np.sin(2 * np.pi * frequency * times) for frequency in (1000, 7000)]
    source = make_wav("tones.wav", 0.5 * np.concatenate(tones))
    picture = tmp_path / "picture.png"
    words = [str(source), str(picture), "--layout", layout, "--scale", "db", "-q"]
    assert CliRunner().invoke(command, words, standalone_mode=False).return_value == 0
    (thumbnail,) = draw_thumbnails([ThumbnailJob(str(picture), is_picture=True)], 1)
    assert not isinstance(thumbnail, str)
    left, right = thumbnail[:, 24].argmax(), thumbnail[:, 72].argmax()
    # Rows count from the top, each 8000 / 48 Hz.
    rows = np.array([left, right])
    assert np.abs(rows + 0.5 - 48 * (1 - np.array([1000, 7000]) / 8000)).max() <= 1


def test_a_recording_that_is_gone_costs_its_thumbnail_and_a_warning(make_wav: MakeWav, tmp_path: Path) -> None:
    rows = [make_row(str(make_wav("a.wav"))), make_row(str(tmp_path / "gone.wav"))]
    result = run_report(write_manifest(tmp_path / "run.jsonl", rows), "-o", tmp_path / "report.html")
    assert result.return_value == 0
    assert "no thumbnail of 1 rows; the first: " in result.stderr
    assert column_of(tmp_path / "report.html", "thumbnail") == [0, None]


def test_a_recording_that_was_cut_since_costs_its_thumbnail(make_wav: MakeWav, tmp_path: Path) -> None:
    rows = [make_row(str(make_wav(n_samples=4000)), start_sample=8000, segment_samples=4000)]
    result = run_report(write_manifest(tmp_path / "run.jsonl", rows), "-o", tmp_path / "report.html")
    assert result.return_value == 0
    assert "it ends before sample 8000" in result.stderr


def test_the_page_allows_its_own_scripts_and_styles_by_digest_and_nothing_else(tmp_path: Path) -> None:
    write_manifest(tmp_path / "run.jsonl", [make_row()])
    run_report(tmp_path / "run.jsonl", "-o", tmp_path / "report.html", "--thumbnails", "none")
    page = (tmp_path / "report.html").read_text()
    policy = re.search('Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert policy[1].startswith("default-src 'none'; ")
    assert "unsafe" not in policy[1]
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy[1]
    assert not re.search(r"""\son\w+=|style=|src=["']?http""", page.split("<script>")[0].split("</style>")[1])


@pytest.mark.system
def test_the_same_manifest_gives_the_same_bytes_at_any_number_of_processes(tmp_path: Path) -> None:
    rows = [make_row(str(SAMPLES / f"{name}.wav")) for name in ("kick", "snare", "speech")]
    write_manifest(tmp_path / "run.jsonl", rows)
    for jobs in ("1", "3"):
        run_report(tmp_path / "run.jsonl", "-o", tmp_path / f"{jobs}.html", "-j", jobs)
    assert (tmp_path / "1.html").read_bytes() == (tmp_path / "3.html").read_bytes()


@pytest.mark.parametrize("rows", [[], [make_row(status="failed", error="no")], [make_row(source="-")]])
def test_odd_manifests_make_a_page(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    write_manifest(tmp_path / "run.jsonl", rows)
    result = run_report(tmp_path / "run.jsonl", "-o", tmp_path / "report.html")
    assert (result.return_value, result.stderr) == (0, "")
    assert data_of(tmp_path / "report.html")["n_rows"] == len(rows)


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"source": 3, "status": "written"}',
        b"[" * 100_000,
        json.dumps(make_row(peak_dbfs="loud")).encode(),
        b'{"source": "a", "status": "written", "dc": NaN}',
        b'{"source": "a", "status": "written", "dc": 1e400}',
        b'{"source": "a", "status": "written", "n_samples": 1' + b"0" * 400 + b"}",
        b'{"source": "a", "status": "written", "sample_rate": 1e-320}',
        b'{"source": "a\\u0000.wav", "status": "written"}',
        b'{"source": "a", "status": "written", "target": "\\ud800.png"}',
    ],
)
def test_a_line_that_is_no_row_is_named_and_no_page_is_written(line: bytes, tmp_path: Path) -> None:
    good = json.dumps(make_row()).encode()
    (tmp_path / "run.jsonl").write_bytes(good + b"\n" + line + b"\n")
    result = run_report(tmp_path / "run.jsonl", "-o", tmp_path / "report.html")
    assert result.return_value == 1
    assert f"{tmp_path / 'run.jsonl'}: line 2 is no row of a manifest" in result.stderr
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize("target", ["new/report.html", "new/report.md"])
def test_texts_of_any_bytes_are_written_into_a_new_folder(target: str, tmp_path: Path) -> None:
    odd: dict[str, Any] = {"error": "caf\udce9", "sample_format": "\udc80", "directory": "", "warnings": ["\udcff"]}
    write_manifest(tmp_path / "run.jsonl", [make_row(**odd)])
    assert run_report(tmp_path / "run.jsonl", "-o", tmp_path / target).return_value == 0
    (tmp_path / target).read_text("utf-8")


@pytest.mark.parametrize("target", ["report.pdf", "run.jsonl"])
def test_targets_that_make_no_sense_are_usage_errors(target: str, tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path / "run.jsonl", [make_row()])
    before = manifest.read_bytes()
    result = CliRunner().invoke(command, ["report", str(manifest), "-o", str(tmp_path / target)])
    assert result.exit_code == 2
    assert manifest.read_bytes() == before


def test_two_manifests_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for name in ("train", "valid"):
        (tmp_path / name).mkdir()
        write_manifest(tmp_path / name / "run.jsonl", [make_row(f"{name}.wav")])
    paths = [tmp_path / name / "run.jsonl" for name in ("train", "valid")]
    run_report(*paths, "-o", tmp_path / "report.html", "--thumbnails", "none")
    assert data_of(tmp_path / "report.html")["names"] == list(map(str, paths))
