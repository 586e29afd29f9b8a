"""The tools around the simulated production: sites that respond by HTTP, and commands on PATH."""
