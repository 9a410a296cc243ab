"""Cassettes: what a client sent and what it got, byte by byte and moment by moment.

`model` has the values, `vcr_format` their form in vcrpy's files; the other modules record, store, match,
redact and play back.
"""
