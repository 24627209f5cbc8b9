"""Form fields that keep the keyboard to themselves: a question with its answer and feedback, and a list to choose from.

While a radio button or a list of ipywidgets has the focus, JupyterLab takes arrow keys and letters for commands of its
own: ArrowDown leaves for the next cell, m turns the cell into Markdown, d d deletes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import anywidget
import traitlets

# JupyterLab looks for the attribute at each key, and on the element with the focus itself: one around it is found too
# late. The Control key comes before the letter that it goes with, so that Ctrl+S still saves the notebook; the focus
# coming back forgets a Control key that was let go in another window.
_KEEP_KEYS = """
const keepKeys = (el) => {
  const keep = ({ target, ctrlKey, metaKey }) =>
    target.toggleAttribute("data-lm-suppress-shortcuts", !(ctrlKey || metaKey));
  for (const kind of ["keydown", "keyup", "focusin"]) el.addEventListener(kind, keep);
};
"""
_LOOK = """
.course-field { margin: 2px 10px 2px 2px; color: var(--jp-ui-font-color1, inherit); }
.course-field select, .course-field input[type=text], .course-field button {
  font: inherit; min-height: 28px; max-width: 100%; padding: 0 6px; border-radius: 3px;
  color: var(--jp-ui-font-color1, inherit); background: var(--jp-layout-color1, Canvas);
  border: 1px solid var(--jp-ui-font-color2, GrayText);
}
.course-field :focus-visible { outline: 3px solid #D55E00; outline-offset: 1px; }
"""


class Select(anywidget.AnyWidget):  # type: ignore[misc]
    """One of `options`, pairs of (text, value); `value` is the chosen one."""

    _esm = (
        _KEEP_KEYS
        + """
    function render({ model, el }) {
      const label = document.createElement("label");
      const select = document.createElement("select");
      select.setAttribute("aria-label", model.get("description"));
      const fill = () => {
        select.replaceChildren(...model.get("options").map(([text, value]) => new Option(text, value)));
        select.value = model.get("value");
      };
      select.addEventListener("change", () => { model.set("value", select.value); model.save_changes(); });
      label.append(`${model.get("description")} `, select);
      el.classList.add("course-field");
      keepKeys(el);
      el.append(label);
      model.on("change:options", fill);
      model.on("change:value", fill);
      fill();
    }
    export default { render };
    """
    )
    _css = _LOOK

    description = traitlets.Unicode().tag(sync=True)
    options = traitlets.List().tag(sync=True)
    value = traitlets.Unicode().tag(sync=True)

    def __init__(self, description: str, options: Sequence[tuple[str, str]], value: str) -> None:
        super().__init__(description=description, options=[list(option) for option in options], value=value)


class Question(anywidget.AnyWidget):  # type: ignore[misc]
    """A question, radio buttons or a text field, a button, and under it what `answer` says to the value.

    `question`, the texts of `options` (pairs of text and value; none for a text field) and what `answer` gives are
    HTML. `value` is the chosen or typed one, "" at first; `feedback` is announced by screen readers.
    """

    _esm = (
        _KEEP_KEYS
        + """
    function render({ model, el }) {
      const node = (name, html, className = "") => {
        const made = document.createElement(name);
        made.innerHTML = html;
        made.className = className;
        return made;
      };
      const options = model.get("options");
      const group = node(options.length ? "fieldset" : "div", "");
      const heading = node(options.length ? "legend" : "label", model.get("question"), "question");
      const name = `course-${Math.random().toString(36).slice(2)}`;
      group.append(heading);
      for (const [text, value] of options) {
        const label = node("label", `<span>${text}</span>`, "option");
        const radio = Object.assign(document.createElement("input"), { type: "radio", name, value });
        label.prepend(radio);
        group.append(label);
      }
      if (!options.length) {
        const input = { type: "text", id: name, placeholder: model.get("placeholder"), autocomplete: "off" };
        group.append(Object.assign(document.createElement("input"), input));
        heading.htmlFor = name;
      }
      const inputs = [...group.querySelectorAll("input")];
      const given = () => (options.length ? inputs.find((input) => input.checked)?.value : inputs[0].value) ?? "";
      const show = () => {
        if (!options.length && inputs[0].value !== model.get("value")) inputs[0].value = model.get("value");
        if (options.length) for (const input of inputs) input.checked = input.value === model.get("value");
      };
      const button = node("button", "");
      button.textContent = model.get("label");
      // The region stands in the page before its words come: only then do screen readers announce them.
      const said = node("div", "", "feedback");
      said.setAttribute("role", "status");
      const say = () => {
        said.innerHTML = model.get("feedback");
        // A region inside the region would be read twice.
        for (const inner of said.querySelectorAll("[role=status]")) {
          inner.removeAttribute("role");
          inner.removeAttribute("aria-live");
        }
      };
      // The value goes along, because a change of the state may still be waiting for the kernel.
      const press = () => model.send({ given: given() });
      group.addEventListener("input", () => { model.set("value", given()); model.save_changes(); });
      group.addEventListener("keydown", (event) => { if (event.key === "Enter") press(); });
      button.addEventListener("click", press);
      model.on("change:value", show);
      model.on("change:feedback", say);
      el.classList.add("course-field", "course-question");
      keepKeys(el);
      el.append(group, button, said);
      show();
      say();
    }
    export default { render };
    """
    )
    _css = (
        _LOOK
        + """
    .course-question fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
    .course-question .question { display: block; padding: 0; margin: 0.6em 0 0.3em; max-width: 48em; }
    .course-question .option { display: flex; gap: 0.5em; align-items: baseline; width: fit-content; padding: 3px; }
    .course-question .option input { margin: 0; flex: none; }
    .course-question button { margin: 0.4em 0; cursor: pointer; }
    """
    )

    question = traitlets.Unicode().tag(sync=True)
    options = traitlets.List().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    placeholder = traitlets.Unicode().tag(sync=True)
    value = traitlets.Unicode().tag(sync=True)
    feedback = traitlets.Unicode().tag(sync=True)

    def __init__(
        self, question: str, options: Sequence[tuple[str, str]], label: str, answer: Callable[[str], str], *,
        placeholder: str = "",
    ) -> None:  # fmt: skip
        pairs = [list(option) for option in options]
        super().__init__(question=question, options=pairs, label=label, placeholder=placeholder)
        self._answer = answer
        self.on_msg(self._pressed)

    def press(self) -> None:
        """What the button does."""
        self.feedback = self._answer(self.value)

    def _pressed(self, _: object, content: dict[str, Any], __: object) -> None:
        self.value = content["given"]
        self.press()
