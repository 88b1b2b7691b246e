// The search of the Chinese pages. build.py puts this in front of the theme's search worker, which knows words between blanks
// only: here every two neighbouring Chinese characters are a word of the index, and what is searched for is cut likewise.
(() => {
  const words = /[\u3400-\u9fff]+|[^\s\u3000-\u9fff\uff00-\uffef!-/:-@[-^`{-~]+/g; // runs of Chinese characters; others
  const isChinese = (word) => /[\u3400-\u9fff]/.test(word);

  // [word, begin] of each word of a text: of a Chinese run each pair of characters, or its only one
  function cut(text) {
    const out = [];
    for (const { 0: run, index } of text.matchAll(words)) {
      if (!isChinese(run) || run.length < 3) out.push([run, index]);
      else for (let k = 0; k + 1 < run.length; ++k) out.push([run.slice(k, k + 2), index + k]);
    }
    return out;
  }

  function tokens(text, metadata) {
    if (text === null || text === undefined) return [];
    if (Array.isArray(text)) return text.map((one) => new lunr.Token(String(one).toLowerCase(), { ...metadata }));
    return cut(String(text).toLowerCase()).map(
      ([word, begin], index) => new lunr.Token(word, { ...metadata, position: [begin, word.length], index }));
  }

  let sought = [];
  addEventListener("message", ({ data: message }) => {
    if (message.type === 0) { // settings: the theme asks for Japanese, and for ASCII letters only
      lunr.tokenizer = tokens;
      message.data.config.lang = ["en"];
      message.data.options.pipeline = [];
    }
    if (message.type === 2) {
      sought = message.data.toLowerCase().match(words) || [];
      message.data = cut(sought.join(" ")).map(([word]) => "+" + word).join(" ");
    }
  });

  // The theme marks what stands behind a blank; this marks the words wherever they stand, but not within a tag.
  const post = self.postMessage.bind(self);
  self.postMessage = (message) => {
    const pattern = sought.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
    if (message.type === 3 && pattern) {
      const mark = (html) => html.replace(/<\/?mark[^>]*>/g, "").replace(
        new RegExp(`(${pattern})(?![^<]*>)`, "gi"), "<mark data-md-highlight>$1</mark>");
      for (const page of message.data.items)
        for (const section of page) {
          section.title = mark(section.title);
          section.text = mark(section.text);
        }
    }
    post(message);
  };
})();
