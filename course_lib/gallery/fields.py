"""A labelled list to choose from, which keeps the keyboard to itself."""

from __future__ import annotations

from collections.abc import Sequence

import anywidget
import traitlets


class Select(anywidget.AnyWidget):  # type: ignore[misc]
    """One of `options`, pairs of (text, value); `value` is the chosen one.

    While the list of ipywidgets has the focus, JupyterLab takes letters and arrow keys for commands of its own: m turns
    the cell into Markdown, x cuts it.
    """

    _esm = """
    function render({ model, el }) {
      const label = document.createElement("label");
      const select = document.createElement("select");
      select.setAttribute("aria-label", model.get("description"));
      select.setAttribute("data-lm-suppress-shortcuts", "true");
      const fill = () => {
        select.replaceChildren(...model.get("options").map(([text, value]) => new Option(text, value)));
        select.value = model.get("value");
      };
      select.addEventListener("change", () => { model.set("value", select.value); model.save_changes(); });
      label.append(`${model.get("description")} `, select);
      el.classList.add("gallery-select");
      el.append(label);
      model.on("change:options", fill);
      model.on("change:value", fill);
      fill();
    }
    export default { render };
    """
    _css = """
    .gallery-select { margin: 2px 10px 2px 2px; color: var(--jp-ui-font-color1, inherit); }
    .gallery-select select {
      font: inherit; min-height: 28px; max-width: 100%; padding: 0 4px; border-radius: 3px;
      color: var(--jp-ui-font-color1, inherit); background: var(--jp-layout-color1, Canvas);
      border: 1px solid var(--jp-ui-font-color2, GrayText);
    }
    .gallery-select select:focus-visible { outline: 3px solid #D55E00; outline-offset: 1px; }
    """

    description = traitlets.Unicode().tag(sync=True)
    options = traitlets.List().tag(sync=True)
    value = traitlets.Unicode().tag(sync=True)

    def __init__(self, description: str, options: Sequence[tuple[str, str]], value: str) -> None:
        super().__init__(description=description, options=[list(option) for option in options], value=value)
