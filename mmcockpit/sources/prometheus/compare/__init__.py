"""The probe `compare`: a canary, or the time after a change, against its baseline."""
