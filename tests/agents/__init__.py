"""Agents of several turns under `stream_torture`, made with frameworks in use: `nox -s agents`."""
