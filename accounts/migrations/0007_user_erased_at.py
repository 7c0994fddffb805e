"""When all that said who a person was has gone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_users_kept_out")]
    operations = [
        migrations.AddField(
            model_name="user",
            name="erased_at",
            field=models.DateTimeField(
                blank=True, help_text="When all that said who this was went (privacy/erasing.py).", null=True
            ),
        )
    ]
