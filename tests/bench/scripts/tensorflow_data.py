"""Pictures of all recordings of a folder by a tf.data pipeline: SOURCE_FOLDER TARGET_FOLDER."""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf


def picture(source, target):
    samples = tf.audio.decode_wav(tf.io.read_file(source)).audio
    magnitudes = tf.raw_ops.AudioSpectrogram(input=samples, window_size=256, stride=128, magnitude_squared=False)
    levels = tf.cast(tf.expand_dims(tf.minimum(magnitudes * 64.0, 255.0), -1), tf.uint8)[0]
    tf.io.write_file(target, tf.io.encode_png(levels))
    return target


if __name__ == "__main__":
    folder, out = map(Path, sys.argv[1:])
    sources = sorted(map(str, folder.glob("*.wav")))
    targets = [str(out / f"{Path(source).stem}.png") for source in sources]
    pairs = tf.data.Dataset.from_tensor_slices((sources, targets))
    for _ in pairs.map(picture, num_parallel_calls=2).batch(64).prefetch(2):
        pass
