"""The trial as it was: moments read back from the trail, data cuts, and what differs between two of them."""
