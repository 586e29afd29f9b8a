"""The prompt line and the dialogs: choices and confirmations."""
