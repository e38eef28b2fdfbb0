"""A spectrogram drawn into the axes of a user's own figure."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from wav2spec.errors import SettingError
from wav2spec.settings.settings import Settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.floating[Any]]


def plot_spectrogram(
    values: Floats,
    times: Floats,
    frequencies: Floats,
    unit: str,
    settings: Settings,
    ax: "Axes | None",
    options: dict[str, Any],
) -> "Axes | Figure":
    """Draw values over time and frequency as cells of a mesh; see `Spectrogram.plot`.

    Linear values are drawn in dB re their greatest value. Levels are drawn from the greatest down over the range of the
    settings.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter

    if values.shape[0] > 1 and ax:
        raise SettingError("channel", f"axes show one channel, but there are {values.shape[0]}; set it to mix")
    figure = None if ax else Figure(figsize=(10, 5 * values.shape[0]), dpi=100, layout="constrained")
    panels: list[Axes] = list(figure.subplots(values.shape[0], 1, squeeze=False)[:, 0]) if figure else [ax]  # type: ignore[list-item]
    levels, label = _levels(values, unit, settings)
    limits = {"vmin": float(levels.max()) - settings.levels.db_range, "vmax": float(levels.max())}
    for panel, channel in zip(panels, levels, strict=True):
        style: dict[str, Any] = {"shading": "nearest", "rasterized": True, "cmap": "magma"} | limits | options
        mesh = panel.pcolormesh(times, frequencies, channel.T, **style)
        if settings.bands.freq_scale != "linear":
            panel.set_yscale("log" if settings.bands.freq_scale == "log" else "symlog")
        panel.set(xlabel="Time (s)", ylabel="Frequency")
        panel.yaxis.set_major_formatter(EngFormatter("Hz"))
        if figure:
            figure.colorbar(mesh, ax=panel, label=label)
    return figure or panels[0]


def _levels(values: Floats, unit: str, settings: Settings) -> tuple[Floats, str]:
    """Return values in dB and the label of their scale."""
    if unit == "dB":
        reference = settings.levels.db_ref
        return values, f"Level (dB re {reference if isinstance(reference, str) else f'{reference:g}'})"
    power = values.astype(np.float64) ** (2 if unit == "magnitude" else 1)
    greatest = float(power.max(initial=0.0)) or 1.0
    least = np.finfo(np.float64).tiny
    return 10.0 * np.log10(np.maximum(power / greatest, least)), "Level (dB re peak)"
