"""Pictures of made-up events and categories, drawn here: nothing is downloaded."""

import colorsys
import io
import math
import random
from typing import NamedTuple

from PIL import Image, ImageDraw

MAIN = (1600, 900)
THUMB = (640, 360)
ICON = 256


class Look(NamedTuple):
    """The colours of a category, and what is drawn over them."""

    top: str
    bottom: str
    accent: str
    shape: str  # the name of a function below, without its _draw_


LOOKS = {
    "music": Look("#3b0764", "#db2777", "#fbbf24", "bars"),
    "festival": Look("#0f766e", "#f97316", "#fde68a", "rays"),
    "tech": Look("#0b1f4b", "#0891b2", "#a5f3fc", "nodes"),
    "talks": Look("#1e3a2f", "#65a30d", "#ecfccb", "rings"),
    "sports": Look("#7f1d1d", "#ea580c", "#ffffff", "stripes"),
    "theatre": Look("#1c1033", "#b91c1c", "#fef3c7", "spots"),
    "food": Look("#78350f", "#f59e0b", "#fff7ed", "bubbles"),
    "art": Look("#312e81", "#0ea5e9", "#f9a8d4", "tiles"),
}


def poster(name: str, category: str, number: int = 0) -> tuple[bytes, bytes]:
    """(main, thumbnail) as JPEG: 1600 x 900 and 640 x 360 pixels. Another `number` is another view of the same.

    No lettering: the page beside it says the name, in every script and size.
    """
    look = _tinted(LOOKS[category], random.Random(name).uniform(-0.06, 0.06))
    chance = random.Random(f"{name} {number}")
    picture = _gradient(look, MAIN, chance.choice((0, 25, -25)))
    picture = _overlay(picture, look, chance)
    return _jpeg(picture), _jpeg(picture.resize(THUMB, Image.Resampling.BOX))


def icon(category: str) -> bytes:
    """A square PNG icon of the category, 256 x 256 pixels, round with clear corners."""
    look = LOOKS[category]
    chance = random.Random(category)
    picture = _overlay(_gradient(look, (ICON * 2, ICON * 2), 0), look, chance).convert("RGBA")
    mask = Image.new("L", picture.size)
    ImageDraw.Draw(mask).ellipse((0, 0, *picture.size), fill=255)
    picture.putalpha(mask)
    return _encoded(picture.resize((ICON, ICON), Image.Resampling.LANCZOS), "PNG", optimize=True)


def _tinted(look: Look, turn: float) -> Look:
    """The look with its ground turned a little on the colour wheel, so that two events of a kind differ."""
    return look._replace(top=_turned(look.top, turn), bottom=_turned(look.bottom, turn))


def _turned(colour: str, turn: float) -> str:
    hue, light, strength = colorsys.rgb_to_hls(*(part / 255 for part in _rgb(colour)))
    return "#" + "".join(f"{round(part * 255):02x}" for part in colorsys.hls_to_rgb((hue + turn) % 1, light, strength))


def _gradient(look: Look, size: tuple[int, int], tilt: int) -> Image.Image:
    steps = Image.linear_gradient("L").rotate(tilt, resample=Image.Resampling.BICUBIC, fillcolor=128)
    mask = steps.crop((48, 48, 208, 208)).resize(size, Image.Resampling.BICUBIC)
    return Image.composite(Image.new("RGB", size, look.bottom), Image.new("RGB", size, look.top), mask)


def _overlay(picture: Image.Image, look: Look, chance: random.Random) -> Image.Image:
    layer = Image.new("RGBA", picture.size)
    draw = ImageDraw.Draw(layer)
    _SHAPES[look.shape](draw, *picture.size, _rgb(look.accent), chance)
    picture.paste(layer, (0, 0), layer)
    return picture


def _rgb(colour: str) -> tuple[int, int, int]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


def _draw_bars(draw, width, height, accent, chance):
    step = width // 40
    for number in range(40):
        tall = height * (0.12 + 0.5 * abs(math.sin(number / 3.1 + chance.random())))
        left = number * step
        box = (left, height * 0.62 - tall, left + step * 0.6, height * 0.62)
        draw.rounded_rectangle(box, radius=step // 4, fill=(*accent, chance.randint(70, 150)))


def _draw_rays(draw, width, height, accent, chance):
    x, y, far = width * chance.uniform(0.55, 0.8), height * 0.35, width * 1.3
    for number in range(0, 360, 12):
        ends = [
            (x + far * math.cos(a), y + far * math.sin(a)) for a in (math.radians(number), math.radians(number + 6))
        ]
        draw.polygon([(x, y), *ends], fill=(*accent, 46))
    _disc(draw, x, y, height * 0.17, (*accent, 235))
    for _number in range(70):
        _disc(draw, chance.uniform(0, width), chance.uniform(0, height), chance.uniform(3, 9), (255, 255, 255, 120))


def _draw_nodes(draw, width, height, accent, chance):
    points = [(chance.uniform(0, width), chance.uniform(0, height * 0.75)) for _number in range(42)]
    for number, (x, y) in enumerate(points):
        near = sorted(points, key=lambda p: (p[0] - x) ** 2 + (p[1] - y) ** 2)[1:4]
        for end in near:
            draw.line((x, y, *end), fill=(*accent, 70), width=max(2, height // 300))
        _disc(draw, x, y, height * (0.016 if number % 5 else 0.034), (*accent, 190))


def _draw_rings(draw, width, height, accent, chance):
    x, y = width * chance.uniform(0.6, 0.85), height * chance.uniform(0.25, 0.45)
    for number in range(12, 0, -1):
        radius = height * 0.075 * number
        box = (x - radius, y - radius, x + radius, y + radius)
        draw.ellipse(box, outline=(*accent, 190 - number * 12), width=max(3, height // 90))


def _draw_stripes(draw, width, height, accent, chance):
    left = -height
    while left < width:
        broad = chance.uniform(0.02, 0.09) * width
        corners = [(left, height), (left + broad, height), (left + broad + height, 0), (left + height, 0)]
        draw.polygon(corners, fill=(*accent, chance.randint(16, 70)))
        left += broad * chance.uniform(1.3, 2.2)


def _draw_spots(draw, width, height, accent, chance):
    for number in range(5):
        x, broad = width * (0.1 + 0.2 * number), chance.uniform(0.03, 0.06) * width
        foot = x + chance.uniform(-0.08, 0.08) * width
        draw.polygon([(x, -10), (foot - broad, height * 0.7), (foot + broad, height * 0.7)], fill=(*accent, 60))
        draw.ellipse((foot - broad, height * 0.66, foot + broad, height * 0.74), fill=(*accent, 130))
        _disc(draw, x, 0, width * 0.012, (*accent, 230))


def _draw_bubbles(draw, width, height, accent, chance):
    for _number in range(46):
        radius = chance.uniform(0.02, 0.13) * height
        _disc(draw, chance.uniform(0, width), chance.uniform(0, height), radius, (*accent, chance.randint(25, 95)))


def _draw_tiles(draw, width, height, accent, chance):
    colours = (accent, (255, 255, 255), (253, 224, 71))
    for _number in range(26):
        x, y = chance.uniform(-0.1, 0.95) * width, chance.uniform(-0.1, 0.9) * height
        wide, tall = chance.uniform(0.05, 0.25) * width, chance.uniform(0.08, 0.35) * height
        draw.rectangle((x, y, x + wide, y + tall), fill=(*chance.choice(colours), chance.randint(25, 80)))


def _disc(draw, x, y, radius, colour):
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


_SHAPES = {
    "bars": _draw_bars,
    "rays": _draw_rays,
    "nodes": _draw_nodes,
    "rings": _draw_rings,
    "stripes": _draw_stripes,
    "spots": _draw_spots,
    "bubbles": _draw_bubbles,
    "tiles": _draw_tiles,
}


def _jpeg(picture: Image.Image) -> bytes:
    return _encoded(picture, "JPEG", quality=82)


def _encoded(picture: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()
