"""Pages of results: the trial, a participant, reports."""
