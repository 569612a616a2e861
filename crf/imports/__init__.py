"""Data of others: SDTM tables of central or historical imaging, read, checked, shown, loaded and compared."""
