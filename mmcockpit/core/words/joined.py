"""Texts that are joined without saying the same twice; only the wording depends on what they contain."""


def with_cause(sentence: str, cause: str) -> str:
    """Return a sentence with the cause after it, unless it contains the cause already."""
    return sentence if cause in sentence else f"{sentence}; {cause}"


def about(name: str, sentence: str) -> str:
    """Return a sentence with the name of its subject before it, unless it contains the name already."""
    return sentence if name in sentence else f"{name}: {sentence}"
