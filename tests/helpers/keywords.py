"""The text of ``wav2spec/settings/keywords.py``, made from the declarations: ``python tests/helpers/keywords.py``."""

import ast
import inspect
import re
import textwrap

from wav2spec.settings.aliases import CONVERTED, RENAMED
from wav2spec.settings.analysis import Analysis
from wav2spec.settings.bands import Bands
from wav2spec.settings.levels import Levels
from wav2spec.settings.pictures import Raster
from wav2spec.settings.preprocessing import Preprocessing

_GROUPS = (Preprocessing, Analysis, Bands, Levels, Raster)


def text() -> str:
    """Return the module."""
    types = {name: kind for group in _GROUPS for name, kind in _annotations(group).items()}
    # A parameter of its own of the functions, since samples need it.
    del types["sample_rate"]
    words = {word for kind in types.values() for word in re.findall(r"\w+", kind)}
    names = sorted(word for word in words - {"None"} if word[0].isupper())
    lines = [
        '"""The settings as typed keywords, for editors and type checkers; `make docs` writes this module."""',
        "",
        "from typing import TypedDict",
        "",
        "from wav2spec.settings.choices import " + ", ".join(names),
        "",
        "",
        "class SettingKeywords(TypedDict, total=False):",
        '    """The settings of an image, and their other names."""',
        "",
        *[f"    {name}: {kind}" for name, kind in types.items()],
        *[f"    {alias}: {types[name]}" for alias, name in RENAMED.items() if name in types],
        *[f"    {alias}: {'int' if alias == 'power' else 'float | str'}" for alias in CONVERTED],
    ]
    return "\n".join(lines) + "\n"


def _annotations(group: type) -> dict[str, str]:
    """Return the types of the fields as they are written; a number may also be given as text, with its unit."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(group))).body
    assert isinstance(definition, ast.ClassDef)
    types = {}
    for line in definition.body:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            kind = ast.unparse(line.annotation)
            if re.search(r"\b(int|float)\b", kind) and "str" not in kind:
                kind = f"{kind.removesuffix(' | None')} | str" + " | None" * kind.endswith("None")
            types[line.target.id] = kind
    return types


if __name__ == "__main__":
    print(text(), end="")
