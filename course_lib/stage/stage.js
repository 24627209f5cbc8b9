// The widget in the page: it shows the frames that Python computes and tells Python what the learner moved. No maths of
// the course lives here. marks.js stands before it in the same module.

const PATIENCE = 4000; // milliseconds without an answer before the learner is told

// One chart on the page. The picture is drawn anew for each frame; the handles stay, so that focus and drag survive.
class ChartView {
  constructor(index, app) {
    this.index = index;
    this.app = app;
    // Every widget on the page is a module of its own, so that a counter would repeat.
    this.clip = `stage-clip-${Math.random().toString(36).slice(2)}`;
    this.area = svg("rect", {});
    this.picture = svg("g", { "aria-hidden": "true" });
    this.grips = svg("g", {});
    this.node = svg("svg", { role: "group" }, svg("defs", {}, svg("clipPath", { id: this.clip }, this.area)), this.picture, this.grips);
    this.handles = [];
    this.node.addEventListener("pointerdown", (event) => this.press(event));
  }

  draw(chart, head, width, height, em) {
    const marks = chart.marks.map((index) => head.marks[index]);
    chart = { ...chart, x: head.scales[chart.x], y: head.scales[chart.y] };
    const at = (this.at = frameOf(chart, marks, width, height, em));
    this.chart = chart;
    this.head = head;
    for (const [key, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}`, "aria-label": chart.title || "chart" })) this.node.setAttribute(key, value);
    for (const [key, value] of Object.entries({ x: at.left, y: at.top, width: Math.max(0, at.right - at.left), height: Math.max(0, at.bottom - at.top) })) this.area.setAttribute(key, value);
    const inside = svg("g", { "clip-path": `url(#${this.clip})` }), outside = svg("g");
    for (const mark of marks) {
      // Words may reach over the chart's edge, everything else ends there.
      for (const part of DRAW[mark.is](mark, head, at, em)) (part.tagName === "path" || part.tagName === "image" ? inside : outside).append(part);
    }
    const clipless = chart.x.visible || chart.y.visible ? inside : svg("g", {}, ...inside.childNodes);
    this.picture.replaceChildren(...axesOf(chart, at, width, height, em), clipless, outside);
    this.drawHandles(em);
  }

  drawHandles(em) {
    const wanted = this.chart.handles;
    while (this.handles.length > wanted.length) this.handles.pop().remove();
    while (this.handles.length < wanted.length) {
      const index = this.handles.length;
      const node = svg("g", { class: "handle", tabindex: 0, role: "slider", "data-lm-suppress-shortcuts": "true" }, svg("circle", { r: 18, class: "reach" }), svg("circle", { r: 9, class: "grip" }));
      node.addEventListener("keydown", (event) => this.key(event, index));
      this.handles.push(node);
      this.grips.append(node);
    }
    wanted.forEach((handle, index) => {
      const node = this.handles[index], place = (scale, v) => scale(v === null ? NaN : v);
      const [x, y] = [place(this.at.x, handle.x), place(this.at.y, handle.y)];
      node.style.display = Number.isNaN(x + y) ? "none" : "";
      node.setAttribute("transform", `translate(${rounded(clamp(x, this.at.left, this.at.right))} ${rounded(clamp(y, this.at.top, this.at.bottom))})`);
      node.setAttribute("class", `handle role-${handle.role}`);
      const name = handle.moves_x ?? handle.moves_y, control = this.app.controls[name], value = this.app.params[name];
      const aria = { "aria-label": handle.label, "aria-valuemin": control.low, "aria-valuemax": control.high, "aria-valuenow": value, "aria-valuetext": `${control.label} ${tidy(value)}` };
      if (handle.moves_x && handle.moves_y) aria["aria-valuetext"] += `, ${this.app.controls[handle.moves_y].label} ${tidy(this.app.params[handle.moves_y])}`;
      else aria["aria-orientation"] = handle.moves_x ? "horizontal" : "vertical";
      for (const [key, text] of Object.entries(aria)) node.setAttribute(key, text);
    });
  }

  key(event, index) {
    const { moves_x, moves_y } = this.chart.handles[index];
    const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], PageUp: [0, 10], PageDown: [0, -10] }[event.key];
    const end = { Home: "low", End: "high" }[event.key];
    if (!step && !end) return;
    event.preventDefault();
    event.stopPropagation();
    const only = moves_x && moves_y ? null : moves_x ?? moves_y;
    if (end) this.app.move({ [only ?? moves_x]: this.app.controls[only ?? moves_x][end] });
    else {
      const name = only ?? (step[0] ? moves_x : moves_y);
      this.app.nudge(name, (step[0] || step[1]) * (event.shiftKey ? 10 : 1));
    }
  }

  place(event) {
    const frame = this.node.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  }

  press(event) {
    if (event.button !== 0 || !this.chart) return;
    const [x, y] = this.place(event), at = this.at;
    const inside = x >= at.left - 9 && x <= at.right + 9 && y >= at.top - 9 && y <= at.bottom + 9;
    let index = this.handles.findIndex((node) => node.contains(event.target));
    if (index < 0 && inside && this.app.spec.clicks) {
      this.app.ask({ ask: "click", chart: this.index, x: at.x.inverse(x), y: at.y.inverse(y) });
      return;
    }
    // With a mouse, pressing beside the only handle fetches it; a finger must stay free to scroll the page.
    if (index < 0 && inside && this.handles.length === 1 && event.pointerType === "mouse") index = 0;
    if (index < 0) return;
    event.preventDefault();
    this.handles[index].focus({ preventScroll: true });
    this.node.setPointerCapture(event.pointerId);
    const follow = (moved) => this.drag(index, ...this.place(moved));
    const release = () => {
      this.node.removeEventListener("pointermove", follow);
      for (const end of ["pointerup", "pointercancel"]) this.node.removeEventListener(end, release);
    };
    this.node.addEventListener("pointermove", follow);
    for (const end of ["pointerup", "pointercancel"]) this.node.addEventListener(end, release);
    follow(event);
  }

  drag(index, x, y) {
    const handle = this.chart.handles[index], at = this.at, app = this.app;
    if (handle.track) return app.move({ [handle.moves_x]: app.snap(handle.moves_x, this.nearest(handle.track, x, y)) });
    const values = {};
    if (handle.moves_x) values[handle.moves_x] = app.snap(handle.moves_x, at.x.inverse(x));
    if (handle.moves_y) values[handle.moves_y] = app.snap(handle.moves_y, at.y.inverse(y));
    return app.move(values);
  }

  nearest(track, px, py) {
    const [values, xs, ys] = [track.values, track.x, track.y].map(this.head.floats);
    const clampY = (v) => clamp(this.at.y(v), this.at.top, this.at.bottom);
    let best = Infinity, found = values[0];
    for (let i = 0; i + 1 < values.length; i++) {
      const [ax, ay, bx, by] = [this.at.x(xs[i]), clampY(ys[i]), this.at.x(xs[i + 1]), clampY(ys[i + 1])];
      const size = (bx - ax) ** 2 + (by - ay) ** 2;
      const share = size ? clamp(((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / size, 0, 1) : 0;
      const distance = Math.hypot(ax + share * (bx - ax) - px, ay + share * (by - ay) - py);
      if (distance < best) [best, found] = [distance, values[i] + share * (values[i + 1] - values[i])];
    }
    return found;
  }
}

// ------------------------------------------------------------------------------------- where new frames come from: two

// The kernel answers each request; while one is under way the latest wish waits and replaces the one before.
class Live {
  constructor(model, app) {
    Object.assign(this, { model, app, wish: null, token: null, sent: 0, name: Math.random().toString(36).slice(2) });
  }

  move(values) {
    this.wish = { ...this.wish, ...values };
    if (!this.token) this.flush();
  }

  flush() {
    const values = this.wish;
    this.wish = null;
    if (values) this.ask({ ask: "move", values });
  }

  ask(message) {
    this.token = `${this.name}.${++this.sent}`;
    clearTimeout(this.alarm);
    this.alarm = setTimeout(() => {
      this.token = null;
      this.app.complain("No answer from the kernel: it is busy or was restarted. Wait, or run this cell again.");
    }, PATIENCE);
    try {
      this.model.send({ ...message, token: this.token });
    } catch (error) {
      clearTimeout(this.alarm);
      this.token = null;
      this.app.complain(`The kernel cannot be reached (${error.message}): run this cell again.`);
    }
  }

  answered() {
    if (this.model.get("answers") !== this.token) return;
    clearTimeout(this.alarm);
    this.token = null;
    this.flush();
  }

  get moving() {
    return Boolean(this.token || this.wish);
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
    return { params: found, frame: this.head.frames[index] };
  }

  values(name) {
    return this.head.axes.find(([axis]) => axis === name)[1];
  }
}

// ---------------------------------------------------------------------------------------------------- the whole widget

class App {
  constructor(model, el) {
    Object.assign(this, { model, el, spec: model.get("spec"), params: model.get("params"), views: [] });
    this.controls = Object.fromEntries(this.spec.controls.map((control) => [control.name, control]));
    const table = model.get("table");
    this.table = table?.byteLength ? new Table(table) : null;
    this.live = model.alone ? null : new Live(model, this);
    this.build();
    this.take();
  }

  // Parts of the page ------------------------------------------------------------------------------------------------

  build() {
    const { spec } = this, button = (label, onclick, more = {}) => html("button", { type: "button", onclick, ...more }, label);
    this.fields = {};
    this.task = html("p", { class: "verdict", "aria-live": "polite" });
    this.says = html("p", { class: "says", "aria-live": "polite", "aria-atomic": "true" });
    this.alert = html("p", { class: "alert", role: "alert", hidden: true });
    this.charts = html("div", { class: "charts" });
    this.state = html("input", { type: "text", class: "state", "aria-label": "State of this widget as text; edit and press Enter", spellcheck: "false", oninput: () => (this.editing = true), onkeydown: (event) => event.key === "Enter" && this.give(this.state.value) });
    const starts = [
      ...spec.presets.map((preset) => button(preset.label, () => this.move(preset.values))),
      ...(this.live ? spec.actions.map((label, index) => button(label, () => this.ask({ ask: "action", index }))) : []),
    ];
    if (spec.runs) {
      this.play = button("Start", () => this.run(this.playing ? "pause" : "start"));
      starts.unshift(this.play, button("Step", () => this.run("step")));
    }
    this.large = button("Large type", () => this.enlarge(!this.root.classList.contains("large")), { "aria-pressed": "false" });
    const shown = spec.controls.filter((control) => control.shown);
    this.root = html("section", { class: "stage", "aria-label": spec.title },
      ...(spec.task ? [html("div", { class: "task" }, html("p", {}, html("strong", {}, "Task. "), spec.task.text), button("Check", () => this.check()), this.task)] : []),
      html("div", { class: "controls" }, ...shown.map((control) => this.field(control)), html("div", { class: "bar" }, ...starts, button("Reset", () => this.reset()))),
      this.alert, this.charts, this.says,
      html("div", { class: "bar foot" }, html("label", {}, "State ", this.state), button("Copy", () => this.copy()), this.large),
    );
    this.el.append(this.root);
    this.enlarge(this.remembered(), false);
  }

  field(control) {
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
    return html("div", { class: "control" }, html("span", {}, label), range, typed);
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
    if (this.task.classList.contains("open")) this.show({});
    this.draw(frame, this.table.head);
  }

  ask(message) {
    if (this.live) this.live.ask(message);
  }

  reset() {
    if (this.live) return this.ask({ ask: "reset" });
    this.show({});
    this.table.recorded = 0;
    return this.move(this.spec.defaults);
  }

  check() {
    if (this.live) return this.ask({ ask: "check" });
    return this.show(this.frame.result);
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
      const { recorded } = this.table.head;
      if (this.table.recorded < recorded.length) this.draw(recorded[this.table.recorded++], this.table.head);
      else this.playing = false;
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
    this.paint();
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
    this.show(model.get("verdict"));
    const seq = model.get("seq");
    if (this.playing && seq !== this.drawn) requestAnimationFrame(() => model.send({ ask: "drawn", seq }));
    this.drawn = seq;
  }

  draw(frame, head) {
    Object.assign(this, { frame, head });
    if (this.waiting) return;
    // Several answers within one frame of the screen are drawn once.
    this.waiting = requestAnimationFrame(() => { this.waiting = null; this.paint(); });
  }

  paint() {
    const { frame } = this, width = this.charts.clientWidth;
    if (!frame || !width) return;
    const em = parseFloat(getComputedStyle(this.charts).fontSize);
    const columns = clamp(Math.floor(width / (21 * em)), 1, Math.min(frame.columns, frame.charts.length));
    while (this.views.length > frame.charts.length) this.views.pop().node.remove();
    while (this.views.length < frame.charts.length) {
      this.views.push(new ChartView(this.views.length, this));
      this.charts.append(this.views.at(-1).node);
    }
    frame.charts.forEach((chart, index) => {
      const row = frame.charts.slice(index - (index % columns), index - (index % columns) + columns);
      const share = columns === 1 ? 1 : chart.width / Math.max(row.reduce((sum, other) => sum + other.width, 0), columns * Math.min(...row.map((other) => other.width)));
      this.views[index].draw(chart, this.head, Math.floor((width - 1) * share), Math.round((frame.height * em) / 14), em);
    });
    if (this.says.textContent !== frame.says) {
      this.says.textContent = frame.says;
      // A screen reader waits until the picture has come to rest.
      this.says.setAttribute("aria-busy", "true");
      clearTimeout(this.rest);
      this.rest = setTimeout(() => this.says.removeAttribute("aria-busy"), 300);
    }
  }

  refresh() {
    for (const [name, set] of Object.entries(this.fields)) set(this.params[name]);
    if (!this.editing) this.state.value = this.stateText();
    if (this.play) this.play.textContent = this.playing ? "Pause" : "Start";
  }

  stateText() {
    const escape = (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
    const plain = (value) => typeof value === "string" && /^[A-Za-z_][\w-]*$/.test(value) && !["true", "false", "null", "NaN", "Infinity"].includes(value);
    const word = (value) => (plain(value) ? value : JSON.stringify(value).replace(/[^!-~]/g, escape));
    return [this.spec.name, ...Object.entries(this.params).map(([name, value]) => `${name}=${word(value)}`)].join(" ");
  }

  show(verdict) {
    this.task.textContent = verdict?.message ?? "";
    this.task.className = verdict?.message ? `verdict ${verdict.score >= 1 ? "solved" : "open"}` : "verdict";
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
  const take = () => app.take(), resize = new ResizeObserver(() => app.paint());
  const shade = () => { app.shade(); setTimeout(() => app.shade(), 400); };
  const theme = new MutationObserver(shade), enlarge = (event) => app.enlarge(event.detail, false);
  const changes = ["seq", "answers", "verdict", "error", "running"].map((name) => `change:${name}`).join(" ");
  model.on(changes, take);
  resize.observe(app.charts);
  for (const node of [document.documentElement, document.body]) theme.observe(node, { attributes: true });
  window.addEventListener("course-large-type", enlarge);
  shade();
  viewsOf.set(model, (viewsOf.get(model) ?? 0) + 1);
  return () => {
    model.off(changes, take);
    resize.disconnect();
    theme.disconnect();
    window.removeEventListener("course-large-type", enlarge);
    clearTimeout(app.live?.alarm);
    viewsOf.set(model, viewsOf.get(model) - 1);
    if (viewsOf.get(model) === 0) app.ask({ ask: "gone" });
    clearTimeout(app.live?.alarm);
  };
}

export default { render };
