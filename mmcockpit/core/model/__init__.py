"""The types that files define: the resolved cockpit, checklists, procedures, signals, layouts, and their values."""
