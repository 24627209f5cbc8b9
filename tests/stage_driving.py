"""A widget in a browser: what a learner reads and does there, and what is measured of it."""

from __future__ import annotations

import json

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from course_lib import widgets

# What a widget is asked for that needs to be told; every other one is called without arguments.
ARGUMENTS = {"explore": ("sigmoid",), "compare": ("relu", "gelu", "silu")}
CALLS = {name: f"widgets.{name}({', '.join(map(repr, ARGUMENTS.get(name, ())))})" for name in widgets.HOMES}

# All that is drawn and said, as text.
DRAWING = """stage => Array.from(stage.querySelectorAll('.chart'), chart => chart.querySelector('svg').outerHTML
    + Array.from(chart.querySelectorAll('canvas'), canvas => canvas.toDataURL()).join()).join()
    + stage.querySelector('.says').textContent"""

CONTRAST = """stage => {
  const numbers = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = text => numbers(text).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const paper = getComputedStyle(stage).backgroundColor;
  // Black and white stand on a heat map, not on the paper.
  const worst = (selector, property) => Math.min(Infinity, ...[...stage.querySelectorAll(selector)]
    .filter(node => node.offsetParent !== null || node instanceof SVGElement)
    .filter(node => !node.matches('.role-black, .role-white'))
    .map(node => getComputedStyle(node)).filter(style => style.display !== 'none' && style[property] !== 'none')
    .map(style => ratio(style[property], paper)));
  return { words: worst('svg text', 'fill'), text: worst('p:not(:empty), label, span, summary', 'color'),
           lines: worst('.role-blue, .role-vermillion, .role-green, .role-ink, .role-quiet', 'color'),
           edges: worst('.edge', 'stroke') };
}"""

# Titles, keys, ticks and names of axes that touch each other or reach out of their chart.
COLLISIONS = """stage => Array.from(stage.querySelectorAll('.chart svg')).flatMap(svg => {
  const frame = svg.getBoundingClientRect();
  const texts = Array.from(svg.querySelectorAll('.title, .key, .tick, .axis'))
    .map(node => ({ text: node.textContent, box: node.getBoundingClientRect() })).filter(({ box }) => box.width);
  const wrong = texts.filter(({ box }) => box.left < frame.left - 3 || box.right > frame.right + 3)
    .map(({ text }) => `out of the chart: ${text}`);
  texts.forEach((one, i) => texts.slice(i + 1).forEach(two => {
    const wide = Math.min(one.box.right, two.box.right) - Math.max(one.box.left, two.box.left);
    const high = Math.min(one.box.bottom, two.box.bottom) - Math.max(one.box.top, two.box.top);
    if (wide > 1 && high > 4) wrong.push(`${one.text} × ${two.text}`);
  }));
  return wrong;
})"""


class Opened:
    """One widget on a page."""

    def __init__(self, page: Page, stage: Locator) -> None:
        self.page = page
        self.stage = stage

    @property
    def says(self) -> Locator:
        return self.stage.locator(".says")

    @property
    def state(self) -> Locator:
        return self.stage.locator(".state")

    @property
    def alert(self) -> Locator:
        return self.stage.get_by_role("alert")

    @property
    def handles(self) -> Locator:
        return self.stage.locator(".handle:visible")

    @property
    def handle(self) -> Locator:
        return self.handles.first

    def button(self, name: str) -> Locator:
        return self.stage.get_by_role("button", name=name, exact=True)

    def slider(self, label: str) -> Locator:
        return self.stage.get_by_role("slider", name=label, exact=True)

    def drawing(self) -> str:
        return str(self.stage.evaluate(DRAWING))

    def curves(self) -> list[str]:
        return list(self.stage.locator("svg path").evaluate_all("nodes => nodes.map(node => node.getAttribute('d'))"))

    def press_a_key(self) -> None:
        """Move the first control by one key: a slider, a choice, or what only handles move."""
        controls = "input[type=range]:visible:enabled, .control select:visible:enabled, .handle:visible"
        control = self.stage.locator(controls).first
        control.focus()
        chosen = control.evaluate("node => node.tagName === 'SELECT' && node.selectedIndex === node.options.length - 1")
        before = self.state.input_value()
        self.page.keyboard.press("ArrowUp" if chosen else "ArrowDown" if is_select(control) else "ArrowRight")
        if self.state.input_value() == before and not is_select(control):
            # It may have stood at its upper end.
            self.page.keyboard.press("ArrowLeft")

    def drag(self, handle: Locator, dx: float, dy: float) -> None:
        handle.scroll_into_view_if_needed()
        box = handle.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + dx, y + dy, steps=8)
        self.page.mouse.up()

    def violations(self) -> list[str]:
        """What axe-core holds against this widget that is serious or critical."""
        self.stage.evaluate("node => node.setAttribute('data-judged', '')")
        found = Axe().run(self.page, context="[data-judged]").response["violations"]
        self.stage.evaluate("node => node.removeAttribute('data-judged')")
        return [
            f"{one['id']}: {one['help']}; {json.dumps([node['target'] for node in one['nodes']][:3])}"
            for one in found
            if one["impact"] in ("serious", "critical")
        ]


def is_select(control: Locator) -> bool:
    return bool(control.evaluate("node => node.tagName === 'SELECT'"))


def expect_drawn(widget: Opened) -> None:
    expect(widget.stage.locator("svg path, svg text").first).to_be_attached()
    expect(widget.says).not_to_be_empty()
    expect(widget.alert).to_be_hidden()
