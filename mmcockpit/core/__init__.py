"""What a go-live is: facts, verdicts, the checklist and the decisions about them; no I/O, no clock, no screen."""
