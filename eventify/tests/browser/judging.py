"""What is wrong with a page, as axe and a ruler see it: WCAG 2.2 AA in both schemes, nothing wider than the window at
either width of a look, and every place for the keyboard shows that it has the focus.
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
# Focuses one of each kind of control; what the eye can see of it, or of what is around it, must change.
UNSEEN_FOCUS = """() => {
    const look = (element, height = 4) => element && height ? [getComputedStyle(element)].map(style => [
        style.outlineStyle === "none" ? "" : style.outlineWidth + style.outlineColor, style.boxShadow,
        style.borderColor, style.backgroundColor, style.clipPath, style.textDecorationLine,
    ].join()) + look(element.parentElement, height - 1) : "";
    const kinds = new Set(), wrong = [];
    const all = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
    for (const one of document.querySelectorAll(all)) {
        const kind = [one.tagName, one.type, one.className, one.parentElement.className].join(" ");
        if (kinds.has(kind) || one.disabled || !one.checkVisibility({visibilityProperty: true})) continue;
        kinds.add(kind);
        document.activeElement.blur();
        const before = look(one);
        one.focus({preventScroll: true});
        if (document.activeElement === one && look(one) === before) wrong.push("focus is not seen: " + kind);
    }
    document.activeElement.blur();
    return wrong;
}"""
# The scheme in which everything is judged, and the width; the second width is 200 % zoom of the desk (WCAG 1.4.4), and
# 320 px (1.4.10) on the phone.
LOOKS = {"light, desk": ("light", 1440), "dark, phone": ("dark", 360)}
NARROWER = {1440: 720, 360: 320}
OTHER = {"light": "dark", "dark": "light"}


def window(browser, live_server, look: str, user=None, client: Client | None = None):
    """A window of this look, in which the person is logged in, or which goes on where the client is."""
    scheme, width = LOOKS[look]
    context = browser.new_context(
        base_url=live_server.url,
        color_scheme=scheme,
        viewport={"width": width, "height": 800},
        bypass_csp=True,
        reduced_motion="reduce",
    )
    client = log_in(Client(), user) if user else client
    if client:
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": value, "domain": "localhost", "path": "/"}
        context.add_cookies([cookie])
    return context.new_page()


def faults(page, address: str, statuses: tuple = (200, 409), scheme: str = "") -> list[str]:
    """What is wrong with the page at an address; with a scheme also in the other one, and narrower."""
    response = page.goto(address)
    found = [] if response.status in statuses else [f"status {response.status}"]
    page.evaluate(AXE)
    found += page.evaluate(JUDGE)
    if page.evaluate(WIDER):
        found.append("wider than the window")
    if scheme:
        found += _otherwise(page, scheme)
    return [f"{address}: {fault}" for fault in found]


def _otherwise(page, scheme: str) -> list[str]:
    """In the other scheme, by keyboard, and with less room."""
    page.emulate_media(color_scheme=OTHER[scheme], reduced_motion="reduce")
    found = [f"{OTHER[scheme]}: {fault}" for fault in page.evaluate(CONTRAST)]
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.keyboard.press("Tab")
    found += page.evaluate(UNSEEN_FOCUS)
    size = page.viewport_size
    narrow = NARROWER[size["width"]]
    page.set_viewport_size({"width": narrow, "height": 800})
    if page.evaluate(WIDER):
        found.append(f"wider than the window of {narrow} px")
    page.set_viewport_size(size)
    return found
