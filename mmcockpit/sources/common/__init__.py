"""What all systems share: the contract of a source, secrets, deadlines, HTTP endpoints, child processes."""
