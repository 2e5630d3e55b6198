"""Tools: Django models, migrations, queries."""
