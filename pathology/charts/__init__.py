"""Figures of agreement: plain results in, an Altair chart out. Pure functions; imported by workers only."""
