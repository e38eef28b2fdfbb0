"""The program as a person types it: words, options, exit codes, and what is said where."""

import io
import subprocess
from pathlib import Path

import click
import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from in_process import run_in_process
from program import modules_after
from recordings import SAMPLES, MakeWav, riff
from strict_png import decode

import wav2spec
from wav2spec.cli.main import command

KICK = SAMPLES / "kick.wav"
BELL = SAMPLES / "bell.wav"

OPTIONS_OF_IMAGE = [
    flag
    for option in command.commands["image"].params
    if isinstance(option, click.Option) and not option.hidden
    for flag in (*option.opts, *option.secondary_opts)
]


def stderr(result: subprocess.CompletedProcess[bytes]) -> str:
    return result.stderr.decode()


@pytest.mark.parametrize("words", [["image", "-h"], ["image", "--help"], ["kick.wav", "--help"]])
def test_help_of_image_lists_every_option(words: list[str]) -> None:
    result = CliRunner().invoke(command, words, prog_name="wav2spec")
    assert result.exit_code == 0
    assert "--stride" in OPTIONS_OF_IMAGE
    missing = [flag for flag in OPTIONS_OF_IMAGE if flag not in result.output.replace(",", " ").split()]
    assert missing == []


@pytest.mark.parametrize("words", [["--help"], ["image", "--help"]])
def test_help_shows_each_example_on_a_line_of_its_own(words: list[str]) -> None:
    lines = CliRunner().invoke(command, words, prog_name="wav2spec").output.splitlines()
    assert "\\b" not in "".join(lines)
    assert len([line for line in lines if line.startswith("  wav2spec ")]) in (2, 3)


def test_help_of_the_group_lists_options_as_options_and_commands_as_commands() -> None:
    output = CliRunner().invoke(command, ["--help"], prog_name="wav2spec").output
    assert output.startswith("Usage: wav2spec SRC... [DEST] [OPTIONS]\n")
    assert "\n  image " in output.split("Commands:")[1]
    assert "\nAnalysis:\n  --window-size SIZE" in output
    assert "--window-symmetry" not in output


def test_without_words_the_usage_is_shown_and_is_an_error() -> None:
    result = run_in_process()
    assert (result.returncode, result.stdout) == (2, b"")
    lines = stderr(result).splitlines()
    assert lines[0] == "Usage: wav2spec SRC... [DEST] [OPTIONS]"
    assert all(f"  {name} " in stderr(result) for name in command.commands)
    assert len(lines) <= 20


def test_version_is_that_of_the_package() -> None:
    result = run_in_process("--version")
    assert (result.returncode, result.stdout.decode()) == (0, f"wav2spec {wav2spec.__version__}\n")


def test_verbose_says_what_was_written_and_nothing_else_is_said(tmp_path: Path) -> None:
    target = tmp_path / "out.png"
    assert run_in_process(KICK, target).stderr == b""
    result = run_in_process(KICK, target, "-v")
    assert stderr(result) == f"wav2spec: written: {KICK} -> {target}: 129 x 92 pixels\n"
    assert result.stdout == b""


def test_warnings_are_said_unless_quiet_and_the_picture_is_there(tmp_path: Path) -> None:
    truncated = tmp_path / "truncated.wav"
    truncated.write_bytes(riff(bytes(4000))[:-1000])
    result = run_in_process(truncated)
    assert (result.returncode, stderr(result).count("\n")) == (0, 1)
    assert stderr(result).startswith(f"wav2spec: warning: {truncated}: truncated: ")
    quiet = run_in_process(truncated, "-q")
    assert (quiet.returncode, quiet.stderr) == (0, b"")
    assert truncated.with_suffix(".png").exists()


def test_errors_are_said_even_if_quiet_and_traced_only_on_demand(tmp_path: Path) -> None:
    missing = tmp_path / "none.wav"
    missing.symlink_to("nowhere")
    message = f"wav2spec: error: {missing}: No such file or directory\n"
    for words in ([], ["-q"], ["-v"]):
        result = run_in_process(missing, *words)
        assert (result.returncode, stderr(result)) == (1, message)
    assert "Traceback" in stderr(run_in_process(missing, "-vv"))


def test_a_name_with_a_line_break_is_said_on_one_line(tmp_path: Path) -> None:
    result = run_in_process(tmp_path / "a\nwav2spec: error\x1b[31m.wav")
    assert stderr(result).count("\n") == 1
    assert "a\\nwav2spec: error\\x1b[31m.wav" in stderr(result)


@pytest.mark.system
def test_importing_the_package_or_the_command_line_loads_nothing_heavy() -> None:
    heavy = ("numpy", "soundfile", "PIL", "matplotlib", "isal")
    assert modules_after("import wav2spec.cli, wav2spec.__main__", *heavy, "click") == {"click"}
    assert modules_after("import wav2spec", *heavy, "click") == set()
    assert modules_after("import wav2spec; wav2spec.spectrogram", *heavy, "click") == {"numpy", "isal"}


@pytest.mark.system
def test_image_loads_neither_matplotlib_nor_pillow(tmp_path: Path) -> None:
    words = ["image", str(KICK), str(tmp_path / "out.png")]
    statement = f"from wav2spec.cli.main import run; assert run({words!r}) == 0"
    assert modules_after(statement, "matplotlib", "PIL", "scipy", "numpy") == {"numpy"}


@pytest.mark.system
def test_one_clip_loads_no_module_of_work_that_it_does_not_need(tmp_path: Path) -> None:
    words = ["image", str(KICK), str(tmp_path / "out.png")]
    statement = f"from wav2spec.cli.main import run; assert run({words!r}) == 0"
    rooms = {
        "audio": ("array_recording", "statistics"),
        "batch": ("bundles", "cluster", "manifest", "measuring", "orphans", "recipe", "shards", "since", "tallies"),
        "dsp": ("entropy", "histogram", "resolution", "sox", "threads"),
        "executors": ("dask", "local", "sharing"),
        "formats": ("flac", "labels", "npy"),
        "render": ("colormaps", "figures", "html", "readback", "sox"),
        "settings": ("comparison", "config", "levels_file", "presets"),
        "storage": ("archives", "stores", "tar_reader", "tar_writer", "transfers"),
    }
    ours = [f"wav2spec.{room}.{name}" for room, names in rooms.items() for name in names]
    others = ("click.shell_completion", "decimal", "fractions", "glob", "multiprocessing", "shlex", "soxr", "tqdm")
    assert modules_after(statement, *ours, *others, "wav2spec.batch.convert") == {"wav2spec.batch.convert"}


@pytest.mark.parametrize(
    "spelling",
    [
        ["--window-size", "512", "--stride", "64", "SRC", "DEST"],
        ["SRC", "DEST", "--window-size", "512", "--stride", "64"],
        ["SRC", "--window-size=512", "DEST", "--stride=64"],
        ["--window_size=512", "SRC", "--stride", "64", "DEST"],
        ["image", "SRC", "DEST", "--window_size", "512", "--stride=64"],
        ["image", "--stride=64", "--window-size=512", "--", "SRC", "DEST"],
        ["--window-size=512", "SRC", "--stride=12.5%", "-o", "DEST"],
        ["--window-size=512", "SRC", "--stride=1/8", "--output=DEST"],
    ],
)
def test_options_stand_anywhere_with_dashes_or_underscores(spelling: list[str], tmp_path: Path) -> None:
    target = tmp_path / "out.npy"
    words = [word.replace("SRC", str(KICK)).replace("DEST", str(target)) for word in spelling]
    assert run_in_process(*words).returncode == 0
    samples, sample_rate = soundfile.read(KICK, dtype="int16")
    expected = wav2spec.spectrogram(samples, sample_rate, window_size=512, stride=64)
    np.testing.assert_array_equal(np.load(target), expected.values[0])


@pytest.mark.parametrize("given", ["--windowsize", "--window_siz", "--window"])
def test_an_unknown_option_or_a_size_as_the_window_function_suggests_the_option_that_is_meant(given: str) -> None:
    result = run_in_process(KICK, given, "512")
    assert result.returncode == 2
    assert "--window-size" in stderr(result).split("id you mean ")[1]


def test_a_word_that_is_no_command_is_a_source(tmp_path: Path) -> None:
    (tmp_path / "imag").write_bytes(KICK.read_bytes())
    assert run_in_process("imag", cwd=tmp_path).returncode == 0
    assert (tmp_path / "imag.png").exists()
    result = run_in_process("plto", cwd=tmp_path)
    assert (result.returncode, stderr(result)) == (2, "wav2spec: error: no command 'plto'; did you mean plot?\n")


def test_a_word_that_is_a_command_is_the_command_and_with_a_path_the_file(tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(KICK.read_bytes())
    assert run_in_process("image", cwd=tmp_path).returncode == 2
    assert run_in_process("./image", cwd=tmp_path).returncode == 0
    assert (tmp_path / "image.png").exists()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--brightness", "0"], "--brightness"),
        (["--brightness=-1"], "--brightness"),
        (["--brightness", "nan"], "--brightness"),
        (["--brightness", "inf"], "--brightness"),
        (["--brightness", "bright"], "--brightness"),
        (["--window-size", "1"], "--window-size"),
        (["--window-size", "50%"], "--window-size"),
        (["--stride", "0"], "--stride"),
        (["--stride", "1/0"], "--stride"),
        (["--channel", "0"], "--channel"),
        (["--channel", "left"], "--channel"),
        (["--layout", "up-left"], "--layout"),
        (["--preset", "none"], "--preset"),
        (["--format", "jpg"], "--format"),
        (["--format", "npy", "-o", "x.png"], "--format"),
        (["-o", "x.jpg"], "--output"),
        (["other.wav", "-o", "x.png"], "--output"),
    ],
)
def test_wrong_usage_is_exit_2_names_the_option_and_opens_nothing(words: list[str], named: str, tmp_path: Path) -> None:
    # The source is not there: if it were opened, that would be said.
    result = run_in_process("none.wav", *words, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, b"")
    assert stderr(result).startswith(f"wav2spec: error: {named}: ")
    assert "No such file" not in stderr(result)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("brightness", ["1e-300", "1e300"])
def test_brightness_at_its_bounds_draws_without_a_word(brightness: str, make_wav: MakeWav) -> None:
    path = make_wav(samples=np.zeros(1000))
    result = run_in_process(path, "--brightness", brightness)
    assert (result.returncode, result.stderr) == (0, b"")
    assert not decode(path.with_suffix(".png").read_bytes()).any()


@pytest.mark.parametrize("suffix", ["png", "npy"])
def test_file_and_standard_input_to_file_and_standard_output_give_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    beside = tmp_path / "bell.wav"
    beside.write_bytes(BELL.read_bytes())
    assert run_in_process(beside, "--format", suffix).returncode == 0
    expected = beside.with_suffix(f".{suffix}").read_bytes()
    target = tmp_path / f"out.{suffix}"
    with BELL.open("rb") as file:
        for source in (BELL, "-"):
            file.seek(0)
            assert run_in_process(source, target, stdin=file).returncode == 0
            assert target.read_bytes() == expected
            target.unlink()
    piped = run_in_process("-", target, input=BELL.read_bytes())
    assert (piped.returncode, target.read_bytes()) == (0, expected)
    for words in ([BELL, "-"], [BELL, "-o", "-"], ["-", "-"], ["-"]):
        result = run_in_process(*words, "--format", suffix, "-v", input=BELL.read_bytes())
        assert (result.returncode, result.stdout) == (0, expected)


def test_several_sources_go_each_beside_itself_or_into_a_folder(make_wav: MakeWav, tmp_path: Path) -> None:
    paths = [make_wav(f"{name}.wav", n_samples=n) for name, n in (("a", 1000), ("b", 2000), ("c", 3000))]
    assert run_in_process(*paths).returncode == 0
    assert run_in_process(*paths, "-o", tmp_path / "x" / "y").returncode == 0
    for path, height in zip(paths, (6, 14, 22), strict=True):
        picture = path.with_suffix(".png").read_bytes()
        assert decode(picture).shape == (height, 129)
        assert (tmp_path / "x" / "y" / f"{path.stem}.png").read_bytes() == picture


def test_a_failing_source_does_not_keep_the_good_ones_from_being_drawn(make_wav: MakeWav, tmp_path: Path) -> None:
    short = make_wav("b.wav", n_samples=100)
    (tmp_path / "none.wav").symlink_to("nowhere")
    result = run_in_process(make_wav("a.wav"), short, tmp_path / "none.wav", make_wav("z.wav"))
    assert result.returncode == 1
    *errors, summary = stderr(result).splitlines()
    assert [line.split(": ")[2] for line in errors] == [str(short), str(tmp_path / "none.wav")]
    assert summary == "wav2spec: 2 written, 2 failed"
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["a.png", "z.png"]


def test_a_channel_that_is_not_there_is_the_sources_failure(tmp_path: Path) -> None:
    result = run_in_process(KICK, tmp_path / "out.png", "--channel", "2")
    assert (result.returncode, stderr(result)) == (1, f"wav2spec: error: {KICK}: there is no channel 2: it has 1\n")


@pytest.mark.parametrize(
    ("source", "channel", "shape"),
    [
        (KICK, "first", (92, 129)),
        (KICK, "all", (1, 92, 129)),
        (BELL, "first", (688, 129)),
        (BELL, "mix", (688, 129)),
        (BELL, "2", (688, 129)),
        (BELL, "all", (2, 688, 129)),
    ],
)
def test_values_have_an_axis_of_channels_only_if_all_are_asked_for(
    source: Path, channel: str, shape: tuple[int, ...]
) -> None:
    result = run_in_process(source, "-", "--format", "npy", "--channel", channel)
    samples, sample_rate = soundfile.read(source, always_2d=True)
    chosen = {"first": samples[:, 0], "mix": samples.mean(axis=1), "2": samples[:, -1], "all": samples}[channel]
    expected = wav2spec.spectrogram(chosen, sample_rate).values
    values = np.load(io.BytesIO(result.stdout))
    assert values.shape == shape
    np.testing.assert_array_equal(values, expected if channel == "all" else expected[0])


def test_all_channels_are_drawn_side_by_side() -> None:
    both = decode(run_in_process(BELL, "-", "--channel", "all").stdout)
    alone = [decode(run_in_process(BELL, "-", "--channel", channel).stdout) for channel in "12"]
    np.testing.assert_array_equal(both, np.hstack(alone))


def test_sample_formats_of_one_recording_draw_alike_within_their_quantisation(make_wav: MakeWav) -> None:
    pictures = {}
    for subtype in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"):
        path = make_wav(f"{subtype}.wav", subtype=subtype)
        pictures[subtype] = decode(run_in_process(path, "-", "--brightness", "16").stdout).astype(int)
    assert pictures["DOUBLE"].std() > 10
    for subtype, step in {"PCM_U8": 2**-7, "PCM_16": 2**-15, "PCM_24": 2**-23, "PCM_32": 2**-31, "FLOAT": 0}.items():
        # A sample is off by a step at most and the window of 256 sums to 128; then there is the rounding down.
        limit = 1 + int(step * 128 * 16)
        assert np.abs(pictures[subtype] - pictures["DOUBLE"]).max() <= limit


def test_containers_of_the_same_samples_draw_the_same_bytes(tmp_path: Path) -> None:
    samples, sample_rate = soundfile.read(KICK, dtype="int16")
    expected = run_in_process(KICK, "-").stdout
    for container, endian in (("WAV", "BIG"), ("WAVEX", "FILE"), ("RF64", "FILE"), ("W64", "FILE")):
        path = tmp_path / f"{container}.wav"
        soundfile.write(path, samples, sample_rate, subtype="PCM_16", format=container, endian=endian)
        assert run_in_process(path, "-").stdout == expected


def test_the_words_of_tensorflows_example_are_understood(tmp_path: Path) -> None:
    words = (f"--input_wav={KICK}", f"--output_image={tmp_path / 'a.png'}", "--window_size=512", "--stride=100")
    assert run_in_process(*words).returncode == 0
    assert run_in_process(KICK, tmp_path / "b.png", "--window-size", "512", "--stride", "100").returncode == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
