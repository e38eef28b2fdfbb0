"""The reference of all options in Markdown; `make docs` writes it to ``docs/options.md``."""

import inspect
import re

import click

from wav2spec.cli.help import HEADINGS
from wav2spec.cli.main import command
from wav2spec.settings.aliases import CONVERTED, RENAMED
from wav2spec.settings.fields import Declaration, declarations
from wav2spec.settings.pictures import Figure
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


if __name__ == "__main__":
    click.echo(reference().rstrip())
