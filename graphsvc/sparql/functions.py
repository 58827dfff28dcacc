"""The functions that the engine has beyond those of SPARQL 1.1, by their IRIs."""

from __future__ import annotations

_GEOSPARQL = "http://www.opengis.net/def/function/geosparql/"
# https://docs.ogc.org/is/22-047r1/22-047r1.html, on literals of WKT.
FUNCTIONS = tuple(
    f"{_GEOSPARQL}{name}"
    for name in (
        "sfContains sfWithin sfIntersects sfEquals sfDisjoint sfTouches sfCrosses sfOverlaps ehContains ehEquals "
        "rcc8dc rcc8eq convexHull envelope getSRID asGeoJSON centroid"
    ).split()
)
