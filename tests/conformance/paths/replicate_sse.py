"""Replicate's events, whose data is text or JSON."""

from __future__ import annotations

EVENT = "event"

LANDS = {"output:data": "choices[].delta.content"}

LEFT_OUT = {
    "*:event": "it says what the event is",
    "done:data": "an object that is empty unless the prediction didn't succeed",
}
