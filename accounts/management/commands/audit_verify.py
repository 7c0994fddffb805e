"""Proves that nobody has touched the audit log."""

from django.core.management.base import BaseCommand, CommandError

from accounts import audit_chain


class Command(BaseCommand):
    help = "Prove the audit log's chain: prints how many lines there are and the head hash; exits 1 where it breaks."

    def add_arguments(self, parser):
        parser.add_argument("--expect", default="", help="the head hash of an earlier run, which must still be there")

    def handle(self, *args, expect="", **options):
        try:
            proof = audit_chain.verify(expect.strip().lower())
        except audit_chain.Broken as broken:
            raise CommandError(str(broken)) from None
        self.stdout.write(f"{proof.lines} lines, head {proof.head}")
