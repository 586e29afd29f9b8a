"""The simulated API server: storage, requests and the forms of their results."""
