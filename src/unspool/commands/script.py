"""`unspool script`: what the model said in a cassette, as the code of a script."""

from __future__ import annotations

from pathlib import Path

from unspool.script.code import imports_of
from unspool.script.script import Script


def script_of(cassette: Path, *, ids: bool) -> str:
    """The code that makes a script of a cassette's model.

    Args:
        cassette: the recording.
        ids: whether calls keep the ids that they had.

    Raises:
        CassetteError: the cassette can't be read.
        ScriptError: it holds no recording of a model, or one that broke off.
    """
    code = repr(Script.from_cassette(cassette, ids=ids))
    return f"{imports_of(code)}\n\nscript = {code}"
