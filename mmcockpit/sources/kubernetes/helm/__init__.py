"""Releases of Helm, from the labels of the objects in which it stores them."""
