"""The domain of a go-live: facts, verdicts, the checklist and the decisions; no I/O, no clock, no screen."""
