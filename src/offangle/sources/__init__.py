"""Where match files come from: one file per source behind one port, and a line each in the registry."""
