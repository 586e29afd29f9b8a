"""Flux: Kustomizations, Helm releases and the sources that they are from."""
