"""What is sealed opens for whom it is for; what is signed is known again; what versions before have sealed opens."""

import pytest

from eventify.lib import sealed

OLD, NEW = "the secret of yesterday, long enough for it", "the secret of today, which is long enough too"
CONTENT = bytes(range(32))
# Made on 2026-11-22 by the code of then, which had three ways of sealing, with OLD as SECRET_KEY.
KEY_OF_TICKETS = bytes.fromhex(
    "34672c5bf4db3aeec0eb6ef0d6073b7bab0dec331e1308a201297404876bcfec6c8baec0f12296f0a6ad40d95488f568"
    "64a30ba4efa7400e784bb421"
)
SEED = bytes.fromhex(
    "ec513d1de30f4505efa349ab48987d2b2750d5723f58abd881144a7012a1e0b728d8ec3b45a07bf187f4523c1adbf22d"
    "c332047496126f14f2804000"
)
WEBHOOK_SECRET = (
    b"gAAAAABrAtdd7Kb_2gn_sTxz--EvPnZc6geRC9Ez0OxO5ygT00UMicUrScvgVWb9RPifEmi5LJ-r9xITKaWlLv90x5DRW9Un"
    b"U_mUjCipIb565Z0j7Qkpr-JYrEtzW9Opgu_C6WdEyRec"
)
SIGNED = "7e018841ae6d3a70.c17e0dafb09792820b158f788655fd719242b0412adf9ec28181f54b827fe826"
KEPT = (
    (KEY_OF_TICKETS, {"purpose": "door keys", "about": "4711"}),
    (SEED, {"purpose": "sealed", "about": "waiting room 0192f0c1-0000-7000-8000-000000000001"}),
    (WEBHOOK_SECRET, {"purpose": "webhook secrets", "about": "endpoint 7"}),
)


@pytest.mark.parametrize(("kept", "seal_of"), KEPT)
@pytest.mark.parametrize("fallbacks", [None, ["an older one", OLD]])
def test_what_the_version_before_sealed_opens(settings, kept, seal_of, fallbacks):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = (NEW, fallbacks) if fallbacks else (OLD, [])
    assert sealed.unseal(memoryview(kept), **seal_of) == CONTENT


@pytest.mark.parametrize(("kept", "seal_of"), KEPT)
def test_sealed_anew_it_needs_only_the_new_secret_and_nothing_twice(settings, kept, seal_of):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    anew = sealed.reseal(kept, **seal_of)
    settings.SECRET_KEY_FALLBACKS = []
    assert sealed.unseal(anew, **seal_of) == CONTENT
    assert sealed.reseal(anew, **seal_of) is None


def test_only_the_format_of_webhook_secrets_is_another_now(settings):
    """So the version before opens keys and seeds of this one, and reseal leaves alone what needs nothing."""
    settings.SECRET_KEY = OLD
    anew = [sealed.reseal(kept, **seal_of) for kept, seal_of in KEPT]
    assert anew[:2] == [None, None] and sealed.unseal(anew[2], **KEPT[2][1]) == CONTENT


def test_it_opens_for_nothing_else_and_not_changed(settings):
    settings.SECRET_KEY = OLD
    about = {"purpose": "tests", "about": "row 1"}
    kept = sealed.seal(CONTENT, **about)
    assert sealed.unseal(kept, **about) == CONTENT and CONTENT not in kept and kept != sealed.seal(CONTENT, **about)
    for wrong in ({"purpose": "others", "about": "row 1"}, {"purpose": "tests", "about": "row 2"}):
        with pytest.raises(sealed.Locked):
            sealed.unseal(kept, **wrong)
    for changed in (b"", b"short", kept[:-1], kept[:20] + bytes([kept[20] ^ 1]) + kept[21:]):
        with pytest.raises(sealed.Locked):
            sealed.unseal(changed, **about)


@pytest.mark.parametrize(("kept", "seal_of"), KEPT)
def test_with_another_secret_it_says_what_to_do(settings, kept, seal_of):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, ["an older one"]
    for opens in (sealed.unseal, sealed.reseal):
        with pytest.raises(sealed.Locked, match="Name the SECRET_KEY .* SECRET_KEY_FALLBACKS.*restart.*reseal"):
            opens(kept, **seal_of)


def test_a_signature_is_known_again_under_a_fallback_too(settings):
    settings.SECRET_KEY = OLD
    signature = sealed.sign(b"so it was", purpose="tests")
    assert signature == SIGNED  # as it is in backups that lie somewhere
    assert sealed.is_signed(signature, b"so it was", purpose="tests")
    assert not sealed.is_signed(signature, b"so it is", purpose="tests")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert sealed.is_signed(signature, b"so it was", purpose="tests")
    settings.SECRET_KEY_FALLBACKS = []
    for strange in (signature, "", "é", sealed.sign(b"so it was", purpose="others")):
        with pytest.raises(sealed.Locked):
            sealed.is_signed(strange, b"so it was", purpose="tests")
    name = sealed.sign(b"", purpose="tests").partition(".")[0]
    for forged in (name, f"{name}.", f"{name}.é", f"{name}.{'0' * 64}"):
        assert not sealed.is_signed(forged, b"so it was", purpose="tests")
