"""Messages for stakeholders: their templates, and what an update reports."""
