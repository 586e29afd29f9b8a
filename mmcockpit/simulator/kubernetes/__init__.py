"""A Kubernetes API server small enough for a demo, and compatible enough for kubectl and the official client.

`SimulatedKubernetes` (server.py) serves a `Store` over TLS; `Controllers` (controller.py) simulate the deployment
controller, the scheduler and the kubelets; `modelmuxer.objects()` returns the objects of a production.
"""
