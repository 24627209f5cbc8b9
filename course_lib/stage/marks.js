// From bytes to pictures: reads frames (see encode.py) and turns axes and marks into SVG. stage.js follows in the same
// module and uses what is defined here.

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

function frameOf(chart, marks, width, height, em) {
  const wide = Math.max(...chart.y.ticks.map(([, text]) => text.length), 1) * 0.6 * em;
  const keys = placeKeys(marks.filter((mark) => mark.label), width, em);
  const top = (chart.title ? 1.7 * em : 0.4 * em) + keys.rows * 1.4 * em + 0.5 * em;
  const box = {
    left: chart.y.visible ? wide + 0.8 * em + (chart.y.label ? 1.4 * em : 0) : 0.5 * em,
    right: width - 0.9 * em,
    top,
    bottom: height - (chart.x.visible ? 1.7 * em + (chart.x.label ? 1.4 * em : 0) : 0.5 * em),
    keys,
  };
  if (chart.equal) {
    const unit = Math.min((box.right - box.left) / (chart.x.high - chart.x.low), (box.bottom - box.top) / (chart.y.high - chart.y.low));
    const spareX = box.right - box.left - unit * (chart.x.high - chart.x.low);
    const spareY = box.bottom - box.top - unit * (chart.y.high - chart.y.low);
    Object.assign(box, { left: box.left + spareX / 2, right: box.right - spareX / 2, top: box.top + spareY / 2, bottom: box.bottom - spareY / 2 });
  }
  box.x = scale(chart.x, box.left, box.right);
  box.y = scale(chart.y, box.bottom, box.top);
  return box;
}

function placeKeys(labelled, width, em) {
  const placed = [];
  let x = 0, row = 0;
  for (const mark of labelled) {
    const size = 2.6 * em + mark.label.length * 0.56 * em + em;
    if (x > 0 && x + size > width - em) [x, row] = [0, row + 1];
    placed.push({ mark, x, row });
    x += size;
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
  Heat: (mark, head, at) => {
    const [rows, columns] = mark.shape, rgb = head.bytes(mark.values);
    const canvas = html("canvas", { width: columns, height: rows });
    const context = canvas.getContext("2d"), image = context.createImageData(columns, rows);
    for (let i = 0; i < rows * columns; i++) image.data.set([rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2], 255], 4 * i);
    context.putImageData(image, 0, 0);
    const [l, r, b, t] = [at.x(mark.x[0]), at.x(mark.x[1]), at.y(mark.y[0]), at.y(mark.y[1])];
    return [svg("image", { href: canvas.toDataURL(), x: l, y: t, width: r - l, height: b - t, preserveAspectRatio: "none", style: "image-rendering: pixelated" })];
  },
  Text: (mark, head, at, em) => {
    const [x, y] = [at.x(mark.x) + mark.dx, at.y(mark.y) - mark.dy];
    const anchor = { left: "start", centre: "middle", right: "end" }[mark.side];
    const words = mark.text.split("\n").map((line, i) => svg("tspan", { x, dy: i ? 1.25 * em : 0 }, line));
    const text = svg("text", { x, y, class: `words role-${mark.role}`, "text-anchor": anchor, "dominant-baseline": "central", fill: "currentColor" }, ...words);
    if (!mark.boxed) return [text];
    const wide = (Math.max(...mark.text.split("\n").map((line) => line.length)) * 0.56 + 1) * em;
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

function keyOf({ mark, x, row }, top, em) {
  const y = top + row * 1.4 * em;
  const sample = mark.is === "Points" ? svg("path", { d: shapeAt(1.1 * em, y, mark.shape, mark.size / 2), class: `role-${mark.role}${mark.shape === "ring" ? " hollow" : ""}`, fill: mark.shape === "cross" ? "none" : "currentColor", stroke: "currentColor", "stroke-width": 2 })
    : ["Area", "Bars", "Heat"].includes(mark.is) ? svg("rect", { x: 0.4 * em, y: y - 0.45 * em, width: 1.6 * em, height: 0.9 * em, class: `role-${mark.role ?? "blue"}`, fill: "currentColor", "fill-opacity": mark.opacity ?? 1 })
    : stroke(mark, `M0 ${y}H${2.2 * em}`);
  const text = svg("text", { x: 2.6 * em, y, "dominant-baseline": "central" }, mark.label);
  return svg("g", { transform: `translate(${x + 0.3 * em} 0)` }, sample, text);
}

function axesOf(chart, at, width, height, em) {
  const parts = [];
  if (chart.title) parts.push(svg("text", { x: 0.3 * em, y: 1.2 * em, class: "title" }, chart.title));
  for (const [axis, upright] of [[chart.x, false], [chart.y, true]]) {
    if (!axis.visible) continue;
    for (const [value, text] of axis.ticks) {
      const place = rounded(upright ? at.y(value) : at.x(value));
      const d = upright ? `M${at.left} ${place}H${at.right}` : `M${place} ${at.top}V${at.bottom}`;
      parts.push(svg("path", { d, class: value === 0 && Number(text) === 0 ? "zero" : "grid" }));
      const spot = upright ? { x: at.left - 0.4 * em, y: place, "text-anchor": "end", "dominant-baseline": "central" } : { x: place, y: at.bottom + 1.2 * em, "text-anchor": "middle" };
      parts.push(svg("text", { ...spot, class: "tick" }, text));
    }
    const middle = (at.top + at.bottom) / 2;
    if (upright) parts.push(svg("text", { x: 0, y: 0, transform: `translate(${at.left - Math.max(...axis.ticks.map(([, t]) => t.length), 1) * 0.6 * em - 1.1 * em} ${middle}) rotate(-90)`, "text-anchor": "middle" }, axis.label));
    else parts.push(svg("text", { x: (at.left + at.right) / 2, y: at.bottom + 2.6 * em, "text-anchor": "middle" }, axis.label));
  }
  if (chart.x.visible || chart.y.visible) parts.push(svg("path", { d: `M${at.left} ${at.top}V${at.bottom}H${at.right}`, class: "edge" }));
  parts.push(...at.keys.placed.map((key) => keyOf(key, (chart.title ? 2.6 : 1) * em, em)));
  return parts;
}
