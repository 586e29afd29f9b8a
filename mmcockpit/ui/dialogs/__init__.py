"""Everything that asks the operator: the prompt line, choices, confirmations."""
