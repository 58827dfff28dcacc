"""The field measured side by side: the same graph, the same questions, in turns, in one run."""
