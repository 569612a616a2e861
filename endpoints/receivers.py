"""Signals that reach the endpoints from below."""
