"""The expression language of rules (CEL): its syntax, its limits, and its evaluation."""
