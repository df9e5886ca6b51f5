"""Other designs of the deal model, fitted on what was known at the same cut and asked the same question.

They are measured beside the model; what serves is decided on that table (docs/decisions/0004).
"""
