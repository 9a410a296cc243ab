"""A reply with a text and a call, each in two pieces, for the tests of the encoders."""

from __future__ import annotations

from unspool.providers.reply import Call, Reply, Text, Tokens

WORDS = Text("Hello.", pieces=("Hel", "lo."))
CALL = Call("search", '{"q":"x"}', id="call_1", pieces=('{"q":', '"x"}'))
REPLY = Reply("seed", "m", (WORDS, CALL), finish="tool_calls", tokens=Tokens(3, 5))
