"""The actions about people: controls, takeover, approvals, handovers."""
