"""The picture of TensorFlow's wav_to_spectrogram by TensorFlow's own op: SOURCE TARGET."""

import os
import sys
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf


def drawing() -> Callable[[str, str], object]:
    """Return what draws a recording; its first call compiles the graph."""

    @tf.function
    def picture(path):
        samples = tf.audio.decode_wav(tf.io.read_file(path)).audio
        magnitudes = tf.raw_ops.AudioSpectrogram(input=samples, window_size=256, stride=128, magnitude_squared=False)
        levels = tf.minimum(magnitudes * 64.0, 255.0)
        return tf.io.encode_png(tf.cast(tf.expand_dims(levels, -1), tf.uint8)[0])

    return lambda source, target: tf.io.write_file(target, picture(tf.constant(source)))


def prepare(source: str, target: str) -> Callable[[], object]:
    draw = drawing()
    return lambda: draw(source, target)


if __name__ == "__main__":
    drawing()(*sys.argv[1:])
