// classify.js - the second tab: a network learns which class a point of the plane is of.
import {call, floats, number, text} from "./engine.js";
import {get, set} from "./state.js";
import {make, shown, words} from "./text.js";
import {Player, bits, button, choice, numbers} from "./controls.js";
import {colors, heat, plot, regions} from "./draw.js";

const side = 50, featureNames = ["=x₁", "=x₂", "=x₁²", "=x₂²", "=x₁x₂", "=sin x₁", "=sin x₂"];
let root, player, points, status, log = [], chosen = null, pictures = [];

const hidden = () => get("classify.hidden").split(",").filter((n) => n !== "").map(Number);
const inputs = () => featureNames.filter((_, k) => get("classify.features") >> k & 1).map((n) => n.slice(1));

function restart() {
  player.stop();
  root.querySelector('[id="classify.rate"]').disabled = get("classify.penalty") === 0;
  status = call("classify_start", get("classify.data"), get("classify.classes"), get("classify.noise"), get("classify.share"), get("classify.batch"),
    get("classify.features"), get("classify.activation"), get("classify.penalty"), get("classify.rate"), get("classify.lr"), get("classify.seed"), get("classify.hidden"));
  points = call("classify_points");
  log = [status];
  chosen = null;
  buildNetwork();
  show();
}

function run(epochs) {
  status = call("classify_run", epochs);
  log.push(status);
  if (log.length > 2000) log = log.filter((_, k) => k % 2 === 0);
  show();
}

function show() {
  root.querySelector("#classify-code").hidden = true;  // it is the program of other numbers
  root.querySelector("#classify-numbers").replaceChildren(
    make("b", {}, `${words("epoch")} ${status.epoch}`),
    make("b", {}, `${words("train")} ${shown(status.train)} (${words("accuracy")} ${shown(status.trainAccuracy)})`),
    make("b", {}, `${words("test")} ${shown(status.test)} (${words("accuracy")} ${shown(status.testAccuracy)})`));
  plot(root.querySelector("#classify-losses"), {across: 10, label: words("train") + ", " + words("test"), curves: [
    {points: log.map((s) => [s.epoch, s.train]), color: colors[0], name: words("train")}, {points: log.map((s) => [s.epoch, s.test]), color: colors[1], name: words("test")}]});
  const layers = [inputs().length, ...hidden(), get("classify.classes")], count = layers.reduce((a, b) => a + b);
  const values = floats("classify_pictures", count * side * side, side);
  const classes = get("classify.classes"), last = (count - classes) * side * side;
  const small = document.createElement("canvas");
  small.width = small.height = side;
  regions(small.getContext("2d"), values.subarray(last), side, classes);
  const canvas = root.querySelector("#classify-output"), context = canvas.getContext("2d"), size = canvas.width;
  context.imageSmoothingEnabled = true;
  context.drawImage(small, 0, 0, size, size);
  for (const [x, y, kind, train] of points) {
    context.beginPath();
    context.arc(((x + 6) / 12) * size, ((6 - y) / 12) * size, 3.5, 0, 7);
    context.fillStyle = colors[kind];
    context.fill();
    context.strokeStyle = train ? "#fff" : "#111";
    context.stroke();
  }
  pictures.forEach((canvas, k) => {
    const part = values.subarray(k * side * side, (k + 1) * side * side);
    const kind = k < layers[0] ? 6 : k >= count - classes ? 1 : get("classify.activation") === 1 || get("classify.activation") === 3 ? 3 : 1;
    heat(canvas.getContext("2d"), part, side, kind);
  });
  showWeights();
}

/** The columns of the network: features, hidden layers, classes; canvases for pictures and lines for weights. */
function buildNetwork() {
  const layers = [inputs().length, ...hidden(), get("classify.classes")], box = 36, gap = 10;
  // As far apart as the page is wide, so that a phone shows the network from its features to the classes.
  const wide = document.documentElement.clientWidth - 2 * 16 - 2, column = Math.max(60, Math.min(110, Math.floor((wide - box - 16) / (layers.length - 1))));
  const height = Math.max(...layers) * (box + gap) + gap, width = (layers.length - 1) * column + box + 16;
  const network = root.querySelector("#classify-network");
  const svg = make("svg", {width, height, viewBox: `0 0 ${width} ${height}`});
  const place = (layer, k) => [layer * column + 8, (height - layers[layer] * (box + gap)) / 2 + gap / 2 + k * (box + gap)];
  svg.setAttribute("role", "group");
  for (let layer = 1; layer < layers.length; ++layer)
    for (let to = 0; to < layers[layer]; ++to)
      for (let from = 0; from < layers[layer - 1]; ++from) {
        const [x0, y0] = place(layer - 1, from), [x1, y1] = place(layer, to);
        const link = make("line", {class: "link", x1: x0 + box, y1: y0 + box / 2, x2: x1, y2: y1 + box / 2, tabindex: 0, role: "button", "data-link": `${layer - 1},${to},${from}`});
        const choose = () => { chosen = [layer - 1, to, from]; showWeights(true); };
        link.addEventListener("click", choose);
        link.addEventListener("keydown", (e) => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); choose(); } });
        svg.append(link);
      }
  network.replaceChildren(svg);
  pictures = [];
  const names = inputs();
  layers.forEach((size, layer) => {
    for (let k = 0; k < size; ++k) {
      const [x, y] = place(layer, k);
      const name = layer === 0 ? names[k] : `${words("layer", {k: layer})}: ${k + 1}`;
      const canvas = make("canvas", {width: side, height: side, role: "img", "aria-label": `${words("picture_of")} ${name}`, title: name,
        style: `position:absolute;left:${x}px;top:${y}px;width:${box}px;height:${box}px;border:2px solid ${layer === layers.length - 1 ? colors[k] : "#999"}`});
      pictures.push(canvas);
      network.append(canvas);
      if (layer === 0) network.append(make("span", {style: `position:absolute;left:${x + 2}px;top:${y - 3}px;font-size:11px;background:#fffc;color:#111;padding:0 2px`}, names[k]));
    }
  });
}

function showWeights(focus = false) {
  const weights = call("classify_weights");
  for (const link of root.querySelectorAll(".link")) {
    const [layer, to, from] = link.dataset.link.split(",").map(Number), w = weights[layer].weight[to][from];
    link.setAttribute("stroke", w < 0 ? "#ef6c00" : "#1565c0");
    link.setAttribute("stroke-width", Math.min(9, 1 + 4 * Math.abs(w)).toFixed(2));
    link.setAttribute("stroke-opacity", chosen && chosen.join() === link.dataset.link ? 1 : 0.55);
    link.setAttribute("aria-label", `${words("weight")} ${layer + 1}: ${from + 1} → ${to + 1}: ${shown(w)}`);
  }
  const editor = root.querySelector("#classify-editor");
  editor.hidden = !chosen;
  if (!chosen) return;
  const [layer, to, from] = chosen, input = root.querySelector("#classify-weight");
  root.querySelector("#classify-weight-name").textContent = `${words("weight")}: ${words("layer", {k: layer + 1})}, ${words("from")} ${from + 1} ${words("to")} ${to + 1}`;
  if (document.activeElement !== input) input.value = shown(weights[layer].weight[to][from]);
  if (focus) input.focus();
}

function setWeight() {
  const value = Number(root.querySelector("#classify-weight").value);
  if (!chosen || !Number.isFinite(value)) return;
  status = call("classify_set_weight", ...chosen, value);
  show();
}

function layersControl() {
  const list = make("div", {class: "row", id: "classify-layers"});
  const change = (sizes) => { set("classify.hidden", sizes.join(",")); fill(); restart(); };
  const fill = () => {
    const sizes = hidden();
    list.replaceChildren(
      button("remove_layer", () => change(sizes.slice(0, -1)), {id: "remove-layer", disabled: sizes.length === 0}),
      button("add_layer", () => change([...sizes, 2]), {id: "add-layer", disabled: sizes.length >= 6}),
      ...sizes.map((size, k) => make("span", {class: "row"}, words("layer", {k: k + 1}) + ":",
        make("button", {type: "button", "aria-label": `${words("layer", {k: k + 1})}: ${words("less")}`, disabled: size <= 1, onclick: () => change(sizes.map((s, i) => (i === k ? s - 1 : s)))}, "−"),
        String(size),
        make("button", {type: "button", "aria-label": `${words("layer", {k: k + 1})}: ${words("more")}`, disabled: size >= 8, onclick: () => change(sizes.map((s, i) => (i === k ? s + 1 : s)))}, "+"))));
  };
  fill();
  return list;
}

function showCode() {
  const box = root.querySelector("#classify-code");
  box.hidden = false;
  root.querySelector("#classify-program").textContent = text("classify_program");
  root.querySelector("#classify-edited").textContent = number("classify_edited") ? words("edited_note") : "";
}

export function build(element) {
  root = element;
  player = new Player(() => run(1));
  root.replaceChildren(
    make("p", {"data-text": "classify_note"}),
    make("div", {class: "controls"},
      choice("classify.data", "data", ["circle", "xor", "gauss", "spiral"], restart),
      numbers("classify.classes", "classes", [2, 3, 4, 5, 6], restart),
      numbers("classify.noise", "noise", [0, 0.05, 0.1, 0.2, 0.3, 0.5], restart),
      numbers("classify.share", "share", [0.1, 0.2, 0.3, 0.5, 0.7, 0.9], restart),
      numbers("classify.batch", "batch", [1, 5, 10, 20, 30], restart),
      bits("classify.features", "features", featureNames, restart),
      choice("classify.activation", "activation", ["tanh", "ReLU", "sigmoid", "linear"], restart),
      choice("classify.penalty", "penalty", ["none", "L1", "L2"], restart),
      numbers("classify.rate", "rate", [0.0001, 0.001, 0.003, 0.01, 0.03, 0.1], restart),
      numbers("classify.lr", "lr", [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3], restart),
      numbers("classify.seed", "seed", [0, 1, 2, 3, 4], restart),
      make("fieldset", {}, make("legend", {"data-text": "layers"}), layersControl())),
    make("div", {class: "row actions"}, player.button, button("step", () => { player.stop(); run(1); }, {id: "classify-step"}), button("reset", restart, {id: "classify-reset"})),
    make("p", {class: "numbers", id: "classify-numbers"}),
    make("div", {class: "pictures"},
      make("figure", {}, make("canvas", {id: "classify-output", width: 420, height: 420, role: "img", "data-label": "output"}), make("figcaption", {"data-text": "output"})),
      make("figure", {}, svg("classify-losses"), make("figcaption", {"data-text": "class_losses"}))),
    make("h2", {"data-text": "network_title"}),
    make("figure", {}, make("div", {class: "network", id: "classify-network"}), make("figcaption", {"data-text": "neurons"})),
    make("div", {class: "row", id: "classify-editor", hidden: true}, make("label", {class: "row"}, make("span", {id: "classify-weight-name"}),
      make("input", {type: "number", id: "classify-weight", step: "0.1", onkeydown: (e) => { if (e.key === "Enter") setWeight(); }})), button("set", setWeight, {id: "classify-set"})),
    make("h2", {"data-text": "code"}),
    make("div", {class: "row"}, button("show_code", showCode, {id: "classify-show-code"})),
    make("div", {id: "classify-code", hidden: true}, make("p", {}, make("span", {"data-text": "code_note"}), " ", make("span", {id: "classify-edited"})),
      button("copy", (e) => navigator.clipboard?.writeText(root.querySelector("#classify-program").textContent).then(() => { e.target.textContent = words("copied"); })),
      make("pre", {tabindex: 0}, make("code", {id: "classify-program"}))));
  restart();
}
const svg = (id) => make("svg", {id, class: "plot"});
export const stop = () => player && player.stop();
