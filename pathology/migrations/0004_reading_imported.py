from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pathology", "0003_tokens_and_confirmations"),
    ]

    operations = [
        migrations.AddField(
            model_name="reading",
            name="imported_at",
            field=models.DateTimeField(null=True, verbose_name="imported"),
        ),
    ]
