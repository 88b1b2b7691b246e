// main.js - the tabs, the language, and the address.
import {start} from "./engine.js";
import {get, readAddress, set} from "./state.js";
import {setLanguage, words} from "./text.js";
import * as lecture from "./lecture.js";
import * as classify from "./classify.js";
import * as graph from "./graph.js";

const tabs = {lecture, classify, graph};
const built = new Set();  // a tab that was left goes on where it was

function open(name, focus = false) {
  if (!(name in tabs)) name = "lecture";
  set("tab", name);
  for (const [one, tab] of Object.entries(tabs)) {
    const button = document.querySelector("#tab-" + one), panel = document.querySelector("#" + one);
    button.setAttribute("aria-selected", String(one === name));
    button.tabIndex = one === name ? 0 : -1;
    panel.hidden = one !== name;
    if (one !== name) tab.stop();
  }
  if (!built.has(name)) tabs[name].build(document.querySelector("#" + name));
  built.add(name);
  setLanguage(get("language"));
  if (focus) document.querySelector("#tab-" + name).focus();
}

function showAll() {
  built.clear();
  setLanguage(get("language"));
  document.querySelector("#language").value = get("language");
  open(get("tab"));
}

readAddress();
setLanguage(get("language"));
const names = Object.keys(tabs);
names.forEach((name, k) => {
  const button = document.querySelector("#tab-" + name);
  button.addEventListener("click", () => open(name));
  button.addEventListener("keydown", (e) => {
    const to = {ArrowRight: k + 1, ArrowLeft: k + names.length - 1, Home: 0, End: names.length - 1}[e.key];
    if (to !== undefined) open(names[to % names.length], true);
  });
});
document.querySelector("#language").addEventListener("change", (e) => { set("language", e.target.value); showAll(); });
window.addEventListener("hashchange", () => { readAddress(); showAll(); });

start().then(() => { document.querySelector("#status").dataset.text = "ready"; showAll(); document.body.dataset.ready = "true"; }, (error) => { document.querySelector("#status").textContent = words("loading") + " " + error.message; });
