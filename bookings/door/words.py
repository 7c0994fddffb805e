"""What the scanner's page says; its scripts have no sentences of their own. {name} is filled in by them."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

_WORDS = {
    # The result
    "admitted": gettext_noop("Go in"),
    "used": gettext_noop("Already in"),
    "cancelled": gettext_noop("Not valid any more"),
    "wrong_event": gettext_noop("Another event"),
    "event_cancelled": gettext_noop("Event cancelled"),
    "unknown": gettext_noop("No such ticket"),
    "forged": gettext_noop("Not a real ticket"),
    "no_list": gettext_noop("Cannot be checked"),
    "typed": gettext_noop("Cannot be checked"),
    "used_do": gettext_noop("Do not let in. If it was a mistake, undo the first scan."),
    "cancelled_do": gettext_noop("Cancelled, or passed on to somebody else. Ask for the newest ticket."),
    "wrong_event_do": gettext_noop("This ticket is not for this event. Send them to the ticket desk."),
    "event_cancelled_do": gettext_noop("Nobody goes in. The organisers refund the tickets."),
    "unknown_do": gettext_noop("Ask for the code of the ticket, or look at the paper list."),
    "forged_do": gettext_noop("Its signature is wrong. Do not let in; call the organisers."),
    "no_list_do": gettext_noop("The list is not loaded and there is no network. Look at the paper list."),
    "typed_do": gettext_noop("Typed codes need the network. Scan the QR code, or look at the paper list."),
    "checked_here": gettext_noop("Checked without network"),
    "device": gettext_noop("by {name}"),
    # State
    "online": gettext_noop("Online"),
    "offline": gettext_noop("No network: checking here"),
    "unknown_network": gettext_noop("Looking for the network"),
    "queue": gettext_noop("{many} to send"),
    "queue_none": gettext_noop("All sent"),
    # Camera
    "camera_starting": gettext_noop("Starting the camera"),
    "camera_denied": gettext_noop("The camera is not allowed. Allow it in the browser's settings, or type the code."),
    "camera_none": gettext_noop("No camera found. Use a scanner that types, or type the code."),
    "camera_busy": gettext_noop("The camera cannot be used now. Close other apps that use it and try again."),
    "camera_insecure": gettext_noop("The camera works only at an https address."),
    "torch": gettext_noop("Lamp"),
    "sound_on": gettext_noop("Sound is on"),
    "sound_off": gettext_noop("Sound is off"),
    # Recent scans
    "undo": gettext_noop("Undo"),
    "undone": gettext_noop("Undone: {reason}"),
    "freed": gettext_noop("Undone by somebody else"),
    "is_double": gettext_noop("Let in twice: also used at another gate"),
    "double_news": gettext_noop("A ticket that you let in without network was also used elsewhere. See Recent."),
    "waits": gettext_noop("to be sent"),
    "is_stuck": gettext_noop("The server refuses it: {why}"),
    "undone_news": gettext_noop("Undone. The ticket may be used again."),
    # Counts
    "no_gate": gettext_noop("Without a gate"),
    "counts_now": gettext_noop("As of {time}"),
    # Readiness
    "ok": gettext_noop("OK"),
    "look": gettext_noop("Look"),
    "list_ok": gettext_noop("Loaded at {time}. {used} used, {dead} cancelled."),
    "list_old": gettext_noop("Loaded at {time}, so newer changes are missing. Find the network and load it again."),
    "list_none": gettext_noop("Not loaded. Find the network and load it before doors."),
    "keys_ok": gettext_noop("{many} loaded: tickets can be checked without network."),
    "keys_none": gettext_noop("None yet: no ticket was made for this event, or the list is not loaded."),
    "clock_ok": gettext_noop("{seconds} s off; corrected."),
    "clock_far": gettext_noop("{seconds} s off. It is corrected, but set this device's clock to be safe."),
    "clock_none": gettext_noop("Not measured yet: that needs the network."),
    "camera_ok": gettext_noop("It works."),
    "camera_ask": gettext_noop("Not tried yet. Press Try the camera."),
    "storage_ok": gettext_noop("Scans are kept, also when the browser is closed."),
    "storage_soft": gettext_noop(
        "Scans are kept; the browser may clear them when the disk is full. Install this page."
    ),
    "storage_none": gettext_noop("This browser keeps nothing. Leave its private mode."),
    "network_ok": gettext_noop("The server answers in {ms} ms."),
    "network_none": gettext_noop("No answer within 1.5 s. You can scan; it is checked here."),
    "shell_ok": gettext_noop("This page opens without network."),
    "shell_none": gettext_noop("Not stored yet. Stay on this page with network for a moment."),
    "all_ready": gettext_noop("Ready for doors"),
    "not_ready": gettext_noop("Look at this before doors"),
    # Enrolment
    "enrol_failed": gettext_noop("No answer. Find the network and try again."),
    "forget_clean": gettext_noop("Everything is sent. To scan again, this device needs a new code."),
}


def all_of_them() -> dict[str, str | dict[str, str]]:
    """The words in the language of the request; where {many} is counted, one for each plural form by its name."""
    one, other = _counted(1), _counted(2)
    forms = {name: {"one": one[name], "other": other[name]} for name in one}
    return {name: _(word) for name, word in _WORDS.items()} | forms


def _counted(many: int) -> dict[str, str]:
    """The sentences that count scans."""
    return {
        "counts_old": ngettext(
            "As of {time}; {many} scan of this device is not in it yet",
            "As of {time}; {many} scans of this device are not in it yet",
            many,
        ),
        "forget_unsent": ngettext(
            "{many} scan is not sent yet. Find the network first, or save it to a file.",
            "{many} scans are not sent yet. Find the network first, or save them to a file.",
            many,
        ),
        "unsent": ngettext(
            "{many} scan could not be sent. Save it to a file and give it to the organisers.",
            "{many} scans could not be sent. Save them to a file and give it to the organisers.",
            many,
        ),
    }
