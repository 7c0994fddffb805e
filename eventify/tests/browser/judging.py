"""What is wrong with a page, as axe and a ruler see it: WCAG 2.2 AA in both schemes, nothing wider than the window at
any width of a look, and every place for the keyboard shows that it has the focus.
"""

from pathlib import Path

from django.conf import settings
from django.test import Client

from accounts.tests.coming_in import log_in

AXE = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
FOUND = """found.violations.map(one => one.id + ": " + one.nodes.map(node => node.target.join(" ")).slice(0, 3))"""
JUDGE = f"""async () => {{
    const found = await axe.run(document, {{
        runOnly: {RULES}, rules: {{"target-size": {{enabled: true}}}}, resultTypes: ["violations"],
    }});
    return {FOUND};
}}"""
# Only colours change with the scheme: the other one is judged by its contrast.
CONTRAST = f"""async () => {{
    const found = await axe.run(document, {{runOnly: {{type: "rule", values: ["color-contrast"]}}}});
    return {FOUND};
}}"""
WIDER = "document.scrollingElement.scrollWidth > innerWidth"
# Focuses one of each kind of control; what the eye can see of it, or of what is around it, must change, and no part
# that only readers hear may have it.
UNSEEN_FOCUS = """() => {
    const look = (element, height = 4) => element && height ? [getComputedStyle(element)].map(style => [
        style.outlineStyle === "none" ? "" : style.outlineWidth + style.outlineColor, style.boxShadow,
        style.borderColor, style.backgroundColor, style.clipPath, style.textDecorationLine,
    ].join()) + look(element.parentElement, height - 1) : "";
    const isCut = element => element && (getComputedStyle(element).clipPath === "inset(50%)"
        || isCut(element.parentElement));
    const kinds = new Set(), wrong = [];
    const all = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
    for (const one of document.querySelectorAll(all)) {
        const around = one.parentElement;
        const kind = [one.tagName, one.type, one.className, around.tagName, around.className].join(" ");
        if (kinds.has(kind) || one.disabled || !one.checkVisibility({visibilityProperty: true})) continue;
        kinds.add(kind);
        document.activeElement.blur();
        const before = look(one);
        one.focus({preventScroll: true});
        if (document.activeElement === one && look(one) === before) wrong.push("focus is not seen: " + kind);
        if (document.activeElement === one && isCut(one)) wrong.push("focus is cut away: " + kind);
    }
    document.activeElement.blur();
    return wrong;
}"""
# The scheme in which everything is judged, and the width; and in how much less room nothing may be wider: on a tablet,
# at 200 % zoom (WCAG 1.4.4) of the desk and of a smaller one, and at 320 px (1.4.10) on the phone.
LOOKS = {"light, desk": ("light", 1440), "dark, phone": ("dark", 360)}
NARROWER = {1440: (768, 720, 640), 360: (320,)}
OTHER = {"light": "dark", "dark": "light"}
ASKS_FOR_WIDTH = ("crew-board.js",)  # scripts that show something else in a narrow window
ASKS = f"{list(ASKS_FOR_WIDTH)}.some(name => document.querySelector(`script[src*='${{name}}']`))"


def window(browser, live_server, look: str, user=None, client: Client | None = None, bypass_csp: bool = True):
    """A window of this look, in which the person is logged in, or which goes on where the client is."""
    scheme, width = LOOKS[look]
    context = browser.new_context(
        base_url=live_server.url,
        color_scheme=scheme,
        viewport={"width": width, "height": 800},
        bypass_csp=bypass_csp,
        reduced_motion="reduce",
    )
    client = log_in(Client(), user) if user else client
    if client:
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": value, "domain": "localhost", "path": "/"}
        context.add_cookies([cookie])
    return context.new_page()


def faults(page, address: str, statuses: tuple = (200, 409)) -> list[str]:
    """What is wrong with the page at an address in the look of its window."""
    found = _opened(page, address, statuses)
    page.evaluate(AXE)
    return [f"{address}: {fault}" for fault in found + _judged(page)]


class Walk:
    """A window that goes from page to page; `wrong` is what was wrong with them.

    Each is judged in every look, in its other scheme, by keyboard and with less room; and its own security policy
    refuses nothing. It is loaded once, for what a page is does not depend on the window in which it is opened; where
    a script asks how wide that is (ASKS_FOR_WIDTH) it is loaded for each look.
    """

    def __init__(self, browser, live_server, user=None, client: Client | None = None):
        self.page = window(browser, live_server, next(iter(LOOKS)), user, client, bypass_csp=False)
        self.page.context.add_init_script(AXE)
        self.wrong: list[str] = []
        self.said: list[str] = []
        self.page.on("console", lambda line: self.said.append(line.text) if line.type == "error" else None)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))

    def look_at(self, address: str, statuses: tuple = (200, 409)) -> None:
        """Judge the page at an address."""
        self.said.clear()
        found, is_loaded = [], False
        for look, (scheme, width) in LOOKS.items():
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.page.set_viewport_size({"width": width, "height": 800})
            if is_loaded:
                self.page.evaluate("scrollTo(0, 0)")  # the keyboard of the other look may have gone down
            else:
                found += _opened(self.page, address, statuses)
                is_loaded = not self.page.evaluate(ASKS)
            found += [f"{look}: {fault}" for fault in _judged(self.page) + _otherwise(self.page, scheme)]
        expected = tuple(f"status of {status} " for status in statuses)
        found += [line for line in self.said if not any(status in line for status in expected)]
        self.wrong += [f"{address}: {fault}" for fault in found]

    def close(self) -> list[str]:
        """Close the window; returns what was wrong."""
        self.page.context.close()
        return self.wrong


def _opened(page, address: str, statuses: tuple) -> list[str]:
    response = page.goto(address)
    return [] if response.status in statuses else [f"status {response.status}"]


def _judged(page) -> list[str]:
    return page.evaluate(JUDGE) + (["wider than the window"] if page.evaluate(WIDER) else [])


def _otherwise(page, scheme: str) -> list[str]:
    """In the other scheme, by keyboard, and with less room."""
    page.emulate_media(color_scheme=OTHER[scheme], reduced_motion="reduce")
    found = [f"{OTHER[scheme]}: {fault}" for fault in page.evaluate(CONTRAST)]
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.keyboard.press("Tab")
    found += page.evaluate(UNSEEN_FOCUS)
    size = page.viewport_size
    for narrow in NARROWER[size["width"]]:
        page.set_viewport_size({"width": narrow, "height": 800})
        if page.evaluate(WIDER):
            found.append(f"wider than the window of {narrow} px")
    page.set_viewport_size(size)
    return found
