// From bytes to pictures: reads frames (see encode.py) and turns axes and marks into SVG. chart.js and stage.js follow in
// the same module and use what is defined here.

const SVG = "http://www.w3.org/2000/svg";
const DASHES = { solid: "", dashed: "8 4", dotted: "2 4", dashdot: "9 4 2 4" };

function html(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== false && value !== null) node.setAttribute(key, value === true ? "" : value);
  }
  // JupyterLab's own shortcuts would take the arrow keys away; it looks at the focused element first.
  if (["input", "select", "button"].includes(name)) node.setAttribute("data-lm-suppress-shortcuts", "true");
  node.append(...children);
  return node;
}

function svg(name, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// Makes the children of `parent` like `wanted`. What is alike stays, so that the browser lays out and paints the rest alone.
function renew(parent, wanted) {
  wanted.forEach((node, index) => {
    const old = parent.childNodes[index];
    if (!old) parent.append(node);
    else if (old.nodeName !== node.nodeName) old.replaceWith(node);
    else if (!old.isEqualNode(node)) {
      for (const { name } of [...old.attributes]) if (!node.hasAttribute(name)) old.removeAttribute(name);
      for (const { name, value } of node.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
      if (node.firstElementChild || old.firstElementChild) renew(old, [...node.childNodes]);
      else if (old.textContent !== node.textContent) old.textContent = node.textContent;
    }
  });
  while (parent.childNodes.length > wanted.length) parent.lastChild.remove();
}

const tidy = (number) => String(Number(Number(number).toPrecision(6))).replace("-", "−");
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

function decode(view) {
  const length = view.getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + 4, length)));
  const body = view.buffer.slice(view.byteOffset + 4 + length, view.byteOffset + view.byteLength);
  head.floats = (index) => new Float32Array(body, ...head.arrays[index]);
  head.bytes = (index) => new Uint8Array(body, ...head.arrays[index]);
  return head;
}

// ---------------------------------------------------------------------------------------------------- where things go

// What the page's letters measure; `family` is set before each picture is drawn.
const ruler = {
  pen: document.createElement("canvas").getContext("2d"),
  family: "sans-serif",
  width(text, size, weight = 400) {
    this.pen.font = `${weight} ${size}px ${this.family}`;
    return this.pen.measureText(text).width;
  },
  widest(texts, size) {
    return Math.max(0, ...texts.map((text) => this.width(text, size)));
  },
  // Broken between words, so that no line is wider than the room where that is possible.
  lines(text, room, size, weight = 400) {
    const lines = [];
    for (const word of text.split(" ")) {
      const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
      if (lines.length && this.width(longer, size, weight) <= room) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
    return lines;
  },
};

function scale(axis, from, to) {
  const f = axis.log ? Math.log10 : (v) => v;
  const low = f(axis.low), size = f(axis.high) - low;
  // Far outside the chart the exact place does not matter, but some renderers fail on huge numbers.
  const place = (v) => (Number.isNaN(v) ? NaN : clamp(from + ((f(v) - low) / size) * (to - from), -1e4, 1e4));
  place.inverse = (pixel) => {
    const v = low + ((pixel - from) / (to - from)) * size;
    return axis.log ? 10 ** v : v;
  };
  return place;
}

// The letters of a chart, as parts of the letter height `em` of its surroundings.
const SIZES = { title: 1, label: 0.93, tick: 0.86 };

// Title and key are in sight without scrolling: they have the `room` of the page.
function frameOf(chart, marks, width, height, em, room) {
  const size = Object.fromEntries(Object.entries(SIZES).map(([name, part]) => [name, part * em]));
  const title = chart.title ? ruler.lines(chart.title, room - 0.6 * em, size.title, 600) : [];
  const keys = placeKeys(marks.filter((mark) => mark.label), room, em);
  const top = (title.length ? 0.4 + 1.3 * title.length : 0.4) * em + keys.rows * 1.4 * em + 0.5 * em;
  const tickWidth = chart.y.visible ? ruler.widest(chart.y.ticks.map(([, text]) => text), size.tick) : 0;
  const upright = chart.y.visible && chart.y.label ? ruler.lines(chart.y.label, 0.85 * (height - top), size.label) : [];
  const left = chart.y.visible ? tickWidth + 0.8 * em + upright.length * 1.2 * em + (upright.length ? 0.2 * em : 0) : 0.5 * em;
  const right = width - 0.9 * em;
  const below = chart.x.visible && chart.x.label ? ruler.lines(chart.x.label, right - left + 0.9 * em, size.label) : [];
  const ticks = chart.x.visible ? fitTicks(chart.x, right - left, size.tick) : [];
  const rows = Math.max(1, ...ticks.map(({ lines }) => lines.length));
  const box = {
    left, right, top, width, keys, title, upright, below, ticks, tickWidth, size,
    bottom: height - (chart.x.visible ? (0.5 + 1.2 * rows + (below.length ? 0.2 + 1.2 * below.length : 0)) * em : 0.5 * em),
    tickRows: rows,
  };
  if (chart.equal) {
    const unit = Math.min((box.right - box.left) / (chart.x.high - chart.x.low), (box.bottom - box.top) / (chart.y.high - chart.y.low));
    const spareX = box.right - box.left - unit * (chart.x.high - chart.x.low);
    const spareY = box.bottom - box.top - unit * (chart.y.high - chart.y.low);
    Object.assign(box, { left: box.left + spareX / 2, right: box.right - spareX / 2, top: box.top + spareY / 2, bottom: box.bottom - spareY / 2 });
    if (chart.x.visible) box.ticks = fitTicks(chart.x, box.right - box.left, size.tick);
  }
  box.x = scale(chart.x, box.left, box.right);
  box.y = scale(chart.y, box.bottom, box.top);
  return box;
}

// Ticks of the lower axis that don't touch each other: words are broken into lines, of numbers some are left out.
function fitTicks(axis, room, size) {
  const at = scale(axis, 0, room), gap = 0.5 * size;
  const apart = (ticks) => ticks.every((tick, i) => i === 0 || tick.at - tick.wide / 2 >= ticks[i - 1].at + ticks[i - 1].wide / 2 + gap);
  const made = axis.ticks.map(([value, text]) => ({ value, text, at: at(value), lines: [text], wide: ruler.width(text, size) }));
  const ordered = [...made].sort((a, b) => a.at - b.at);
  if (apart(ordered)) return ordered;
  if (ordered.some(({ text }) => /\p{L}{2}/u.test(text))) {
    const each = room / ordered.length - gap;
    return ordered.map((tick) => ({ ...tick, lines: ruler.lines(tick.text, each, size) }));
  }
  for (let stride = 2; ; stride++) {
    // Where 0 is among them it stays.
    const from = Math.max(0, ordered.findIndex(({ value }) => value === 0)) % stride;
    const some = ordered.map((tick, i) => (i % stride === from ? tick : { ...tick, lines: [] }));
    if (stride >= ordered.length || apart(some.filter(({ lines }) => lines.length))) return some;
  }
}

function placeKeys(labelled, width, em) {
  const placed = [], size = SIZES.label * em;
  let x = 0, row = 0;
  for (const mark of labelled) {
    const ends = mark.is === "Heat" ? ruler.width(mark.ends.join(""), size) + 3.4 * em : 0;
    const wide = 3.6 * em + ends + ruler.width(mark.label, size);
    if (x > 0 && x + wide > width - em) [x, row] = [0, row + 1];
    placed.push({ mark, x, row });
    x += wide;
  }
  return { placed, rows: labelled.length ? row + 1 : 0 };
}

// --------------------------------------------------------------------------------------------------- marks, one by one

const rounded = (number) => Math.round(number * 100) / 100;

function pathOf(xs, ys, at) {
  let d = "", pen = "M";
  for (let i = 0; i < xs.length; i++) {
    const x = at.x(xs[i]), y = at.y(ys[i]);
    if (Number.isNaN(x) || Number.isNaN(y)) pen = "M";
    else { d += `${pen}${rounded(x)} ${rounded(y)}`; pen = "L"; }
  }
  return d;
}

function shapeAt(x, y, shape, r) {
  if (shape === "square") return `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`;
  if (shape === "triangle") return `M${x} ${y - r}l${r} ${1.8 * r}h${-2 * r}z`;
  if (shape === "cross") return `M${x - r} ${y - r}l${2 * r} ${2 * r}M${x + r} ${y - r}l${-2 * r} ${2 * r}`;
  return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
}

const stroke = (mark, d) =>
  svg("path", { d, class: `role-${mark.role}`, fill: "none", stroke: "currentColor", "stroke-width": mark.width ?? 1.5, "stroke-dasharray": DASHES[mark.dashes] ?? "", "stroke-linejoin": "round" });

const DRAW = {
  Line: (mark, head, at) => [stroke(mark, pathOf(head.floats(mark.x), head.floats(mark.y), at))],
  Area: (mark, head, at) => {
    const [x, low, high] = [mark.x, mark.low, mark.high].map(head.floats);
    const d = `${pathOf(x, high, at)}${pathOf(x.slice().reverse(), low.slice().reverse(), at).replace("M", "L")}z`;
    return [svg("path", { d, class: `role-${mark.role}`, fill: "currentColor", "fill-opacity": mark.opacity })];
  },
  Points: (mark, head, at) => {
    const [xs, ys] = [mark.x, mark.y].map(head.floats);
    let d = "";
    for (let i = 0; i < xs.length; i++) {
      const [x, y] = [rounded(at.x(xs[i])), rounded(at.y(ys[i]))];
      if (!Number.isNaN(x + y)) d += shapeAt(x, y, mark.shape, mark.size / 2);
    }
    const hollow = mark.shape === "ring", cross = mark.shape === "cross";
    return [svg("path", { d, class: `role-${mark.role}${hollow ? " hollow" : ""}`, fill: cross ? "none" : "currentColor", stroke: hollow || cross ? "currentColor" : "none", "stroke-width": 2 })];
  },
  Arrow: (mark, head, at) => {
    const [x, y, u, v] = [mark.x, mark.y, mark.to_x, mark.to_y].map(head.floats);
    let shaft = "", tip = "";
    for (let i = 0; i < x.length; i++) {
      const [a, b, c, d] = [at.x(x[i]), at.y(y[i]), at.x(u[i]), at.y(v[i])];
      const size = Math.hypot(c - a, d - b);
      if (!(size > 0.5)) continue;
      const [ex, ey, h] = [(c - a) / size, (d - b) / size, Math.min(10, size)];
      const [px, py] = [c - h * ex, d - h * ey];
      shaft += `M${a} ${b}L${px} ${py}`;
      tip += `M${c} ${d}L${px - 0.45 * h * ey} ${py + 0.45 * h * ex}L${px + 0.45 * h * ey} ${py - 0.45 * h * ex}z`;
    }
    return [stroke(mark, shaft), svg("path", { d: tip, class: `role-${mark.role}`, fill: "currentColor" })];
  },
  Bars: (mark, head, at) => {
    const [x, height, base] = [mark.x, mark.height, mark.base].map(head.floats);
    let d = "";
    for (let i = 0; i < x.length; i++) {
      const [l, r] = [at.x(x[i] - mark.width / 2), at.x(x[i] + mark.width / 2)];
      const [b, t] = [at.y(base[i]), at.y(height[i])];
      if (!Number.isNaN(l + r + b + t)) d += `M${rounded(l)} ${rounded(b)}H${rounded(r)}V${rounded(t)}H${rounded(l)}z`;
    }
    return [svg("path", { d, class: `role-${mark.role}`, fill: "currentColor" })];
  },
  // Heat maps lie behind the drawing, as canvases: see ChartView.
  Heat: () => [],
  Text: (mark, head, at, em) => {
    // What a word keeps clear of grows with the letters.
    const [x, y] = [at.x(mark.x) + (mark.dx * em) / 14, at.y(mark.y) - (mark.dy * em) / 14];
    const anchor = { left: "start", centre: "middle", right: "end" }[mark.side];
    const words = mark.text.split("\n").map((line, i) => svg("tspan", { x, dy: i ? 1.25 * em : 0 }, line));
    const text = svg("text", { x, y, class: `words role-${mark.role}`, "text-anchor": anchor, "dominant-baseline": "central", fill: "currentColor" }, ...words);
    if (!mark.boxed) return [text];
    const wide = ruler.widest(mark.text.split("\n"), SIZES.label * em) + em;
    const high = words.length * 1.25 * em + 0.5 * em;
    const left = { left: x - 0.5 * em, centre: x - wide / 2, right: x - wide + 0.5 * em }[mark.side];
    return [svg("rect", { x: left, y: y - 0.875 * em, width: wide, height: high, rx: 5, class: `box role-${mark.role}`, stroke: "currentColor" }), text];
  },
  Rule: (mark, head, at, em) => {
    const upright = mark.x !== null, place = upright ? at.x(mark.x) : at.y(mark.y);
    const d = upright ? `M${place} ${at.top}V${at.bottom}` : `M${at.left} ${place}H${at.right}`;
    const spot = upright ? { x: place + 4, y: at.top + 0.8 * em, "text-anchor": "start" } : { x: at.right - 4, y: place - 0.6 * em, "text-anchor": "end" };
    // Close under the top edge the words go below their line.
    if (!upright && spot.y < at.top + 0.3 * em) spot.y = place + em;
    return [stroke(mark, d), svg("text", { ...spot, class: `words role-${mark.role}`, fill: "currentColor" }, mark.text)];
  },
};

function keyOf({ mark: drawn, x, row }, top, em) {
  // The key stands on the page, not on a heat map.
  const mark = { ...drawn, role: { black: "ink", white: "quiet" }[drawn.role] ?? drawn.role };
  const y = top + row * 1.4 * em, g = (...parts) => svg("g", { transform: `translate(${x + 0.3 * em} 0)` }, ...parts);
  const words = (text, at) => svg("text", { x: at, y, "dominant-baseline": "central", class: "key" }, text);
  if (mark.is === "Heat") {
    const from = ruler.width(mark.ends[0], SIZES.label * em) + 0.4 * em, part = (3 * em) / mark.bar.length;
    const bar = mark.bar.map((rgb, i) => svg("rect", { x: from + i * part, y: y - 0.4 * em, width: part + 0.5, height: 0.8 * em, fill: `rgb(${rgb})` }));
    return g(words(mark.ends[0], 0), ...bar, words(mark.ends[1], from + 3.4 * em), words(mark.label, from + 4.2 * em + ruler.width(mark.ends[1], SIZES.label * em)));
  }
  const sample = mark.is === "Points" ? svg("path", { d: shapeAt(1.1 * em, y, mark.shape, mark.size / 2), class: `role-${mark.role}${mark.shape === "ring" ? " hollow" : ""}`, fill: mark.shape === "cross" ? "none" : "currentColor", stroke: "currentColor", "stroke-width": 2 })
    : ["Area", "Bars"].includes(mark.is) ? svg("rect", { x: 0.4 * em, y: y - 0.45 * em, width: 1.6 * em, height: 0.9 * em, class: `role-${mark.role}`, fill: "currentColor", "fill-opacity": mark.opacity ?? 1 })
    : stroke(mark, `M0 ${y}H${2.2 * em}`);
  return g(sample, words(mark.label, 2.6 * em));
}

function axesOf(chart, at, em, heated) {
  const parts = [];
  at.title.forEach((line, i) => parts.push(svg("text", { x: 0.3 * em, y: (1.2 + 1.3 * i) * em, class: "title" }, line)));
  const cross = (d, value, text) => {
    const zero = value === 0 && Number(text) === 0;
    // On a heat map the lines of the grid would look like data.
    if (!heated) parts.push(svg("path", { d, class: zero ? "zero" : "grid" }));
  };
  if (chart.x.visible) {
    for (const { value, text, lines } of at.ticks) {
      const x = rounded(at.x(value));
      cross(`M${x} ${at.top}V${at.bottom}`, value, text);
      // The last number stays inside the chart.
      const half = ruler.widest(lines, at.size.tick) / 2, spot = clamp(x, half, at.width - half);
      lines.forEach((line, i) => parts.push(svg("text", { x: spot, y: at.bottom + (1.2 + 1.1 * i) * em, "text-anchor": "middle", class: "tick" }, line)));
    }
    const first = at.bottom + (1.4 + 1.2 * at.tickRows) * em;
    at.below.forEach((line, i) => parts.push(svg("text", { x: (at.left + at.right) / 2, y: first + 1.2 * i * em, "text-anchor": "middle", class: "axis" }, line)));
  }
  if (chart.y.visible) {
    for (const [value, text] of chart.y.ticks) {
      const y = rounded(at.y(value));
      cross(`M${at.left} ${y}H${at.right}`, value, text);
      parts.push(svg("text", { x: at.left - 0.4 * em, y, "text-anchor": "end", "dominant-baseline": "central", class: "tick" }, text));
    }
    const middle = (at.top + at.bottom) / 2, last = at.left - at.tickWidth - 1.0 * em;
    at.upright.forEach((line, i) => parts.push(svg("text", { transform: `translate(${last - 1.2 * (at.upright.length - 1 - i) * em} ${middle}) rotate(-90)`, "text-anchor": "middle", class: "axis" }, line)));
  }
  if (chart.x.visible || chart.y.visible) parts.push(svg("path", { d: `M${at.left} ${at.top}V${at.bottom}H${at.right}`, class: "edge" }));
  const keysFrom = at.title.length ? 0.4 + 1.3 * at.title.length + 0.9 : 1;
  parts.push(...at.keys.placed.map((key) => keyOf(key, keysFrom * em, em)));
  return parts;
}
