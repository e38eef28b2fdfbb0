"""Samples on their way: what is cut out of a recording, and the waveform that is analysed."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from wav2spec.arrays import Samples

if TYPE_CHECKING:
    from wav2spec.settings.preprocessing import Preprocessing


class Segment(NamedTuple):
    """A part of a recording: its first sample, the number of them, counted in one channel, and its label if any."""

    first: int
    n_samples: int
    label: str = ""


class Waveform(NamedTuple):
    """Samples as they are analysed.

    Attributes
    ----------
    name : str
        As errors name it.
    sample_rate : int
        In Hz.
    n_channels, n_samples : int
    clip : Clip
        Where in the recording it comes from, at the recording's own rate.
    start_s : float
        When in the recording it begins.
    n_threads : int
        Threads that analyse it: 1 if it is short, otherwise as many as it was given.
    facts : callable
        What `Recording.facts` says of the samples taken.
    blocks : callable
        Begins anew at each call, and yields shape (n, n_channels), float32.
    surroundings : tuple of (int, int)
        The numbers of samples at both ends that lie before and after the section asked for. Frames at the edges of a
        figure see them; they are not drawn.
    otherwise : callable, optional
        Returns the waveform that another `Preprocessing` makes of the same recording.
    widened : callable, optional
        Returns the waveform with so many s of the recording on both sides, as far as there are, as `surroundings`.
    """

    name: str
    sample_rate: int
    n_channels: int
    n_samples: int
    blocks: Callable[[], Iterator[Samples]]
    segment: Segment = Segment(0, 0)
    start_s: float = 0.0
    n_threads: int = 1
    facts: Callable[[], dict[str, Any]] = dict
    surroundings: tuple[int, int] = (0, 0)
    otherwise: "Callable[[Preprocessing], Waveform] | None" = None
    widened: "Callable[[float], Waveform] | None" = None
