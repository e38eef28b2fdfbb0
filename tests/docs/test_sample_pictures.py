"""The pictures kept in sample_audio/ are those that the program draws."""

from pathlib import Path

import numpy as np
import pytest
from in_process import run_in_process
from PIL import Image
from recordings import SAMPLES


@pytest.mark.parametrize("picture", sorted(SAMPLES.glob("*.png")), ids=lambda path: path.stem)
def test_the_pictures_kept_beside_the_recordings_are_those_drawn(picture: Path, tmp_path: Path) -> None:
    drawn = tmp_path / "drawn.png"
    assert run_in_process(picture.with_suffix(".wav"), drawn).returncode == 0
    np.testing.assert_array_equal(np.asarray(Image.open(picture)), np.asarray(Image.open(drawn)))
