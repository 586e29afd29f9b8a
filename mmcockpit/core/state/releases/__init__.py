"""Images and revisions that a session has seen."""
