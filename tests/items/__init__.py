"""Every item of the shipped checklist on real servers: in a good production, in a broken one, and without answers."""
