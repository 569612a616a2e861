"""Certified copies: everything that is known of a trial or of a site, in one archive that proves itself."""
