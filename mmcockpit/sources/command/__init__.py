"""Commands of this machine that the cockpit file allows."""
