"""Why not, of erasure and of a copy: the reason is that of the verb, and nobody is erased by asking."""

from functools import partial
from itertools import product

import pytest

from accounts.factories import SuperAdminFactory
from accounts.models import OutgoingMail, User
from accounts.tests.asking import asked
from bookings.tests.scenes import book, scene
from eventify.lib.errors import Missing
from privacy import copies, erasing, explaining
from privacy.models import Copy
from privacy.tests import lives

pytestmark = pytest.mark.django_db
ACTIONS = {one.id: one for one in explaining.ACTIONS}


def test_what_is_explained_is_what_happens(django_capture_on_commit_callbacks):
    admin, free = SuperAdminFactory(), lives.somebody()
    busy = lives.somebody(email="busy@zyzzyva.example", username="busy", phone="+919812345679")
    book(scene()[0], busy)
    found, mails = [], OutgoingMail.objects.count()
    verbs = {"erase_person": partial(erasing.erase, reason="x"), "copy_data": partial(copies.request, reason="x")}
    with django_capture_on_commit_callbacks() as left:
        for (name, verb), whom, by in product(verbs.items(), (free, busy, admin), (free, busy, admin)):

            def done(verb=verb, whom=whom, by=by):
                if whom != by and not by.can(copies.PERMISSION):
                    raise Missing
                verb(User.objects.get(pk=whom.pk), by=by)

            found.append(((name, str(whom), str(by)), asked(ACTIONS[name], whom, by, done)))
    assert [f"{case}: {one.answer}, done: {one.refusal!r}" for case, one in found if not one.agree] == []
    assert {one.answer.rule for _case, one in found} == {None, "erasure_in_the_way", "not_found"}
    sentences = {one.answer.sentence for _case, one in found if one.answer.rule == "erasure_in_the_way"}
    assert any("for an event that is still to come" in one for one in sentences)
    assert left == [] and OutgoingMail.objects.count() == mails and not Copy.objects.exists()
    assert not User.objects.exclude(erased_at=None).exists()
