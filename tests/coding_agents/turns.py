"""What the model of a coding agent answers: `unspool run --cassette turns.py:NAME` plays one of these.

`UNSPOOL_TOOL` is the name of the agent's shell tool, `UNSPOOL_ARGUMENTS` the arguments it's called with, as
JSON. Agents ask their model for other things too, such as a title for the conversation. These requests don't
offer the shell tool, and get turns of their own.
"""

from __future__ import annotations

import math
import os

from unspool.faults import Break, ErrorEvent, Loop, Stall
from unspool.script import FOREVER, Script, Seen, Turn, agent, call, finish, text, turn

TOOL = os.environ.get("UNSPOOL_TOOL", "Bash")
ARGUMENTS = os.environ.get("UNSPOOL_ARGUMENTS", '{"command": "true >> ran.txt"}')
WORDS = "The tool has run, and all is well."


def _offers_the_tool(seen: Seen) -> bool:
    return any(tool.name == TOOL for tool in seen.tools)


def _script(*turns: Turn) -> Script:
    title = turn(text("A title"), repeat=FOREVER)
    beside = agent(title, when=lambda seen: not _offers_the_tool(seen), optional=True)
    return Script(agent(*turns, when=_offers_the_tool), beside)


CALL = call(TOOL, ARGUMENTS)
ANSWER = text(WORDS)

_CUT = call(TOOL, ARGUMENTS[: ARGUMENTS.index(".txt") + 4]) + finish("length")  # more may have followed
if "gemini" in os.environ.get("UNSPOOL_FORMAT", ""):
    _CUT = finish("malformed_function_call")  # Gemini sends calls whole; this is what it says of a cut one

works = _script(CALL, ANSWER)
stall = _script(CALL, ANSWER | Stall(after=3))
error_event = _script(CALL, ANSWER | ErrorEvent(after=3).on(1))
reset = _script(CALL, ANSWER | Break(after=3).on(1))
cut_call = _script(_CUT, ANSWER)
repeated_call = _script(turn(CALL, repeat=FOREVER))
loop = _script(CALL, ANSWER | Loop(after=2, times=math.inf))
