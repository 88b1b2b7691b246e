// main.cpp - the command line of the main job.
//
//   course_length                                  tells the lecture's whole story and writes a report
//   course_length predict --pages 84 --words 3388  answers its question
//   course_length train --save model.safetensors   trains one network and keeps it; predict --model asks it
//   course_length export --model model.safetensors --onnx model.onnx   writes it for ONNX Runtime and browsers
//
// Bad input and bad command lines end with one line on the error stream and exit status 2.
#include <cstdio>
#include <filesystem>
#include <string>

#include <CLI/CLI.hpp>

#include "../find_data.hpp"
#include "predict.hpp"
#include "report.hpp"
#include "train.hpp"

namespace course_length {
namespace {

/// What the report and the terminal say before the table.
std::vector<std::string> introduction(const Story& story) {
  const Lectures& l = story.lectures;
  const auto count = [](const Table& rows) { return std::to_string(rows.rows()); };
  const double train_rows = static_cast<double>(l.ml2021.rows() + l.first_half.rows());
  return {
      "Real lectures: " + std::filesystem::path(l.file).filename().string() + ", ML2021 (" + count(l.ml2021) +
          " rows), GenAI2024 (" + count(l.genai2024) + "), ML2026 (" + count(l.ml2026) +
          "). Reconstructed points: " + std::to_string(story.moments.size()) +
          " rows made up so that they give the lecture's published figures, for its own table was never published. The "
          "final test is the lecture that all this is about: " +
          l.test.text(0, "pages") + " pages and " + l.test.text(0, "words") + " words.",
      "The lecture validates on lectures newer than those it trains on, and so do we. ML2026 serves the lines on "
      "pages; it has "
      "no word counts. So the stages with words train on ML2021 and the first " +
          count(l.first_half) + " of GenAI2024 (" + format_number(train_rows) + " rows), and validate on the " +
          count(l.second_half) + " that follow: in the order of time, as one would have to do it in real life.",
      "That is a choice, and it was made knowing the results of other choices; the report shows two others. And "
      "whoever "
      "wrote this program knew the length of the final test's class.",
  };
}

void tell(const std::string& file, const std::string& moments, std::uint64_t seed, const std::string& out,
          const std::string& command) {
  Story story{read_lectures(file), read_moments(moments), seed};
  require_writable(out);
  story.introduction = introduction(story);

  std::printf(
      "When does class end? Its length in minutes, judging by its slides. Errors are mean squared errors in min^2,\n"
      "answers to the final test are minutes; \"a [b..c]\" is the middle, lowest and highest of %zu trainings.\n\n",
      trainings);
  for (const std::string& text : story.introduction) print_wrapped(text);
  std::printf("\n");

  for (const auto stage : {brute_force, closed_form, gradient_descent, batches, other_training_data, the_line_to_beat,
                           hinges, deep_networks, early_stopping, final_test, other_splits})
    stage(story);

  std::printf("\nWhat the numbers say\n");
  for (const std::string& remark : story.remarks) print_wrapped(remark);

  const std::vector<Picture> pictures = draw_pictures(story);
  std::vector<std::pair<std::string, std::string>> files;
  for (const Picture& picture : pictures) files.emplace_back(picture.name + ".svg", picture.svg);
  files.emplace_back("report.html", report_html(story, pictures, command));
  write_files(out, files);
  std::printf("\n%s/report.html has the pictures.\n", out.c_str());
}

/// The path of a data file: the given one, or else the one that came with the project.
std::string find(const std::string& name, const std::string& given, const std::string& option, char** argv) {
  if (!given.empty()) return given;
  try {
    return std::filesystem::path(find_data(1, argv, name)).lexically_normal().string();
  } catch (const Error&) {
    throw Error("course_length: cannot find " + name + ": give its path by " + option);
  }
}

/// Accepts a whole number of at most nine digits.
CLI::Validator whole_number(unsigned long lowest) {
  const auto complain = [lowest](const std::string& text) -> std::string {
    const bool digits = !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
    if (digits && std::stoul(text) >= lowest) return "";
    return "\"" + text + "\" is not a whole number from " + std::to_string(lowest) + " on, of at most nine digits";
  };
  return CLI::Validator(complain, "");
}

}  // namespace
}  // namespace course_length

int main(int argc, char** argv) {
  using namespace course_length;
  std::string file, moments, out = "course_length_report";
  std::uint64_t seed = 1;
  Question question;

  CLI::App app("How long will a class take, judging by its slides? Tells the lecture's story and writes a report.",
               "course_length");
  const auto add_common = [&](CLI::App& to) {
    to.add_option("--data", file, "another CSV file with the columns of lectures.csv")->type_name("FILE");
    to.add_option("--seed", seed, "of the first training; the others take those that follow (1)")
        ->check(whole_number(0))
        ->type_name("N");
  };
  add_common(app);
  app.add_option("--moments", moments, "another CSV file with the columns of lecture_moments.csv")->type_name("FILE");
  CLI::Option* out_option =
      app.add_option("--out", out, "the folder for report.html and its pictures (course_length_report)")
          ->type_name("DIR");
  CLI::App* ask = app.add_subcommand("predict", "Only says how long one class will take");
  ask->add_option("--pages", question.pages, "pages of its slide deck")
      ->required()
      ->check(whole_number(1))
      ->type_name("N");
  ask->add_option("--words", question.words, "words on them: CJK characters, and Latin words or numbers")
      ->required()
      ->check(whole_number(1))
      ->type_name("N");
  const CLI::Option* title_option =
      ask->add_option("--title", question.title, "its title; adds two features")->type_name("TEXT");
  add_common(*ask);
  std::string model;
  const CLI::Option* model_option =
      ask->add_option("--model", model, "asks the network in this file of train, instead of training")->type_name("FILE");
  ask->excludes(out_option);

  Order order;
  CLI::App* learn = app.add_subcommand("train", "Trains one network and saves it; Ctrl-C ends the training");
  learn->add_option("--save", order.save, "the file of the network")->required()->type_name("FILE");
  learn->add_option("--checkpoint", order.checkpoint, "a file that keeps the training; if it is there, it goes on")
      ->type_name("FILE");
  learn->add_flag("--title", order.has_title, "looks at the title too: two features more");
  learn->add_option("--epochs", order.epochs, "at most (1000)")->check(whole_number(1))->type_name("N");
  learn->add_option("--patience", order.patience, "stops after N epochs without a better validation loss; 0: never (100)")
      ->check(whole_number(0))
      ->type_name("N");
  add_common(*learn);
  learn->excludes(out_option);

  std::string onnx;
  CLI::App* give = app.add_subcommand("export", "Writes a network of train for other programs");
  give->add_option("--model", model, "the file of train")->required()->type_name("FILE");
  give->add_option("--onnx", onnx, "the ONNX file to write")->required()->type_name("FILE");
  give->excludes(out_option);

  try {
    app.parse(argc, argv);
    question.has_title = title_option->count() > 0;
    if (model_option->count() > 0 && ask->count("--data") + ask->count("--seed") > 0)
      throw Error("course_length: --model is a trained network: --data and --seed are for training");
    const auto lectures = [&] { return find("lectures.csv", file, "--data", argv); };
    if (give->parsed()) {
      export_model(model, onnx);
    } else if (model_option->count() > 0) {
      predict_by(model, question);
    } else if (ask->parsed()) {
      predict(question, lectures(), seed);
    } else if (learn->parsed()) {
      train(order, lectures(), seed);
    } else {
      const std::string command =
          "course_length --seed " + std::to_string(seed) + (file.empty() ? "" : " --data " + file);
      tell(lectures(), find("lecture_moments.csv", moments, "--moments", argv), seed, out, command);
    }
    if (std::fflush(stdout) != 0) throw Error("course_length: cannot write to the standard output");
    return 0;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help
    std::fprintf(stderr, "course_length: %s\n", error.what());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  return 2;
}
