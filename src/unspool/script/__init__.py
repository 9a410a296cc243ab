"""A scripted model at the wire: turns that any client gets in its provider's own bytes.

from unspool.script import call, text, use_script

with use_script(call("get_weather", city="Oslo"), text("Rain in Oslo.")) as script:
...
"""

from unspool.script.playing import ScriptTransport, use_script
from unspool.script.script import Script, ScriptedTurn
from unspool.script.seen import Seen
from unspool.script.turns import (
    FOREVER,
    Turn,
    agent,
    any_order,
    call,
    citation,
    error,
    finish,
    image,
    pace,
    reasoning,
    refusal,
    structured,
    text,
    turn,
    usage,
    with_id,
)

__all__ = [
    "FOREVER",
    "Script",
    "ScriptTransport",
    "ScriptedTurn",
    "Seen",
    "Turn",
    "agent",
    "any_order",
    "call",
    "citation",
    "error",
    "finish",
    "image",
    "pace",
    "reasoning",
    "refusal",
    "structured",
    "text",
    "turn",
    "usage",
    "use_script",
    "with_id",
]
