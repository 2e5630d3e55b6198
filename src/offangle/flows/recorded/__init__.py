"""The way of a match file: received, built, analysed, published, told."""
