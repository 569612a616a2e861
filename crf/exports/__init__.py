"""Files that are taken away: made row by row, so that their size costs no memory."""
