"""Facts as sentences, by topic: each module has a table from the kind of fact to its word and its sentence."""

from collections.abc import Callable
from typing import Any

from mmcockpit.core.words.naming import Wording

Sentence = Callable[[Any, Wording], str]
Sentences = dict[type, tuple[str, Sentence]]
"""The kind of a fact to its kind as one lower-case word, and the function that returns its text."""
