"""Packs: reads them, fills in their variables, and adds their parts to a checklist."""
