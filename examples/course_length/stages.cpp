// stages.cpp - networks on the real lectures: hinges, depth, more features, overfitting, the early stop, the final
// test.
#include "story.hpp"

#include <algorithm>

namespace course_length {
namespace {

/// What many networks say about the final test.
Spread answer(const Story& story, const Trainings& all) {
  return all.predict(dataset(story.lectures.test, all.features).x)[0];
}

/// Adds a line of the table for the trainings of a recipe on the first so many features.
Trainings stage(Story& story, const std::string& function, std::size_t feature_count, const Recipe& recipe,
                const std::string& lecture) {
  const Data train = training_rows(story.lectures, features(feature_count));
  const Data validation = validation_rows(story.lectures, features(feature_count));
  Trainings all = train_networks(train, validation, recipe, story.seed);
  story.results.add({function, all.train.text(), all.validation.text(), answer(story, all).text(), lecture});
  for (const std::string& name : all.dropped)
    story.results.note("dropped: " + name + " is the same in all training rows, so it can tell nothing apart");
  return all;
}

/// The function's values from the shortest training deck to beyond all decks.
Curve draw(const Story& story, const auto& function) {
  const Data train = training_rows(story.lectures, features(1));
  const double longest = (std::max)((max)(train.x).item(), story.lectures.test.number(0, "pages"));
  Curve curve;
  for (double pages = (min)(train.x).item() / 2; pages <= 1.07 * longest; pages += longest / 170) {
    curve.pages.push_back(pages);
    curve.minutes.push_back(function(Tensor<double>{{pages}}).item());
  }
  return curve;
}

}  // namespace

/// y = b + sum of c relu(w x + b') can be any curve of straight pieces, the line among them. But descent has to find
/// it.
void hinges(Story& story) {
  const Data train = training_rows(story.lectures, features(1));
  const Data validation = validation_rows(story.lectures, features(1));
  const Data test = dataset(story.lectures.test, features(1));

  // Plain descent on plain pages and minutes: what the lecture does first.
  std::vector<double> train_errors, validation_errors, answers;
  for (std::size_t k = 0; k < trainings; ++k) {
    Rng rng(story.seed + k);
    Sequential<double> network = sum_of_hinges(1, rng);
    SGD optimizer(network, {.lr = 3e-5});
    fit(network, MSELoss(), optimizer, train,
        {.epochs = 1000, .batch_size = train.size(), .shuffle = false, .progress = false});
    train_errors.push_back(mean_squared_error(network, train));
    validation_errors.push_back(mean_squared_error(network, validation));
    answers.push_back(network(test.x).item());
    if (k == 0) story.raw_hinges = draw(story, network);
  }
  const Spread raw(train_errors);
  story.results.add({"100 hinges, plain descent, 1000 updates", raw.text(), Spread(validation_errors).text(),
                     Spread(answers).text(), "80 (its line: 71)"});

  const Trainings mended =
      stage(story, "100 hinges, standardised, Adam", 1, {.network = sum_of_hinges, .lr = 0.01}, "");
  story.good_hinges = draw(story, mended.runs[0].regressor);
  story.remarks.push_back("Hinges: plain descent on raw pages ends at " + format_fixed(raw.median, 0) +
                          ", and the line at " + format_fixed(story.line_to_beat, 0) +
                          " is one of the functions it could have chosen; in the lecture it was 80 against 71. "
                          "The curvature in w is thousands of times that in b, and one learning rate has to serve "
                          "both. Standardised features "
                          "and Adam bring the same function to " +
                          format_fixed(mended.train.median, 0) + ".");
}

/// More layers, then more features.
void deep_networks(Story& story) {
  const Trainings pages = stage(story, "deep network, pages", 1, {}, "41");
  const Trainings words = stage(story, "deep network, + words", 2, {}, "40");
  story.last = stage(story, "deep network, + words/pages", 3, {}, "22 (once 21) / 1307");
  stage(story, "deep network, all 5 features", 5, {}, "");
  const auto middle = [](const Spread& spread) { return rounded(spread.median); };
  const std::string rows = std::to_string(training_rows(story.lectures, features(1)).size());
  story.remarks.push_back(
      "Features: the lecture's training error falls 41, 40, 22 (the deck also says 21); ours goes " +
      middle(pages.train) + ", " + middle(words.train) + ", " + middle(story.last.train) +
      (words.train.median < 10 ? ". Two features are enough to learn " + rows + " rows by heart." : "."));
  story.remarks.push_back("Overfitting: while the training error falls, the validation error goes " +
                          middle(pages.validation) + ", " + middle(words.validation) + ", " +
                          middle(story.last.validation) +
                          "; the lecture's ends at 1307, on lectures that were further away.");
}

/// The same trainings, ended where the validation error was lowest.
void early_stopping(Story& story) {
  const auto epoch = [](const Trainings& all) {
    return format_fixed(all.epoch.median, 0) + " [" + format_fixed(all.epoch.lowest, 0) + ".." +
           format_fixed(all.epoch.highest, 0) + "]";
  };
  story.stopped = stage(story, "3 features, stopped early", 3, {.patience = 100}, "- / about 11");
  const Trainings five = stage(story, "5 features, stopped early", 5, {.patience = 100}, "");
  story.remarks.push_back("Early stop: the validation error goes from " + rounded(story.last.validation.median) +
                          " to " + rounded(story.stopped.validation.median) +
                          ", the lecture's from 1307 to about 11. The best epoch is " + epoch(story.stopped) +
                          ", with five features " + epoch(five) + "; the lecture's was 23.");
  story.remarks.push_back("Is the network needed? Lines on pages have these validation errors: " + story.plain_lines +
                          ".");
}

/// Would another choice of validation rows have told another story?
void other_splits(Story& story) {
  const Lectures& l = story.lectures;
  const auto remember = [&](const std::string& validation, const Trainings& last, const Trainings& stopped) {
    story.splits.push_back({validation, last.train, last.validation, answer(story, last), stopped.epoch,
                            stopped.validation, answer(story, stopped)});
  };
  const auto split = [&](const std::string& name, const Data& train, const Data& validation) {
    remember(name, train_networks(train, validation, {}, story.seed),
             train_networks(train, validation, {.patience = 100}, story.seed));
  };
  const Data ml2021 = dataset(l.ml2021, features(3));
  remember("second half of GenAI2024 (ours)", story.last, story.stopped);
  split("all of GenAI2024", ml2021, dataset(l.genai2024, features(3)));
  split("first half of GenAI2024", join(ml2021, dataset(l.second_half, features(3))),
        dataset(l.first_half, features(3)));
}

/// How long will the class be? The early-stopped networks answer, for their choice was made before this row was looked
/// at.
void final_test(Story& story) {
  const Tensor<double> x = dataset(story.lectures.test, features(3)).x;
  const double truth = story.lectures.test.number(0, "minutes");
  const Spread stopped = answer(story, story.stopped);
  story.results.heading("the final test");
  story.results.add({format_number(x[0]) + " pages, " + format_number(x[1]) + " words", "", "", stopped.text(),
                     "107 (true " + format_number(truth) + ")"});
  for (const std::string& line : extrapolations(training_rows(story.lectures, features(3)), x))
    story.results.note(line);

  const Data validation = validation_rows(story.lectures, story.stopped.features);
  const std::vector<Spread> predicted = story.stopped.predict(validation.x);
  std::string errors;
  for (std::size_t row = 0; row < predicted.size(); ++row)
    errors += (row ? ", " : "") + with_sign(predicted[row].median - validation.y[row]);
  story.remarks.push_back("Final test: after all epochs the networks say " + answer(story, story.last).text() +
                          " minutes, stopped early " + stopped.text() + ". The class took " + format_number(truth) +
                          ", so they are off by " + with_sign(stopped.median - truth) +
                          "; on the validation lectures they were off by " + errors + ". In hindsight " +
                          story.hindsight + ", but that course came later.");
}

}  // namespace course_length
