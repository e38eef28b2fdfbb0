"""Batches of recordings."""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from wav2spec.api.sources import resolve_cached

if TYPE_CHECKING:
    from typing import Unpack

    from wav2spec.batch.outcomes import Outcome
    from wav2spec.settings.keywords import SettingKeywords


def convert(
    sources: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    output: str | os.PathLike[str] | None = None,
    *,
    preset: str | None = None,
    format: Literal["png", "npy"] | None = None,
    update: bool = False,
    check: bool = False,
    force: bool = False,
    jobs: int | None = None,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    refuse: Sequence[str] = (),
    warn: Sequence[str] = (),
    skip: Sequence[str] = (),
    manifest: str | None = None,
    sample_rate: int | str | None = None,
    **settings: "Unpack[SettingKeywords]",
) -> "Iterator[Outcome]":
    """Convert recordings to images or values, as ``wav2spec SRC... -o OUTPUT`` does.

    Parameters
    ----------
    sources : path-like or iterable of path-like
        Files, and directories of WAV files.
    output : path-like, optional
        A file, or a directory. By default each image is placed beside its source.
    preset : str, optional
        The name of a preset, from whose settings to start.
    format : {"png", "npy"}, optional
        Of targets that are not named.
    update : bool
        Draw only what is missing or would be drawn otherwise now.
    check : bool
        Write nothing, and report what is missing or stale.
    force : bool
        Replace whatever is at a target.
    jobs : int, optional
        Processes that share the work; by default one for each processor, if the work is worth it.
    include, exclude : sequence of str
        Patterns for files in directories.
    refuse, warn, skip : sequence of str
        Quality checks, as ``["silent", "clipped:0.01"]``.
    manifest : str, optional
        A file that gets a line of JSON for each outcome.
    sample_rate : int or str, optional
        The rate to resample to, in Hz.
    **settings
        As for `spectrogram`.

    Returns
    -------
    iterator of Outcome
        In the order of the sources; an outcome has ``source``, ``target``, ``status``, ``warnings`` and ``failure``.
        Work is done while it is iterated.

    Raises
    ------
    SettingError, TypeError, OutputError
        At once, if something is asked for that cannot be done.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     outcomes = list(convert("sample_audio/kick.wav", f"{folder}/kick.png", preset="tf"))
    >>> [(outcome.status, outcome.summary) for outcome in outcomes]
    [('written', '129 x 92 pixels')]
    """
    from wav2spec.batch.run import convert_paths

    given = settings if sample_rate is None else {**settings, "sample_rate": sample_rate}
    return convert_paths(
        [os.fspath(source) for source in ([sources] if isinstance(sources, str | os.PathLike) else sources)],
        None if output is None else os.fspath(output),
        settings=resolve_cached(preset, tuple(given.items())),
        format=format,
        update=update,
        check=check,
        force=force,
        jobs=jobs,
        include=tuple(include),
        exclude=tuple(exclude),
        refuse=tuple(refuse),
        warn=tuple(warn),
        skip=tuple(skip),
        manifest=manifest,
    )
