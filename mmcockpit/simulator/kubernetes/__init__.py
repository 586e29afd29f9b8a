"""A Kubernetes API server small enough to run inside a demo, true enough for kubectl and the official client.

`SimulatedKubernetes` (server.py) serves a `Store` over TLS; `Controllers` (controller.py) play the deployment
controller, the scheduler and the kubelets; `modelmuxer.objects()` is a production to fill it with.
"""
