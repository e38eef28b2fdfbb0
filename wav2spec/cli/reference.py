"""The reference of all options in Markdown; `make docs` writes it to ``docs/options.md``."""

import inspect
import re
import sys

import click

from wav2spec.cli.help import HEADINGS
from wav2spec.cli.main import command
from wav2spec.settings.aliases import CONVERTED, RENAMED
from wav2spec.settings.fields import Declaration, declarations
from wav2spec.settings.pictures import Figure
from wav2spec.settings.presets import PRESETS
from wav2spec.settings.settings import Settings

_INTRODUCTION = """# Options

This page is generated from the commands (`make docs`). An option that has no effect beside the others is refused.

Values are written in one grammar everywhere:

| value | written as |
|---|---|
| size | samples (`256`) or time (`25ms`, `0.5us`, `0.1s`); a stride also as a share of the window (`50%`, `1/3`) |
| time | seconds (`2.5`), minutes (`1:02.5`), hours (`1:02:03`) or with a unit (`150ms`, `1min`) |
| frequency | `8000`, `8k`, `8kHz` |
| level | `-60`, `-60dB` |

Times are rounded up to whole samples, exactly: 35 ms at 48 kHz are 1680 samples. Underscores in the names of options
work too, as TensorFlow's program spells them.

Settings can also be read from a TOML file, `--config settings.toml`, with a line for each: `window-size = "25ms"`, or
`preset = "librosa"`. Tables named `[image]`, `[plot]` and so on hold settings for one command. An option takes
precedence over the file, and the file over the preset.
"""


def reference() -> str:
    """Return the page."""
    parts = [_INTRODUCTION, _aliases()]
    for name, one in command.commands.items():
        parts.append(_command(name, one))
    return "\n".join(parts)


def _aliases() -> str:
    lines = ["## Names from other libraries", "", "These names are understood as well:", ""]
    lines += ["| name | stands for |", "|---|---|"]
    lines += [f"| `--{alias.replace('_', '-')}` | `--{name.replace('_', '-')}` |" for alias, name in RENAMED.items()]
    lines += [f"| `--{alias}` | {_dashes(meaning)} |" for alias, meaning in CONVERTED.items()]
    return "\n".join([*lines, ""])


def _command(name: str, one: click.Command) -> str:
    context = click.Context(one, info_name=f"wav2spec {name}")
    text = inspect.cleandoc(one.help or "").partition("\b")
    lines = [f"## wav2spec {name}", "", " ".join(text[0].split("\n")).strip(), ""]
    if text[2]:
        lines += ["```sh", *[line.strip() for line in text[2].strip().splitlines()], "```", ""]
    options = [param for param in one.params if isinstance(param, click.Option) and not param.hidden]
    for heading in HEADINGS:
        rows = [_row(option, context) for option in options if getattr(option, "group", "Messages") == heading]
        if rows:
            lines += [f"### {heading}", "", "| option | default | meaning |", "|---|---|---|", *rows, ""]
    return "\n".join(lines)


def _row(option: click.Option, context: click.Context) -> str:
    record = option.get_help_record(context)
    flags, text = record if record else ("", "")
    help_text, _, default = text.partition("  [default: ")
    declared = _DECLARED.get(str(option.name))
    details = f" {_dashes(declared.details)}" if declared and declared.details else ""
    cells = [f"`{flags}`", default.removesuffix("]"), f"{_dashes(help_text)}{details}"]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _dashes(text: str) -> str:
    """Return prose in which settings, ``window_size``, are written as options."""

    def dashed(match: re.Match[str]) -> str:
        return f"`--{match[1].replace('_', '-')}`" if match[1] in _DECLARED else match[0]

    return re.sub(r"`([a-z_]+)`", dashed, text)


_DECLARED: dict[str, Declaration] = {**declarations(Figure), **Settings().declarations}


_PRESETS = """# Presets

`--preset NAME` starts from the settings of another system; every setting can still be given beside it. Presets are
made of settings alone: `wav2spec presets NAME` prints them. This page is generated from the presets (`make docs`).

The last column is the release whose answers were compared, and the greatest difference from them in the unit of the
values: in a typical recording and, where it is far more, in the worst. There were 24 recordings of speech, music and
noise, clipped, silent and short, for `praat` 120 at five rates; for `torchaudio` 1,137 settings; for VGGish, YAMNet,
Tacotron 2, HiFi-GAN, Perch, BirdNET and Octave 2 recordings.

The difference comes from the single precision in which the systems compute. Bands 100 dB below the level of their
frame, as beside a pure tone or a sweep, are rounding noise there: two implementations of Kaldi's bands differ from
each other by as much. In double precision, `torchaudio.compliance.kaldi` differs from `kaldi-fbank` by 3e-4 at most.

Values of models come as `.npy` in the order of axes that the system has (`--npy-axes`):

```sh
wav2spec speech.wav speech.npy --preset whisper --target-length 480000
wav2spec speech.wav -o patches/ --format npy --preset vggish --segment 975ms --segment-stride 960ms --segment-last drop
wav2spec speech.wav sox.png --preset sox --size 600x257
```

"""

_PRESET_NOTES = """
## What surrounds a front end

- Whisper: 30 s, zero-padded or cut, are `--target-length 480000`. The floor of 80 dB counts the whole clip. The
  program's own loader rounds resampled audio to 16 bits, so that features agree for recordings at 16 kHz alone.
- VGGish: patches of 96 frames are `--segment 975ms --segment-stride 960ms --segment-last drop`.
- YAMNet: patches that overlap by half are `--segment 975ms --segment-stride 480ms`; zeros fill up the last, as there.
- AST: frames behind the clip, up to 1024, are filled with 0.46703. SeamlessM4T joins pairs of frames.
- Kaldi: dither, on by default there, must be off for features that can be compared.
- NeMo: zeros fill up frames to a multiple of 16.
- CLAP: clips of 10 s, shorter ones repeated and zero-padded, longer ones cut at random.
- HiFi-GAN: its data set scales clips before: `--normalize peak:0.95`.
- BirdNET: clips of 3 s, `--segment 3s`. Its exponent is a trained weight of each picture (`--scale power:E`), the
  preset's that from which training starts. The model has the highest band first.
- Perch: clips of 5 s, `--segment 5s`. PCEN is that of the published code; the published model has an error in it.
- torchaudio: at odd FFT lengths, its mel bands lie on other frequencies than the bins have; that is not reproduced.
- SoX: images alone. Every pixel was equal in 200 recordings, 96 million pixels: all windows, levels, sizes and
  palettes, 1 to 3 channels, 8 to 24 bits and floats, constant, clipped, silent and very short. Samples of more than 24
  bits are rounded to single precision here before SoX's 32 bits.
"""


def preset_reference() -> str:
    """Return the page of presets."""
    rows = ["| preset | reproduces | compared with, greatest difference |", "|---|---|---|"]
    for name, preset in PRESETS.items():
        rows.append(
            f"| `{name}` | {' '.join(filter(None, (f'{preset.message}.', preset.details)))} | {preset.agreement} |"
        )
    return _PRESETS + "\n".join(rows) + "\n" + _PRESET_NOTES


if __name__ == "__main__":
    click.echo((preset_reference() if "presets" in sys.argv else reference()).rstrip())
