"""Recordings as a person would tell them: what was asked, what came, and when. Pure; knows no terminal."""
