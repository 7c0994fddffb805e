"""Made-up partner organisations."""

import factory
from django.utils import timezone

from partners.models import Partner


class PartnerFactory(factory.django.DjangoModelFactory):
    """A verified promoter with an address."""

    class Meta:
        model = Partner

    name = factory.Sequence(lambda n: f"Promoter {n}")
    slug = factory.Sequence(lambda n: f"promoter-{n}")
    address = "1 Main Road\nBengaluru 560001"
    status = Partner.Status.ACTIVE
    verification_status = Partner.Verification.VERIFIED
    joined_at = factory.LazyFunction(timezone.now)
