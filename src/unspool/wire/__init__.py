"""Bytes to events and back, one module a framing. No I/O: bytes are handed in."""
