"""The actions on the steps of procedures, by what they are about."""
