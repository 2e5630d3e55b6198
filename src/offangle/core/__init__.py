"""Terms: ids, sides, weapons, maps, ticks and seconds, errors."""
