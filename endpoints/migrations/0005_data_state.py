from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("endpoints", "0004_figure_spec"),
    ]

    operations = [
        migrations.AddField(
            model_name="trialstate",
            name="data_state",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="trialstate",
            name="counted_at",
            field=models.DateTimeField(null=True),
        ),
    ]
