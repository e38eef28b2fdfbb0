"""Recordings that are compared in one figure."""

from dataclasses import dataclass

from wav2spec.errors import SettingError
from wav2spec.settings.quantities import parse_time


@dataclass(frozen=True)
class Together:
    """The other recordings of a figure, and how they stand beside the first.

    Attributes
    ----------
    paths : tuple of str
        Of all recordings but the first.
    align : tuple of float or str
        A time of each recording, the first included; they are drawn at the same place. Empty for the starts.
    difference : bool
        Whether the difference of the second from the first is drawn below them.
    """

    paths: tuple[str, ...]
    align: tuple[float | str, ...] = ()
    difference: bool = False

    def __post_init__(self) -> None:
        for time in self.align:
            try:
                parse_time(time)
            except ValueError as error:
                raise SettingError("align", str(error)) from None
        if self.align and len(self.align) != 1 + len(self.paths):
            message = f"{len(self.align)} times do not go with {1 + len(self.paths)} recordings"
            raise SettingError("align", message)
        if self.difference and len(self.paths) != 1:
            message = f"is that of two recordings, but there are {1 + len(self.paths)}"
            raise SettingError("difference", message)

    @property
    def offsets_s(self) -> tuple[float, ...]:
        """How much later each recording's time in `align` is than that of the first, in s."""
        times = [float(parse_time(time)) for time in self.align] or [0.0] * (1 + len(self.paths))
        return tuple(time - times[0] for time in times)
