"""Files as text: YAML with positions, located errors, variables, passwords."""
