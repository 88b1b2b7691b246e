// text.js - what the page says, in both languages, and the elements that say it.
const texts = {
  en: {
    lecture_note: "Each dot is a lecture: what its slides are like, and how many minutes it took. Press Train: the function learns from the blue dots. It never learns from the orange ones; the loss on them is the validation loss.",
    classify_note: "A network learns from the position of a point which class it is of. Press Train: the colour of the background is what the network answers.",
    playground: "playground", language: "Language", loading: "Loading…", ready: "", tab_lecture: "How long will class take?",
    tab_classify: "Classify points", tab_graph: "Look into a graph", run: "Train", pause: "Pause", step_update: "One update", step_epoch: "One epoch", reset: "Start again",
    features: "Features", pages: "pages", words: "words", words_per_page: "words per page", model: "Function", line: "line: b + w x",
    hinges: "sum of hinges", network: "deep network", width: "Hinges, or neurons per layer", scale: "Standardise", lr: "Learning rate",
    optimizer: "Optimizer", batch: "Rows in a batch", all: "all", seed: "Seed", fit: "Minutes of the lectures by {feature} (dots), and what the function predicts (line)",
    training_rows: "for training", validation_rows: "for validation", losses: "Loss in square minutes, by updates (logarithmic)", train: "Training loss",
    validation: "Validation loss", test: "Test loss", best: "lowest validation", surface: "Training loss by w (across) and b (up): white is low. The red dot is the function now, the line its path; the cross is the closed form",
    no_surface: "The loss surface of a line of one feature is drawn here.", updates: "updates", parameters: "parameters",
    diverged: "The loss has grown to a million times the first one, or is no longer finite. Training stopped: try a smaller learning rate, and start again.", stop_here: "Early stopping would keep update {n}: validation loss {loss}",
    predicted: "True minutes of the lectures (across) and predicted ones (up); on the line they agree", minutes: "minutes", data: "Data", circle: "rings", xor: "quadrants", gauss: "clouds",
    spiral: "spiral", classes: "Classes", noise: "Noise", share: "Share for training", activation: "Activation", linear: "linear",
    penalty: "Regularisation", none: "none", rate: "Regularisation rate", layers: "Hidden layers", add_layer: "Add a layer", remove_layer: "Remove a layer",
    more: "one neuron more", less: "one neuron less", layer: "Layer {k}", epoch: "Epoch", accuracy: "accuracy", output: "What the network answers. Dots with a dark ring are for testing, those with a white ring for training",
    neurons_title: "The network", neurons: "From its features (left) to the classes (right). Each picture is what a neuron gives for each point of the plane; a line is a weight: choose one to change it. Point at a picture to enlarge it; the tabulator and arrow keys go from weight to weight. Green is positive, pink negative; an answer has the colour of its class.", weight: "Weight", weights: "Weights", bias: "bias", set: "Set",
    from: "from", to: "to", code: "As a C++ program", show_code: "Show the program", hide_code: "Hide the program", copy: "Copy", copied: "Copied", code_note: "It trains the same network on the same points, and prints the losses that stand above. Save it as trained.cpp in the folder of minigrad; its first line compiles and runs it.",
    edited_note: "A weight was changed by hand. The program trains without that change, and so it prints other losses than those above.", formula: "Formula", values: "Values", draw: "Draw",
    derive: "Derivative with respect to", derive_go: "Differentiate", step_back: "Back", step_forward: "Next node", step_all: "All", node: "Node", op: "op",
    value: "value", gradient: "gradient", inputs: "inputs", at_start: "Press “Next node” to run backward node by node: the derivative goes from the result to the variables.",
    at_node: "Node {n}, {op}: its gradient {g} is complete, and its rule multiplies it by its own derivatives:", gets: "{to} gets {g} × {local} = {part}", gets_sum: " (so far {sum})", semicolon: "; ", stop: ".", at_leaf: "Node {n}: the derivative with respect to {name} is {g}.", at_end: "backward is done.",
    graph_note: "Type a formula, and values for its variables; without one a variable is 1. Each box is a node: its op, its value, and below, once backward has reached it, the derivative of the result with respect to it. Functions: sin cos tan exp log sqrt tanh abs relu sigmoid softplus; + - * / ^.", picture_of: "Picture of", no_features: "Choose at least one feature.", class_losses: "Cross entropy, by epochs",
    title: "minigrad playground", copy_link: "Copy link", link_copied: "The link is copied. It opens the page as it is set now.", link_is: "The link: {link}",
    refused: "Part of the link was not understood, and the usual values stand there: {what}", failed: "Something went wrong: {what}", show_tests: "Show the test points", discrete: "Only the likeliest class",
    surface_scaled: "(w and b are those of the standardised data)", scroll_hint: "The picture is wider than the page: scroll it sideways.", op_variable: "variable", op_input: "number",
    dashed: "Dashed boxes were added by Differentiate: the rules of backward write the derivative as nodes of the same graph, and compute anew what they need. The number 1 among them is where backward begins: df/df.",
    column: "Column {column}: ", bad_value: "the values: “{what}” is not like x=2", value_twice: "The values give {what} twice: the last one counts.", value_unused: "The formula has no {what}: its value is not used.",
    not_finite: "{what}: the formula has no finite value here.", unexpected: "unexpected “{what}”", unexpected_product: "unexpected “{what}”: products are written with *", unexpected_power: "unexpected “{what}”: powers are written with ^",
    not_closed: "a bracket is not closed", too_deep: "too many brackets and signs within each other", point_alone: "a point without digits", expected: "a number, a name or a bracket is expected", ends_early: "the formula ends too early",
    no_function: "there is no function {what}: sin cos tan exp log sqrt tanh abs relu sigmoid softplus", one_argument: "{what} takes one argument", needs_brackets: "the argument of {what} stands in brackets: {what}(x)",
    no_variable: "The formula has no variable, such as x.", absent_variable: "There is no variable {what} to differentiate with respect to.", enough_derivatives: "Four derivatives are enough for one picture.", bad_number: "The weight is kept: type a number between −1000000 and 1000000.",
  },
  "zh-TW": {
    lecture_note: "每個點是一堂課：它的投影片，以及它上了幾分鐘。按「訓練」，函式會從藍點（訓練資料）學習。橘點（驗證資料）從來不用來學習；在它們上面的損失就是驗證損失。",
    classify_note: "網路從點的位置，學習這個點屬於哪個類別。按「訓練」：背景的顏色就是網路的回答。",
    playground: "遊樂場", language: "語言", loading: "載入中…", ready: "", tab_lecture: "這堂課要上多久？", tab_classify: "分類平面上的點",
    tab_graph: "看看計算圖", run: "訓練", pause: "暫停", step_update: "更新一次", step_epoch: "訓練一輪", reset: "重新開始", features: "特徵", pages: "頁數", words: "字數",
    words_per_page: "每頁字數", model: "函式", line: "直線：b + w x", hinges: "折線（hinge）的總和", network: "深層網路", width: "折線數，或每層神經元數",
    scale: "標準化", lr: "學習率", optimizer: "最佳化器", batch: "批次大小", all: "全部", seed: "亂數種子", fit: "每堂課的{feature}與分鐘數（點），以及函式的預測（線）",
    training_rows: "訓練資料", validation_rows: "驗證資料", losses: "損失（分鐘的平方）隨更新次數的變化，對數座標", train: "訓練損失", validation: "驗證損失", test: "測試損失",
    best: "驗證損失最低", surface: "訓練損失曲面：w 往右，b 往上，白色是低處。紅點是現在的函式，線是它走過的路；叉是封閉解", no_surface: "只有一個特徵的直線，損失曲面會畫在這裡。",
    updates: "次更新", parameters: "個參數", diverged: "損失已超過最初的一百萬倍，或不再是有限的數。訓練停止了：請試小一點的學習率，再重新開始。", stop_here: "若提早停止，會留下第 {n} 次更新的參數：驗證損失 {loss}", predicted: "每堂課的真實分鐘數（橫）與預測（縱）；在線上就是完全猜中",
    minutes: "分鐘", data: "資料", circle: "同心環", xor: "象限", gauss: "雲團", spiral: "螺旋", classes: "類別數", noise: "雜訊", share: "訓練資料的比例",
    activation: "啟動函式", linear: "線性", penalty: "正規化", none: "無", rate: "正規化的強度", layers: "隱藏層", add_layer: "加一層", remove_layer: "減一層",
    more: "加一個神經元", less: "減一個神經元", layer: "第 {k} 層", epoch: "訓練輪數", accuracy: "準確率", output: "網路的回答。深色圈的點是測試資料，白色圈的是訓練資料",
    neurons_title: "網路", neurons: "由特徵（左）到類別（右）。每張小圖是一個神經元在平面上每個點的輸出；每條線是一個權重，選一條就能改。把滑鼠移到小圖上就會放大；用 Tab 鍵和方向鍵可以走過每個權重。綠色是正的，粉紅色是負的；答案是它的類別的顏色。", weight: "權重", weights: "權重", bias: "偏差", set: "設定", from: "從", to: "到", code: "寫成 C++ 程式",
    show_code: "顯示程式", hide_code: "隱藏程式", copy: "複製", copied: "已複製", code_note: "它用同樣的點訓練同樣的網路，印出上面的損失。在 minigrad 的資料夾裡存成 trained.cpp，第一行就是編譯和執行的指令。", edited_note: "有權重被手動改過。程式的訓練不含這個改動，所以印出的損失和上面不同。",
    formula: "式子", values: "數值", draw: "畫出來", derive: "對哪個變數微分", derive_go: "微分", step_back: "退一步", step_forward: "下一個節點", step_all: "全部",
    node: "節點", op: "運算", value: "值", gradient: "梯度", inputs: "輸入", at_start: "按「下一個節點」，反向傳播會從結果開始，一個節點一個節點把微分往回傳給變數。",
    at_node: "節點 {n}（{op}）：梯度已經加總完，是 {g}；它的規則把梯度乘上自己的微分：", gets: "{to} 得到 {g} × {local} = {part}", gets_sum: "（目前總和 {sum}）", semicolon: "；", stop: "。", at_leaf: "節點 {n}：對 {name} 的微分是 {g}。", at_end: "反向傳播完成。",
    graph_note: "輸入一個式子，以及變數的值，沒有給值的變數是 1。每個方塊是一個節點：它的運算、它的值，以及反向傳播走到之後，結果對它的微分。函式：sin cos tan exp log sqrt tanh abs relu sigmoid softplus；+ - * / ^。", picture_of: "小圖：", no_features: "請至少選一個特徵。", class_losses: "交叉熵隨訓練輪數的變化",
    title: "minigrad 遊樂場", copy_link: "複製連結", link_copied: "連結已複製。打開它，就是這一頁現在的設定。", link_is: "連結：{link}",
    refused: "連結有一部分看不懂，改用了預設值：{what}", failed: "出了問題：{what}", show_tests: "顯示測試資料的點", discrete: "只看最可能的類別",
    surface_scaled: "（w 和 b 是資料標準化以後的參數）", scroll_hint: "圖比頁面寬：可以左右捲動。", op_variable: "變數", op_input: "數字",
    dashed: "虛線的方塊是「微分」加上的：反向傳播的規則把微分寫成同一張圖上的節點，需要的值也重新計算。其中的數字 1 是反向傳播的起點：df/df。",
    column: "第 {column} 個字：", bad_value: "數值：「{what}」不像 x=2", value_twice: "數值裡 {what} 給了兩次：用的是最後一次。", value_unused: "式子裡沒有 {what}：它的值沒有用到。",
    not_finite: "{what}：式子在這裡沒有有限的值。", unexpected: "這裡不該有「{what}」", unexpected_product: "這裡不該有「{what}」：乘法要寫成 *", unexpected_power: "這裡不該有「{what}」：次方要寫成 ^",
    not_closed: "有括號沒有關上", too_deep: "括號和正負號疊得太多層", point_alone: "小數點沒有數字", expected: "這裡應該是數字、名字或括號", ends_early: "式子還沒寫完",
    no_function: "沒有函式 {what}，可以用的是：sin cos tan exp log sqrt tanh abs relu sigmoid softplus", one_argument: "{what} 只有一個引數", needs_brackets: "{what} 的引數要放在括號裡：{what}(x)",
    no_variable: "式子裡沒有變數，例如 x。", absent_variable: "沒有變數 {what} 可以微分。", enough_derivatives: "一張圖微分四次就夠了。", bad_number: "權重沒有改：請輸入 −1000000 到 1000000 之間的數字。",
  },
};
let language = "en";

export const words = (key, values = {}) =>
  (texts[language][key] ?? texts.en[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

export function setLanguage(to) {
  language = texts[to] ? to : "en";
  document.documentElement.lang = language;
  document.title = words("title");
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
  x === null || x === undefined ? "–" : typeof x === "string" ? x : Math.abs(x) >= 1e5 || (x !== 0 && Math.abs(x) < 1e-3) ? x.toExponential(2).replace("+", "") : String(+x.toPrecision(5));
