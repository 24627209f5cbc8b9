// One chart on the page. The picture is drawn anew for each frame; handles, spots and heat maps stay, so that focus and
// drag survive and nothing blinks.
class ChartView {
  constructor(index, app) {
    this.index = index;
    this.app = app;
    // Every widget on the page is a module of its own, so that a counter would repeat.
    this.clip = `stage-clip-${Math.random().toString(36).slice(2)}`;
    this.area = svg("rect", {});
    this.picture = svg("g", { "aria-hidden": "true" });
    this.fields = svg("g", {});
    this.grips = svg("g", {});
    this.svg = svg("svg", { role: "group" }, svg("defs", {}, svg("clipPath", { id: this.clip }, this.area)), this.picture, this.fields, this.grips);
    this.heats = html("div", { class: "heats", "aria-hidden": "true" });
    this.node = html("div", { class: "pane" }, html("div", { class: "chart" }, this.heats, this.svg));
    this.handles = [];
    this.spots = [];
    this.svg.addEventListener("pointerdown", (event) => this.press(event));
  }

  // `room` is what the page has, `width` what the chart takes: where it takes more, it scrolls sideways.
  draw(chart, head, room, width, height, em) {
    const marks = chart.marks.map((index) => head.marks[index]);
    chart = { ...chart, x: head.scales[chart.x], y: head.scales[chart.y], spots: (chart.spots ?? []).map((index) => head.spots[index]) };
    const at = (this.at = frameOf(chart, marks, width, height, em, Math.min(room, width)));
    this.chart = chart;
    this.head = head;
    this.node.style.width = `${room}px`;
    this.node.classList.toggle("scrolls", width > room);
    const focusable = { tabindex: 0, role: "region", "aria-label": `${chart.title || "Chart"}, scrolls sideways` };
    for (const [key, value] of Object.entries(focusable)) width > room ? this.node.setAttribute(key, value) : this.node.removeAttribute(key);
    for (const [key, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}`, "aria-label": chart.title || "chart" })) this.svg.setAttribute(key, value);
    for (const [key, value] of Object.entries({ x: at.left, y: at.top, width: Math.max(0, at.right - at.left), height: Math.max(0, at.bottom - at.top) })) this.area.setAttribute(key, value);
    const inside = svg("g", { "clip-path": `url(#${this.clip})` }), outside = svg("g");
    for (const mark of marks) {
      // Words may reach over the chart's edge, everything else ends there.
      for (const part of DRAW[mark.is](mark, head, at, em)) (part.tagName === "path" ? inside : outside).append(part);
    }
    const clipless = chart.x.visible || chart.y.visible ? inside : svg("g", {}, ...inside.childNodes);
    const heats = marks.filter((mark) => mark.is === "Heat");
    renew(this.picture, [...axesOf(chart, at, em, heats.length), clipless, outside]);
    this.drawHeats(heats);
    this.drawSpots();
    this.drawHandles();
  }

  // An SVG image is decoded a moment after it was put in, and blinks; a canvas is there at once.
  drawHeats(heats) {
    const { at } = this, box = { left: at.left, top: at.top, width: Math.max(0, at.right - at.left), height: Math.max(0, at.bottom - at.top) };
    for (const [key, value] of Object.entries(box)) this.heats.style[key] = `${value}px`;
    while (this.heats.childElementCount > heats.length) this.heats.lastChild.remove();
    while (this.heats.childElementCount < heats.length) this.heats.append(html("canvas"));
    heats.forEach((mark, index) => {
      const canvas = this.heats.children[index], [rows, columns, channels] = mark.shape;
      const [l, r, b, t] = [at.x(mark.x[0]), at.x(mark.x[1]), at.y(mark.y[0]), at.y(mark.y[1])];
      for (const [key, value] of Object.entries({ left: l - at.left, top: t - at.top, width: r - l, height: b - t })) canvas.style[key] = `${value}px`;
      // Setting the size empties a canvas.
      if (canvas.width !== columns || canvas.height !== rows) Object.assign(canvas, { width: columns, height: rows });
      const image = new ImageData(columns, rows), bytes = this.head.bytes(mark.values);
      if (channels === 4) image.data.set(bytes.subarray(0, image.data.length));
      else for (let i = 0; i < rows * columns; i++) image.data.set([bytes[3 * i], bytes[3 * i + 1], bytes[3 * i + 2], 255], 4 * i);
      canvas.getContext("2d").putImageData(image, 0, 0);
    });
  }

  drawSpots() {
    const wanted = this.chart.spots;
    while (this.spots.length > wanted.length) this.spots.pop().remove();
    while (this.spots.length < wanted.length) {
      const index = this.spots.length, node = svg("rect", { class: "spot", role: "button", rx: 3, "data-lm-suppress-shortcuts": "true" });
      node.addEventListener("click", () => this.app.move(this.chart.spots[index].values));
      node.addEventListener("keydown", (event) => this.spotKey(event, index));
      this.spots.push(node);
      this.fields.append(node);
    }
    // One stop of the Tab key for all; the arrow keys go from one to the next.
    const stop = Math.max(0, wanted.findIndex((spot) => spot.on));
    wanted.forEach((spot, index) => {
      const [l, r, b, t] = [this.at.x(spot.x[0]), this.at.x(spot.x[1]), this.at.y(spot.y[0]), this.at.y(spot.y[1])];
      const said = { x: l, y: t, width: Math.max(0, r - l), height: Math.max(0, b - t), "aria-label": spot.label, "aria-pressed": String(spot.on), tabindex: index === stop ? 0 : -1 };
      for (const [key, value] of Object.entries(said)) this.spots[index].setAttribute(key, value);
    });
  }

  spotKey(event, index) {
    const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const press = event.key === "Enter" || event.key === " ";
    if (!way && !press) return;
    event.preventDefault();
    event.stopPropagation();
    if (press) return this.app.move(this.chart.spots[index].values);
    const middle = (node) => [node.x.baseVal.value + node.width.baseVal.value / 2, node.y.baseVal.value + node.height.baseVal.value / 2];
    const [x, y] = middle(this.spots[index]);
    let best = Infinity, next = null;
    for (const node of this.spots) {
      const [u, v] = middle(node), along = (u - x) * way[0] + (v - y) * way[1], across = Math.abs((u - x) * way[1]) + Math.abs((v - y) * way[0]);
      // Straight on before askew.
      if (along > 1 && along + 3 * across < best) [best, next] = [along + 3 * across, node];
    }
    next?.focus();
  }

  drawHandles() {
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
      else aria["aria-orientation"] = this.goesUp(handle) ? "vertical" : "horizontal";
      for (const [key, text] of Object.entries(aria)) node.setAttribute(key, text);
    });
  }

  goesUp({ moves_x, track }) {
    if (!track) return !moves_x;
    const long = (places) => Math.max(...places) - Math.min(...places);
    const [xs, ys] = this.places(track);
    return long(ys) > long(xs);
  }

  // The track on the screen; what leaves the chart runs along its edge.
  places(track) {
    const { at } = this, [xs, ys] = [track.x, track.y].map(this.head.floats);
    return [Array.from(xs, (v) => at.x(v)), Array.from(ys, (v) => clamp(at.y(v), at.top, at.bottom))];
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
    const frame = this.svg.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  }

  press(event) {
    if (event.button !== 0 || !this.chart || this.spots.includes(event.target)) return;
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
    this.svg.setPointerCapture(event.pointerId);
    const follow = (moved) => this.drag(index, ...this.place(moved));
    const release = () => {
      this.svg.removeEventListener("pointermove", follow);
      for (const end of ["pointerup", "pointercancel"]) this.svg.removeEventListener(end, release);
    };
    this.svg.addEventListener("pointermove", follow);
    for (const end of ["pointerup", "pointercancel"]) this.svg.addEventListener(end, release);
    follow(event);
  }

  drag(index, px, py) {
    const { moves_x, moves_y, track, plane } = this.chart.handles[index], { app } = this;
    if (track) return app.move({ [moves_x]: app.snap(moves_x, this.nearest(track, px, py)) });
    let [x, y] = [this.at.x.inverse(px), this.at.y.inverse(py)];
    if (plane) {
      const [[ox, oy], [ax, ay], [bx, by]] = [plane.origin, plane.first, plane.second];
      const area = ax * by - ay * bx;
      [x, y] = [((x - ox) * by - (y - oy) * bx) / area, ((y - oy) * ax - (x - ox) * ay) / area];
    }
    const values = {};
    if (moves_x) values[moves_x] = app.snap(moves_x, x);
    if (moves_y) values[moves_y] = app.snap(moves_y, y);
    return app.move(values);
  }

  nearest(track, px, py) {
    const values = this.head.floats(track.values), [xs, ys] = this.places(track);
    let best = Infinity, found = values[0];
    for (let i = 0; i + 1 < values.length; i++) {
      const [ax, ay, bx, by] = [xs[i], ys[i], xs[i + 1], ys[i + 1]];
      const size = (bx - ax) ** 2 + (by - ay) ** 2;
      const share = size ? clamp(((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / size, 0, 1) : 0;
      const distance = Math.hypot(ax + share * (bx - ax) - px, ay + share * (by - ay) - py);
      if (distance < best) [best, found] = [distance, values[i] + share * (values[i + 1] - values[i])];
    }
    return found;
  }
}
