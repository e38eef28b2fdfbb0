"""What a figure shows, computed by its plan: panels, bars, waveforms, marks and tiers of labels."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wav2spec.dsp.pooling import repeat_bands
from wav2spec.dsp.spectrogram import SpectrogramStream
from wav2spec.render.figures.axes import MINUS, LevelScale, level_scale
from wav2spec.render.figures.captions import displayed_name, figure_caption
from wav2spec.render.figures.content import Content, Mark, Panel, Tiers, Wave
from wav2spec.render.figures.figure_plan import FigurePlan, figure_of
from wav2spec.render.figures.panels import PooledPower, envelope, pool_power
from wav2spec.settings.marks import parse_marks


def assemble(plan: FigurePlan) -> Content:
    """Compute the pixels of a figure, with all that stands around them."""
    pooled, peak = _pooled(plan)
    height = plan.layout.panels[0].height
    panels = [
        Panel(pixels, power.blank, axes, figure_of(power.stream.settings).palette)
        for power, axes in zip(pooled, plan.axes, strict=True)
        for pixels in power.pixels(axes.frequency, height, peak)
    ]
    n_channels = len(panels) // len(pooled)
    panels = [
        panel._replace(caption=caption, marks=_marks(plan, index // n_channels))
        for index, (panel, caption) in enumerate(zip(panels, plan.captions, strict=True))
    ]
    tiers = [_tiers(plan, index // n_channels) for index in range(len(plan.layout.tiers))]
    bars = [(_scale(plan), panels[0].palette)]
    if plan.difference:
        differences = _differences(plan, pooled, peak)
        limit = _difference_limit(max(one.greatest for one in differences))
        panels += [_difference_panel(plan, one, index, limit) for index, one in enumerate(differences)]
        bars.append((LevelScale(-limit, limit, "Difference (dB)"), DIFFERENCE_PALETTE))
    waves = _waves(plan)
    loudest = max((float(np.nanmax(np.abs(wave.extremes))) for wave in waves), default=0.0)
    return Content(
        panels,
        bars[: len(plan.layout.bars)],
        waves,
        max(plan.figure.waveform_range, loudest),
        tiers,
        title=plan.title,
        chart=plan.chart,
        caption="" if plan.is_grid or not plan.figure.caption else figure_caption(plan.streams[0]),
    )


def _pooled(plan: FigurePlan) -> tuple[list[PooledPower], float]:
    """Return the power of all panels, and the greatest of it."""
    box = plan.layout.panels[0]
    pooled = [
        pool_power(stream, axes, box.width, box.height, _reduce(stream), comparable=len(plan.streams) > 1)
        for stream, axes in zip(plan.streams, plan.axes, strict=True)
    ]
    return pooled, max(power.peak for power in pooled)


def _marks(plan: FigurePlan, index: int) -> list[Mark]:
    """Return the lines of the figure, and the labels that have limits in frequency."""
    marks = [
        Mark(bottom=one[0], text=f"{one[0]:g} Hz") if isinstance(one, tuple) else Mark(left=one, text=f"{one:g} s")
        for one in (parse_marks(plan.figure.mark) if plan.figure.mark else ())
    ]
    found = [] if plan.difference else [one for one in plan.labels[index] if one.low_hz is not None]
    offset = plan.offsets[index]
    return marks + [Mark(one.start_s - offset, one.end_s - offset, one.low_hz, one.high_hz, one.text) for one in found]


def _tiers(plan: FigurePlan, index: int) -> Tiers:
    offset, labels = plan.offsets[index], plan.labels[index]
    rows = [
        (
            name,
            [
                Mark(one.start_s - offset, one.end_s - offset, text=one.text)
                for one in labels
                if one.tier == name and one.low_hz is None
            ],
        )
        for name in plan.tier_names
    ]
    return Tiers(rows, plan.axes[index])


def _scale(plan: FigurePlan) -> LevelScale:
    stream, time = plan.streams[0], plan.axes[0].time
    per_pixel = (time.high - time.low) / plan.layout.panels[0].width / time.step
    statistic = f"{_reduce(stream)} of {per_pixel:.0f} frames" if per_pixel >= 1.5 and not plan.is_grid else ""
    return level_scale(stream.settings.levels, stream.unit, statistic)


def _waves(plan: FigurePlan) -> list[Wave]:
    boxes = plan.layout.waveforms
    if not boxes:
        return []
    found = []
    for index in range(len(boxes)) if plan.is_grid else range(1):
        stream, axes, offset = plan.streams[index], plan.axes[index], plan.offsets[index]
        own = replace(axes.time, low=axes.time.low + offset, high=axes.time.high + offset)
        found += [Wave(channel, axes) for channel in envelope(stream, own, boxes[0].width)]
    return found


# The colours of differences: blue below 0, white around it, red above.
DIFFERENCE_PALETTE = "RdBu_r"


class _Difference(NamedTuple):
    """dB of the second recording minus those of the first.

    `db` has shape (height, width), the first row being the top; `unknown`, shape (width,), says where either has no
    frame.
    """

    db: npt.NDArray[np.float64]
    unknown: npt.NDArray[np.bool_]

    @property
    def greatest(self) -> float:
        return float(np.abs(self.db).max())


def greatest_difference_db(plan: FigurePlan) -> float:
    """Return the greatest difference of a pixel of the second recording from the first, in dB."""
    return max(one.greatest for one in _differences(plan, *_pooled(plan)))


def _differences(plan: FigurePlan, pooled: list[PooledPower], peak: float) -> list[_Difference]:
    """Return the difference of each column of panels."""
    n_columns, height = plan.layout.n_columns, plan.layout.panels[0].height
    found = []
    for index in range(n_columns):
        first, second = (
            repeat_bands(power.decibels(slice(None), peak), axes.frequency, height)[0].T[::-1]
            for power, axes in ((pooled[at], plan.axes[at]) for at in (index, index + n_columns))
        )
        unknown = pooled[index].blank | pooled[index + n_columns].blank
        found.append(_Difference(np.where(unknown, 0.0, second - first), unknown))
    return found


def _difference_panel(plan: FigurePlan, difference: _Difference, index: int, limit: float) -> Panel:
    pixels = np.rint(127.5 + np.clip(difference.db / limit, -1, 1) * 127.5).astype(np.uint8)
    names = [displayed_name(plan.streams[at].sound.name) for at in (index + plan.layout.n_columns, index)]
    return Panel(pixels, difference.unknown, plan.axes[index], DIFFERENCE_PALETTE, f" {MINUS} ".join(names))


def _difference_limit(greatest: float) -> float:
    """Return the round end of a scale of differences, at least 1 dB.

    >>> _difference_limit(0.2), _difference_limit(13.0)
    (1.0, 20.0)
    """
    return next((float(limit) for limit in (1, 2, 5, 10, 20, 50, 100, 200) if limit >= greatest), greatest)


def _reduce(stream: SpectrogramStream) -> Any:
    return figure_of(stream.settings).reduce
