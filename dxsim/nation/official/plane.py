"""One plane for the whole of Japan: the oblique stereographic projection of a sphere.

Centre 35° N, 136° E, scale 0.995 there, radius 6,371.0088 km (the Earth's mean). The projection keeps angles, so it
doesn't change which of two nearby coasts is the nearer. Against great circles, lengths are off by 0.5 % at the centre,
by no more from Hokkaidō to Okinawa's main island, by 1.4 % at Yonaguni and by 2.4 % at Minamitorishima.
Formulas: Snyder, Map Projections - A Working Manual, US Geological Survey Professional Paper 1395 (1987), section 21.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

CENTRE_LATITUDE = 35.0
CENTRE_LONGITUDE = 136.0
CENTRE_SCALE = 0.995
RADIUS_KM = 6371.0088

Floats = npt.NDArray[np.float64]


def to_plane(degrees: Floats) -> Floats:
    """Put points on the plane.

    Parameters
    ----------
    degrees : ndarray, shape (k, 2)
        Longitude and latitude in degrees.

    Returns
    -------
    ndarray, shape (k, 2)
        Kilometres east and north of the centre.

    Examples
    --------
    >>> to_plane(np.array([[136.0, 36.0]])).round(1).tolist()
    [[0.0, 110.6]]
    """
    longitude = np.radians(degrees[:, 0] - CENTRE_LONGITUDE)
    latitude, centre = np.radians(degrees[:, 1]), np.radians(CENTRE_LATITUDE)
    across = np.cos(latitude) * np.cos(longitude)
    depth = np.sin(centre) * np.sin(latitude) + np.cos(centre) * across
    scale = 2.0 * RADIUS_KM * CENTRE_SCALE / (1.0 + depth)
    east = np.cos(latitude) * np.sin(longitude)
    north = np.cos(centre) * np.sin(latitude) - np.sin(centre) * across
    return np.stack([scale * east, scale * north], axis=1)
