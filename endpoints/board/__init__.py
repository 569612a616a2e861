"""The endpoint dashboard: what is chosen in the address, and what the page shows of it."""
