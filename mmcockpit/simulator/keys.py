"""The API keys of the simulated API; light to import, because the addresses are printed before any server is up."""

API_KEY = "mm-simulated-key"
BURST_KEY = "mm-throw-away-key"
"""The key for the test of the rate limit."""
TEST_KEYS = ("test-api-key", "test-key", "valid-api-key", "tenant1-key", "tenant2-key", "tenant3-key")
"""The keys that the application accepts if API_KEYS is not set."""
