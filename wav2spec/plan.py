"""From the words of a command to jobs: which source becomes which target."""

import os
from typing import get_args

from wav2spec.errors import SettingError
from wav2spec.jobs import STREAM, Format, Job


def plan_jobs(
    words: tuple[str, ...],
    output: str | None = None,
    format: Format | None = None,
    *,
    suffix: str = "",
    force: bool = False,
) -> list[Job]:
    """Say what is to be made.

    Parameters
    ----------
    words : tuple of str
        Sources. Without `output`, the second of exactly two is the target if it is ``-`` or ends in .png or .npy.
    output : str, optional
        A folder if it ends in a slash, is one, or if there are several sources; otherwise a file. Without it each
        picture goes beside its source.
    format : {"png", "npy"}, optional
        For targets that are not named. A named file's suffix decides for itself.

    suffix : str
        What is added to the source's name for targets that are not named.

    force : bool
        Whether a target that is not named may be a picture that wav2spec did not make.

    Raises
    ------
    SettingError
        If two sources have one target, or a target's name does not say a format that can be written.

    Examples
    --------
    >>> plan_jobs(("kick.wav",))
    [Job(source='kick.wav', target='kick.png', format='png', make_folder=False, keeps_foreign=True)]
    >>> plan_jobs(("kick.wav", "snare.wav"), "values/", "npy")[1].target
    'values/snare.npy'
    """
    sources = list(words)
    if output is None and len(words) == 2 and (words[1] == STREAM or _suffix(words[1]) in get_args(Format)):
        output = sources.pop()
    if output == "":
        raise SettingError("output", "the name is empty")
    if output in ("/dev/stdout", "/dev/fd/1"):
        output = STREAM
    if output is None:
        jobs = [_beside(source, suffix, format or "png", force) for source in sources]
    elif len(sources) > 1 and not os.path.isdir(output) and (output == STREAM or _suffix(output) in get_args(Format)):
        raise SettingError("output", f"{output} is one target for {len(sources)} sources; a folder ends in /")
    elif output == STREAM:
        jobs = [Job(sources[0], STREAM, format or "png")]
    elif output.endswith("/") or len(sources) > 1 or os.path.isdir(output):
        jobs = [_in_folder(source, output, suffix, format or "png") for source in sources]
    else:
        jobs = [Job(sources[0], output, _format_of(output, format))]
    _check_distinct(jobs)
    return jobs


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower().removeprefix(".")


def _beside(source: str, suffix: str, format: Format, force: bool) -> Job:
    target = STREAM if source == STREAM else f"{os.path.splitext(source)[0]}{suffix}.{format}"
    return Job(source, target, format, keeps_foreign=format == "png" and target != STREAM and not force)


def _in_folder(source: str, folder: str, suffix: str, format: Format) -> Job:
    if source == STREAM:
        raise SettingError("output", f"standard input has no name to be written under in {folder}; name a file")
    stem = os.path.splitext(os.path.basename(source))[0]
    return Job(source, os.path.join(folder, f"{stem}{suffix}.{format}"), format, make_folder=True)


def _format_of(target: str, format: Format | None) -> Format:
    suffix = _suffix(target)
    if suffix == "":
        return format or "png"
    if format and suffix in get_args(Format) and suffix != format:
        raise SettingError("format", f"{format} does not go with the target {target}")
    if suffix == "png":
        return "png"
    if suffix == "npy":
        return "npy"
    raise SettingError("output", f"{target} ends in .{suffix}; a target ends in .png or .npy, or a folder in /")


def _check_distinct(jobs: list[Job]) -> None:
    sources: dict[str, str] = {}
    for job in jobs:
        target = os.path.normpath(job.target)
        if target in sources:
            raise SettingError("output", f"{sources[target]} and {job.source} would both be written to {job.target}")
        sources[target] = job.source
