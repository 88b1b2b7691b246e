// browser.mjs URL PROGRAMS PICTURES: what tests/playground.sh runs. Uses every control of the playground in Chromium;
// writes exported programs to the folder PROGRAMS, each with the losses that the page shows; pictures go to PICTURES.
import {writeFileSync} from "node:fs";
import {chromium} from "playwright-core";

const [url, programs, pictures] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
let passed = 0, failed = 0, page;
const errors = [];
async function open(hash, size = {width: 1200, height: 1000}) {
  page = await browser.newPage({viewport: size});
  page.setDefaultTimeout(300000);  // on a busy machine
  page.on("console", (message) => { if (message.type() === "error") errors.push(message.text()); });
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(url + "#" + hash);
  await page.waitForSelector("body[data-ready]");
}
async function check(name, test) {
  try {
    const result = await test();
    if (result === false) throw new Error("is false");
    ++passed;
  } catch (error) {
    ++failed;
    console.log(`${name}: ${error.message}`);
  }
}
const text = (selector) => page.textContent(selector);
const off = async (selector) => (await page.getAttribute(selector, "aria-disabled")) === "true";
const focus = () => page.evaluate(() => document.activeElement.id || document.activeElement.dataset.link || document.activeElement.tagName);
const say = async (selector, part) => {
  const said = await text(selector);
  if (!said.includes(part)) throw new Error(`"${said}" does not say "${part}"`);
};
const draw = async (formula, values) => {
  await page.fill('[id="graph.formula"]', formula);
  await page.fill('[id="graph.values"]', values);
  await page.click("#graph-draw");
};
const picture = (name) => page.screenshot({path: `${pictures}/${name}.png`, fullPage: true});

await open("tab=lecture");
const first = await text("#lecture-numbers");
await check("one step is one update", async () => { await page.click("#lecture-step"); return (await text("#lecture-numbers")).startsWith("1 "); });
await check("training goes on until it is paused", async () => {
  await page.click("#lecture button.main");
  await page.waitForFunction(() => parseInt(document.querySelector("#lecture-numbers").textContent) > 5);
  await page.click("#lecture button.main");
  const now = await text("#lecture-numbers");
  await page.waitForTimeout(300);
  return now === (await text("#lecture-numbers"));
});
await check("starting again gives the first numbers", async () => { await page.click("#lecture-reset"); return (await text("#lecture-numbers")) === first; });
for (const [control, value] of [["lecture.model", "1"], ["lecture.model", "2"], ["lecture.width", "8"], ["lecture.adam", "1"], ["lecture.lr", "0.01"], ["lecture.batch", "5"], ["lecture.seed", "2"]])
  await check(`${control} = ${value} changes the training and the address`, async () => {
    await page.selectOption(`[id="${control}"]`, value);
    await page.click("#lecture-step");
    return page.url().includes(`${control}=${value}`);
  });
for (const k of [1, 2, 0]) await check(`feature ${k} can be ticked`, async () => { await page.click(`[id="lecture.features${k}"]`); await page.click("#lecture-step"); return !(await text("#lecture-numbers")).includes("–"); });
await check("without standardising, a rate of 1 diverges, and the page says so", async () => {
  await open("tab=lecture&lecture.scale=0&lecture.lr=1");
  await page.click("#lecture button.main");
  await page.waitForFunction(() => document.querySelector("#lecture-numbers .error").textContent.length > 0);
});
await check("a training that diverges stops at a million times its first loss, and its chart has few ticks", async () => {
  await open("tab=lecture&lecture.scale=0");
  await page.click("#lecture button.main");
  await page.waitForFunction(() => document.querySelector("#lecture-numbers .error").textContent.length > 0);
  const updates = parseInt(await text("#lecture-numbers")), ticks = await page.$$eval("#lecture-losses text[text-anchor=end]", (all) => all.map((t) => t.textContent));
  await picture("lecture-diverged");
  return updates < 10 && ticks.length <= 8 && ticks.every((t) => t.length <= 6) && (await text("#lecture button.main")) === "Train";
});
await check("the line stands in minutes and pages", async () => {
  await open("tab=lecture&lecture.lr=0.3");
  const before = await text("#lecture-line");
  for (let k = 0; k < 60; ++k) await page.click("#lecture-step");
  const [b, w] = (await text("#lecture-line")).replaceAll("−", "-").match(/-?[\d.]+/g).map(Number);
  const [[x0, y0], [x1, y1]] = await page.evaluate(async () => { const {curve} = (await import("./engine.js")).call("lecture_fit"); return [curve[0], curve[120]]; });
  return before !== (await text("#lecture-line")) && Math.abs(b + w * x0 - y0) < 0.02 && Math.abs(b + w * x1 - y1) < 0.1;
});
await check("early stopping does not creep by rounding", async () => {
  const before = (await text("#lecture-numbers")).match(/keep update (\d+)/)[1];
  for (let k = 0; k < 60; ++k) await page.click("#lecture-step");
  return before === (await text("#lecture-numbers")).match(/keep update (\d+)/)[1];
});
await picture("lecture-line");
await check("the learning rate changes without a new start", async () => {
  const updates = parseInt(await text("#lecture-numbers"));
  await page.selectOption('[id="lecture.lr"]', "0.01");
  await page.click("#lecture-step");
  return parseInt(await text("#lecture-numbers")) === updates + 1;
});
await check("the last feature stays, and the page says so", async () => {
  await page.click('[id="lecture.features0"]');
  await say("#lecture [role=alert]", "at least one feature");
  return page.isChecked('[id="lecture.features0"]');
});
for (const [hash, refused] of [["tab=classify&classify.classes=99&classify.hidden=999,-4,x&classify.lr=-1", ["classes=99", "hidden=999,-4,x", "lr=-1"]], ["tab=classify&classify.features=0", ["features=0"]],
  ["tab=lecture&lecture.features=0&lecture.model=7&lecture.width=1000000&lecture.seed=3.5", ["features=0", "model=7", "width=1000000", "seed=3.5"]], ["tab=nowhere&lecture.lr=1e9&x=1", ["tab=nowhere", "lr=1e9", "x=1"]]])
  await check(`the link ${hash} falls back to what is usual, and says so`, async () => {
    await open(hash);
    for (const part of refused) await say("#alert", part);
    const tab = hash.startsWith("tab=classify") ? "classify" : "lecture";
    await page.click(`#${tab}-step`);
    await say(`#${tab}-numbers`, "Training loss");
    return !(await text(`#${tab}-numbers`)).includes("–") && (await page.$$eval("option", (all) => !all.some((o) => ["99", "-1", "1000000000"].includes(o.value))));
  });
await check("every error is shown", async () => {
  await page.evaluate(() => { setTimeout(() => { throw new Error("on purpose"); }); });
  await page.waitForFunction(() => document.querySelector("#alert").textContent.includes("on purpose"));
  return errors.splice(errors.indexOf("on purpose"), 1).length === 1;
});
await open("tab=lecture&lecture.model=2&lecture.adam=1&lecture.lr=0.01");
for (let k = 0; k < 30; ++k) await page.click("#lecture-step");
await picture("lecture");

await open("tab=classify");
for (const [control, values] of [["data", "1 2 3 0"], ["classes", "3 6 2"], ["noise", "0.2"], ["share", "0.7"], ["batch", "20"], ["activation", "1 2 3 0"], ["penalty", "1 2"], ["rate", "0.01"], ["lr", "0.3"], ["seed", "3"]])
  for (const value of values.split(" "))
    await check(`classify.${control} = ${value}`, async () => {
      await page.selectOption(`[id="classify.${control}"]`, value);
      await page.click("#classify-step");
      const epochs = parseInt((await text("#classify-numbers")).match(/\d+/)[0]);
      return (control === "lr" ? epochs === 2 : epochs === 1) && !(await text("#classify-numbers")).includes("–");
    });
await check("layers and neurons can be added and removed", async () => {
  await page.click("#add-layer");
  await page.click('[aria-label^="Layer 3"][aria-label$="more"]');
  if (!page.url().includes("4%2C2%2C3")) return false;
  await page.click('[aria-label^="Layer 1"][aria-label$="less"]');
  await page.click("#remove-layer");
  return page.url().includes("3%2C2");
});
await check("a weight can be changed by the keyboard", async () => {
  await page.focus('[data-link="0,0,0"]');
  await page.keyboard.press("Enter");
  await page.fill("#classify-weight", "2.5");
  await page.keyboard.press("Enter");
  return (await page.getAttribute('[data-link="0,0,0"]', "aria-label")).endsWith("2.5");
});
await check("an address opens what it was copied from", async () => {
  const address = page.url(), hidden = await text("#classify-layers");
  await open(address.split("#")[1]);
  return (await text("#classify-layers")) === hidden;
});

await check("classification that diverges stops and says so", async () => {
  await open("tab=classify&classify.data=3&classify.classes=6&classify.noise=0.5&classify.activation=3&classify.lr=3&classify.features=127");
  await page.click("#classify button.main");
  await page.waitForFunction(() => document.querySelector("#classify-numbers .error").textContent.length > 0);
  await picture("classify-diverged");
  return (await text("#classify button.main")) === "Train";
});
await open("tab=classify");
await check("accuracy is in percent", async () => /accuracy [\d.]+\s%/.test(await text("#classify-numbers")));
for (const wrong of ["", "-", "1e999", "2000000"])
  await check(`the weight "${wrong}" is refused`, async () => {
    if (await page.isHidden("#classify-editor")) await page.press('[data-link="0,0,0"]', "Enter");
    const before = await page.getAttribute('[data-link="0,0,0"]', "aria-label");
    await page.fill("#classify-weight", "");
    await page.type("#classify-weight", wrong);
    await page.click("#classify-set");
    await say("#classify-weight-alert", "The weight is kept");
    return before === (await page.getAttribute('[data-link="0,0,0"]', "aria-label"));
  });
await check("a weight is hit 6 pixels beside its line", async () => {
  await open("tab=classify&classify.hidden=1&classify.features=1");
  await page.locator("#classify-network").scrollIntoViewIfNeeded();
  const line = await page.$eval('[data-link="0,0,0"] .seen', (e) => { const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; });
  await page.mouse.click(line[0], line[1] + 6);
  return !(await page.isHidden("#classify-editor"));
});
await check("weights are one stop of the tabulator, and arrow keys go on from it", async () => {
  await open("tab=classify");
  if ((await page.$$(".link[tabindex='0']")).length !== 1) return false;
  await page.focus(".link[tabindex='0']");
  await page.keyboard.press("ArrowDown");
  if ((await focus()) !== "0,0,1") return false;
  await page.keyboard.press("ArrowRight");
  return (await focus()) === "1,0,0" && (await page.$$(".link[tabindex='0']")).length === 1;
});
await check("focus stays on the + of a layer, up to its last neuron", async () => {
  await page.focus("#layer-1-more");
  for (let k = 0; k < 8; ++k) await page.keyboard.press("Enter");
  return (await focus()) === "layer-1-more" && (await off("#layer-1-more")) && page.url().includes("4%2C8");
});
await check("weights and biases have names to read, and a neuron is enlarged", async () => {
  await page.hover('[data-neuron="0,1"]');
  await say("#classify-enlarged", "Layer 1: 2, bias");
  await say('[data-link="0,0,0"] title', "Weight 1: 1 → 1");
  await picture("classify-enlarged");
  await page.mouse.move(0, 0);
});
await check("test points can be hidden, and classes shown alone", async () => {
  const looks = () => page.$eval("#classify-output", (canvas) => canvas.toDataURL());
  const first = await looks();
  await page.uncheck('[id="classify.tests"]');
  const second = await looks();
  await page.check('[id="classify.discrete"]');
  return first !== second && second !== (await looks()) && page.url().includes("classify.tests=0") && page.url().includes("classify.discrete=1");
});
await check("the program is shown while training runs, pauses it, and goes again", async () => {
  await page.click("#classify button.main");
  await page.click("#classify-show-code");
  if (await page.isHidden("#classify-code") || (await text("#classify button.main")) !== "Train") return false;
  await page.click("#classify-show-code");
  return page.isHidden("#classify-code");
});
await check("after a change of a weight the note says one thing", async () => {
  await page.press('[data-link="0,0,0"]', "Enter");
  await page.fill("#classify-weight", "1.5");
  await page.click("#classify-set");
  await page.click("#classify-show-code");
  await say("#classify-code-note", "other losses");
  return !(await text("#classify-code-note")).includes("stand above");
});
await check("another language changes no training", async () => {
  await open("tab=classify");
  for (let k = 0; k < 3; ++k) await page.click("#classify-step");
  const numbers = (await text("#classify-numbers")).match(/[\d.]+/g).join();
  await page.selectOption("#language", "zh-TW");
  await say("#classify-layers", "第 1 層");
  await say("#classify-numbers", "訓練輪數 3");
  return numbers === (await text("#classify-numbers")).match(/[\d.]+/g).join() && (await page.title()) === "minigrad 遊樂場";
});
await check("a tab is a step of the browser's history, and keeps its training", async () => {
  await page.click("#tab-graph");
  await page.goBack();
  await page.waitForSelector("#classify:not([hidden])");
  await say("#classify-numbers", "訓練輪數 3");
});
await check("another address stops a training and begins its own", async () => {
  await page.click("#classify button.main");
  await page.evaluate(() => { location.hash = "tab=classify&classify.classes=3"; });
  await page.waitForFunction(() => document.querySelector("#classify-numbers").textContent.startsWith("Epoch 0"));
  await page.waitForTimeout(200);
  return (await text("#classify-numbers")).startsWith("Epoch 0");
});
await check("the link can be copied", async () => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.click("#copy-link");
  await page.waitForFunction(() => document.querySelector("#status").textContent.length > 0);
  return (await page.evaluate(() => navigator.clipboard.readText())) === page.url();
});

// Every kind of exported program: each penalty and activation, with hidden layers and without.
const exported = ["classify.data=3&classify.classes=3&classify.features=127&classify.hidden=6,4&classify.penalty=2",
  "classify.data=1&classify.activation=1&classify.hidden=5&classify.penalty=1&classify.noise=0.1&classify.share=0.7&classify.batch=20&classify.seed=3",
  "classify.data=2&classify.classes=6&classify.activation=2&classify.hidden=8,8,8", "classify.activation=3&classify.hidden=&classify.penalty=2&classify.features=124"];
for (const [k, hash] of exported.entries()) {
  await open("tab=classify&" + hash);
  for (let step = 0; step < 30; ++step) {
    if (k === 1 && step === 12) await page.selectOption('[id="classify.lr"]', "0.03");
    await page.click("#classify-step");
  }
  await page.click("#classify-show-code");
  writeFileSync(`${programs}/trained_${k}.cpp`, await text("#classify-program"));
  const status = await page.evaluate(async () => JSON.parse((await import("./engine.js")).text("classify_status")));
  writeFileSync(`${programs}/trained_${k}.page`, `training loss ${status.train.toFixed(4)}, test loss ${status.test.toFixed(4)}\n`);
  if (k === 0) await picture("classify");
}
await check("a program that is shown goes when training goes on", async () => { await page.click("#classify-step"); return page.isHidden("#classify-code"); });

await open("tab=graph");
await check("backward goes node by node", async () => {
  for (let k = 0; k < 5; ++k) await page.click("#graph-forward");
  return (await text("#graph-said")).includes("done") && (await off("#graph-forward"));
});
await check("focus stays on the button that has nothing more to do", async () => {
  await page.click("#graph-back");
  await page.focus("#graph-forward");
  await page.keyboard.press("Enter");
  return (await focus()) === "graph-forward" && (await off("#graph-forward"));
});
await check("x has the derivative y + cos x", async () => (await text("#graph-table tbody tr:first-child")).includes("2.5839"));
await check("a step back", async () => { await page.click("#graph-back"); return !(await off("#graph-forward")); });
await check("the derivative can be differentiated again", async () => {
  await page.click("#graph-derive");
  await page.click("#graph-derive");
  return (await text("#graph-results")).includes("d²f/dx² = -0.9093");
});
await check("a wrong formula is explained", async () => {
  await page.fill('[id="graph.formula"]', "x*(y");
  await page.click("#graph-draw");
  return (await text("#graph-error")).includes("bracket") && (await text("#graph-results")) === "" && (await off("#graph-derive"));
});
await check("Differentiate and Next node take the formula that stands there", async () => {
  await page.fill('[id="graph.formula"]', "x^3");
  await page.click("#graph-derive");
  await say("#graph-results", "df/dx = 12");
  await page.fill('[id="graph.formula"]', "x^4");
  await page.click("#graph-forward");
  await say("#graph-results", "f = 16");
  return (await text("#graph-error")) === "";
});
await check("each rule says its derivative, and sums are shown as they grow", async () => {
  await draw("x*y + x", "x=2,y=3");
  await page.click("#graph-forward");
  await say("#graph-said", "gets 1 × 1 = 1");
  await page.click("#graph-forward");
  await say("#graph-said", "v0 gets 1 × 3 = 3 (so far 4)");
  await say("#graph-said", "v1 gets 1 × 2 = 2");
  await picture("graph-rule");
  return (await page.$$eval("#graph-picture .local", (all) => all.map((t) => t.textContent).sort().join())) === "×2,×3";
});
for (const [formula, values, said] of [["relu(x)*log(y)", "x=0,y=-1", "(log) = nan"], ["x*x", "x=1,y=3", "no y"], ["x*x", "x=2,x=5", "x twice"]])
  await check(`${formula} with ${values} notes: ${said}`, async () => { await draw(formula, values); await say("#graph-notes", said); });
await check("a link with too many derivatives, or of an absent variable, is drawn as far as it goes", async () => {
  await open("tab=graph&graph.formula=sin(x)&graph.derive=x,x,x,x,x");
  await say("#graph-results", "d⁴f/dx⁴");
  await say("#graph-error", "Four derivatives");
  await open("tab=graph&graph.formula=x*y&graph.derive=x,z");
  await say("#graph-results", "df/dx");
  await say("#graph-error", "no variable z");
});
for (const [formula, values, said] of [["2x", "x=2", "products are written with *"], ["x**2", "x=2", "powers are written with ^"], ["sin x", "x=2", "sin(x)"], ["f(x)", "x=2", "there is no function f"], ["max(x,y)", "x=2", "there is no function max"], ["sin(x,y)", "x=2", "sin takes one argument"], ["x×y", "x=2", "“×”: products are written with *"], ["x)", "", "unexpected “)”"], ["x*y", "x=2;y", "“y” is not like x=2"]])
  await check(`${formula} with ${values} says: ${said}`, async () => {
    await page.fill('[id="graph.formula"]', formula);
    await page.fill('[id="graph.values"]', values);
    await page.click("#graph-draw");
    await say("#graph-error", said);
  });
await open("tab=graph&graph.formula=exp(-x^2)*tanh(y)");
await page.click("#graph-all");
await picture("graph");

await check("tabs move by arrow keys", async () => { await page.focus("#tab-graph"); await page.keyboard.press("ArrowRight"); return (await page.getAttribute("#tab-lecture", "aria-selected")) === "true"; });
await check("Traditional Chinese", async () => { await page.selectOption("#language", "zh-TW"); return (await text("#tab-graph")) === "看看計算圖" && page.url().includes("zh-TW"); });
await check("messages are in Chinese, and change with the language", async () => {
  await page.click("#tab-graph");
  await draw("x*(y", "x=2");
  await say("#graph-error", "有括號沒有關上");
  await page.selectOption("#language", "en");
  await say("#graph-error", "a bracket is not closed");
  await page.selectOption("#language", "zh-TW");
  await draw("x*y", "x=2");
  return (await text("#graph-table tbody")).includes("變數");
});
await check("both languages say everything", async () => page.evaluate(async () => {
  const source = await (await fetch("text.js")).text(), keys = (part) => [...part.matchAll(/[,{\n]\s*([a-z_]+): "/g)].map((m) => m[1]).sort().join();
  const [english, chinese] = source.split("let language")[0].split('"zh-TW": {');
  return keys(english) === keys(chinese);
}));
await check("the options of a list stand there once", async () => { await page.click("#tab-lecture"); await page.selectOption("#language", "en"); return (await text('[id="lecture.batch"]')) === "all12510"; });
await check("every input has a name", async () => page.evaluate(() => [...document.querySelectorAll("input, select, button")].every((e) => e.getAttribute("aria-label") || e.textContent.trim() || e.closest("label")?.textContent.trim())));
await check("a tab that is left keeps its training", async () => {
  await open("tab=lecture");
  await page.click("#lecture-step");
  await page.click("#tab-classify");
  await page.click("#tab-lecture");
  return (await text("#lecture-numbers")).startsWith("1 ");
});
await open("tab=graph&graph.formula=log(1%2Bexp(x*y))%2Bx^2&graph.derive=x,x");
await picture("graph-second-derivative");
for (const tab of ["lecture", "classify", "graph"]) {
  await open(`tab=${tab}&language=zh-TW`);
  await picture("chinese-" + tab);
  for (const language of ["en", "zh-TW"])
    await check(`${tab} fits a phone, ${language}`, async () => {
      await open(`tab=${tab}&language=${language}`, {width: 360, height: 740});
      await picture(`phone-${tab}-${language}`);
      if (tab === "classify" && !(await page.$eval("#classify-network", (e) => e.scrollWidth <= e.clientWidth + 1))) throw new Error("the network is cut off");
      if (tab === "graph" && (await page.isHidden("#graph-scroll"))) throw new Error("nothing says that the graph goes on");
      return page.evaluate(() => document.documentElement.scrollWidth <= 361);
    });
}
await check("a phone shows the whole network", async () => {
  await open("tab=classify", {width: 390, height: 844});
  return page.evaluate(() => { const e = document.querySelector("#classify-network"); return e.scrollWidth <= e.clientWidth; });
});
await check("nothing is said of an early stop before the first update", async () => {
  await open("tab=lecture");
  const before = await text("#lecture-numbers");
  await page.click("#lecture-step");
  return !before.includes("stopping") && (await text("#lecture-numbers")).includes("stopping would keep");
});
await check("speed", async () => {
  await open("");
  const seconds = await page.evaluate(async () => {
    const {number} = await import("./engine.js");
    number("benchmark_epochs", 20);
    const times = [];
    for (let k = 0; k < 5; ++k) {
      const start = performance.now();
      number("benchmark_epochs", 200);
      times.push((performance.now() - start) / 1000);
    }
    return Math.min(...times);
  });
  console.log(`browser: 200 epochs in ${seconds.toFixed(3)} s`);
});
for (const error of new Set(errors)) console.log("the page logs: " + error);
failed += errors.length;
console.log(`[playground] test cases: ${passed + failed} | ${passed} passed | ${failed} failed`);
await browser.close();
process.exit(failed ? 1 : 0);
