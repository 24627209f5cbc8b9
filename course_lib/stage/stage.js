// The widget in the page: it shows the frames that Python computes and tells Python what the learner moved. No maths of
// the course lives here. marks.js and chart.js stand before it in the same module.

const PATIENCE = 4000; // milliseconds without an answer before the learner is told
// Requests under way: with one only, a server that waits for the browser's confirmation of its last packet would make
// every answer late; with the second one the confirmation travels along.
const AHEAD = 2;
const MOST_BUTTONS = 5; // more presets than these become a list

// ------------------------------------------------------------------------------------- where new frames come from: two

// The kernel answers each request; while AHEAD of them are under way the latest wish waits and replaces the one before.
class Live {
  constructor(model, app) {
    Object.assign(this, { model, app, wish: null, asked: [], sent: 0, name: Math.random().toString(36).slice(2) });
  }

  move(values) {
    this.wish = { ...this.wish, ...values };
    this.flush();
  }

  flush() {
    if (!this.wish || this.asked.length >= AHEAD) return;
    const values = this.wish;
    this.wish = null;
    this.ask({ ask: "move", values });
  }

  ask(message) {
    const token = `${this.name}.${++this.sent}`;
    this.asked.push(token);
    this.wait();
    try {
      this.model.send({ ...message, token });
    } catch (error) {
      this.asked = [];
      this.wait();
      this.app.complain(`The kernel cannot be reached (${error.message}): run this cell again.`);
    }
  }

  wait() {
    clearTimeout(this.alarm);
    if (!this.asked.length) return;
    this.alarm = setTimeout(() => {
      this.asked = [];
      this.app.complain("No answer from the kernel: it is busy or was restarted. Wait, or run this cell again.");
    }, PATIENCE);
  }

  answered() {
    const place = this.asked.indexOf(this.model.get("answers"));
    if (place < 0) return;
    this.asked.splice(0, place + 1);
    this.wait();
    this.flush();
  }

  get moving() {
    return Boolean(this.asked.length || this.wish);
  }
}

// Every frame was computed beforehand: the nearest place of the grid is shown.
class Table {
  constructor(bytes) {
    this.head = decode(bytes);
    this.recorded = 0;
  }

  place(params) {
    let index = 0;
    const found = {};
    for (const [name, values] of this.head.axes) {
      let best = values.findIndex((value) => value === params[name]);
      if (best < 0 && typeof params[name] === "number") best = values.reduce((b, v, i) => (Math.abs(v - params[name]) < Math.abs(values[b] - params[name]) ? i : b), 0);
      index = index * values.length + Math.max(best, 0);
      found[name] = values[Math.max(best, 0)];
    }
    return { index, params: found, frame: this.head.frames[index] };
  }

  // The parameters of a place, the other way round.
  paramsAt(index) {
    const found = {};
    for (const [name, values] of [...this.head.axes].reverse()) {
      found[name] = values[index % values.length];
      index = Math.floor(index / values.length);
    }
    return found;
  }

  values(name) {
    return this.head.axes.find(([axis]) => axis === name)[1];
  }

  holds(values) {
    return Object.entries(values).every(([name, value]) => this.values(name).includes(value));
  }
}

// ---------------------------------------------------------------------------------------------------- the whole widget

class App {
  constructor(model, el) {
    Object.assign(this, { model, el, spec: model.get("spec"), params: model.get("params"), views: [], last: {} });
    this.controls = Object.fromEntries(this.spec.controls.map((control) => [control.name, control]));
    const table = model.get("table");
    this.table = table?.byteLength ? new Table(table) : null;
    this.live = model.alone ? null : new Live(model, this);
    this.start = this.params;
    this.build();
    this.take();
  }

  // Parts of the page ------------------------------------------------------------------------------------------------

  build() {
    const { spec } = this, button = (label, onclick, more = {}) => html("button", { type: "button", onclick, ...more }, label);
    const together = (name, parts) => (parts.length ? [html("span", { class: "set", role: "group", "aria-label": name }, ...parts)] : []);
    this.fields = {};
    this.boxes = {};
    this.task = html("p", { class: "verdict", "aria-live": "polite" });
    this.badge = html("span", { class: "badge", hidden: true }, "solved");
    this.says = html("p", { class: "says", "aria-live": "polite", "aria-atomic": "true" });
    this.note = html("p", { class: "note", role: "status" });
    this.alert = html("p", { class: "alert", role: "alert", hidden: true });
    this.charts = html("div", { class: "charts" });
    this.state = html("input", { type: "text", class: "state", "aria-label": "State of this widget as text; edit and press Enter", spellcheck: "false", oninput: () => (this.editing = true), onkeydown: (event) => event.key === "Enter" && this.give(this.state.value) });
    const offered = spec.presets.filter(({ values }) => this.live || this.table.holds(values));
    const presets = offered.length > MOST_BUTTONS ? [this.presetList(offered)] : offered.map(({ label, values }) => button(label, () => this.move(values)));
    const actions = spec.actions.flatMap((label, index) => (this.live || this.table.head.leads[index] ? [button(label, () => this.act(index))] : []));
    const runs = [];
    if (spec.runs || (!this.live && spec.records)) {
      this.play = button("Start", () => this.run(this.playing ? "pause" : "start"));
      runs.push(this.play, button("Step", () => this.run("step")));
    }
    this.large = button("Large type", () => this.enlarge(!this.root.classList.contains("large")), { "aria-pressed": "false" });
    this.root = html("section", { class: "stage", "aria-label": spec.title },
      ...(spec.task ? [html("div", { class: "task" }, html("p", {}, html("strong", {}, "Task. "), spec.task.text, this.badge), button("Check", () => this.check()), this.task)] : []),
      html("div", { class: "controls" }, ...this.groups(), html("div", { class: "bar" }, ...together("Run", runs), ...together("Actions", actions), ...together("Presets", presets), button("Reset", () => this.reset()))),
      this.alert, this.charts, this.says, this.note,
      ...(this.model.get("limits") ? [html("p", { class: "limits" }, this.model.get("limits"))] : []),
      html("div", { class: "bar foot" }, html("label", {}, "State ", this.state), button("Copy", () => this.copy()), this.large),
    );
    this.el.append(this.root);
    this.enlarge(this.remembered(), false);
  }

  presetList(presets) {
    this.list = html("select", { "aria-label": "Presets", onchange: () => {
      const index = this.list.selectedIndex;
      if (index < 1) return;
      this.move(presets[index - 1].values);
      // Kept, so that the arrow keys go on to the next one.
      this.list.selectedIndex = index;
    } }, html("option", {}, "Presets…"), ...presets.map(({ label }) => html("option", {}, label)));
    return this.list;
  }

  // First the controls without a group, then the groups, then the numbers that only handles move.
  groups() {
    const shown = this.spec.controls.filter((control) => control.shown);
    const hidden = this.spec.controls.filter((control) => !control.shown && control.is === "Slider");
    const names = [...new Set(shown.map(({ group }) => group))].filter(Boolean);
    const fold = (name, controls, open) => html("details", { class: "fold", open }, html("summary", {}, name), html("div", { class: "controls" }, ...controls.map((control) => this.field(control))));
    this.typing = hidden.length ? [fold("Type the numbers", hidden, false)] : [];
    return [
      ...shown.filter(({ group }) => !group).map((control) => this.field(control)),
      ...names.map((name) => fold(name, shown.filter(({ group }) => group === name), this.spec.open_groups.includes(name))),
      ...this.typing,
    ];
  }

  field(control) {
    const box = this.fieldOf(control);
    this.boxes[control.name] = box;
    // Without a kernel nothing moves what the table knows at one place only.
    if (!this.live && this.table.values(control.name).length < 2) for (const input of box.querySelectorAll("input, select")) input.disabled = true;
    return box;
  }

  fieldOf(control) {
    const { name, label } = control;
    if (control.is === "Choice") {
      const select = html("select", { onchange: () => this.move({ [name]: control.options[select.selectedIndex][0] }) }, ...control.options.map(([, text]) => html("option", {}, text)));
      this.fields[name] = (value) => (select.selectedIndex = control.options.findIndex(([option]) => option === value));
      return html("label", { class: "control" }, `${label} `, select);
    }
    if (control.is === "Toggle") {
      const box = html("input", { type: "checkbox", onchange: () => this.move({ [name]: box.checked }) });
      this.fields[name] = (value) => (box.checked = value);
      return html("label", { class: "control" }, box, ` ${label}`);
    }
    const notches = 400, ratio = control.high / control.low;
    const toRange = (v) => (control.log ? (Math.log(v / control.low) / Math.log(ratio)) * notches : v);
    const fromRange = (t) => (control.log ? Number((control.low * ratio ** (t / notches)).toPrecision(3)) : Number(t));
    const ends = control.log ? { min: 0, max: notches, step: 1 } : { min: control.low, max: control.high, step: control.step };
    const range = html("input", { type: "range", ...ends, "aria-label": label, oninput: () => this.move({ [name]: clamp(fromRange(Number(range.value)), control.low, control.high) }) });
    const typed = html("input", { type: "number", min: control.low, max: control.high, step: "any", "aria-label": `${label}, typed`, onchange: () => {
      if (typed.value !== "" && Number.isFinite(typed.valueAsNumber)) this.move({ [name]: clamp(typed.valueAsNumber, control.low, control.high) });
      else this.fields[name](this.params[name]);
    } });
    // In a table the next place may be many steps away, and one step would snap back.
    if (!this.live) range.addEventListener("keydown", (event) => {
      const direction = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 5, PageDown: -5 }[event.key];
      if (direction) { event.preventDefault(); this.nudge(name, direction); }
    });
    // The arrow keys of a number field would move by 1; ours move by the slider's step.
    typed.addEventListener("keydown", (event) => {
      const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (direction) { event.preventDefault(); this.nudge(name, direction); }
    });
    this.fields[name] = (value) => {
      range.value = toRange(value);
      range.setAttribute("aria-valuetext", tidy(value));
      typed.value = Number(Number(value).toPrecision(6));
    };
    return html("div", { class: "control" }, html("span", {}, label), ...(control.shown ? [range] : []), typed);
  }

  // What the learner does --------------------------------------------------------------------------------------------

  snap(name, value) {
    const { low, high, step, log } = this.controls[name];
    const near = log ? Number(value.toPrecision(3)) : low + Math.round((value - low) / step) * step;
    return clamp(Number(near.toPrecision(10)), low, high);
  }

  nudge(name, steps) {
    const control = this.controls[name], value = this.params[name];
    if (!this.live) {
      const grid = this.table.values(name);
      return this.move({ [name]: grid[clamp(grid.indexOf(value) + steps, 0, grid.length - 1)] });
    }
    const next = control.log ? value * (control.high / control.low) ** (steps / 100) : value + steps * control.step;
    return this.move({ [name]: this.snap(name, next) });
  }

  move(values) {
    this.params = { ...this.params, ...values };
    // What was typed or slid is shown as it was taken, even where nothing has changed.
    for (const name of Object.keys(values)) delete this.last[name];
    if (this.list) this.list.selectedIndex = 0;
    if (!this.live) this.settle();
    // With a kernel the table gives the picture at once, and the kernel's answer replaces it.
    else if (this.table && !this.spec.runs) this.draw(this.table.place(this.params).frame, this.table.head);
    this.refresh();
    this.live?.move(values);
  }

  settle() {
    const { params, frame } = this.table.place(this.params);
    this.params = params;
    this.playing = false;
    this.table.recorded = 0;
    this.say({}, "");
    this.draw(frame, this.table.head);
  }

  ask(message) {
    if (this.live) this.live.ask(message);
  }

  act(index) {
    if (this.live) return this.ask({ ask: "action", index });
    return this.move(this.table.paramsAt(this.table.head.leads[index][this.table.place(this.params).index]));
  }

  reset() {
    if (this.live) return this.ask({ ask: "reset" });
    return this.move(this.spec.records ? this.start : this.spec.defaults);
  }

  check() {
    if (this.live) return this.ask({ ask: "check" });
    const { result } = this.frame;
    this.badge.hidden &&= result.score < 1;
    return this.show(result);
  }

  give(text) {
    this.editing = false;
    if (this.live) return this.ask({ ask: "state", text });
    const values = {};
    for (const word of text.trim().split(/\s+/)) {
      const [name, value] = [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)];
      if (!word.includes("=")) continue;
      if (!(name in this.controls)) return this.complain(`This widget has no control "${name}".`);
      try { values[name] = JSON.parse(value); } catch { values[name] = value; }
    }
    return this.move(values);
  }

  run(how) {
    if (this.live) return this.ask({ ask: "run", how });
    this.playing = how === "start";
    const next = () => {
      const { recorded } = this.table.head, frame = recorded[this.table.recorded++];
      if (frame) {
        // The recording began where the page began, whatever has been moved since.
        this.params = { ...this.start, ...frame.moves };
        this.say({}, "");
        this.draw(frame, this.table.head);
      } else {
        this.playing = false;
        this.table.recorded = 0;
        const more = recorded.length < this.table.head.longest ? "The run has ended" : `The recording ends here, after ${recorded.length} pictures; in JupyterLab the run goes on`;
        this.say({}, `${more}. Start and Step begin it again.`);
      }
      this.refresh();
      if (this.playing) setTimeout(() => this.playing && next(), 33);
    };
    return how === "pause" ? this.refresh() : next();
  }

  copy() {
    this.state.select();
    // The older way works where a page may not use the clipboard.
    if (navigator.clipboard) navigator.clipboard.writeText(this.state.value).catch(() => document.execCommand("copy"));
    else document.execCommand("copy");
  }

  remembered() {
    try { return localStorage.getItem("course-large-type") === "yes"; } catch { return false; }
  }

  enlarge(large, tell = true) {
    this.root.classList.toggle("large", large);
    this.large.setAttribute("aria-pressed", String(large));
    if (tell) {
      try { localStorage.setItem("course-large-type", large ? "yes" : "no"); } catch { /* a page without storage forgets, that is all */ }
      window.dispatchEvent(new CustomEvent("course-large-type", { detail: large }));
    }
    this.measure();
  }

  // What the learner sees --------------------------------------------------------------------------------------------

  take() {
    const { model } = this;
    this.live?.answered();
    this.playing = model.get("running");
    if (!this.live?.moving) this.params = model.get("params");
    const bytes = model.get("frame");
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      const head = decode(bytes);
      this.draw(head.frames[0], head);
    }
    this.refresh();
    this.complain(model.get("error"));
    this.badge.hidden = !model.get("solved");
    this.say(model.get("verdict"), model.get("note"));
    const seq = model.get("seq");
    if (this.playing && seq !== this.seen) this.confirm();
    this.seen = seq;
  }

  // The kernel hears that pictures are drawn, so that it never runs ahead of the page; seldom, because JupyterLab's own
  // display of the kernel's state, redrawn at each message, costs more than a picture of ours.
  confirm() {
    this.confirming ??= setTimeout(() => requestAnimationFrame(() => {
      this.confirming = null;
      this.model.send({ ask: "drawn", seq: this.seen });
    }), 100);
  }

  // At once, but never more often than the screen: what comes before its next frame is drawn in that one.
  draw(frame, head) {
    Object.assign(this, { frame, head, fresh: true });
    if (this.waiting) return;
    this.paint();
    this.waiting = requestAnimationFrame(() => {
      this.waiting = null;
      if (this.fresh) this.draw(this.frame, this.head);
    });
  }

  // Asking the page for a measure makes it lay out all that has changed in JupyterLab, so it is asked only when the
  // room or the letters have changed.
  measure() {
    const style = getComputedStyle(this.charts);
    Object.assign(this, { width: this.charts.clientWidth, em: parseFloat(style.fontSize), family: style.fontFamily });
    this.paint();
  }

  paint() {
    const { frame, width, em } = this;
    this.fresh = false;
    if (!frame || !width) return;
    ruler.family = this.family;
    while (this.views.length > frame.charts.length) this.views.pop().node.remove();
    while (this.views.length < frame.charts.length) {
      this.views.push(new ChartView(this.views.length, this));
      this.charts.append(this.views.at(-1).node);
    }
    const rooms = this.rooms(frame, width - 1, em), height = Math.round((frame.height * em) / 14);
    frame.charts.forEach((chart, index) => this.views[index].draw(chart, this.head, rooms[index], Math.max(rooms[index], Math.round(((chart.least ?? 0) * em) / 14)), height, em));
    this.speak();
    if (this.typing.length) this.offerNumbers(frame);
  }

  // The width of each chart: as many in a row as the frame wishes and the page has room for.
  rooms(frame, width, em) {
    const { charts } = frame;
    for (let columns = Math.min(frame.columns, charts.length, Math.max(1, Math.floor(width / (21 * em)))); ; columns--) {
      const rooms = charts.map((chart, index) => {
        if (columns === 1) return Math.floor(width);
        const row = charts.slice(index - (index % columns), index - (index % columns) + columns);
        // A last row that is not full keeps the size of the others.
        const shares = Math.max(row.reduce((sum, other) => sum + other.width, 0), columns * Math.min(...row.map((other) => other.width)));
        return Math.floor((width * chart.width) / shares);
      });
      if (columns === 1 || charts.every((chart, index) => rooms[index] >= ((chart.least ?? 0) * em) / 14)) return rooms;
    }
  }

  // While a run goes on the words change twice a second, for the eye; a screen reader waits until all has come to rest.
  speak() {
    if (this.says.textContent === this.frame.says) return;
    const since = performance.now() - (this.spoken ?? -Infinity);
    this.says.setAttribute("aria-busy", "true");
    clearTimeout(this.rest);
    clearTimeout(this.later);
    if (this.playing && since < 500) {
      this.later = setTimeout(() => this.speak(), 500 - since);
      return;
    }
    this.says.textContent = this.frame.says;
    this.spoken = performance.now();
    const calm = () => (this.playing ? (this.rest = setTimeout(calm, 300)) : this.says.removeAttribute("aria-busy"));
    this.rest = setTimeout(calm, 300);
  }

  // Number fields for what the handles of this picture move and no slider does.
  offerNumbers(frame) {
    const moved = new Set(frame.charts.flatMap(({ handles }) => handles.flatMap(({ moves_x, moves_y }) => [moves_x, moves_y])));
    const hidden = this.spec.controls.filter((control) => !control.shown && control.is === "Slider");
    for (const control of hidden) this.boxes[control.name].hidden = !moved.has(control.name) || !this.fits(control);
    this.typing[0].hidden = !hidden.some(({ name }) => moved.has(name));
  }

  fits({ when }) {
    return !when || when[1].includes(this.params[when[0]]);
  }

  // Only what has changed is set: a number that is being typed stays, a slider that is being moved does not jump.
  refresh() {
    for (const [name, set] of Object.entries(this.fields)) {
      if (this.last[name] !== this.params[name]) set(this.params[name]);
    }
    if (this.params !== this.lastParams) {
      for (const control of this.spec.controls) if (control.shown) this.boxes[control.name].hidden = !this.fits(control);
      if (!this.editing) this.state.value = this.stateText();
    }
    this.last = { ...this.params };
    this.lastParams = this.params;
    if (this.play) this.play.textContent = this.playing ? "Pause" : "Start";
  }

  stateText() {
    const escape = (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
    const plain = (value) => typeof value === "string" && /^[A-Za-z_][\w-]*$/.test(value) && !["true", "false", "null", "NaN", "Infinity"].includes(value);
    const word = (value) => (plain(value) ? value : JSON.stringify(value).replace(/[^!-~]/g, escape));
    return [this.spec.name, ...Object.entries(this.params).map(([name, value]) => `${name}=${word(value)}`)].join(" ");
  }

  say(verdict, note) {
    this.show(verdict);
    if (this.note.textContent !== note) this.note.textContent = note;
  }

  show(verdict) {
    const said = [verdict?.message, ...(verdict?.notices ?? [])].filter(Boolean).join(" ");
    if (this.task.textContent !== said) this.task.textContent = said;
    this.task.className = said ? `verdict ${verdict.score >= 1 ? "solved" : "open"}` : "verdict";
  }

  complain(text) {
    this.alert.hidden = !text;
    if (this.alert.textContent !== text) this.alert.textContent = text;
  }

  shade() {
    let node = this.el, colour = null;
    for (; node && !colour; node = node.parentElement) {
      const found = getComputedStyle(node).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
      if (found.length < 4 || found[3] > 0.5) colour = found;
    }
    const [r, g, b] = colour ?? [255, 255, 255];
    this.root.classList.toggle("dark", 0.3 * r + 0.6 * g + 0.1 * b < 128);
  }
}

const viewsOf = new WeakMap();

function render({ model, el }) {
  const app = new App(model, el);
  const take = () => app.take(), resize = new ResizeObserver(() => app.measure());
  const shade = () => { app.shade(); setTimeout(() => app.shade(), 400); };
  const theme = new MutationObserver(shade), enlarge = (event) => app.enlarge(event.detail, false);
  const changes = ["seq", "answers", "verdict", "solved", "note", "error", "running"].map((name) => `change:${name}`).join(" ");
  model.on(changes, take);
  resize.observe(app.charts);
  for (const node of [document.documentElement, document.body]) theme.observe(node, { attributes: true });
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", shade);
  window.addEventListener("course-large-type", enlarge);
  shade();
  viewsOf.set(model, (viewsOf.get(model) ?? 0) + 1);
  return () => {
    model.off(changes, take);
    resize.disconnect();
    theme.disconnect();
    system.removeEventListener("change", shade);
    window.removeEventListener("course-large-type", enlarge);
    clearTimeout(app.live?.alarm);
    clearTimeout(app.confirming);
    viewsOf.set(model, viewsOf.get(model) - 1);
    if (viewsOf.get(model) === 0) app.ask({ ask: "gone" });
    clearTimeout(app.live?.alarm);
  };
}

export default { render };
