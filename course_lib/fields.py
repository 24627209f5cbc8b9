"""Controls that keep the keyboard to themselves: a list, radio buttons, a button, and words that are read out.

While a control of ipywidgets has the focus, JupyterLab takes letters and arrow keys for commands of its own: m turns
the cell into Markdown, x cuts it, an arrow selects another one. Text fields are left alone, these are not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import anywidget
import traitlets

# JupyterLab asks the focused element and those around it for this mark before it takes a key.
_OWN_KEYS = 'setAttribute("data-lm-suppress-shortcuts", "true")'

_STYLE = """
.course-field { margin: 2px 10px 2px 2px; color: var(--jp-ui-font-color1, inherit); }
.course-field fieldset { border: 0; margin: 0; padding: 0; min-inline-size: 0; }
.course-field fieldset label { display: flex; gap: 0.5em; align-items: baseline; padding: 3px 0; line-height: 1.4; cursor: pointer; }
.course-field input { accent-color: #0072B2; flex: none; margin: 0; }
.course-field select, .course-field button {
  font: inherit; min-height: 28px; max-width: 100%; padding: 0 8px; border-radius: 3px;
  color: var(--jp-ui-font-color1, inherit); background: var(--jp-layout-color1, Canvas);
  border: 1px solid var(--jp-ui-font-color2, GrayText);
}
.course-field button { background: var(--jp-layout-color2, ButtonFace); cursor: pointer; }
.course-field :is(select, button, input):focus-visible { outline: 3px solid #D55E00; outline-offset: 1px; }
"""  # noqa: E501


class Select(anywidget.AnyWidget):  # type: ignore[misc]
    """A labelled list: one of `options`, pairs of (text, value); `value` is the chosen one."""

    _esm = f"""
    function render({{ model, el }}) {{
      const label = document.createElement("label");
      const select = document.createElement("select");
      select.setAttribute("aria-label", model.get("description"));
      select.{_OWN_KEYS};
      const fill = () => {{
        select.replaceChildren(...model.get("options").map(([text, value]) => new Option(text, value)));
        select.value = model.get("value");
      }};
      select.addEventListener("change", () => {{ model.set("value", select.value); model.save_changes(); }});
      label.append(`${{model.get("description")}} `, select);
      el.classList.add("course-field");
      el.append(label);
      model.on("change:options", fill);
      model.on("change:value", fill);
      fill();
    }}
    export default {{ render }};
    """
    _css = _STYLE

    description = traitlets.Unicode().tag(sync=True)
    options = traitlets.List().tag(sync=True)
    value = traitlets.Unicode().tag(sync=True)

    def __init__(self, description: str, options: Sequence[tuple[str, str]], value: str) -> None:
        super().__init__(description=description, options=[list(option) for option in options], value=value)


class Radios(anywidget.AnyWidget):  # type: ignore[misc]
    """Radio buttons with a name: `options` are pairs of (text, value); `value` is None until one is chosen."""

    _esm = f"""
    function render({{ model, el }}) {{
      const set = document.createElement("fieldset");
      set.setAttribute("aria-label", model.get("description"));
      set.{_OWN_KEYS};
      // Two views of one form are two groups.
      const name = `choice-${{Math.random().toString(36).slice(2)}}`;
      const buttons = model.get("options").map(([text, value]) => {{
        const button = Object.assign(document.createElement("input"), {{ type: "radio", name, value }});
        button.{_OWN_KEYS};
        button.addEventListener("change", () => {{ model.set("value", value); model.save_changes(); }});
        const label = document.createElement("label");
        label.append(button, text);
        set.append(label);
        return button;
      }});
      const show = () => buttons.forEach((button) => {{ button.checked = button.value === model.get("value"); }});
      el.classList.add("course-field");
      el.append(set);
      model.on("change:value", show);
      show();
    }}
    export default {{ render }};
    """
    _css = _STYLE

    description = traitlets.Unicode().tag(sync=True)
    options = traitlets.List().tag(sync=True)
    value = traitlets.Unicode(None, allow_none=True).tag(sync=True)

    def __init__(self, description: str, options: Sequence[tuple[str, str]]) -> None:
        super().__init__(description=description, options=[list(option) for option in options])


class Button(anywidget.AnyWidget):  # type: ignore[misc]
    """A button as wide as its words. `on_click` functions are called with it, in order; `click` presses it."""

    _esm = f"""
    function render({{ model, el }}) {{
      const button = Object.assign(document.createElement("button"), {{ type: "button" }});
      button.textContent = model.get("description");
      button.{_OWN_KEYS};
      button.addEventListener("click", () => model.send({{ pressed: true }}));
      el.classList.add("course-field");
      el.append(button);
    }}
    export default {{ render }};
    """
    _css = _STYLE

    description = traitlets.Unicode().tag(sync=True)

    def __init__(self, description: str) -> None:
        super().__init__(description=description)
        self._pressed: list[Callable[[Button], object]] = []
        self.on_msg(lambda *_: self.click())

    def on_click(self, pressed: Callable[[Button], object]) -> None:
        """Call this function, too, when the button is pressed."""
        self._pressed.append(pressed)

    def click(self) -> None:
        """Press the button."""
        for pressed in self._pressed:
            pressed(self)


class Words(anywidget.AnyWidget):  # type: ignore[misc]
    """HTML of our own making that a screen reader reads when it changes."""

    _esm = """
    function render({ model, el }) {
      const said = document.createElement("div");
      said.setAttribute("role", "status");
      const show = () => { said.innerHTML = model.get("value"); };
      el.append(said);
      model.on("change:value", show);
      show();
    }
    export default { render };
    """

    value = traitlets.Unicode().tag(sync=True)
