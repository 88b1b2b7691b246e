// classify.js - the second tab: a network learns which class a point of the plane is of.
import {call, floats, number, said, text} from "./engine.js";
import {get, set} from "./state.js";
import {make, shown, words} from "./text.js";
import {Player, bits, button, choice, enable, numbers, tick} from "./controls.js";
import {colors, heat, negative, plot, positive, regions} from "./draw.js";

const side = 50, featureNames = ["=x₁", "=x₂", "=x₁²", "=x₂²", "=x₁x₂", "=sin x₁", "=sin x₂"];
let root, player, fillLayers, points, status, log = [], chosen = null, pictures = [], enlarged = null;

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
  root.querySelector("#classify-weight-alert").textContent = "";
  buildNetwork();
  renew();
}

/** Shows numbers that are new: a program that is shown is that of the old ones. */
function renew() {
  showCode(false);
  show();
}

function run(epochs) {
  status = call("classify_run", epochs);
  log.push(status);
  if (log.length > 2000) log = log.filter((_, k) => k % 2 === 0);
  if (status.diverged) player.stop();
  renew();
}
function changeRate() {
  status = call("classify_lr", get("classify.lr"));
  renew();
}
/** "loss 0.12 (accuracy 97.2 %)" */
const result = (loss, accuracy) => `${shown(loss)} (${words("accuracy")} ${+(100 * accuracy).toFixed(1)}\u00a0%)`;

function show() {
  root.querySelector("#classify-numbers").replaceChildren(
    make("b", {}, `${words("epoch")} ${status.epoch}`),
    make("b", {}, `${words("train")} ${result(status.train, status.trainAccuracy)}`),
    make("b", {}, `${words("test")} ${result(status.test, status.testAccuracy)}`),
    make("span", {class: "error", role: "alert"}, status.diverged ? words("diverged") : ""));
  plot(root.querySelector("#classify-losses"), {across: 10, label: words("train") + ", " + words("test"), curves: [
    {points: log.map((s) => [s.epoch, s.train]), color: "#222", name: words("train")}, {points: log.map((s) => [s.epoch, s.test]), color: "#888", dash: "6 3", name: words("test")}]});
  const layers = [inputs().length, ...hidden(), get("classify.classes")], count = layers.reduce((a, b) => a + b);
  const values = floats("classify_pictures", count * side * side, side);
  const classes = get("classify.classes"), last = (count - classes) * side * side;
  const small = document.createElement("canvas");
  small.width = small.height = side;
  const picture = (k) => values.subarray(k * side * side, (k + 1) * side * side);
  const paint = (context, k) => {
    const answer = k >= count - classes, wide = [1, 3].includes(get("classify.activation"));
    heat(context, picture(k), side, k < layers[0] ? 6 : !answer && wide ? 3 : 1, answer ? colors[k - count + classes] : positive);
  };
  if (enlarged === null) regions(small.getContext("2d"), values.subarray(last), side, classes, get("classify.discrete") === 1);
  else paint(small.getContext("2d"), enlarged);
  const canvas = root.querySelector("#classify-output"), context = canvas.getContext("2d"), size = canvas.width;
  context.imageSmoothingEnabled = true;
  context.drawImage(small, 0, 0, size, size);
  for (const [x, y, kind, train] of points) {
    if (!train && !get("classify.tests")) continue;
    context.beginPath();
    context.arc(((x + 6) / 12) * size, ((6 - y) / 12) * size, 3.5, 0, 7);
    context.fillStyle = colors[kind];
    context.fill();
    context.strokeStyle = train ? "#fff" : "#111";
    context.stroke();
  }
  pictures.forEach((canvas, k) => paint(canvas.getContext("2d"), k));
  showWeights();
}

/** The columns of the network: features, hidden layers, classes; canvases for pictures and lines for weights. It fills
    the width of the page. */
function buildNetwork() {
  const network = root.querySelector("#classify-network"), focused = document.activeElement?.dataset?.link;
  const layers = [inputs().length, ...hidden(), get("classify.classes")], box = 36, gap = 10;
  const column = Math.max(box + 18, Math.min(400, (network.clientWidth - box - 24) / (layers.length - 1)));
  const height = Math.max(...layers) * (box + gap) + gap, width = (layers.length - 1) * column + box + 20;
  const svg = make("svg", {width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": words("weights"), onkeydown: moveAlongLinks});
  const place = (layer, k) => [layer * column + 8, (height - layers[layer] * (box + gap)) / 2 + gap / 2 + k * (box + gap)];
  for (let layer = 1; layer < layers.length; ++layer)
    for (let to = 0; to < layers[layer]; ++to)
      for (let from = 0; from < layers[layer - 1]; ++from) {
        const [x0, y0] = place(layer - 1, from), [x1, y1] = place(layer, to);
        const ends = {x1: x0 + box, y1: y0 + box / 2, x2: x1, y2: y1 + box / 2};
        const choose = () => { chosen = [layer - 1, to, from]; showWeights(true); };
        svg.append(make("g", {class: "link", tabindex: -1, role: "button", "data-link": `${layer - 1},${to},${from}`, onclick: choose, onfocus: (e) => rove(e.currentTarget)},
          make("title"), make("line", {class: "seen", ...ends}), make("line", {class: "hit", ...ends})));
      }
  network.replaceChildren(svg);
  rove(svg.querySelector(`[data-link="${focused}"]`) ?? svg.querySelector(".link"));
  if (focused) svg.querySelector(`[data-link="${focused}"]`)?.focus();
  pictures = [];
  enlarged = null;  // the canvas that was pointed at is gone
  const names = inputs();
  layers.forEach((size, layer) => {
    for (let k = 0; k < size; ++k) {
      const [x, y] = place(layer, k), at = pictures.length;
      const canvas = make("canvas", {width: side, height: side, role: "img", onmouseenter: () => { enlarged = at; show(); }, onmouseleave: () => { enlarged = null; show(); },
        style: `left:${x}px;top:${y}px;width:${box}px;height:${box}px;border:2px solid ${layer === layers.length - 1 ? colors[k] : "#999"}`});
      canvas.dataset.neuron = layer === 0 ? `,${k}` : `${layer - 1},${k}`;
      pictures.push(canvas);
      network.append(canvas);
      if (layer === 0) network.append(make("span", {style: `left:${x + 2}px;top:${y - 3}px`}, names[k]));
    }
  });
  root.querySelector("#classify-scroll").hidden = width <= network.clientWidth + 1;
}

/** Of all weights one is a stop of the tabulator; arrow keys go on from it. */
function rove(link) {
  for (const one of root.querySelectorAll(".link")) one.setAttribute("tabindex", one === link ? 0 : -1);
}
function moveAlongLinks(e) {
  const links = [...root.querySelectorAll(".link")], now = links.indexOf(e.target);
  if (e.key === "Enter" || e.key === " ") return e.preventDefault(), e.target.dispatchEvent(new MouseEvent("click"));
  const layer = (link) => +link.dataset.link.split(",")[0], here = layer(links[now]);
  const to = {ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: links.length - 1,
    ArrowRight: links.findIndex((link) => layer(link) === here + 1), ArrowLeft: links.findIndex((link) => layer(link) === here - 1)}[e.key];
  if (to === undefined) return;
  e.preventDefault();
  links[to]?.focus();
}

/** "Layer 2: 3, bias 0.12"; of a feature its name. */
function nameOf(canvas, weights) {
  const [layer, k] = canvas.dataset.neuron.split(",");
  return layer === "" ? inputs()[k] : `${words("layer", {k: +layer + 1})}: ${+k + 1}, ${words("bias")} ${shown(weights[layer].bias[k])}`;
}

function showWeights(focus = false) {
  const weights = call("classify_weights");
  for (const link of root.querySelectorAll(".link")) {
    const [layer, to, from] = link.dataset.link.split(",").map(Number), w = weights[layer].weight[to][from], line = link.querySelector(".seen");
    const name = `${words("weight")} ${layer + 1}: ${from + 1} → ${to + 1}: ${shown(w)}`;
    line.setAttribute("stroke", w < 0 ? negative : positive);
    line.setAttribute("stroke-width", Math.min(9, 1 + 4 * Math.abs(w)).toFixed(2));
    line.setAttribute("stroke-opacity", chosen && chosen.join() === link.dataset.link ? 1 : 0.55);
    link.setAttribute("aria-label", name);
    link.querySelector("title").textContent = name;
  }
  for (const canvas of pictures) {
    canvas.title = nameOf(canvas, weights);
    canvas.setAttribute("aria-label", `${words("picture_of")} ${canvas.title}`);
  }
  root.querySelector("#classify-enlarged").textContent = enlarged === null ? words("output") : pictures[enlarged].getAttribute("aria-label");
  const editor = root.querySelector("#classify-editor");
  editor.hidden = !chosen;
  if (!chosen) return;
  const [layer, to, from] = chosen, input = root.querySelector("#classify-weight");
  root.querySelector("#classify-weight-name").textContent = `${words("weight")}: ${words("layer", {k: layer + 1})}, ${words("from")} ${from + 1} ${words("to")} ${to + 1}`;
  if (document.activeElement !== input) input.value = shown(weights[layer].weight[to][from]);
  if (focus) input.focus();
}

/** A text that is no number keeps the weight. */
function setWeight() {
  const input = root.querySelector("#classify-weight"), alert = root.querySelector("#classify-weight-alert");
  try {
    status = call("classify_set_weight", ...chosen, input.value.trim() === "" ? NaN : Number(input.value));
    alert.textContent = "";
  } catch (e) {
    if (!e.said) throw e;
    alert.textContent = said(e.said);
    return;
  }
  renew();
}

function layersControl() {
  const list = make("div", {class: "row", id: "classify-layers"});
  const sign = (k, to, key, text) => {
    const one = button("", () => change(hidden().map((s, i) => (i === k ? to : s))), {"aria-label": `${words("layer", {k: k + 1})}: ${words(key)}`, id: `layer-${k}-${key}`});
    one.removeAttribute("data-text");
    one.textContent = text;
    enable(one, to >= 1 && to <= 8);
    return one;
  };
  const change = (sizes) => { set("classify.hidden", sizes.join(",")); fill(); restart(); };
  const fill = () => {
    const sizes = hidden(), focused = document.activeElement?.id;
    list.replaceChildren(
      button("remove_layer", () => change(sizes.slice(0, -1)), {id: "remove-layer"}),
      button("add_layer", () => change([...sizes, 2]), {id: "add-layer"}),
      ...sizes.map((size, k) => make("span", {class: "row"}, words("layer", {k: k + 1}) + ":",
        sign(k, size - 1, "less", "−"), String(size), sign(k, size + 1, "more", "+"))));
    enable(list.querySelector("#remove-layer"), sizes.length > 0);
    enable(list.querySelector("#add-layer"), sizes.length < 6);
    if (list.querySelector("#" + (focused || "none"))) list.querySelector("#" + focused).focus();
  };
  fillLayers = fill;
  fill();
  return list;
}

function showCode(on) {
  root.querySelector("#classify-code").hidden = !on;
  const press = root.querySelector("#classify-show-code");
  press.setAttribute("aria-expanded", String(on));
  press.textContent = words(press.dataset.text = on ? "hide_code" : "show_code");
  if (!on) return;
  player.stop();
  root.querySelector("#classify-program").textContent = text("classify_program");
  root.querySelector("#classify-code-note").textContent = words(number("classify_edited") ? "edited_note" : "code_note");
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
      numbers("classify.lr", "lr", [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3], changeRate),
      numbers("classify.seed", "seed", [0, 1, 2, 3, 4], restart),
      make("fieldset", {}, make("legend", {"data-text": "layers"}), layersControl())),
    make("div", {class: "row actions"}, player.button, button("step_epoch", () => { player.stop(); run(1); }, {id: "classify-step"}), button("reset", restart, {id: "classify-reset"})),
    make("p", {class: "numbers", id: "classify-numbers"}),
    make("div", {class: "pictures"},
      make("figure", {}, make("canvas", {id: "classify-output", width: 420, height: 420, role: "img", "data-label": "output"}), make("figcaption", {id: "classify-enlarged"}), make("div", {class: "row"}, tick("classify.tests", "show_tests", show), tick("classify.discrete", "discrete", show))),
      make("figure", {}, svg("classify-losses"), make("figcaption", {"data-text": "class_losses"}))),
    make("h2", {"data-text": "neurons_title"}),
    make("p", {class: "hint", "data-text": "neurons"}),
    make("p", {id: "classify-scroll", class: "hint", "data-text": "scroll_hint", hidden: true}),
    make("div", {class: "network", id: "classify-network"}),
    make("div", {class: "row", id: "classify-editor", hidden: true}, make("label", {class: "row"}, make("span", {id: "classify-weight-name"}),
      make("input", {type: "number", id: "classify-weight", step: "0.1", onkeydown: (e) => { if (e.key === "Enter") setWeight(); }})), button("set", setWeight, {id: "classify-set"}), make("span", {class: "error", id: "classify-weight-alert", role: "alert"})),
    make("h2", {"data-text": "code"}),
    make("div", {class: "row"}, button("show_code", () => showCode(root.querySelector("#classify-code").hidden), {id: "classify-show-code"})),
    make("div", {id: "classify-code", hidden: true}, make("p", {id: "classify-code-note"}),
      button("copy", (e) => navigator.clipboard?.writeText(root.querySelector("#classify-program").textContent).then(() => { e.target.textContent = words("copied"); })),
      make("pre", {tabindex: 0}, make("code", {id: "classify-program"}))));
  restart();
}
export function relabel() {
  fillLayers();
  buildNetwork();
  show();
}
const svg = (id) => make("svg", {id, class: "plot"});
export const stop = () => player && player.stop();
