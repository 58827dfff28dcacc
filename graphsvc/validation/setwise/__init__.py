"""SHACL at the speed of the store: queries find the focus nodes that may be at fault, Python decides on those.

Each target shape becomes one query whose filter may let a conforming node through and never holds a violating one
back (`coarse`). What it lets through is validated exactly, node by node, with the comparisons, lexical spaces and
regular expressions that this package uses everywhere (`evaluation`). There is one module for each section of
https://www.w3.org/TR/shacl/#core-components; a component's exact rule and its coarse condition stand together.
"""
