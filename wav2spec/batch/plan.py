"""From the words of a command to jobs: which source becomes which target. What cannot be is found before any work."""

import functools
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import get_args

from wav2spec.batch.jobs import Job
from wav2spec.errors import OutputError, SettingError
from wav2spec.settings.choices import Format
from wav2spec.storage.listing import WAV_FILES, Patterns, Unreadable, find_files
from wav2spec.storage.streams import STANDARD_OUTPUT, STREAM


def plan_jobs(
    words: tuple[str, ...],
    output: str | None = None,
    format: Format | None = None,
    *,
    listed: tuple[str, ...] | None = None,
    patterns: Patterns = WAV_FILES,
    suffix: str = "",
    force: bool = False,
) -> list[Job]:
    """Say what is to be made.

    Parameters
    ----------
    words : tuple of str
        Sources: files, and folders, of which those files are taken that `patterns` name. Without `output` and `listed`,
        the second of exactly two is the target if it is ``-`` or ends in .png or .npy.
    output : str, optional
        A folder if it ends in a slash, is one, or if there are several sources, a folder, or a list; otherwise a file.
        Without it each picture goes beside its source.
    format : {"png", "npy"}, optional
        For targets that are not named. A named file's suffix decides for itself.
    listed : tuple of str, optional
        More sources, from a list.
    patterns : Patterns
    suffix : str
        What is added to the source's name for targets that are not named.
    force : bool
        Whether a target that is not named may be a picture that wav2spec did not make.

    Returns
    -------
    list of Job
        In the order of the sources, and sorted by path within a folder, whose tree is mirrored. A folder with nothing
        in it is a job with a problem.

    Raises
    ------
    SettingError
        If two sources have one target, a target is itself a source, or its name does not say a format that can be
        written.

    Examples
    --------
    >>> plan_jobs(("kick.wav",))[0].target
    'kick.png'
    >>> plan_jobs(("kick.wav", "snare.wav"), "values/", "npy")[1].target
    'values/snare.npy'
    """
    sources = list(words)
    if output is None and listed is None and len(words) == 2 and _names_target(words[1]):
        output = sources.pop()
    if output == "":
        raise SettingError("output", "the name is empty")
    if output in STANDARD_OUTPUT:
        output = STREAM
    several = len(sources) > 1 or listed is not None or any(map(os.path.isdir, sources))
    if several and output is not None and _names_target(output) and (output == STREAM or not os.path.isdir(output)):
        raise SettingError("output", f"{output} is one target for several sources; a folder ends in /")
    sources += listed or ()
    if output is None:
        jobs = [_next_to_source(job, suffix, format or "png", force) for job in expand_sources(sources, patterns)]
    elif output == STREAM:
        jobs = [Job(sources[0], STREAM, format or "png")]
    elif output.endswith("/") or several or os.path.isdir(output):
        jobs = [_in_folder(job, output, suffix, format or "png") for job in expand_sources(sources, patterns)]
    else:
        jobs = [Job(sources[0], output, _format_of(output, format))]
    check_unique_targets(jobs)
    return jobs


def expand_sources(sources: Iterable[str], patterns: Patterns) -> Iterator[Job]:
    """Yield the sources, and for each folder what is in it; the target is where a mirror of it would have the file."""
    for source in sources:
        if source == STREAM or not os.path.isdir(source):
            yield Job(source, os.path.basename(source))
            continue
        empty = True
        for found in find_files(source, patterns):
            empty = False
            if isinstance(found, Unreadable):
                yield Job(found.path, "", problem=found.message)
            else:
                yield Job(os.path.join(source, found), found)
        if empty:
            yield Job(source, "", problem=f"no files in it are named {' or '.join(patterns.include)}")


def check_directories(jobs: Iterable[Job]) -> None:
    """Check that the targets' folders can be written into, or made.

    Raises
    ------
    OutputError
        If one cannot.
    """
    for folder in dict.fromkeys(os.path.dirname(job.target) for job in jobs if job.target and job.target != STREAM):
        there = folder
        while there and not os.path.lexists(there):
            there = os.path.dirname(there)
        if there and not os.path.isdir(there):
            raise OutputError(there, "is no folder")
        if not os.access(there or ".", os.W_OK | os.X_OK):
            raise OutputError(there or ".", "cannot be written into")


def _names_target(name: str) -> bool:
    return name == STREAM or _suffix(name) in get_args(Format)


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower().removeprefix(".")


def _next_to_source(job: Job, suffix: str, format: Format, force: bool) -> Job:
    if job.problem:
        return job
    if job.source == STREAM:
        return replace(job, target=STREAM, format=format)
    target = f"{os.path.splitext(job.source)[0]}{suffix}.{format}"
    return replace(job, target=target, format=format, protect_foreign=format != "npy" and not force)


def _in_folder(job: Job, folder: str, suffix: str, format: Format) -> Job:
    if job.problem:
        return job
    if job.source == STREAM:
        raise SettingError("output", f"standard input has no name to be written under in {folder}; name a file")
    target = os.path.join(folder, f"{os.path.splitext(job.target)[0]}{suffix}.{format}")
    return replace(job, target=target, format=format, make_directory=True)


def _format_of(target: str, format: Format | None) -> Format:
    suffix = _suffix(target)
    if suffix == "":
        return format or "png"
    if format and suffix in get_args(Format) and suffix != format:
        raise SettingError("format", f"{format} does not go with the target {target}")
    if suffix == "html" and format == "html":
        return "html"
    if suffix == "png":
        return "png"
    if suffix == "npy":
        return "npy"
    if format == "html":
        raise SettingError("output", f"{target} ends in .{suffix}; a page ends in .html, a folder in /")
    raise SettingError("output", f"{target} ends in .{suffix}; a target ends in .png or .npy, or a folder in /")


def check_not_an_input(path: str, name: str, jobs: list[Job], *others: str | None) -> None:
    """Check that a file that is to be written is neither read nor drawn.

    Parameters
    ----------
    path : str
    name : str
        Of the option that names it.
    jobs : list of Job
    *others : str, optional
        What else is read.

    Raises
    ------
    SettingError
        If it is.
    """
    place_of, identity = _canonical(), _identity(path)
    place = place_of(path)
    for used in (*others, *(job.source for job in jobs), *(job.target for job in jobs)):
        if used and used != STREAM and (place_of(used) == place or (identity and _identity(used) == identity)):
            raise SettingError(name, f"{path} is to be written, but {used} is read or drawn")


def check_unique_targets(jobs: list[Job]) -> None:
    """Check that no two sources share a target, and that no target is another's source."""
    place = _canonical()
    sources: dict[tuple[str, str], str] = {}
    there: dict[tuple[int, int], Job] = {}
    for job in jobs:
        if job.problem:
            continue
        where = place(job.target)
        if where in sources:
            raise SettingError("output", f"{sources[where]} and {job.source} would both be written to {job.target}")
        sources[where] = job.source
        if job.target != STREAM and (identity := _identity(job.target)):
            there[identity] = job
    # That a single source is its own target is found when both are open.
    for job in jobs if there and len(jobs) > 1 else ():
        identity = _identity(job.source)
        if identity in there:
            target = there[identity].target
            raise SettingError("output", f"{target} is to be written, but it is the recording {job.source}")


def _canonical() -> Callable[[str], tuple[str, str]]:
    """Return what says in which folder and under which name a path is written: through a link, where that leads."""
    real_folder = functools.cache(os.path.realpath)

    def place(path: str) -> tuple[str, str]:
        folder, name = os.path.split(os.path.realpath(path) if os.path.islink(path) else path)
        return real_folder(folder or "."), name

    return place


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
