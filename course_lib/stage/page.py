"""A panel as one HTML file: the renderer and a table of frames inside, nothing to load, no kernel."""

from __future__ import annotations

import base64
import html
import json
from pathlib import Path

from course_lib.stage.encode import frame_bytes, read, table_bytes
from course_lib.stage.panel import Panel, Params, Slider
from course_lib.stage.widget import RENDERER, STYLE, describe

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 1.5rem auto; max-width: 1100px; padding: 0 1rem; background: #fff; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #161616; color: #f2f2f2; }} }}
h1 {{ font: 600 1.3rem/1.3 system-ui, sans-serif; }}
{style}
</style>
</head>
<body>
<main><h1>{title}</h1><div id="stage"></div></main>
<script type="application/json" id="values">{values}</script>
<script type="module">
{renderer}
const values = JSON.parse(document.getElementById("values").textContent);
for (const name of ["frame", "table"]) {{
  values[name] = new DataView(Uint8Array.from(atob(values[name]), (letter) => letter.charCodeAt(0)).buffer);
}}
const model = {{ alone: true, get: (name) => values[name], on() {{}}, off() {{}} }};
stage.render({{ model, el: document.getElementById("stage") }});
</script>
</body>
</html>
"""
EXPORT = "export default { render };"


def limits(panel: Panel, leads: list[list[int] | None]) -> str:
    """What the page cannot do without a kernel, in words; `leads` are the table's (see `encode.table_bytes`)."""
    told = []
    if panel.record is not None:
        told.append("This page plays a recorded run; to change something, open the widget in JupyterLab")
    else:
        if any(isinstance(control, Slider) for control in panel.controls):
            told.append("Here the controls go from one computed place to the next; in JupyterLab they move freely")
        if panel.run is not None:
            told.append("The run is a recording that begins where this page began")
    needs = [f"“{action.label}”" for action, lead in zip(panel.actions, leads, strict=True) if lead is None]
    if panel.click is not None:
        needs.append("clicking into a picture")
    if needs:
        told.append(f"Only there: {', '.join(needs)}")
    return "".join(f"{sentence}. " for sentence in told).strip()


def write_page(panel: Panel, start: Params, path: Path) -> Path:
    """Write the page to `path` and return it; it opens at `start`. ValueError when the table would be too large."""
    scene, table = panel.scene(**start), table_bytes(panel, start)
    values = {
        "spec": describe(panel),
        "params": start,
        "frame": base64.b64encode(frame_bytes(scene, panel.result(start, scene))).decode("ascii"),
        "table": base64.b64encode(table).decode("ascii"),
        "running": False,
        "error": "",
        "verdict": {},
        "solved": False,
        "note": "",
        "seq": 0,
        "limits": limits(panel, read(table)[0]["leads"]),
    }
    if EXPORT not in RENDERER:
        raise RuntimeError(f"stage.js must end with {EXPORT!r}: the page puts its own line there")
    page = PAGE.format(
        title=html.escape(panel.title),
        style=STYLE,
        # The end of a script may not stand in a string inside it.
        values=json.dumps(values, ensure_ascii=False).replace("</", "<\\/"),
        renderer=RENDERER.replace(EXPORT, "const stage = { render };"),
    )
    path.write_text(page, encoding="utf-8", newline="\n")
    return path
