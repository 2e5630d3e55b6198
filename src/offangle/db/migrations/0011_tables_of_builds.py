from django.db import migrations


class Migration(migrations.Migration):
    """The build says which tables there are; in a step of its own, since PostgreSQL ends one with its data moved."""

    dependencies = [
        ('db', '0010_builds'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='analysis',
            name='tables',
        ),
    ]
