"""Gates close at their threshold and not before."""

from math import inf, log10, nextafter
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from folders import names
from in_process import invoke, usage_error
from recordings import MakeWav, riff

from wav2spec.audio.checks import QualityCheck, parse_checks

N = 4000
SQUARE = np.resize([1.0, -1.0], N)
QUIET = 2.0**-10


def closed(wav: Path, check: str, *options: str) -> str:
    """Return why a recording is refused, nothing if it is drawn; --warn says the same, and draws."""
    refused, warned = wav.with_name("refused.png"), wav.with_name("warned.png")
    results = (
        invoke(wav, "-o", refused, "--refuse", check, *options),
        invoke(wav, "-o", warned, "--warn", check, *options),
    )
    kinds, failed_checks = zip(*((*result.stderr.split(f": {wav}: "), "", "")[:2] for result in results), strict=True)
    assert failed_checks[0] == failed_checks[1]
    is_closed = failed_checks[0] != ""
    assert [result.return_value for result in results] == [int(is_closed), 0]
    assert kinds == (("wav2spec: refused", "wav2spec: warning") if is_closed else ("", ""))
    assert (refused.exists(), warned.exists()) == (not is_closed, True)
    for path in (refused, warned):
        path.unlink(missing_ok=True)
    return str(failed_checks[0])


@pytest.mark.parametrize(
    ("level", "check", "is_closed"),
    [
        # At most: the RMS of a square wave is its amplitude, exactly.
        (QUIET, f"silent:{20 * log10(QUIET)!r}", True),
        (QUIET, f"silent:{nextafter(20 * log10(QUIET), -inf)!r}", False),
        (QUIET, f"silent:{nextafter(20 * log10(QUIET), 0)!r}", True),
        (10**-3.001, "silent", True),
        (10**-2.999, "silent", False),
        (0.5, "silent:-6", True),
        (0.5, "silent:-7", False),
        (1.0, "silent:0", True),
        (1 + 2**-20, "silent:0", False),
        (0.0, "silent:-1000", True),
    ],
)
def test_silent_is_an_rms_of_at_most_the_threshold(
    make_wav: MakeWav, level: float, check: str, is_closed: bool
) -> None:
    reason = closed(make_wav(samples=SQUARE * level, subtype="FLOAT"), check)
    assert bool(reason) == is_closed
    if is_closed:
        shown = f"{20 * log10(level):.1f} dBFS" if level else "nothing"
        threshold = float((check + ":-60").split(":")[1])
        assert reason == f"silent: its RMS is {shown}, it must be above {threshold:g} dBFS\n"


def test_silent_is_judged_over_all_channels_and_the_span_that_is_drawn(make_wav: MakeWav) -> None:
    one_loud = make_wav(samples=np.stack((SQUARE * 0, SQUARE * 0.25)).T, subtype="FLOAT")
    assert not closed(one_loud, "silent")
    # Half of the energy: 3 dB below the loud one's -12.
    assert closed(one_loud, "silent:-15.05")
    assert not closed(one_loud, "silent:-15.06")
    later_loud = make_wav(samples=np.repeat([0, 0.25], N // 2), subtype="FLOAT")
    assert closed(later_loud, "silent", "--duration", "0.125")
    assert not closed(later_loud, "silent", "--start", "0.125")


FULL: list[tuple[str, float | int, float | int]] = [
    # Subtype, a value at full scale, and the greatest below it.
    ("PCM_16", 32767, 32766),
    ("PCM_16", -32768, -32766),
    ("PCM_24", (2**23 - 1) << 8, (2**23 - 2) << 8),
    ("PCM_24", -(2**31), -(2**23 - 2) << 8),
    ("PCM_U8", 127 << 8, 126 << 8),
    ("PCM_U8", -(128 << 8), -(126 << 8)),
    ("FLOAT", 1.0, float(np.nextafter(np.float32(1), np.float32(0)))),
    ("FLOAT", -1.5, -float(np.nextafter(np.float32(1), np.float32(0)))),
]


@pytest.mark.parametrize(("subtype", "full", "below"), FULL)
def test_clipped_is_a_share_of_full_values_above_the_threshold(
    make_wav: MakeWav, subtype: str, full: float, below: float
) -> None:
    kind = {"PCM_24": np.int32, "FLOAT": np.float32}.get(subtype, np.int16)

    def wav(n_full: int) -> Path:
        samples: npt.NDArray[np.generic] = np.full((N, 2), below).astype(kind)
        samples[np.arange(n_full), 1] = full
        return make_wav(samples=samples, subtype=subtype)

    assert not closed(wav(0), "clipped:0")
    assert closed(wav(1), "clipped:0")
    # Of 8000 values, a thousandth are 8.
    assert not closed(wav(8), "clipped")
    assert closed(wav(9), "clipped") == "clipped: 0.1125% of its values are at full scale, 0.1000% may be\n"
    assert not closed(wav(4), "clipped:0.0005")
    assert closed(wav(5), "clipped:0.0005")


@pytest.mark.parametrize(
    ("n_samples", "check", "is_closed"),
    [
        (4000, "short:0.25", False),
        (3999, "short:0.25", True),
        (4001, "short:0.25", False),
        (15_999, "short", True),
        (16_000, "short", False),
        (256, "short:0", False),
    ],
)
def test_short_is_what_lasts_less_than_the_threshold(
    make_wav: MakeWav, n_samples: int, check: str, is_closed: bool
) -> None:
    reason = closed(make_wav(n_samples=n_samples), check)
    least = float((check + ":1").split(":")[1])
    expected = f"short: it lasts {n_samples / 16000:.3f} s, it must last {least:g} s\n"
    assert reason == (expected if is_closed else "")


def test_short_is_judged_by_the_span_that_is_drawn(make_wav: MakeWav) -> None:
    wav = make_wav(n_samples=16_000)
    assert closed(wav, "short", "--start", "1ms")
    assert closed(wav, "short:0.5", "--duration", "0.4999")
    assert not closed(wav, "short:0.5", "--duration", "0.5")


def test_short_and_silent_say_nothing_of_zeros_that_are_added(make_wav: MakeWav) -> None:
    wav = make_wav(samples=SQUARE / 4, subtype="FLOAT")
    assert closed(wav, "short:0.3", "--target-length", "1s")
    assert not closed(wav, "silent:-13", "--target-length", "10s")


@pytest.mark.parametrize(("n_cut", "is_closed"), [(0, False), (1, True), (2, True), (6000, True)])
def test_truncated_is_a_header_that_promises_more(make_wav: MakeWav, n_cut: int, is_closed: bool) -> None:
    wav, data = make_wav(), np.arange(N, dtype="<i2").tobytes()
    wav.write_bytes(riff(data)[: len(data) + 44 - n_cut])
    refused = invoke(wav, "-o", wav.with_name("a.png"), "--refuse", "truncated")
    promise = f"truncated: the header promises 8000 bytes of samples, {8000 - n_cut} are there\n"
    assert refused.stderr == (f"wav2spec: refused: {wav}: {promise}" if is_closed else "")
    assert refused.return_value == int(is_closed)
    # A warning that is there anyhow is said once.
    warned = invoke(wav, "-o", wav.with_name("b.png"), "--warn", "truncated")
    assert warned.stderr == (f"wav2spec: warning: {wav}: {promise}" if is_closed else "")
    assert names(wav.parent) == (["a.wav", "b.png"] if is_closed else ["a.png", "a.wav", "b.png"])


OFF = 2.0**-7


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("channel", [1, 2, 3])
@pytest.mark.parametrize(
    ("mean", "check", "is_closed"),
    [
        (OFF, f"dc:{OFF!r}", False),
        (OFF + 2**-20, f"dc:{OFF!r}", True),
        (OFF - 2**-20, f"dc:{OFF!r}", False),
        (0.0101, "dc", True),
        (0.0099, "dc", False),
        (0.0, "dc:0", False),
    ],
)
def test_dc_is_the_mean_of_a_channel_beyond_the_threshold(
    make_wav: MakeWav, mean: float, check: str, is_closed: bool, channel: int, sign: int
) -> None:
    samples = np.stack([SQUARE / 4] * 3, axis=1)
    samples[:, channel - 1] += sign * mean
    reason = closed(make_wav(samples=samples, subtype="FLOAT"), check)
    threshold = float((check + ":0.01").split(":")[1])
    expected = f"dc: the mean of channel {channel} is {sign * mean:+.4f}, it may be {threshold:g} off 0\n"
    assert reason == (expected if is_closed else "")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], []),
        (["silent"], [("silent", -60.0)]),
        (["silent:-50.5"], [("silent", -50.5)]),
        (["silent,clipped:0.01"], [("silent", -60.0), ("clipped", 0.01)]),
        ([" silent , short"], [("silent", -60.0), ("short", 1.0)]),
        (["dc", "truncated,clipped"], [("dc", 0.01), ("truncated", 0.0), ("clipped", 0.001)]),
        (["short:0", "silent:0", "dc:0"], [("short", 0.0), ("silent", 0.0), ("dc", 0.0)]),
        (["short:1e-3"], [("short", 0.001)]),
    ],
)
def test_gates_are_read_as_people_write_them(words: list[str], expected: list[tuple[str, float]]) -> None:
    assert parse_checks(words) == tuple(QualityCheck(*pair) for pair in expected)


BAD = [
    "loud",
    "",
    "silent,",
    "Silent",
    "silent:",
    "silent:low",
    "silent:nan",
    "silent:-inf",
    "truncated:1",
    "clipped:1%",
]


@pytest.mark.parametrize("words", [*BAD, "short:1s", "silent -50", "silent:-50:2"])
def test_what_is_no_gate_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match=r"none of|no number|not finite"):
        parse_checks([words])


@pytest.mark.parametrize("option", ["--refuse", "--warn"])
@pytest.mark.parametrize("words", BAD)
@pytest.mark.parametrize("more", [[], ["--check"], ["--refuse", "short"]])
def test_what_is_no_gate_is_a_usage_error_before_any_work(
    make_wav: MakeWav, option: str, words: str, more: list[str]
) -> None:
    wav = make_wav()
    said = usage_error(wav, "none.wav", "-o", f"{wav.parent}/out/", *more, option, words)
    assert said.startswith(f"{option}: ")
    assert names(wav.parent) == ["a.wav"]


@pytest.mark.parametrize("option", ["--refuse", "--warn"])
def test_a_dry_run_refuses_what_the_run_would(make_wav: MakeWav, option: str) -> None:
    assert usage_error(make_wav(), "--dry-run", option, "loud").startswith(f"{option}: ")
