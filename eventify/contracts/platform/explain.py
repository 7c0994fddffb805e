"""Why not? What stands in the way of something, in one sentence."""

from accounts import step_up
from analytics import explaining
from eventify.contracts.api_v1 import View, ok
from eventify.contracts.needs import SIGNED_IN
from eventify.contracts.refusals import plain
from eventify.lib.ratelimit import client_address


class Explain(View):
    """GET whether the caller, or the user `for`, could do the action now, and if not, what refuses it."""

    needs = {"GET": SIGNED_IN}

    def get(self, request):
        said = request.query_params.dict()
        action, found = explaining.answer(
            said, asker=request.user, address=client_address(request), is_fresh=step_up.is_fresh(request.auth)
        )
        return ok({"action": action.id, "object": said["object"], **plain(found._asdict())})
