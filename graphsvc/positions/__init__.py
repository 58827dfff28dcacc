"""Where in a document its statements stand: the parser tells what they are, a scanner of its own where.

The parser gives no positions for what is good. A scanner walks the same bytes in the same order, and every span is
compared with the triple that the parser has for it; at the first that does not agree the scanner has lost its way,
and nothing after it gets a position. It takes time in proportion to the document, whatever is in it.
"""

from graphsvc.positions.finding import find
from graphsvc.positions.lines import Place, Region, regions
from graphsvc.positions.span import Found, Part

__all__ = ["Found", "Part", "Place", "Region", "find", "regions"]
