"""Maps as data: walls that block sight, areas that can be walked, places, sites and spawns."""
