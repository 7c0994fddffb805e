"""`manage.py erasures export FILE`, `manage.py erasures repeat [FILE]`: so that no backup brings erased people back."""

import os
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from privacy import erasures, repeating


class Command(BaseCommand):
    help = (
        "export FILE: add who was erased to FILE (account ids and moments, no names), for a place outside of the "
        "backups. repeat [FILE]: after an older backup was restored, erase them again."
    )

    def add_arguments(self, parser):
        verbs = parser.add_subparsers(dest="verb", required=True)
        export = verbs.add_parser("export", help="write the list; what the file has already stays in it")
        export.add_argument("file", type=Path)
        repeat = verbs.add_parser("repeat", help="erase again who is marked in the private storage, and in the file")
        repeat.add_argument("file", type=Path, nargs="?")

    def handle(self, *args, verb, file, **options):
        try:
            listed = erasures.read(file.read_text()) if file and (verb == "repeat" or file.exists()) else {}
            (self._export if verb == "export" else self._repeat)(file, listed)
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from None

    def _export(self, file: Path, listed) -> None:
        erasures.note_all()
        found = {**listed, **erasures.marks()}
        draft = file.with_name(f"{file.name}.partial")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as new:
            new.write(erasures.written(found))
            new.flush()
            os.fsync(new.fileno())
        draft.replace(file)
        self.stdout.write(f"{len(found)} erasures are in {file}.")

    def _repeat(self, file, listed) -> None:
        done = repeating.repeat({**erasures.marks(), **listed})
        erasures.note_all()
        words = f"{len(done.erased)} erased again, {done.already} were erased, {done.unknown} are not in this database"
        self.stdout.write(f"{words}, {len(done.open)} have to wait.")
        for uid, sentences in done.open.items():
            self.stdout.write(f"{uid}: {' '.join(sentences)}")
        if done.open:
            raise CommandError("Do what is said of each, then run this again.")
