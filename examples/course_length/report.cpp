// report.cpp - writes the page.
#include "report.hpp"

namespace course_length {
namespace {

const char* const head = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>When does class end?</title>
<style>
body { max-width: 58rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 sans-serif; color: #222; background: #fff; }
h1 { font-size: 1.8rem; } h2 { font-size: 1.3rem; margin-top: 2.5rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; }
th, td { padding: 0.25rem 0.7rem; text-align: right; vertical-align: top; border-bottom: 1px solid #ddd; }
th { border-bottom: 2px solid #555; vertical-align: bottom; }
td { white-space: nowrap; } .text, .wrap, .heading td { text-align: left; white-space: normal; }
.heading td { padding-top: 0.9rem; color: #555; font-style: italic; }
figure { margin: 1.5rem 0; } figure svg { width: 100%; height: auto; }
figcaption { font-size: 0.9rem; color: #444; }
.made-up { background: #fff3d6; padding: 0 0.3rem; font-weight: bold; }
@media (max-width: 48rem) {
  body { padding: 0 0.4rem; } table { font-size: 0.75rem; } th, td { padding: 0.2rem; }
  td { white-space: normal; }
}
</style>
</head>
<body>
)";

/// The text of a cell. A spread, `22 [19..30]`, may be broken after its dots.
std::string cell(const std::string& text) {
  std::string out = escape(text);
  if (const std::size_t dots = out.find(".."); dots != std::string::npos) out.insert(dots + 2, "<wbr>");
  return out;
}

std::string cells(const std::string& tag, const std::vector<std::string>& texts, const std::string& row_class = "") {
  std::string out = row_class.empty() ? "<tr>" : "<tr class=\"" + row_class + "\">";
  for (std::size_t i = 0; i < texts.size(); ++i)
    out += "<" + tag + (i == 0 ? " class=\"text\">" : ">") + cell(texts[i]) + "</" + tag + ">";
  return out + "</tr>\n";
}

std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
  std::string out = "<div class=\"scroll\"><table>\n" + cells("th", header);
  for (const std::vector<std::string>& row : rows) out += cells("td", row);
  return out + "</table></div>\n";
}

std::string paragraph(const std::string& text) { return "<p>" + escape(text) + "</p>\n"; }

/// The table that was printed, with its headings across.
std::string results_table(const Story& story) {
  std::string out =
      "<div class=\"scroll\"><table>\n<tr><th></th><th class=\"text\">function</th><th>training MSE</th>"
      "<th>validation MSE</th><th>the final test</th><th>the lecture</th></tr>\n";
  for (const Line& line : story.results.lines()) {
    const Row& row = line.row;
    if (line.stage == 0) {
      out += "<tr class=\"heading\"><td colspan=\"6\">" + escape(row.function) + "</td></tr>\n";
      continue;
    }
    out += "<tr><td>" + std::to_string(line.stage) + "</td><td class=\"text\">" + escape(row.function) + "</td>";
    for (const std::string& text : {row.train, row.validation, row.answer, row.lecture})
      out += "<td>" + cell(text) + "</td>";
    out += "</tr>\n";
  }
  return out + "</table></div>\n";
}

std::string figure(const Picture& picture) {
  const std::string made_up =
      "<span class=\"made-up\">Reconstructed data</span>: points made up so that they give the "
      "lecture's published figures, not the lecturer's own. ";
  return "<h2>" + escape(picture.title) + "</h2>\n<figure id=\"" + picture.name + "\">\n" +
         picture.svg + "<figcaption>" + (picture.reconstructed ? made_up : "Real lectures. ") + escape(picture.caption) +
         "</figcaption>\n</figure>\n";
}

/// Truth and predictions, lecture by lecture.
std::string predictions_table(const Story& story) {
  std::string out =
      "<div class=\"scroll\"><table>\n<tr><th class=\"text\">lecture</th><th>pages</th><th>words</th><th>true</th>"
      "<th>after all epochs</th><th>stopped early</th></tr>\n";
  for (const Table* lectures : {&story.lectures.second_half, &story.lectures.test}) {
    const Data data = dataset(*lectures, story.stopped.features);
    const std::vector<Spread> last = story.last.predict(data.x), stopped = story.stopped.predict(data.x);
    for (std::size_t row = 0; row < data.size(); ++row) {
      out += "<tr><td class=\"wrap\" lang=\"zh\">" + escape(lectures->text(row, "title")) + "</td>";
      for (const std::string& text : {lectures->text(row, "pages"), lectures->text(row, "words"),
                                      one_decimal(data.y[row]), last[row].text(), stopped[row].text()})
        out += "<td>" + cell(text) + "</td>";
      out += "</tr>\n";
    }
  }
  return out + "</table></div>\n";
}

std::string splits_table(const Story& story) {
  std::vector<std::vector<std::string>> rows;
  for (const OtherSplit& split : story.splits)
    rows.push_back({split.validation, split.last_train.text(), split.last_validation.text(), split.last_answer.text(),
                    split.stopped_epoch.text(), split.stopped_validation.text(), split.stopped_answer.text()});
  return table({"validated on", "training MSE", "validation MSE", "final test", "best epoch", "validation MSE there",
                "final test there"},
               rows);
}

}  // namespace

std::string escape(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string report_html(const Story& story, const std::vector<Picture>& pictures, const std::string& command) {
  std::string out = head;
  out += "<h1>When does class end?</h1>\n";
  out += paragraph(
      "How many minutes does a class take, judging by its slides? The lecture builds function after function to "
      "answer that; here each is built again, on data that can be looked up. Mean squared errors (MSE) are in "
      "min², answers to the final test in minutes.");
  out += "<h2>The data</h2>\n";
  for (const std::string& text : story.introduction) out += paragraph(text);
  out += "<h2>The table</h2>\n" + results_table(story);
  out += paragraph("Where there are brackets, " + std::to_string(trainings) +
                   " networks were trained that differ in their seed only: "
                   "the middle one and, in brackets, the lowest and the highest.");
  out += "<h2>What the numbers say</h2>\n<ul>\n";
  for (const std::string& remark : story.remarks) out += "<li>" + escape(remark) + "</li>\n";
  out += "</ul>\n";
  for (const Picture& picture : pictures) out += figure(picture);
  out += predictions_table(story);
  out += "<h2>Would other validation lectures have told another story?</h2>\n" + splits_table(story);
  out += paragraph("The same network with three features, trained on the rest of ML2021 and GenAI2024 each time.");
  out += "<p>Made by <code>" + escape(command) + "</code>.</p>\n</body>\n</html>\n";
  return out;
}

}  // namespace course_length
