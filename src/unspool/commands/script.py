"""`unspool script`: print the model's messages in a cassette as the code of a script."""

from __future__ import annotations

from pathlib import Path

from unspool.script.code import imports_of
from unspool.script.script import Script


def script_of(cassette: Path, *, ids: bool) -> str:
    """Return the code of a script with the model's messages in a cassette.

    Args:
        cassette: the recording.
        ids: whether calls keep their recorded ids.

    Raises:
        CassetteError: the cassette can't be read.
        ScriptError: it contains no recording of a model, or one that broke off.
    """
    code = repr(Script.from_cassette(cassette, ids=ids))
    return f"{imports_of(code)}\n\nscript = {code}"
