"""What a person was told: the bell, the page, and marking as read."""

from django.core.paginator import Paginator
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import inbox
from eventify.lib.desk.pages import LOGGED_IN, ActionPage, Page, is_htmx

PER_PAGE = 30
IN_PANEL = 6


class Notifications(Page):
    """`desk-notifications`; `?panel=1` asked by htmx is the short list under the bell."""

    permission = LOGGED_IN
    title = gettext_lazy("Notifications")
    template_name = "command_center/accounts/notifications.html"

    def get(self, request, *args, **kwargs):
        is_panel = is_htmx(request) and "panel" in request.GET
        own = request.user.notifications.all()
        slice_ = Paginator(own, IN_PANEL if is_panel else PER_PAGE).get_page(request.GET.get("page"))
        if is_panel:
            self.template_name = "command_center/accounts/notifications_panel.html"
        return self.render(slice=slice_)


class ReadNotification(ActionPage):
    """`desk-notification-read`: marks one as read and goes to what it is about."""

    permission = LOGGED_IN
    back = "desk-notifications"

    def act(self):
        read = inbox.mark_read(self.request.user, self.kwargs["uid"])
        is_ours = url_has_allowed_host_and_scheme(read.url, None)
        return redirect(read.url if read.url and is_ours else self.back_url())


class ReadAllNotifications(ActionPage):
    """`desk-notifications-read-all`."""

    permission = LOGGED_IN
    back = "desk-notifications"

    def act(self):
        count = inbox.mark_all_read(self.request.user)
        if not count:
            return _("All notifications were read already.")
        sentence = ngettext("%(n)s notification is marked as read.", "%(n)s notifications are marked as read.", count)
        return sentence % {"n": count}
