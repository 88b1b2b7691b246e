// text.js - what the page says, in both languages, and the elements that say it.
const texts = {
  en: {
    playground: "playground", language: "Language", loading: "Loading…", ready: "", tab_lecture: "How long will class take?",
    tab_classify: "Classify points", tab_graph: "Look into a graph", run: "Train", pause: "Pause", step: "One step", reset: "Start again",
    features: "Features", pages: "pages", words: "words", words_per_page: "words per page", model: "Function", line: "line: b + w x",
    hinges: "sum of hinges", network: "deep network", width: "Hinges, or neurons per layer", scale: "Standardise", lr: "Learning rate",
    optimizer: "Optimizer", batch: "Rows in a batch", all: "all", seed: "Seed", fit: "Lectures (dots), and what the function says",
    training_rows: "for training", validation_rows: "for validation", losses: "Loss in square minutes, by updates (logarithmic)", train: "Training",
    validation: "Validation", test: "Test", best: "lowest validation", surface: "Training loss by w (across) and b (up), and the path. The cross is the closed form",
    no_surface: "A line of one feature has a loss surface that can be drawn.", updates: "updates", parameters: "parameters",
    diverged: "The loss is no longer finite: try a smaller learning rate.", stop_here: "Early stopping keeps the weights of update",
    predicted: "Predicted against true minutes", minutes: "minutes", data: "Data", circle: "rings", xor: "quadrants", gauss: "clouds",
    spiral: "spiral", classes: "Classes", noise: "Noise", share: "Share for training", activation: "Activation", linear: "linear",
    penalty: "Regularisation", none: "none", rate: "its rate", layers: "Hidden layers", add_layer: "Add a layer", remove_layer: "Remove a layer",
    more: "one neuron more", less: "one neuron less", layer: "Layer", epoch: "Epoch", accuracy: "accuracy", output: "What the network says; dots with a ring are for testing",
    neurons: "The network. Each picture is what a neuron gives for each point; a line is a weight: choose one to change it", weight: "Weight", set: "Set",
    from: "from", to: "to", code: "As a C++ program", show_code: "Show the program", copy: "Copy", copied: "Copied", code_note: "It trains the same network on the same points, and prints the losses that stand above.",
    edited_note: "A weight was changed by hand: the program trains without that change.", formula: "Formula", values: "Values", draw: "Draw",
    derive: "Differentiate with respect to", derive_go: "Differentiate", step_back: "Back", step_forward: "backward: next node", step_all: "All", node: "Node", op: "op",
    value: "value", gradient: "gradient", inputs: "inputs", at_start: "Press “next node” to pass the derivative back, node by node, from the result.",
    at_node: "Node {n}, {op}: its gradient {g} is complete, and its rule passes it to {to}.", at_leaf: "Node {n}: the derivative with respect to {name} is {g}.", at_end: "backward is done.",
    graph_note: "Functions: sin cos tan exp log sqrt tanh abs relu sigmoid softplus. Letters are variables.", picture_of: "Picture of", no_features: "Choose at least one feature.", class_losses: "Cross entropy, by epochs",
  },
  "zh-TW": {
    playground: "實驗場", language: "語言", loading: "載入中…", ready: "", tab_lecture: "這堂課要上多久？", tab_classify: "分類平面上的點",
    tab_graph: "看進計算圖", run: "訓練", pause: "暫停", step: "走一步", reset: "重新開始", features: "特徵", pages: "頁數", words: "字數",
    words_per_page: "每頁字數", model: "函式", line: "直線：b + w x", hinges: "Hinge 的總和", network: "深度網路", width: "Hinge 數，或每層神經元數",
    scale: "標準化", lr: "學習率", optimizer: "最佳化器", batch: "批次大小", all: "全部", seed: "亂數種子", fit: "課程（點），以及函式的預測",
    training_rows: "訓練資料", validation_rows: "驗證資料", losses: "損失（平方分鐘），對更新次數（對數座標）", train: "訓練", validation: "驗證", test: "測試",
    best: "驗證損失最低", surface: "訓練損失對 w（橫）與 b（縱），以及參數走過的路。十字是公式解", no_surface: "只有一個特徵的直線才畫得出損失曲面。",
    updates: "次更新", parameters: "個參數", diverged: "損失已不是有限的數：請試小一點的學習率。", stop_here: "提早停止會留下這次更新的參數：", predicted: "預測值對真實值（分鐘）",
    minutes: "分鐘", data: "資料", circle: "同心環", xor: "象限", gauss: "雲團", spiral: "螺旋", classes: "類別數", noise: "雜訊", share: "訓練資料的比例",
    activation: "啟動函式", linear: "線性", penalty: "正規化", none: "無", rate: "強度", layers: "隱藏層", add_layer: "加一層", remove_layer: "減一層",
    more: "加一個神經元", less: "減一個神經元", layer: "第幾層", epoch: "Epoch", accuracy: "正確率", output: "網路的回答；帶圈的點是測試資料",
    neurons: "網路。每張小圖是一個神經元對每個點的輸出；每條線是一個權重，選一條就能改", weight: "權重", set: "設定", from: "從", to: "到", code: "寫成 C++ 程式",
    show_code: "顯示程式", copy: "複製", copied: "已複製", code_note: "它在同樣的點上訓練同樣的網路，印出上面的損失。", edited_note: "有權重被手動改過：程式的訓練不含這個改動。",
    formula: "式子", values: "數值", draw: "畫出來", derive: "微分，對", derive_go: "微分", step_back: "退一步", step_forward: "反向傳播：下一個節點", step_all: "全部",
    node: "節點", op: "運算", value: "值", gradient: "梯度", inputs: "輸入", at_start: "按「下一個節點」，從結果把微分一個節點一個節點往回傳。",
    at_node: "節點 {n}（{op}）：梯度 {g} 已經完整，它的規則把梯度傳給 {to}。", at_leaf: "節點 {n}：對 {name} 的微分是 {g}。", at_end: "反向傳播完成。",
    graph_note: "函式：sin cos tan exp log sqrt tanh abs relu sigmoid softplus。字母是變數。", picture_of: "小圖：", no_features: "請至少選一個特徵。", class_losses: "交叉熵，對 epoch",
  },
};
let language = "en";

export const words = (key, values = {}) =>
  (texts[language][key] ?? texts.en[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

export function setLanguage(to) {
  language = texts[to] ? to : "en";
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = words(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", words(element.dataset.label));
}

/** make("button", {class: "main", onclick: f}, child, ...); data-text names a text of the page. */
export function make(tag, attributes = {}, ...children) {
  const svg = ["svg", "g", "path", "line", "rect", "circle", "text", "image", "title", "marker", "polyline"].includes(tag);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  if (attributes["data-text"]) element.textContent = words(attributes["data-text"]);
  if (attributes["data-label"]) element.setAttribute("aria-label", words(attributes["data-label"]));
  element.append(...children);
  return element;
}

/** A number in a few digits. */
export const shown = (x) =>
  x === null || x === undefined ? "–" : Math.abs(x) >= 1e5 || (x !== 0 && Math.abs(x) < 1e-3) ? x.toExponential(2) : String(+x.toPrecision(5));
