"""Cassettes: what a client sent and what it got, byte by byte and moment by moment.

`model` says what is kept, `vcr_format` how that stands in vcrpy's file format, and the rest is about keeping it.
"""
