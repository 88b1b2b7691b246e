// controls.js - the inputs of the tabs: each stands for a part of the state, and says when it changed.
import {make, words} from "./text.js";
import {get, set} from "./state.js";

const labelled = (key, input) => make("label", {}, make("span", {"data-text": key}), input);

/** A list of choices; what is chosen is their index. */
export const choice = (name, key, options, changed) =>
  labelled(key, make("select", {id: name, onchange: (e) => { set(name, +e.target.value); changed(); }},
    ...options.map((option, k) => make("option", {value: k, selected: get(name) === k, "data-text": option}))));

/** A list of numbers; some may have a name. */
export function numbers(name, key, values, changed, named = {}) {
  const all = values.includes(get(name)) ? values : [...values, get(name)].sort((a, b) => a - b);
  return labelled(key, make("select", {id: name, onchange: (e) => { set(name, +e.target.value); changed(); }},
    ...all.map((v) => make("option", {value: v, selected: get(name) === v, "data-text": named[v]}, ...(named[v] ? [] : [String(v)])))));
}

/** Boxes to tick; each is a bit. One of them stays ticked. */
export function bits(name, key, options, changed) {
  const alert = make("span", {class: "error", role: "alert"});
  return make("fieldset", {}, make("legend", {"data-text": key}), make("div", {class: "row"}, ...options.map((option, k) =>
    make("label", {}, make("input", {type: "checkbox", id: name + k, checked: (get(name) >> k & 1) === 1, onchange: (e) => {
      const bit = 1 << k, now = e.target.checked ? get(name) | bit : get(name) & ~bit;
      alert.textContent = now === 0 ? words("no_features") : "";
      if (now === 0) { e.target.checked = true; return; }
      set(name, now);
      changed();
    }}), make("span", option.startsWith("=") ? {} : {"data-text": option}, ...(option.startsWith("=") ? [option.slice(1)] : [])))), alert));
}

const yesNo = (name, changed, more = {}) =>
  make("input", {type: "checkbox", id: name, checked: get(name) === 1, onchange: (e) => { set(name, e.target.checked ? 1 : 0); changed(); }, ...more});
/** A box to tick, below its name. */
export const box = (name, key, changed) =>
  make("fieldset", {}, make("legend", {"data-text": key}), make("div", {class: "row"}, make("label", {}, yesNo(name, changed, {"data-label": key}))));
/** The same with its name beside it. */
export const tick = (name, key, changed) => make("label", {class: "row"}, yesNo(name, changed), make("span", {"data-text": key}));

/** A button that cannot be pressed now says so, and keeps the focus. */
export const button = (key, press, attributes = {}) =>
  make("button", {type: "button", "data-text": key, onclick: (e) => { if (e.currentTarget.getAttribute("aria-disabled") !== "true") press(e); }, ...attributes});
export const enable = (one, on) => one.setAttribute("aria-disabled", String(!on));

/** Runs `work` in each frame while it is on; the button says which. */
export class Player {
  constructor(work) {
    this.work = work;
    this.on = false;
    this.button = button("run", () => this.toggle(), {class: "main"});
  }
  toggle() {
    this.on = !this.on;
    this.show();
    if (this.on) requestAnimationFrame(() => this.frame());
  }
  stop() { this.on = false; this.show(); }
  show() {
    this.button.dataset.text = this.on ? "pause" : "run";
    this.button.textContent = words(this.button.dataset.text);
  }
  frame() {
    if (!this.on) return;
    try {
      this.work();
    } catch (error) {
      this.stop();
      throw error;
    }
    requestAnimationFrame(() => this.frame());
  }
}
