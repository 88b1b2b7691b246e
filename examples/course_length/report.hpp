// report.hpp - the story as one HTML page, pictures and all, and the way it gets onto the disk: whole or not at all.
#pragma once

#include <string>
#include <vector>

#include "pictures.hpp"
#include "story.hpp"

namespace course_length {

/// `text` with what HTML would take for markup written out.
std::string escape(const std::string& text);

/// The whole page.
std::string report_html(const Story& story, const std::vector<Picture>& pictures, const std::string& command);

/// Makes sure that files can be written into a folder, which is made if need be. What it makes to find out, it removes.
/// Throws Error with the folder's name and the reason.
void require_writable(const std::string& folder);

/// Writes files (name, content) into a folder. Each is written under another name first and then renamed, so that no
/// reader ever sees half of one, and what has been begun is removed when something fails.
void write_files(const std::string& folder, const std::vector<std::pair<std::string, std::string>>& files);

}  // namespace course_length
