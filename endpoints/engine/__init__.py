"""The endpoint engine: records of one participant in, endpoints with their reasons out. Plain Python."""

VERSION = "1.0"
