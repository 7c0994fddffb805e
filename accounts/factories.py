"""Made-up people, for the tests and the demo world."""

import factory

from accounts.models import User


class UserFactory(factory.django.DjangoModelFactory):
    """An ordinary user whose password is "secret"."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    username = factory.Sequence(lambda n: f"person{n}")
    full_name = factory.Faker("name")
    password = factory.django.Password("secret")


class SuperAdminFactory(UserFactory):
    """A member of staff who may do everything."""

    email = factory.Sequence(lambda n: f"admin{n}@example.com")
    username = factory.Sequence(lambda n: f"admin{n}")
    is_staff = True
    is_superuser = True
