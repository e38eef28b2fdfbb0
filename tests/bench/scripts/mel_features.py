"""Features of speech by the libraries that models were trained with: LIBRARY SOURCE TARGET; saves (frames, bands)."""

from collections.abc import Callable

import numpy as np
import soundfile


def of_librosa(samples, rate):
    import librosa

    def features():
        return librosa.power_to_db(librosa.feature.melspectrogram(y=samples, sr=rate), ref=np.max).T

    return features


def of_whisper(samples, rate):
    import torch
    from transformers import WhisperFeatureExtractor

    torch.set_num_threads(1)
    extractor = WhisperFeatureExtractor()

    def features():
        inputs = extractor(samples, sampling_rate=rate, truncation=False, padding=False, return_tensors="np")
        return inputs.input_features[0].T

    return features


def of_kaldi(samples, rate):
    import kaldi_native_fbank

    options = kaldi_native_fbank.FbankOptions()
    options.frame_opts.samp_freq = rate
    options.frame_opts.dither = 0
    options.mel_opts.num_bins = 80
    scaled = samples * 32768

    def features():
        bank = kaldi_native_fbank.OnlineFbank(options)
        bank.accept_waveform(rate, scaled)
        bank.input_finished()
        return np.stack([bank.get_frame(index) for index in range(bank.num_frames_ready)])

    return features


LIBRARIES = {"librosa": of_librosa, "whisper": of_whisper, "kaldi": of_kaldi}


def prepare(library: str, source: str, target: str) -> Callable[[], object]:
    samples, rate = soundfile.read(source, dtype="float32")
    features: Callable[[], object] = LIBRARIES[library](samples, rate)
    np.save(target, features())
    return features
