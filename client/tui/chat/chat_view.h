// The right side of the main page: the messages of one conversation, the input line, the users who type, and the
// transfers. Loads older and newer messages when the pane needs them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/tui/chat/composer.h"
#include "client/tui/chat/drafts.h"
#include "client/tui/chat/line_target.h"
#include "client/tui/chat/message_cursor.h"
#include "client/tui/chat/message_pane.h"
#include "client/tui/chat/picture_previews.h"
#include "client/tui/pages/event.h"
#include "client/tui/ports/conversations.h"
#include "client/tui/ports/local_files.h"
#include "client/tui/ports/profile_settings.h"
#include "client/tui/ports/screen.h"
#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

// A question in place of the input line. `refused` is the line for a person who answered with another key than y and n.
struct Question {
  std::string text, refused;
  std::function<void()> yes;
};

class ChatView {
 public:
  ChatView(Screen& screen, Conversations& conversations, ProfileSettings& settings, LocalFiles& files)
      : screen_(screen),
        conversations_(conversations),
        cursor_(pane_),
        drafts_(settings, composer_),
        target_(composer_, drafts_, pane_, cursor_, [this] { return newest(); }),
        previews_(files, pane_) {}
  ChatView(const ChatView&) = delete;
  ChatView& operator=(const ChatView&) = delete;

  // Shows the conversation with `peer`, at a message when `position` is not 0. Shows no conversation when `peer` is
  // empty.
  void open(const client::PeerName& peer, int64_t position);
  const client::PeerName& peer() const { return peer_; }  // empty: no conversation is open
  void hear(const Event& event);

  // Show the end, and the beginning, of the whole conversation.
  void jump_to_end();
  void jump_to_begin();
  // Goes to the newest message. Loads that message when only the disk has it.
  void to_newest();
  // Loads the messages that the pane needs. Counts the older ones for a person who looks at older messages.
  void load_around();

  // Returns the ids of the conversation's files that are on their way.
  std::vector<std::string> transfers() const;
  // Returns a sentence about the users who type in the conversation; empty: nobody types.
  std::string typing_text() const;

  MessagePane& pane() { return pane_; }
  Composer& composer() { return composer_; }
  Drafts& drafts() { return drafts_; }
  MessageCursor& cursor() { return cursor_; }
  LineTarget& target() { return target_; }
  PicturePreviews& previews() { return previews_; }

  void ask(Question question) { question_ = std::move(question); }
  // A question stands in place of the line: one that was asked, or the one about a large paste.
  bool asking() const { return question_.has_value() || composer_.asking(); }
  void answer(const Key& key);  // y means yes (Enter, too, about a paste), any other key means no
  // Picks the message in this row of the last drawing.
  bool pick_row(int y) { return cursor_.pick(pane_.at_row(y - pane_top_)); }

  // Draws the view. `hint` replaces the input line while a message is picked. `quiet` hides the users who type.
  // `draw_empty` fills the rows above the input line while no conversation is open, or the open conversation has no
  // messages. `message_width`: the columns that messages may take. `standing`: the line above the input of a request,
  // or of a blocked person; or empty.
  void draw(Frame& frame, int message_width, bool quiet, const std::string& standing, const std::string& hint,
            const std::function<void(int rows)>& draw_empty);

 private:
  void hear_transfer(const client::TransferEvent& event);
  std::string transfers_text() const;
  std::deque<client::ChatMessage> newest();
  Frame draw_input(int width, int max_rows, const std::string& hint);

  Screen& screen_;
  Conversations& conversations_;
  MessagePane pane_;
  MessageCursor cursor_;
  Composer composer_;
  Drafts drafts_;
  LineTarget target_;
  PicturePreviews previews_;
  std::optional<Question> question_;
  int pane_top_ = 0;  // row of the frame with the pane's first row
  client::PeerName peer_;
  std::map<std::string, client::TransferInfo> transfers_;        // under way, by id
  std::map<client::PeerName, std::vector<std::string>> typing_;  // users, by conversation
};

}  // namespace fastchat::tui
