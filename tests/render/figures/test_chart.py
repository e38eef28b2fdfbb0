"""The curve of the entropy lies where its axes say."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from wav2spec.render.figures.annotations import _chart_strokes
from wav2spec.render.figures.content import Chart
from wav2spec.render.figures.layout import Box, compute_layout
from wav2spec.settings.pictures import Figure

POINTS = [(1.0, 12.0), (2.0, 10.0), (4.0, 9.0), (8.0, 11.5)]


def test_octaves_are_equally_far_apart_and_ends_are_inside() -> None:
    chart = Chart({"hann": POINTS}, {3.0: "default"})
    across = [chart.across(length) for length, _ in POINTS]
    assert_allclose(np.diff(across), np.diff(across)[0])
    assert 0 < across[0] < across[-1] < 1
    assert chart.across(2.0) < chart.across(3.0) < chart.across(4.0)
    upwards = [chart.upwards(bits) for _, bits in POINTS]
    assert 0 < min(upwards) == upwards[2]
    assert max(upwards) == upwards[0] < 1


def test_a_single_size_and_equal_entropies_lie_in_the_middle() -> None:
    chart = Chart({"hann": [(5.0, 10.0)]}, {5.0: "default, number 1"})
    assert [chart.across(5.0), chart.upwards(10.0)] == pytest.approx([0.5, 0.5])


def test_the_curve_passes_through_its_points_and_stays_in_its_box() -> None:
    chart, box = Chart({"hann": POINTS}, {2.0: "default"}), Box(70, 30, 800, 120)
    drawn = np.zeros((300, 1000), bool)
    for stroke in _chart_strokes(chart, box):
        stroke.box.view(drawn)[:] = True
    outside = drawn.copy()
    box.view(outside)[:] = False
    assert not outside.any()
    inside = box.view(drawn)[::-1]
    for length, bits in POINTS:
        x, y = int(chart.across(length) * box.width), int(chart.upwards(bits) * box.height)
        assert inside[y - 2 : y + 5, x - 3 : x + 4].all()
    # Without a gap from the first point to the last.
    first, last = (int(chart.across(length) * box.width) for length in (1.0, 8.0))
    assert inside[:, first : last + 1].any(axis=0).all()


def test_a_chart_lies_below_the_panels_and_leaves_them_their_height() -> None:
    plain = compute_layout(Figure(), 3, titled=True)
    layout = compute_layout(Figure(), 3, titled=True, has_chart=True)
    assert layout.chart is not None
    assert [box.height for box in layout.panels] == [box.height for box in plain.panels]
    # With room for the labels and the title of the time between them.
    assert layout.panels[-1].y - (layout.chart.y + layout.chart.height) >= 3 * layout.letter
