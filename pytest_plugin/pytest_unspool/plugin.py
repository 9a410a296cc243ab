"""Hooks and options, as pytest finds them by the entry point.

Pytest loads this module in every run of every project that has Unspool installed, so that it imports
neither unspool nor httpx nor vcrpy until a test asks for one of the fixtures.
"""
