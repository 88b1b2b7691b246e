// draw.js - what several tabs draw: curves, and heat maps.
import {make, shown} from "./text.js";

export const colors = ["#1565c0", "#ef6c00", "#2e7d32", "#8e24aa", "#c62828", "#00838f"];

export const positive = "#00796b", negative = "#c2185b";  // signs have other colors than classes

/** The number at a tick: 0.5, 2000, 1e12. */
const tick = (x) => { const v = +x.toPrecision(4), size = Math.abs(v); return v !== 0 && (size >= 1e5 || size < 1e-3) ? v.toExponential().replace("+", "") : String(v); };

/** Ticks at round numbers. */
export function ticks(low, high) {
  const rough = (high - low) / 5, power = 10 ** Math.floor(Math.log10(rough || 1));
  const step = [1, 2, 5, 10].map((k) => k * power).find((k) => k >= rough) ?? power;
  const out = [];
  for (let x = Math.ceil(low / step) * step; x <= high + 1e-9 * step; x += step) out.push(Math.abs(x) < 1e-12 ? 0 : x);
  return out;
}

/** The same for a logarithmic axis, whose ends are exponents of 10: 1, 2, 5, 10, ..., or powers of 10, at most seven. */
function logTicks(low, high) {
  const out = [], steps = high - low > 2.5 ? [1] : [1, 2, 5], each = Math.max(1, Math.ceil((high - low) / 6));
  for (let k = Math.floor(low / each) * each; k <= high; k += each) for (const s of steps) out.push(k + Math.log10(s));
  const inside = out.filter((t) => t >= low && t <= high);
  return inside.length > 1 ? inside : ticks(10 ** low, 10 ** high).filter((v) => v > 0).map(Math.log10);
}

/** plot(element, {curves: [{points, color, name}], dots: [...], marks: [{x, name}], log, label, across}) draws into an
    <svg>; `across` is the least width of the picture, in units of x. */
export function plot(svg, {curves = [], dots = [], marks = [], log = false, label = "", across = 1e-9}) {
  const width = 420, height = 300, left = 52, right = 12, top = 24, bottom = 28;
  const y = (v) => (log ? Math.log10(Math.max(v, 1e-12)) : v);
  const all = [...curves.flatMap((c) => c.points), ...dots.flatMap((d) => d.points)].filter((p) => Number.isFinite(p[1]) && p[1] !== null);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  svg.replaceChildren();
  if (!all.length) return;
  let [x0, x1] = [Math.min(...all.map((p) => p[0])), Math.max(...all.map((p) => p[0]))];
  let [y0, y1] = [Math.min(...all.map((p) => y(p[1]))), Math.max(...all.map((p) => y(p[1])))];
  x1 = Math.max(x1, x0 + across);
  if (y1 - y0 < 1e-9) [y0, y1] = [y0 - 0.5, y1 + 0.5];
  const px = (v) => left + ((v - x0) / (x1 - x0)) * (width - left - right);
  const py = (v) => height - bottom - ((y(v) - y0) / (y1 - y0)) * (height - top - bottom);
  const text = (x, yy, s, anchor, fill = "#556") => make("text", {x, y: yy, "text-anchor": anchor, "font-size": 11, fill}, s);
  for (const t of ticks(x0, x1)) svg.append(make("line", {x1: px(t), x2: px(t), y1: top, y2: height - bottom, stroke: "#eee"}), text(px(t), height - 10, tick(t), "middle"));
  for (const t of log ? logTicks(y0, y1) : ticks(y0, y1)) {
    const value = log ? 10 ** t : t;
    svg.append(make("line", {x1: left, x2: width - right, y1: py(value), y2: py(value), stroke: "#eee"}), text(left - 5, py(value) + 4, tick(value), "end"));
  }
  for (const {x, name, color = "#777"} of marks)
    svg.append(make("line", {x1: px(x), x2: px(x), y1: top, y2: height - bottom, stroke: color, "stroke-dasharray": "4 3"}), text(Math.min(px(x) + 4, width - 120), top + 12, name, "start", color));
  for (const {points, color, dash} of curves)
    svg.append(make("polyline", {points: points.filter((p) => Number.isFinite(p[1]) && p[1] !== null).map((p) => px(p[0]).toFixed(1) + "," + py(p[1]).toFixed(1)).join(" "), fill: "none", stroke: color, "stroke-width": 2, "stroke-dasharray": dash}));
  for (const {points: [p, ...others], color} of curves)  // one point alone is no line
    if (!others.length && p && Number.isFinite(p[1])) svg.append(make("circle", {cx: px(p[0]), cy: py(p[1]), r: 3, fill: color}));
  for (const {points, color} of dots)
    for (const p of points) if (Number.isFinite(p[1])) svg.append(make("circle", {cx: px(p[0]), cy: py(p[1]), r: 4, fill: color, "fill-opacity": 0.8}));
  let at = left;
  for (const {name, color} of [...curves, ...dots].filter((c) => c.name)) {
    svg.append(make("rect", {x: at, y: 8, width: 10, height: 10, fill: color}), text(at + 14, 17, name, "start"));
    at += 26 + 7 * [...name].reduce((n, c) => n + (c.charCodeAt(0) > 255 ? 1.8 : 1), 0);
  }
}

const parse = (color) => [1, 3, 5].map((k) => parseInt(color.slice(k, k + 2), 16));
const palette = colors.map(parse);

/** A picture of numbers: 0 is white, positive ones have one color, negative ones the other. */
export function heat(context, values, side, scale, color = positive) {
  const cold = parse(negative), warm = parse(color);
  const image = context.createImageData(side, side);
  for (let i = 0; i < side * side; ++i) {
    const v = Math.max(-1, Math.min(1, values[i] / scale || 0)), to = v < 0 ? cold : warm, share = Math.abs(v) * 0.85;
    for (let k = 0; k < 3; ++k) image.data[4 * i + k] = 255 + (to[k] - 255) * share;
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
/** The probabilities of classes, one picture behind the other: each point in the color of the likeliest, the paler the less
    likely it is, or, `discrete`, all alike. */
export function regions(context, probabilities, side, classes, discrete) {
  const image = context.createImageData(side, side);
  for (let i = 0; i < side * side; ++i) {
    let best = 0;
    for (let k = 1; k < classes; ++k) if (probabilities[k * side * side + i] > probabilities[best * side * side + i]) best = k;
    const p = probabilities[best * side * side + i], share = discrete && p > 0 ? 0.5 : 0.75 * Math.max(0, (p - 1 / classes) / (1 - 1 / classes) || 0);
    for (let k = 0; k < 3; ++k) image.data[4 * i + k] = 255 + (palette[best][k] - 255) * share;
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
