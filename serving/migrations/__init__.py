"""How serving's own tables came to be, step by step; the history's tables have their own steps."""
