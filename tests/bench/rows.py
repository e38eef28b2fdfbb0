"""The rows of the table. A new comparison is a function here that returns a `Row`, and its name in `ROWS`."""

import functools
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable

import numpy as np
from measure import Cost, Figures, Row, Target, Warm, Work, at_most, middle, process, times_as_fast
from PIL import Image
from plan import SCRIPTS, Plan, length

_PROGRAM = [sys.executable, "-m", "wav2spec"]
# The size of the figure of `scripts/librosa_plot.py`.
_FIGURE_SIZE = ("1000", "500")


def _tf_numpy(plan: Plan) -> Row:
    return _against_picture(plan, "plain", "plain NumPy + Pillow", n_cores=1)


def _tf_one_core(plan: Plan) -> Row:
    return _against_picture(plan, "tensorflow_example", "TensorFlow's op + encode_png, warm", 1, times_as_fast(5))


def _tf_two_cores(plan: Plan) -> Row:
    return _against_picture(plan, "tensorflow_example", "TensorFlow's op + encode_png, warm", 2, times_as_fast(8))


def _against_picture(plan: Plan, module: str, name: str, n_cores: int, target: Target | None = None) -> Row:
    source, ours, theirs = plan.recording(plan.short_s), plan.path("ours.png"), plan.path("theirs.png")
    work = Warm("ours", "picture", source, ours, "tf", str(n_cores), env=plan.env, n_cores=n_cores)
    against = Warm(module, source, theirs, env=plan.env, n_cores=n_cores)

    def check() -> None:
        assert np.array_equal(_pixels(ours), _pixels(theirs)), "the other drew other pixels"

    cores = {1: "one core", 2: "two cores"}[n_cores]
    return Row(
        work.work(f"{length(plan.short_s)} of stereo, `--preset tf`, in process, {cores}"),
        against.work(name, _missing_module("tensorflow") if module == "tensorflow_example" else ""),
        plan.n_in_process,
        target,
        check=check,
    )


def _features(plan: Plan, preset: str, library: str, name: str, modules: tuple[str, ...], least: float) -> Row:
    """Compare features of speech with those of a library, on one core; they must agree."""
    ours, theirs = plan.path(f"{library}-ours.npy"), plan.path(f"{library}-theirs.npy")

    def check() -> None:
        mine, others = np.load(ours), np.load(theirs)
        n_frames = min(len(mine), len(others))
        assert abs(len(mine) - len(others)) <= 1, f"{len(mine)} frames, {len(others)} there"
        # Logarithms of sums in float32 and float64; the last frames depend on how the end is padded.
        near = np.isclose(mine[: n_frames - 3], others[: n_frames - 3], rtol=1e-3, atol=0.05)
        assert near.mean() > 0.999, f"{1 - near.mean():.2%} of the values differ"

    return Row(
        Warm("ours", "values", plan.speech(), ours, preset, env=plan.env, n_cores=1).work(
            f"{length(plan.speech_s)} of 16 kHz speech, `--preset {preset}`, in process, one core"
        ),
        Warm("mel_features", library, plan.speech(), theirs, env=plan.env, n_cores=1).work(
            name, next(filter(None, map(_missing_module, modules)), "")
        ),
        plan.n_in_process,
        times_as_fast(least),
        check=check,
    )


def _mel(plan: Plan) -> Row:
    return _features(plan, "librosa-mel", "librosa", "librosa: melspectrogram + power_to_db", ("librosa",), 3)


def _whisper(plan: Plan) -> Row:
    modules = ("transformers", "torch")
    return _features(plan, "whisper", "whisper", "transformers: WhisperFeatureExtractor with torch", modules, 2)


def _fbank(plan: Plan) -> Row:
    return _features(plan, "kaldi-fbank", "kaldi", "kaldi-native-fbank (C++)", ("kaldi_native_fbank",), 1)


def _tf_script(plan: Plan) -> Row:
    command = [
        sys.executable,
        str(SCRIPTS / "tensorflow_example.py"),
        plan.recording(plan.short_s),
        plan.path("tf.png"),
    ]
    peer = Work("a script with TensorFlow", lambda: process(command, plan.env), _missing_module("tensorflow"))
    return Row(_start_to_end(plan), peer, plan.n_processes, times_as_fast(12))


def _tf_sox(plan: Plan) -> Row:
    words = ("sox", plan.recording(plan.short_s), "-n", "spectrogram", "-o", plan.path("sox.png"))
    return _against_program(plan, *words, note="SoX draws 800 columns")


def _tf_ffmpeg(plan: Plan) -> Row:
    source, target = plan.recording(plan.short_s), plan.path("ffmpeg.png")
    drawing = ("-lavfi", "showspectrumpic=s=1024x256", target)
    return _against_program(
        plan, "ffmpeg", "-v", "error", "-y", "-i", source, *drawing, note="ffmpeg draws 1024 x 256 pixels"
    )


def _tf_sndfile(plan: Plan) -> Row:
    source, target = plan.recording(plan.short_s), plan.path("sndfile.png")
    note = "one FFT a column, 1024 x 256 pixels"
    return _against_program(plan, "sndfile-spectrogram", source, "1024", "256", target, note=note)


def _against_program(plan: Plan, name: str, *words: str, note: str) -> Row:
    peer = Work(name, lambda: process([name, *words], plan.env), _missing_program(name))
    return Row(_start_to_end(plan), peer, plan.n_processes, note=note)


def _start_to_end(plan: Plan) -> Work:
    command = [*_PROGRAM, plan.recording(plan.short_s), plan.path("process.png"), "--preset", "tf", "-q"]
    name = f"{length(plan.short_s)} of stereo, `--preset tf`, start to end"
    return Work(name, lambda: process(command, plan.env))


def _start(plan: Plan) -> Row:
    imports = [sys.executable, "-c", "import click, numpy, soundfile"]
    command = [*_PROGRAM, os.path.join(plan.clips(1), "clip-00000.wav"), plan.path("clip.png")]
    return Row(
        Work("a clip of 1 s, start to end", lambda: process(command, plan.env)),
        Work("`python -c 'import click, numpy, soundfile'`", lambda: process(imports, plan.env)),
        plan.n_starts,
        at_most(1.2),
    )


def _draw_clips(plan: Plan, jobs: int, source: str) -> Cost:
    return process([*_PROGRAM, source, "-o", plan.out("clips-out"), "-j", str(jobs), "-q"], plan.env)


def _clips_sox(plan: Plan) -> Row:
    folder = plan.clips(plan.n_clips)
    sox = ["sh", "-c", 'ls "$1" | xargs -P2 -I{} sox "$1"/{} -n spectrogram -o "$2"/{}.png', "sh", folder]
    return Row(
        Work(f"{plan.n_clips} clips of 1 s, start to end, 2 jobs", lambda: _draw_clips(plan, 2, folder)),
        Work("`xargs -P2` over sox", lambda: process([*sox, plan.out("sox-out")], plan.env), _missing_program("sox")),
        2,
        times_as_fast(15),
        note="SoX draws 800 columns each",
        warm_up=False,
    )


def _clips_tf_data(plan: Plan) -> Row:
    folder = plan.clips(plan.n_clips)
    command = [sys.executable, str(SCRIPTS / "tensorflow_data.py"), folder]
    missing = _missing_module("tensorflow")
    return Row(
        Work(f"{plan.n_clips} clips of 1 s, start to end, 2 jobs", lambda: _draw_clips(plan, 2, folder)),
        Work("a `tf.data` pipeline", lambda: process([*command, plan.out("tf-out")], plan.env), missing),
        plan.n_processes,
        times_as_fast(4),
    )


def _clips_jobs(plan: Plan) -> Row:
    def after_start(jobs: int) -> Cost:
        started = _draw_clips(plan, jobs, plan.clips(2))
        return Cost(_draw_clips(plan, jobs, plan.clips(plan.n_many)).ms - started.ms)

    return Row(
        Work(f"{plan.n_many} clips, after the start, 2 jobs", lambda: after_start(2)),
        Work("1 job", lambda: after_start(1)),
        2,
        times_as_fast(1.8),
        warm_up=False,
    )


def _width(plan: Plan) -> Row:
    source = plan.recording(plan.hour_s * 2)
    command = [*_PROGRAM, source, plan.path("width.png"), "--preset", "tf", "-q", "--force"]
    name = f"{length(plan.hour_s * 2)} of stereo, `--preset tf"
    return Row(
        Work(f"{name} --width 1920 --layout right-up`", lambda: process([*command, *_ACROSS], plan.env)),
        Work("a column for each frame", lambda: process(command, plan.env)),
        plan.n_long,
        at_most(1.3),
        warm_up=False,
    )


def _size(plan: Plan) -> Row:
    source = plan.recording(plan.speech_s)
    command = [*_PROGRAM, source, plan.path("size.png"), "--preset", "tf", "-q", "--force"]
    name = f"{length(plan.speech_s)} of stereo, `--preset tf"
    return Row(
        Work(f"{name} --size 1920x512 --layout right-up`", lambda: process([*command, *_LARGE], plan.env)),
        Work("a pixel for each frame and bin", lambda: process(command, plan.env)),
        plan.n_processes,
        note="512 bands are interpolated in each frame",
    )


_ACROSS = ("--width", "1920", "--layout", "right-up")
_LARGE = ("--size", "1920x512", "--layout", "right-up")


def _plot_script(plan: Plan) -> Row:
    source, target = plan.recording(plan.short_s), plan.path("plot.png")
    script = [sys.executable, str(SCRIPTS / "librosa_plot.py"), source, plan.path("librosa.png")]
    command = [*_PROGRAM, "plot", source, target, "--size", "x".join(_FIGURE_SIZE), "--force", "-q"]
    return Row(
        Work(f"`plot` of {length(plan.short_s)}, start to end", lambda: process(command, plan.env)),
        Work("a script with librosa + specshow", lambda: process(script, plan.env), _missing_module("librosa")),
        3,
        times_as_fast(15),
    )


def _plot_long(plan: Plan) -> Row:
    source = plan.recording(plan.short_s)
    name = f"`plot` of {length(plan.short_s)}, in process, one core"
    return _against_specshow(plan, name, source, plan.path("plot.png"), plan.path("librosa.png"), 1)


def _plot_clips(plan: Plan) -> Row:
    name = "`plot` of 10 s clips, each, in process, one core"
    targets = plan.out("figures"), plan.out("librosa-figures")
    return _against_specshow(plan, name, plan.clips(plan.n_figures, 10), *targets, plan.n_figures)


def _against_specshow(plan: Plan, name: str, source: str, ours: str, theirs: str, n_figures: int) -> Row:
    peer = Warm("librosa_plot", source, theirs, env=plan.env, n_cores=1, n_parts=n_figures)
    return Row(
        Warm("ours", "figure", source, ours, *_FIGURE_SIZE, env=plan.env, n_cores=1, n_parts=n_figures).work(name),
        peer.work("specshow + savefig, in process", _missing_module("librosa")),
        3,
        times_as_fast(15),
    )


def _long(plan: Plan) -> Row:
    def cost(seconds: int) -> Cost:
        # 10 h do not fit into a WAV file, and the short one is read as they are.
        source = plan.recording(seconds, "RF64")
        command = [*_PROGRAM, source, plan.path("long.png"), "--preset", "tf", "-q", "--force"]
        return process(command, plan.env)

    def is_met(figures: Figures) -> bool:
        work, against = middle(figures.work), middle(figures.against)
        grown = (work.peak_mb or 0) - (against.peak_mb or 0)
        # Start-up does not grow: a longer recording may only be cheaper.
        return grown <= 5 and work.ms / against.ms <= 1.1 * plan.long_s / plan.short_s

    name = f"{length(plan.long_s)} of stereo, `--preset tf`, start to end"
    return Row(
        Work(name, lambda: cost(plan.long_s), plan.room_for(plan.long_s)),
        Work(
            f"its own {length(plan.short_s)}, {plan.long_s // plan.short_s} times shorter", lambda: cost(plan.short_s)
        ),
        plan.n_long,
        Target("memory within 5 MB, linear time", is_met),
        warm_up=False,
    )


def _update(plan: Plan) -> Row:
    folder, out = plan.clips(plan.n_many), plan.path("updated")
    command = [*_PROGRAM, folder, "-q", "-o"]

    def update() -> Cost:
        if not os.path.isdir(out):
            process([*command, out], plan.env)
        return process([*command, out, "--update"], plan.env)

    limit_s = 2 * plan.n_many / 10_000
    return Row(
        Work(f"`--update` over {plan.n_many} finished pictures of 1 s", update),
        Work("drawing them", lambda: process([*command, plan.out("drawn")], plan.env)),
        plan.n_processes,
        Target(f"{limit_s:g} s at most", lambda figures: middle(figures.work).ms <= limit_s * 1000),
        warm_up=False,
    )


def _update_long(plan: Plan) -> Row:
    source, target = plan.recording(plan.hour_s), plan.path("hour.png")
    command = [*_PROGRAM, source, target, "-q"]
    hashing = "import hashlib, sys; hashlib.file_digest(open(sys.argv[1], 'rb'), 'sha256')"

    def update() -> Cost:
        if not os.path.exists(target):
            process(command, plan.env)
        return process([*command, "--update"], plan.env)

    return Row(
        Work(f"`--update` over a finished picture of {length(plan.hour_s)} of stereo", update),
        Work("`hashlib` over the bytes", lambda: process([sys.executable, "-c", hashing, source], plan.env)),
        plan.n_processes,
        at_most(1),
    )


# The rows by name, in the order of the table.
ROWS: dict[str, Callable[[Plan], Row]] = {
    "tf-numpy": _tf_numpy,
    "tf-one-core": _tf_one_core,
    "tf-two-cores": _tf_two_cores,
    "tf-script": _tf_script,
    "tf-sox": _tf_sox,
    "tf-ffmpeg": _tf_ffmpeg,
    "tf-sndfile": _tf_sndfile,
    "mel": _mel,
    "whisper": _whisper,
    "fbank": _fbank,
    "start": _start,
    "clips-sox": _clips_sox,
    "clips-tf-data": _clips_tf_data,
    "clips-jobs": _clips_jobs,
    "plot-script": _plot_script,
    "plot-long": _plot_long,
    "plot-clips": _plot_clips,
    "width": _width,
    "size": _size,
    "long": _long,
    "update": _update,
    "update-long": _update_long,
}


def _pixels(path: str) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


@functools.cache
def _missing_module(name: str) -> str:
    return "" if importlib.util.find_spec(name) else f"{name} is not installed (pip install .[bench])"


def _missing_program(name: str) -> str:
    return "" if shutil.which(name) else f"{name} is not on the PATH"
