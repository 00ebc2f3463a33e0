"""One function per call of the OA API."""
