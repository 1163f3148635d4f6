"""The loop that fills polygons pixel by pixel, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from optimizer.order_kernels import rising


@njit(cache=True, nogil=True)
def burn(points, rings, polygons, zone, picture):
    """Write its zone into every pixel of `picture`, (rows, columns), whose centre lies in a polygon (even-odd rule).

    `points` are in pixels from the upper left, (points, 2); ring r is points rings[r]:rings[r+1] and ends where it
    began; polygon p is rings polygons[p]:polygons[p+1]. Of polygons that overlap the last one stays.
    """
    height, width = picture.shape
    crossings = np.empty(64)
    for p in range(len(polygons) - 1):
        first, last = rings[polygons[p]], rings[polygons[p + 1]]
        if last - first > len(crossings):
            crossings = np.empty(2 * (last - first))
        top, bottom = points[first, 1], points[first, 1]
        for k in range(first, last):
            top, bottom = min(top, points[k, 1]), max(bottom, points[k, 1])
        for row in range(max(int(np.ceil(top - 0.5)), 0), min(int(np.ceil(bottom - 0.5)), height)):
            y = row + 0.5
            count = 0
            for ring in range(polygons[p], polygons[p + 1]):
                for k in range(rings[ring], rings[ring + 1] - 1):
                    y0, y1 = points[k, 1], points[k + 1, 1]
                    if (y0 <= y) != (y1 <= y):
                        x0, x1 = points[k, 0], points[k + 1, 0]
                        crossings[count] = x0 + (y - y0) / (y1 - y0) * (x1 - x0)
                        count += 1
            order = rising(crossings[:count])
            for pair in range(0, count - 1, 2):
                left, right = crossings[order[pair]], crossings[order[pair + 1]]
                for column in range(max(int(np.ceil(left - 0.5)), 0), min(int(np.ceil(right - 0.5)), width)):
                    picture[row, column] = zone[p]
