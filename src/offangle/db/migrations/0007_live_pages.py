import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('db', '0006_match_edits'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='live_hints',
            field=models.BooleanField(default=False, help_text='Hints from the own history on live pages'),
        ),
        migrations.CreateModel(
            name='OverlayLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('secret_hash', models.CharField(max_length=64, unique=True)),
                ('prefix', models.CharField(help_text='The first characters, so that its owner can tell it apart', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='overlay_links', to=settings.AUTH_USER_MODEL)),
            ],
        ),
    ]
