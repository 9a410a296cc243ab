"""Cassettes: recorded requests and responses, with every byte and its time.

`model` contains the values, `vcr_format` their form in vcrpy's files; the other modules record, store, match,
redact and play back.
"""
