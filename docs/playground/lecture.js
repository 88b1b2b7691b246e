// lecture.js - the first tab: how long will this class take, judging from its slides?
import {call, floats} from "./engine.js";
import {get} from "./state.js";
import {make, shown, words} from "./text.js";
import {Player, bits, box, button, choice, numbers} from "./controls.js";
import {colors, heat, plot, ticks} from "./draw.js";

const side = 60, featureNames = ["pages", "words", "words_per_page"];
let root, player, log = [], path = [], view, status;

function restart() {
  player.stop();
  root.querySelector('[id="lecture.width"]').disabled = get("lecture.model") === 0;  // a line has neither hinges nor neurons
  status = call("lecture_start", get("lecture.features"), get("lecture.model"), get("lecture.width"), get("lecture.scale"), get("lecture.adam"),
    get("lecture.lr"), get("lecture.batch"), get("lecture.seed"));
  log = [status];
  path = [];
  const weights = call("lecture_weights");
  view = null;
  if (weights) {
    path.push(weights);
    const best = call("lecture_closed_form");
    const reach = [0, 1].map((k) => 1.5 * Math.max(Math.abs(best[k] - weights[k]), get("lecture.scale") ? 0.6 : 0.05 * Math.abs(best[k]) + 0.1));
    view = {w0: best[0] - reach[0], w1: best[0] + reach[0], b0: best[1] - reach[1], b1: best[1] + reach[1], best};
    view.values = Float32Array.from(floats("lecture_surface", side * side, side, view.w0, view.w1, view.b0, view.b1));
  }
  show();
}

function changeRate() { status = call("lecture_lr", get("lecture.lr")); }

function run(steps) {
  for (let k = 0; k < steps; ++k) {
    const more = call("lecture_run", 1);
    if (!more.length) break;
    status = more[0];
    log.push(status);
    const weights = view && call("lecture_weights");
    if (weights) path.push(weights);
  }
  if (status.diverged) player.stop();
  if (log.length > 4000) log = log.filter((_, k) => k % 2 === 0);
  show();
}

/** "minutes = 3.1 + 1.2 pages", in units of the data. */
function equation([b, ...slopes]) {
  const names = featureNames.filter((_, k) => get("lecture.features") >> k & 1);
  return `${words("minutes")} = ${shown(round(b)).replace("-", "−")}` + slopes.map((w, k) => ` ${w < 0 ? "−" : "+"} ${shown(round(Math.abs(w)))} ${words(names[k])}`).join("");
}
const round = (x) => (x === null ? x : +x.toPrecision(4));

function show() {
  root.querySelector("#lecture-numbers").replaceChildren(
    make("b", {}, `${status.updates} ${words("updates")}`), make("b", {}, `${status.parameters} ${words("parameters")}`),
    make("b", {}, `${words("train")} ${shown(status.train)}`), make("b", {}, `${words("validation")} ${shown(status.validation)}`),
    make("b", {}, status.updates > 0 ? words("stop_here", {n: status.bestAt, loss: shown(status.best)}) : ""),
    ...(status.line ? [make("b", {id: "lecture-line"}, equation(status.line))] : []),
    make("span", {class: "error"}, status.diverged ? words("diverged") : ""));
  const fit = call("lecture_fit");
  const curve = fit.curve;
  const points = (rows) => rows.map((row) => (curve ? [row[0], row[1]] : [row[1], row[2]]));
  const longest = Math.max(...[...fit.train, ...fit.validation].map((row) => row[1]));
  const fitText = curve ? words("fit", {feature: words(featureNames[Math.log2(get("lecture.features"))])}) : words("predicted");
  root.querySelector("#lecture-fit-text").textContent = fitText;
  plot(root.querySelector("#lecture-fit"), {
    label: fitText,
    dots: [{points: points(fit.train), color: colors[0], name: words("training_rows")}, {points: points(fit.validation), color: colors[1], name: words("validation_rows")}],
    curves: curve ? [{points: curve, color: "#333"}] : [{points: [[0, 0], [longest, longest]], color: "#bbb"}],
  });
  plot(root.querySelector("#lecture-losses"), {
    label: words("losses"), log: true, across: 10,
    curves: [{points: log.map((s) => [s.updates, s.train]), color: colors[0], name: words("train")}, {points: log.map((s) => [s.updates, s.validation]), color: colors[1], name: words("validation")}],
    marks: [{x: status.bestAt, name: words("best")}],
  });
  showSurface();
}

function showSurface() {
  const canvas = root.querySelector("#lecture-surface"), caption = root.querySelector("#lecture-surface-text");
  canvas.hidden = !view;
  caption.textContent = words(view ? "surface" : "no_surface") + (view && get("lecture.scale") ? " " + words("surface_scaled") : "");
  if (!view) return;
  const small = document.createElement("canvas");
  small.width = small.height = side;
  const logs = Array.from(view.values, (v) => Math.log(v + 1)), low = Math.min(...logs), high = Math.max(...logs);
  heat(small.getContext("2d"), logs.map((v) => (v - low) / (high - low)), side, 1);
  const context = canvas.getContext("2d"), size = canvas.width;
  context.drawImage(small, 0, 0, size, size);
  const at = ([w, b]) => [((w - view.w0) / (view.w1 - view.w0)) * size, ((view.b1 - b) / (view.b1 - view.b0)) * size];
  context.font = "14px system-ui, sans-serif";
  context.fillStyle = context.strokeStyle = "#333";
  context.lineWidth = 1;
  const mark = (x, y, dx, dy, text, tx, ty) => { context.beginPath(); context.moveTo(x, y); context.lineTo(x + dx, y + dy); context.stroke(); context.fillText(text, x + tx, y + ty); };
  context.textAlign = "center";
  for (const w of ticks(view.w0, view.w1).filter((w) => at([w, 0])[0] > 50 && at([w, 0])[0] < size - 30)) mark(at([w, 0])[0], size, 0, -7, shown(round(w)), 0, -11);
  context.fillText("w", size - 14, size - 11);
  context.textAlign = "left";
  for (const b of ticks(view.b0, view.b1).filter((b) => at([0, b])[1] > 30 && at([0, b])[1] < size - 30)) mark(0, at([0, b])[1], 7, 0, shown(round(b)), 11, 5);
  context.fillText("b", 11, 18);
  context.strokeStyle = context.fillStyle = "#c62828";
  context.lineWidth = 2;
  context.beginPath();
  path.forEach((p, k) => (k ? context.lineTo(...at(p)) : context.moveTo(...at(p))));
  context.stroke();
  const [x, y] = at(path[path.length - 1]);
  context.beginPath();
  context.arc(x, y, 5, 0, 7);
  context.fill();
  const [bx, by] = at(view.best);
  context.strokeStyle = "#111";
  context.beginPath();
  context.moveTo(bx - 7, by - 7), context.lineTo(bx + 7, by + 7), context.moveTo(bx - 7, by + 7), context.lineTo(bx + 7, by - 7);
  context.stroke();
}

export function build(element) {
  root = element;
  player = new Player(() => run(get("lecture.model") === 0 ? 1 : 5));
  root.replaceChildren(
    make("p", {"data-text": "lecture_note"}),
    make("div", {class: "controls"},
      bits("lecture.features", "features", featureNames, restart),
      choice("lecture.model", "model", ["line", "hinges", "network"], restart),
      numbers("lecture.width", "width", [1, 2, 3, 4, 8, 16, 32, 64], restart),
      choice("lecture.adam", "optimizer", ["SGD", "Adam"], restart),
      numbers("lecture.lr", "lr", [0.00001, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.05, 0.1, 0.3, 1], changeRate),
      numbers("lecture.batch", "batch", [0, 1, 2, 5, 10], restart, {0: "all"}),
      box("lecture.scale", "scale", restart),
      numbers("lecture.seed", "seed", [0, 1, 2, 3, 4], restart)),
    make("div", {class: "row actions"}, player.button, button("step_update", () => { player.stop(); run(1); }, {id: "lecture-step"}), button("reset", restart, {id: "lecture-reset"})),
    make("p", {class: "numbers", id: "lecture-numbers"}),
    make("div", {class: "pictures"},
      make("figure", {}, make("svg", {id: "lecture-fit", class: "plot"}), make("figcaption", {id: "lecture-fit-text"})),
      make("figure", {}, make("svg", {id: "lecture-losses", class: "plot"}), make("figcaption", {"data-text": "losses"})),
      make("figure", {}, make("canvas", {id: "lecture-surface", width: 420, height: 420, role: "img", "data-label": "surface"}), make("figcaption", {id: "lecture-surface-text"}))));
  restart();
}
export const relabel = () => show();
export const stop = () => player && player.stop();
