from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("endpoints", "0003_cuts_and_approvals"),
    ]

    operations = [
        migrations.AddField(
            model_name="figure",
            name="spec",
            field=models.TextField(default=""),
        ),
    ]
