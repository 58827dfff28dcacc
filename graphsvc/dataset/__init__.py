"""The dataset as a whole: what is in it, how it is described, and how it is had in one piece."""
