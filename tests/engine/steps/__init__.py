"""Commands of steps: several at once, retries, and steps whose cockpit was killed."""
