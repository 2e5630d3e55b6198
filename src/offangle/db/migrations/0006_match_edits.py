from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('db', '0005_patterns'),
    ]

    operations = [
        migrations.AddField(
            model_name='match',
            name='edits',
            field=models.JSONField(blank=True, default=dict, help_text='Columns that its owner has corrected'),
        ),
    ]
