from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("analytics", "0003_reports")]

    operations = [
        AddIndexConcurrently(
            model_name="tally", index=models.Index(fields=["what", "detail", "at"], name="tally_by_detail")
        ),
    ]
