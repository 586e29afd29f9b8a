"""The web shop: a second service, with metrics, an API and a Deployment of its own."""
