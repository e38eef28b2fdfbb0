"""From the power of bands to values: floors, logarithms, powers and PCEN; and their normalisation.

Everything is formed in float64 and rounded to float32 by whoever stores it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wav2spec.settings.compression import Compression
from wav2spec.settings.levels import Levels

Floats = npt.NDArray[np.float64]
Values = npt.NDArray[np.floating[Any]]

# Log of 0 is avoided below any level that can be asked for (power).
TINY = float(np.finfo(np.float64).tiny)


def floored(power: Values, levels: Levels, compression: Compression, *, squared: bool, least: float = 0.0) -> Floats:
    """Return the power under a logarithm: at least `amin`, with `log_offset` added to the power or the magnitude.

    Parameters
    ----------
    power : ndarray
    levels : Levels
    compression : Compression
    squared : bool
        Whether the value is the power; otherwise it is the magnitude.
    least : float
        The least result.
    """
    exact = power.astype(np.float64)
    lowest = max(levels.amin, TINY)
    if not compression.log_offset:
        return np.maximum(exact, max(lowest, least), out=exact)
    np.maximum(exact, lowest, out=exact)
    offset = exact + compression.log_offset if squared else np.square(np.sqrt(exact) + compression.log_offset)
    return np.maximum(offset, least, out=offset)


def compress(power: Values, levels: Levels, *, squared: bool) -> Values:
    """Return ``ln v``, ``log10 v``, ``v**E`` or v of each value v, the power or the magnitude.

    Powers under a logarithm are `floored` before.

    Examples
    --------
    >>> compress(np.array([0.01, 1.0]), Levels(scale="log10"), squared=False).tolist()
    [-1.0, 0.0]
    """
    root = 1.0 if squared else 0.5
    if levels.scale in ("ln", "log10"):
        values = np.log(power) if levels.scale == "ln" else np.log10(power)
        return values if squared else np.multiply(values, root, out=values)
    if levels.exponent is not None:
        return power.astype(np.float64) ** (root * levels.exponent)
    exact = power.astype(np.float32, copy=False)
    return exact if squared else np.sqrt(exact)


def peak_power(powers: Iterable[Values]) -> float:
    """Return the greatest power, 0 of nothing."""
    return max((float(power.max(initial=0)) for power in powers), default=0.0)


def pcen(powers: Iterable[Values], settings: Compression, *, squared: bool) -> Iterator[Floats]:
    """Yield per-channel energy normalisation of blocks of powers, shape (n_channels, n_frames, n_bands) [1]_.

    ``(v / (eps + M)**gain + bias)**power - bias**power``, where ``M[t] = b v[t] + (1 - b) M[t - 1]``.

    References
    ----------
    .. [1] Y. Wang et al., "Trainable frontend for robust and far-field keyword spotting", ICASSP 2017
    """
    smoothing, state = settings.pcen_smoothing, None
    for power in powers:
        exact = power.astype(np.float64)
        values = exact if squared else np.sqrt(exact)
        smoothed = np.empty_like(values)
        for frame in range(values.shape[1]):
            if state is None:
                state = values[:, 0] if settings.pcen_start == "first" else np.ones_like(values[:, 0])
            state = smoothing * values[:, frame] + (1.0 - smoothing) * state
            smoothed[:, frame] = state
        gained = values / (settings.pcen_eps + smoothed) ** settings.pcen_gain
        yield (gained + settings.pcen_bias) ** settings.pcen_power - settings.pcen_bias**settings.pcen_power


@dataclass(eq=False, repr=False)
class Moments:
    """Mean and variance over frames, gathered from blocks, shape (n_channels, n_frames, n_bands).

    Blocks are merged by the formula of Chan et al. [1]_, which loses no digits of a small variance on a large mean.

    References
    ----------
    .. [1] T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample variance", The American
       Statistician 37(3), 1983
    """

    axes: int | tuple[int, ...]
    n: int = 0
    mean: Any = 0.0
    squares: Any = 0.0

    def add(self, block: Values) -> None:
        mean = block.mean(axis=self.axes, keepdims=True, dtype=np.float64)
        n = block.size // mean.size
        squares = np.square(block - mean).sum(axis=self.axes, keepdims=True)
        total = self.n + n
        apart = mean - self.mean
        self.mean = self.mean + apart * (n / total)
        self.squares = self.squares + squares + np.square(apart) * (self.n * n / total)
        self.n = total

    def std(self, settings: Compression) -> Any:
        """Return the standard deviation, with the degrees of freedom and the small terms of the settings."""
        variance = self.squares / max(1, self.n - settings.std_ddof)
        return np.sqrt(variance + settings.var_eps) + settings.std_eps


# The axes over which a mean or a standard deviation is taken.
_AXES: dict[Any, int | tuple[int, ...]] = {"band": 1, "recording": (0, 1, 2)}


def normalization(blocks: Iterable[Values], settings: Compression) -> tuple[Any, Any]:
    """Return the mean to subtract and the deviation to divide by, from one pass over the blocks if they need it."""
    moments = {axes: Moments(axes) for name, axes in _AXES.items() if name in (settings.value_mean, settings.value_std)}
    if moments:
        for block in blocks:
            for each in moments.values():
                each.add(block)
    mean = moments[_AXES[settings.value_mean]].mean if settings.value_mean in _AXES else settings.value_mean
    std = moments[_AXES[settings.value_std]].std(settings) if settings.value_std in _AXES else settings.value_std
    # Equal values have no deviation, and differ from their mean by nothing.
    return mean, np.where(np.asarray(std) == 0, 1.0, std)
