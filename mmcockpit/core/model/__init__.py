"""What files define: the resolved cockpit, checklists, procedures, signals, layouts, and the values they hold."""
