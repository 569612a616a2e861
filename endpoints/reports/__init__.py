"""The endpoint report: what goes in (`content`), the document (`document`), the building of the file (`build`)."""
