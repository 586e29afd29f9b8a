"""The texts that leave the cockpit by themselves."""
