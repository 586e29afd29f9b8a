"""The child processes of steps: their end, their identity, their output."""
