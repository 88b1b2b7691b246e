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
await open("tab=lecture&lecture.model=2&lecture.adam=1&lecture.lr=0.01");
for (let k = 0; k < 30; ++k) await page.click("#lecture-step");
await picture("lecture");

await open("tab=classify");
for (const [control, values] of [["data", "1 2 3 0"], ["classes", "3 6 2"], ["noise", "0.2"], ["share", "0.7"], ["batch", "20"], ["activation", "1 2 3 0"], ["penalty", "1 2"], ["rate", "0.01"], ["lr", "0.3"], ["seed", "3"]])
  for (const value of values.split(" "))
    await check(`classify.${control} = ${value}`, async () => {
      await page.selectOption(`[id="classify.${control}"]`, value);
      await page.click("#classify-step");
      return (await text("#classify-numbers")).includes(" 1") && !(await text("#classify-numbers")).includes("–");
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

// Every kind of exported program: each penalty and activation, with hidden layers and without.
const exported = ["classify.data=3&classify.classes=3&classify.features=127&classify.hidden=6,4&classify.penalty=2",
  "classify.data=1&classify.activation=1&classify.hidden=5&classify.penalty=1&classify.noise=0.1&classify.share=0.7&classify.batch=20&classify.seed=3",
  "classify.data=2&classify.classes=6&classify.activation=2&classify.hidden=8,8,8", "classify.activation=3&classify.hidden=&classify.penalty=2&classify.features=124"];
for (const [k, hash] of exported.entries()) {
  await open("tab=classify&" + hash);
  for (let step = 0; step < 30; ++step) await page.click("#classify-step");
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
  return (await text("#graph-said")).includes("done") && (await page.isDisabled("#graph-forward"));
});
await check("x has the derivative y + cos x", async () => (await text("#graph-table tbody tr:first-child")).includes("2.5839"));
await check("a step back", async () => { await page.click("#graph-back"); return !(await page.isDisabled("#graph-forward")); });
await check("the derivative can be differentiated again", async () => {
  await page.click("#graph-derive");
  await page.click("#graph-derive");
  return (await text("#graph-results")).includes("ddf/dx/dx = -0.9093");
});
await check("a wrong formula is explained", async () => {
  await page.fill('[id="graph.formula"]', "x*(y");
  await page.click("#graph-draw");
  return (await text("#graph-error")).includes("bracket") && (await text("#graph-results")) === "";
});
for (const [formula, values, said] of [["2x", "x=2", "products are written with *"], ["x**2", "x=2", "powers are written with ^"], ["sin x", "x=2", "sin(x)"], ["f(x)", "x=2", "there is no function f"], ["x*y", "x=2;y", "'y' is not like x=2"]])
  await check(`${formula} with ${values} says: ${said}`, async () => {
    await page.fill('[id="graph.formula"]', formula);
    await page.fill('[id="graph.values"]', values);
    await page.click("#graph-draw");
    return (await text("#graph-error")).includes(said);
  });
await open("tab=graph&graph.formula=exp(-x^2)*tanh(y)");
await page.click("#graph-all");
await picture("graph");

await check("tabs move by arrow keys", async () => { await page.focus("#tab-graph"); await page.keyboard.press("ArrowRight"); return (await page.getAttribute("#tab-lecture", "aria-selected")) === "true"; });
await check("Traditional Chinese", async () => { await page.selectOption("#language", "zh-TW"); return (await text("#tab-graph")) === "看看計算圖" && page.url().includes("zh-TW"); });
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
