"""Damaged and odd files, as they come from disks, downloads and fuzzers."""

import io
import random
import struct
from typing import Any

import numpy as np
import soundfile
from recordings import rf64, riff


def _written(n_samples: int, n_channels: int, **options: str) -> bytes:
    """Return noise as libsndfile writes it."""
    samples = np.random.default_rng(7).uniform(-0.5, 0.5, (n_samples, n_channels))
    file = io.BytesIO()
    soundfile.write(file, samples, 16000, **options)
    return file.getvalue()


def _chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    return name + struct.pack("<I", len(body) if size is None else size) + body + bytes(len(body) % 2)


def _form(
    code: int = 1, n_channels: int = 1, rate: int = 16000, bits: int = 16, align: int | None = None, tail: bytes = b""
) -> bytes:
    align = n_channels * bits // 8 % 65536 if align is None else align
    return _chunk(b"fmt ", struct.pack("<HHIIHH", code, n_channels, rate, rate * align % 2**32, align, bits) + tail)


def _wav(*chunks: bytes) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return _chunk(b"RIFF", body)


def hostile_files() -> dict[str, bytes]:
    """Return some 400 files that are damaged, odd, or no WAV at all, by name; always the same."""
    noise = np.random.default_rng(7).integers(-20000, 20000, 1000).astype("<i2").tobytes()
    data, plain = _chunk(b"data", noise), riff(noise)
    containers = {
        "riff": plain,
        "rifx": _written(1000, 1, format="WAV", subtype="PCM_16", endian="BIG"),
        "rf64": _written(1000, 1, format="RF64", subtype="PCM_16"),
        "w64": _written(1000, 1, format="W64", subtype="PCM_16"),
        "float": _wav(_form(3, bits=32), _chunk(b"data", np.linspace(-1, 1, 1000, dtype="<f4").tobytes())),
        "ima": _written(2000, 2, format="WAV", subtype="IMA_ADPCM"),
        "ms": _written(2000, 1, format="WAV", subtype="MS_ADPCM"),
        "gsm": _written(2000, 1, format="WAV", subtype="GSM610"),
        "extensible": _written(1000, 2, format="WAVEX", subtype="PCM_24"),
    }
    files = {"plain": plain}
    files |= {f"cut_at_{length}": plain[:length] for length in range(47)}
    flips, heads = random.Random(69), {"rf64": 104, "w64": 136}
    for name, whole in containers.items():
        head = heads.get(name, 64)
        files |= {f"{name}_cut_at_{length}": whole[:length] for length in range(3, head, 9)}
        for number in range(12):
            damaged = bytearray(whole)
            for _ in range(1 + number % 4):
                damaged[flips.randrange(4, head if number < 9 else len(whole))] ^= 1 << flips.randrange(8)
            files[f"{name}_flips_{number}"] = bytes(damaged)
    sizes = (0, 1, 3, 15, 17, 1999, 2001, 2**16, 2**31 - 4096, 2**31 - 37, 2**31 - 1, 2**31, 2**32 - 9, 2**32 - 1)
    for size in sizes:
        files[f"riff_size_{size}"] = riff(noise, riff_size=size)
        files[f"data_size_{size}"] = riff(noise, data_size=size)
        files[f"data_size_{size}_nothing_there"] = riff(b"", data_size=size)
        files[f"fmt_size_{size}"] = _wav(_chunk(b"fmt ", _form()[8:], size), data)
        files[f"list_size_{size}"] = _wav(_form(), _chunk(b"LIST", b"INFOISFT" + bytes(8), size), data)
        files[f"ds64_{size}"] = rf64(size) + noise
    for size in (2**63 - 1, 2**63, 2**64 - 1, 24, 23, 1, 0):
        packed = struct.pack("<Q", size)
        files[f"ds64_of_{size}"] = rf64(0)[:28] + packed + rf64(0)[36:] + noise
        whole = containers["w64"]
        for name, offset in (("riff", 16), ("fmt", 56), ("data", whole.index(b"data") + 16)):
            files[f"w64_{name}_size_{size}"] = whole[:offset] + packed + whole[offset + 8 :]
    forms: dict[str, dict[str, Any]] = {
        **{f"channels_{n}": {"n_channels": n} for n in (0, 2, 3, 14, 255, 1000, 1024, 1025, 32768, 65535)},
        **{f"rate_{rate}": {"rate": rate} for rate in (0, 1, 7, 44099, 2**31 - 1, 2**31, 2**32 - 1)},
        **{f"bits_{bits}": {"bits": bits} for bits in (0, 1, 4, 7, 8, 12, 20, 24, 32, 33, 64, 255, 65535)},
        **{f"align_{align}": {"align": align} for align in (0, 1, 3, 4, 65535)},
        **{f"code_{code}": {"code": code} for code in (0, 2, 3, 6, 7, 17, 49, 64, 80, 85, 255, 0x674F, 65534, 65535)},
        "float_rate_0": {"code": 3, "bits": 32, "rate": 0},
        "double": {"code": 3, "bits": 64},
        "extensible_without_extension": {"code": 65534, "tail": b"\x16\0"},
        "extensible_zeros": {"code": 65534, "tail": b"\x16\0" + bytes(22)},
        "ima_zeros": {"code": 17, "bits": 4, "align": 1, "tail": b"\2\0\0\0"},
    }
    files |= {name: _wav(_form(**form), data) for name, form in forms.items()}
    for name, value in (("nan", np.nan), ("inf", np.inf), ("huge", 3e38), ("tiny", 1e-45)):
        files[name] = _wav(_form(3, bits=32), _chunk(b"data", np.full(1000, value, "<f4").tobytes()))
    files |= {
        "nested_riff": _wav(plain),
        "nested_deep": _wav(_form(), _chunk(b"LIST", _chunk(b"LIST", _chunk(b"LIST", plain))), data),
        "fmt_after_data": _wav(data, _form()),
        "no_fmt": _wav(data),
        "no_data": _wav(_form()),
        "two_data": _wav(_form(), data, data),
        "two_fmt": _wav(_form(), _form(n_channels=2), data),
        "empty_data_first": _wav(_form(), _chunk(b"data", b""), data),
        "many_chunks": _wav(_form(), *[_chunk(b"junk", b"")] * 5000, data),
        "many_cues": _wav(_form(), _chunk(b"cue ", struct.pack("<I", 2**31)), data),
        "smpl": _wav(_form(), _chunk(b"smpl", b"\xff" * 36), data),
        "bext": _wav(_form(), _chunk(b"bext", b"\xff" * 602), data),
        "fact": _wav(_form(), _chunk(b"fact", b"\xff" * 4), data),
        "peak": _wav(_form(3, bits=32), _chunk(b"PEAK", b"\xff" * 16), data),
        "wave_in_lower_case": plain.replace(b"WAVE", b"wave"),
        "bytes_before": b"\0" + plain,
        "avi": plain.replace(b"WAVE", b"AVI "),
        "text": b"Nothing to hear here.\n" * 50,
        "html": b"<!DOCTYPE html><title>404</title>",
        "png": b"\x89PNG\r\n\x1a\n" + noise,
        "elf": b"\x7fELF\2\1\1" + noise,
        "zip": b"PK\3\4" + noise,
        "gzip": b"\x1f\x8b\x08" + noise,
        "git_lfs_pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        "apple_double": b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(64),
        "flac": b"fLaC" + noise,
        "ogg": b"OggS" + noise,
        "aiff": b"FORM" + struct.pack(">I", 2004) + b"AIFFCOMM" + noise,
        "caf": b"caff\0\1\0\0desc" + noise,
        "au": b".snd" + noise,
        "mp3": b"ID3\4" + noise,
        "svx": b"FORM" + struct.pack(">I", 2004) + b"8SVX" + noise,
        "zeros": bytes(1000),
        "ones": b"\xff" * 1000,
        "real_flac": _written(1000, 1, format="FLAC", subtype="PCM_16"),
        "real_aiff": _written(1000, 1, format="AIFF", subtype="PCM_16"),
        "real_caf": _written(1000, 1, format="CAF", subtype="PCM_16"),
    }
    return files
