"""The rows of the table. A new comparison is a function here that returns a `Row`, and its name in `all_rows`."""

import contextlib
import functools
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator

import numpy as np
import plain
from measure import Cost, Row, Target, Work, in_process, process, times_as_fast
from PIL import Image
from plan import SCRIPTS, Plan, length

from wav2spec.arrays import Pixels
from wav2spec.batch.convert import Conversion
from wav2spec.batch.jobs import Job
from wav2spec.settings.presets import PLOT, PRESETS
from wav2spec.settings.settings import Settings

sys.path.insert(0, str(SCRIPTS))

_PROGRAM = [sys.executable, "-m", "wav2spec"]
_TF = PRESETS["tf"].settings


def all_rows(plan: Plan) -> Iterator[Row]:
    yield from _conversions(plan)
    yield from _processes(plan)
    yield from _starts(plan)
    yield from _clips(plan)
    yield from _figures(plan)
    yield from (_long(plan), _update(plan))


def _conversions(plan: Plan) -> Iterator[Row]:
    source, ours, theirs = plan.recording(plan.short_s), plan.path("ours.png"), plan.path("theirs.png")
    name = f"{length(plan.short_s)} of stereo, `--preset tf`, in process"

    def ours_in_process(n_threads: int) -> Cost:
        return in_process(lambda: _convert(source, ours, _TF, n_threads))

    def same() -> None:
        assert np.array_equal(_pixels(ours), _pixels(theirs)), "the other drew other pixels"

    one, two = (functools.partial(ours_in_process, n_threads) for n_threads in (1, 2))
    yield Row(
        Work(f"{name}, one core", _on_one_core(one)),
        Work("plain NumPy + Pillow", _on_one_core(lambda: in_process(lambda: plain.draw(source, theirs)))),
        plan.n_in_process,
        check=same,
    )
    tensorflow, missing = _tensorflow(source, theirs)
    on_one = Work("TensorFlow's op + encode_png, warm", _on_one_core(tensorflow), missing)
    on_all = Work("TensorFlow's op + encode_png, warm", tensorflow, missing)
    yield Row(Work(f"{name}, one core", _on_one_core(one)), on_one, plan.n_in_process, times_as_fast(5), check=same)
    yield Row(Work(f"{name}, two cores", two), on_all, plan.n_in_process, times_as_fast(8), check=same)


def _tensorflow(source: str, target: str) -> tuple[Callable[[], Cost], str]:
    """Return what draws by TensorFlow in this process, and why it cannot, if so."""
    if missing := _missing_module("tensorflow"):
        return lambda: Cost(0), missing

    @functools.cache
    def drawing() -> Callable[[str, str], object]:
        import tensorflow_example

        draw: Callable[[str, str], object] = tensorflow_example.drawing()
        return draw

    def draw() -> Cost:
        drawing()
        return in_process(lambda: drawing()(source, target))

    return draw, ""


def _processes(plan: Plan) -> Iterator[Row]:
    source, target = plan.recording(plan.short_s), plan.path("process.png")
    ours = Work(
        f"{length(plan.short_s)} of stereo, `--preset tf`, start to end",
        lambda: process([*_PROGRAM, source, target, "--preset", "tf", "-q"], plan.env),
    )
    script = [sys.executable, str(SCRIPTS / "tensorflow_example.py"), source, plan.path("tf.png")]
    tensorflow = Work("a script with TensorFlow", lambda: process(script, plan.env), _missing_module("tensorflow"))
    yield Row(ours, tensorflow, plan.n_processes, times_as_fast(12))
    peers = {
        "sox": (["sox", source, "-n", "spectrogram", "-o", target], "SoX draws 800 columns"),
        "ffmpeg": (
            ["ffmpeg", "-v", "error", "-y", "-i", source, "-lavfi", "showspectrumpic=s=1024x256", target],
            "ffmpeg draws 1024 x 256 pixels",
        ),
        "sndfile-spectrogram": (
            ["sndfile-spectrogram", source, "1024", "256", target],
            "one FFT a column, 1024 x 256 pixels",
        ),
    }
    for name, (command, note) in peers.items():
        peer = Work(name, functools.partial(process, command, plan.env), _missing_program(name))
        yield Row(ours, peer, plan.n_processes, note=note)


def _starts(plan: Plan) -> Iterator[Row]:
    imports = [sys.executable, "-c", "import click, numpy, soundfile"]
    command = [*_PROGRAM, os.path.join(plan.clips(1), "clip-00000.wav"), plan.path("clip.png")]
    yield Row(
        Work("a clip of 1 s, start to end", lambda: process(command, plan.env)),
        Work("`python -c 'import click, numpy, soundfile'`", lambda: process(imports, plan.env)),
        plan.n_starts,
        Target("1.3 x of it at most", lambda work, against: work.ms / against.ms <= 1.3),
    )


def _clips(plan: Plan) -> Iterator[Row]:
    folder, n = plan.clips(plan.n_clips), plan.n_clips

    def ours(jobs: int, source: str) -> Cost:
        return process([*_PROGRAM, source, "-o", plan.out("clips-out"), "-j", str(jobs), "-q"], plan.env)

    work = Work(f"{n} clips of 1 s, start to end, 2 jobs", lambda: ours(2, folder))
    sox = ["sh", "-c", 'ls "$1" | xargs -P2 -I{} sox "$1"/{} -n spectrogram -o "$2"/{}.png', "sh", folder]
    data = [sys.executable, str(SCRIPTS / "tensorflow_data.py"), folder]
    yield Row(
        work,
        Work("`xargs -P2` over sox", lambda: process([*sox, plan.out("sox-out")], plan.env), _missing_program("sox")),
        2,
        times_as_fast(15),
        note="SoX draws 800 columns each",
        warm_up=False,
    )
    yield Row(
        work,
        Work(
            "a `tf.data` pipeline",
            lambda: process([*data, plan.out("tf-out")], plan.env),
            _missing_module("tensorflow"),
        ),
        plan.n_processes,
        times_as_fast(4),
    )
    many = plan.clips(plan.n_many)

    def after_start(jobs: int) -> Cost:
        started = ours(jobs, plan.clips(2))
        return Cost(ours(jobs, many).ms - started.ms)

    yield Row(
        Work(f"{plan.n_many} clips, after the start, 2 jobs", lambda: after_start(2)),
        Work("1 job", lambda: after_start(1)),
        2,
        times_as_fast(1.8),
        warm_up=False,
    )


def _figures(plan: Plan) -> Iterator[Row]:
    source, target = plan.recording(plan.short_s), plan.path("plot.png")
    script = [sys.executable, str(SCRIPTS / "librosa_plot.py"), source, plan.path("librosa.png")]
    missing = _missing_module("librosa")
    yield Row(
        Work(f"`plot` of {length(plan.short_s)}", lambda: process([*_PROGRAM, "plot", source, target], plan.env)),
        Work("a script with librosa + specshow", lambda: process(script, plan.env), missing),
        3,
        times_as_fast(12),
    )
    folder, out = plan.clips(plan.n_figures, 10), plan.out("figures")

    def each(draw: Callable[[str, str], object]) -> Cost:
        names = sorted(os.listdir(folder))
        return in_process(
            lambda: [draw(os.path.join(folder, name), os.path.join(out, f"{name}.png")) for name in names], len(names)
        )

    def specshow() -> Cost:
        import librosa_plot

        return each(librosa_plot.draw)

    yield Row(
        Work(
            "`plot` of 10 s clips, each, in process",
            lambda: each(lambda source, target: _convert(source, target, PLOT)),
        ),
        Work("specshow + savefig, each, in process", specshow, missing),
        3,
        times_as_fast(4),
    )


def _long(plan: Plan) -> Row:
    def cost(seconds: int) -> Cost:
        return process([*_PROGRAM, plan.recording(seconds), plan.path("long.png"), "--preset", "tf", "-q"], plan.env)

    def is_met(work: Cost, against: Cost) -> bool:
        grown = (work.peak_mb or 0) - (against.peak_mb or 0)
        # Start-up does not grow: a longer recording may only be cheaper.
        return grown <= 5 and work.ms / against.ms <= 1.1 * plan.long_s / plan.short_s

    name = f"{length(plan.long_s)} of stereo, `--preset tf`, start to end"
    return Row(
        Work(name, lambda: cost(plan.long_s), plan.room_for(plan.long_s)),
        Work(f"its own {length(plan.short_s)}", lambda: cost(plan.short_s)),
        plan.n_long,
        Target("memory within 5 MB, linear time", is_met),
        warm_up=False,
    )


def _update(plan: Plan) -> Row:
    folder, out = plan.clips(plan.n_many), plan.path("updated")

    def update() -> Cost:
        command = [*_PROGRAM, folder, "-o", out, "-q"]
        if not os.path.isdir(out):
            process(command, plan.env)
        return process([*command, "--update"], plan.env)

    return Row(
        Work(f"`--update` over {plan.n_many} finished pictures", update),
        Work("drawing them", lambda: process([*_PROGRAM, folder, "-o", plan.out("drawn"), "-q"], plan.env)),
        2,
        times_as_fast(5),
        warm_up=False,
    )


def _convert(source: str, target: str, settings: Settings, n_threads: int = 1) -> None:
    (outcome,) = Conversion(settings, n_threads=n_threads)(Job(source, target))
    assert outcome.status == "written", outcome.failure


def _on_one_core(measure: Callable[[], Cost]) -> Callable[[], Cost]:
    """Return the same measurement on a single processor, where the system can bind a process to one."""

    @contextlib.contextmanager
    def bound() -> Iterator[None]:
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(before)})
        try:
            yield
        finally:
            os.sched_setaffinity(0, before)

    def measured() -> Cost:
        with bound() if hasattr(os, "sched_setaffinity") else contextlib.nullcontext():
            return measure()

    return measured


def _pixels(path: str) -> Pixels:
    with Image.open(path) as picture:
        return np.asarray(picture)


def _missing_module(name: str) -> str:
    return "" if importlib.util.find_spec(name) else f"{name} is not installed (pip install .[bench])"


def _missing_program(name: str) -> str:
    return "" if shutil.which(name) else f"{name} is not on the PATH"
