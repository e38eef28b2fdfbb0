"""Everything that the program reads, damaged at random: a result or a reason, and never more memory than is there."""

import gzip
import random
import re
import shutil
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hostile_recordings import hostile_files
from runs import PROGRAM, SAMPLES, Finding, run

OPTIONS: tuple[list[str], ...] = (
    [],
    ["--format", "npy", "--channel", "all"],
    ["--layout", "right-up", "--bit-depth", "16"],
    ["--preset", "librosa"],
    ["--segment", "100ms"],
    ["--size", "64x32", "--scale", "db"],
    ["--sample-rate", "8000", "--normalize", "peak"],
)

# In place of a number or a string: too large, too small, of another type, no text, or nothing.
_VALUES = (
    *(b"1e400", b"-1", b"0", b"nan", b"9" * 400, b"9" * 5000, b"1e-320", b"null", b"[]", b"{}", b"true", b""),
    *(
        b'"x"',
        b'""',
        b'"-"',
        b'"..\\/x"',
        b'"\\u0000"',
        b'"\\ud800.wav"',
        b'"\\udc80.wav"',
        b'"\\u001b[31m"',
        b'"/dev/zero"',
    ),
)


def mutated(generator: random.Random, content: bytes) -> bytes:
    """Return some bytes changed, cut out, inserted or repeated, mostly near the beginning."""
    data = bytearray(content)
    for _ in range(generator.choice((1, 1, 2, 4, 16))):
        at = generator.randrange(min(len(data), generator.choice((64, 256, len(data))))) if data else 0
        match generator.randrange(6):
            case 0:
                data[at : at + 1] = bytes((generator.randrange(256),))
            case 1:
                data[at : at + 4] = generator.choice((b"\xff" * 4, bytes(4), b"\xff\xff\xff\x7f", b"\0\0\0\x80"))
            case 2:
                del data[at : at + generator.randrange(1, 40)]
            case 3:
                data[at:at] = generator.randbytes(generator.randrange(1, 40))
            case 4:
                del data[at + generator.randrange(1000) :]
            case 5:
                data[at:at] = data[at : at + generator.randrange(1, 200)]
    return bytes(data)


def mutated_text(generator: random.Random, content: bytes) -> bytes:
    """Return some numbers replaced, brackets nested, or any bytes mutated."""
    if generator.random() < 0.3:
        return mutated(generator, content)
    for _ in range(generator.choice((1, 2, 4))):
        places = [match.span() for match in re.finditer(rb'[0-9.]+|"[^"]*"|true|false|null', content)]
        if not places:
            break
        start, end = generator.choice(places)
        nested = generator.choice((b"[", b'{"a":', b"(")) * generator.choice((10, 100_000))
        content = content[:start] + generator.choice((*_VALUES, nested)) + content[end:]
    return content


def mutated_png(generator: random.Random, content: bytes) -> bytes:
    """Return a picture with a chunk changed and its checksum made right, or any bytes mutated."""
    if generator.random() < 0.3:
        return mutated(generator, content)
    chunks, at = [], 8
    while at < len(content):
        (size,) = struct.unpack(">I", content[at : at + 4])
        chunks.append((content[at + 4 : at + 8], content[at + 8 : at + 8 + size]))
        at += size + 12
    place = generator.randrange(len(chunks))
    name, body = chunks[place]
    chunks[place] = name, (mutated_text if name == b"tEXt" else mutated)(generator, body)
    if generator.random() < 0.2:
        chunks.insert(generator.randrange(len(chunks)), generator.choice(chunks))
    written = (struct.pack(">I", len(body)) + name + body + _crc(name + body) for name, body in chunks)
    return content[:8] + b"".join(written)


def _crc(data: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(data))


def mutated_tar(generator: random.Random, content: bytes) -> bytes:
    """Return an archive with headers changed and their checksums made right, or any bytes mutated."""
    if generator.random() < 0.3:
        return mutated(generator, content)
    data = bytearray(content)
    for at in range(0, len(data) - 511, 512):
        if data[at + 257 : at + 262] == b"ustar" and generator.random() < 0.5:
            field, size = generator.choice(((0, 100), (100, 8), (124, 12), (156, 1), (257, 8), (345, 155)))
            value = generator.choice(
                (generator.randbytes(size), b"7" * size, b"\x80" + b"\xff" * size, b"../../x", b"LKxgS")
            )
            data[at + field : at + field + size] = value[:size].ljust(size, b"\0")
            data[at + 148 : at + 156] = b" " * 8
            data[at + 148 : at + 156] = b"%06o\0 " % sum(data[at : at + 512])
    return bytes(data)


@dataclass(frozen=True)
class Input:
    """A kind of file that the program reads.

    Attributes
    ----------
    name : str
        Of the file that is mutated.
    make : tuple of str
        The command that makes it from ``a.wav`` and ``b.wav``, or the text that it holds.
    commands : tuple of str
        That read it.
    mutate : callable
    """

    name: str
    make: tuple[str, ...] | bytes
    commands: tuple[str, ...]
    mutate: Callable[[random.Random, bytes], bytes] = mutated_text


_LABELS = b"0.1\t0.2\tcrow\n\\\t800\t2000\n0.3\t0.4\tjay\n"
_RAVEN = (
    b"Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tAnnotation\n"
    b"1\tS\t1\t0.1\t0.2\t100\t900\tx\n"
)
_TEXTGRID = (
    b'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 2\ntiers? <exists>\nsize = 1\nitem []:\n'
    b'    item [1]:\n        class = "IntervalTier"\n        name = "words"\n        xmin = 0\n        xmax = 2\n'
    b"        intervals: size = 1\n        intervals [1]:\n            xmin = 0\n"
    b'            xmax = 2\n            text = "hi"\n'
)
_CONFIG = b'window_size = "25ms"\nstride = 64\nscale = "db"\ndb_range = 60.5\nwindow = "kaiser:14"\n'
_OF_LABELS = ("plot a.wav -o p.png --force --labels {}", "explore a.wav -o e.html --force --labels {}")
_OF_ARCHIVES = ("{} -o out/ -j 2", "{0} -o s/%06d.tar", "levels {}", "{}/a.wav o.png", "{} -o out/ --check")
_OF_PICTURES = ("info {}", "info --json {}", "info --digest {}", "info --flags {}", "b.wav -o l.png --like {}")

INPUTS = (
    Input("x.png", ("a.wav", "x.png"), (*_OF_PICTURES, "a.wav -o x.png --update", "a.wav x.png --check"), mutated_png),
    Input(
        "x.png", ("a.wav", "x.png", "--size", "64x64", "--palette", "magma", "--scale", "db"), _OF_PICTURES, mutated_png
    ),
    Input("x.npy", ("a.wav", "x.npy"), ("a.wav -o x.npy --update", "a.wav x.npy --check"), mutated),
    Input("x.png", ("plot", "a.wav", "x.png"), (*_OF_PICTURES, "plot a.wav -o x.png --update"), mutated_png),
    Input("x.svg", ("plot", "a.wav", "x.svg"), ("info {}", "plot a.wav -o x.svg --update")),
    Input("x.pdf", ("plot", "a.wav", "x.pdf"), ("info {}", "plot a.wav -o x.pdf --update"), mutated),
    Input("x.html", ("explore", "a.wav", "x.html"), ("info --json {}", "info {}", "explore a.wav -o x.html --update")),
    Input(
        "000.tar", ("a.wav", "-o", "%03d.tar"), ("a.wav -o %03d.tar --update", "a.wav -o %03d.tar --check"), mutated_tar
    ),
    Input("in.tar", (), _OF_ARCHIVES, mutated_tar),
    Input("in.tar.gz", (), _OF_ARCHIVES, lambda generator, data: _gzipped(generator, data)),
    Input("in.zip", (), _OF_ARCHIVES, mutated),
    Input("m.jsonl", ("a.wav", "b.wav", "-o", "out/", "--manifest", "m.jsonl"), ("report {} -o r.html", "report {}")),
    Input(
        "m.jsonl",
        ("a.wav", "b.wav", "-o", "out/", "--segment", "50ms", "--manifest", "m.jsonl"),
        ("report {} -o r.html --thumbnails pictures", "report {} {} -o r.md"),
    ),
    Input("l.toml", ("levels", "a.wav", "-o", "l.toml"), ("b.wav -o out/ --levels {}", "plot b.wav p.png --levels {}")),
    Input("c.toml", _CONFIG, ("b.wav -o out/ --config {}", "explore b.wav e.html --force --config {}")),
    Input("l.txt", _LABELS, _OF_LABELS),
    Input("l.txt", _RAVEN, _OF_LABELS),
    Input("l.csv", b"start,end,label\n0.1,0.2,x\n", _OF_LABELS),
    Input("l.TextGrid", _TEXTGRID, _OF_LABELS),
    Input(
        "list",
        b"a.wav\nb.wav\nin/c.wav\n",
        ("--files-from {} -o out/", "levels --files-from {}", "--files-from {} -0 -o out/"),
    ),
)


def hostile_inputs(generator: random.Random, folder: Path) -> None:
    """A file of a kind that the program reads, damaged in four ways."""
    kind = generator.choice(INPUTS)
    for name in "ab":
        shutil.copy(SAMPLES / "kick.wav", folder / f"{name}.wav")
    path = folder / kind.name
    if isinstance(kind.make, bytes):
        path.write_bytes(kind.make)
    elif kind.make:
        run([*PROGRAM, *kind.make], folder, (0,))
    else:
        _write_archive(folder, kind.name)
    whole = path.read_bytes() if path.exists() else b""
    for _ in range(4):
        path.write_bytes(kind.mutate(generator, whole))
        for command in generator.sample(kind.commands, min(2, len(kind.commands))):
            words = command.format(*[kind.name] * 2).split()
            try:
                messages = run([*PROGRAM, *words], folder, (0, 1, 2))
            except Finding as finding:
                raise Finding(f"{finding}\n{kind.name}: {path.read_bytes()[:2000]!r}") from None
            if b"not enough memory" in messages:
                raise Finding(f"memory: {words}\n{messages!r}\n{kind.name}: {path.read_bytes()[:2000]!r}")


def _write_archive(folder: Path, name: str) -> None:
    stem, _, suffix = name.partition(".")
    content = folder / "content"
    content.mkdir()
    for wav in folder.glob("*.wav"):
        shutil.copy(wav, content)
    shutil.make_archive(str(folder / stem), {"tar": "tar", "tar.gz": "tar", "zip": "zip"}[suffix], content)
    if suffix == "tar.gz":
        (folder / f"{stem}.tar").rename(folder / name)


def _gzipped(generator: random.Random, data: bytes) -> bytes:
    if generator.random() < 0.5:
        return mutated(generator, gzip.compress(data, 1))
    return gzip.compress(mutated_tar(generator, data), 1)


def hostile_recordings(generator: random.Random, folder: Path) -> None:
    """Recordings in all containers, damaged at random, in every command that reads them."""
    import soundfile

    names = []
    contents = [*hostile_files().values()]
    formats = ("WAV", "FLAC", "AIFF", "OGG", "CAF", "AU", "W64", "RF64", "MP3")
    for major in formats:
        path = folder / f"whole.{major.lower()}"
        soundfile.write(path, [generator.uniform(-1, 1) for _ in range(4000)], 16000, format=major)
        contents += [path.read_bytes()] * 20
        path.unlink()
    for number in range(12):
        path = folder / f"{number}.wav"
        path.write_bytes(mutated(generator, generator.choice(contents)))
        names.append(path.name)
    match generator.randrange(8):
        case 0:
            run([*PROGRAM, "info", "--json", *names], folder)
        case 1:
            run([*PROGRAM, "levels", *names, "--jobs", "2"], folder)
        case 2:
            run([*PROGRAM, "tune", *names, "--jobs", "2", "--plot", "t.png"], folder)
        case 3:
            command = generator.choice(("plot", "explore", "compare"))
            run([*PROGRAM, command, *names[:4], "-o", "out/", "--jobs", "2"], folder)
        case 4:
            checks = ["--refuse", "truncated", "--warn", "silent,clipped,short,dc"]
            run([*PROGRAM, *names, "-o", "s/%03d.tar", "--shard-size", "5", "--jobs", "2", *checks], folder)
        case _:
            # A decoder that crashes costs its file alone.
            options = [*generator.choice(OPTIONS), "--manifest", "m.jsonl"]
            run([*PROGRAM, *names, *options, "-o", "out/", "--jobs", "2"], folder)
