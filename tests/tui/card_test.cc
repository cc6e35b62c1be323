// Contact cards on the screen: the page with the code and the line, and the command.
#include "client/tui/chat/main_page.h"
#include "client/tui/pages/card_page.h"
#include "tests/tui/pages.h"

namespace fastchat::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

client::CardInfo card_of(const std::string& name) {
  return {"fastchat-card:" + name + ":" + std::string(43, 'f') + ":" + std::string(22, 't'), 1'796'000'000'000};
}

class CardPages : public PagesTest {
 protected:
  // Returns the screen without what wraps the line of the card.
  std::string joined(const std::string& text) {
    std::string out;
    for (const char c : text) {
      if (c != '\n' && c != ' ') out += c;
    }
    return out;
  }
};

TEST_F(CardPages, ACardHasItsCodeAndItsLineAt80x24) {
  for (const std::string& name : {std::string("amy"), std::string("a-name-of-25-characters-x"), std::string(32, 'n')}) {
    tui::CardPage page(fake.screen, fake.contacts, fake.desktop);
    EXPECT_THAT(screen(page, 80, 24), HasSubstr("Asking the server for a card"));
    page.hear(tui::CardShown{card_of(name)});
    const std::string shown = screen(page, 80, 24);
    EXPECT_THAT(shown, AllOf(HasSubstr("\u2580"), HasSubstr("Give this line to one person"), HasSubstr("Esc back"),
                             Not(HasSubstr("too small"))))
        << name;
    expect_fits(page, 80, 24);
  }
  EXPECT_THAT(fake.asked, Contains("make card"));
}

TEST_F(CardPages, ASmallScreenHasTheLineAlone) {
  for (const std::string& name : {std::string("amy"), std::string(32, 'n')}) {
    tui::CardPage page(fake.screen, fake.contacts, fake.desktop);
    page.hear(tui::CardShown{card_of(name)});
    const std::string shown = screen(page, 44, 12);
    EXPECT_THAT(shown, AllOf(HasSubstr("This screen is too small for the QR code"), HasSubstr("Esc back"),
                             Not(HasSubstr("\u2580"))));
    EXPECT_THAT(joined(shown), HasSubstr(card_of(name).line));
    expect_fits(page, 44, 12);
  }
}

TEST_F(CardPages, CCopiesTheLineAndASecondCardDoesNotReplaceTheFirst) {
  tui::CardPage page(fake.screen, fake.contacts, fake.desktop);
  page.press({tui::KeyKind::kCharacter, U'c'});
  EXPECT_THAT(fake.asked, ElementsAre("make card"));
  page.hear(tui::CardShown{card_of("amy")});
  page.hear(tui::CardShown{card_of("bob")});
  page.press({tui::KeyKind::kCharacter, U'c'});
  EXPECT_THAT(fake.asked, Contains("copy " + card_of("amy").line));
}

TEST_F(CardPages, AnErrorIsALine) {
  tui::CardPage page(fake.screen, fake.contacts, fake.desktop);
  page.hear(tui::CardShown{err(Code::kTooLarge, "16 cards are open: the oldest ends on 2026-12-07 17:03")});
  EXPECT_THAT(screen(page, 80, 24), HasSubstr("16 cards are open: the oldest ends on 2026-12-07 17:03"));
  EXPECT_THAT(joined(screen(page, 44, 12)), HasSubstr("16cardsareopen:theoldestendson2026-12-0717:03"));
}

TEST_F(CardPages, TheCommandMakesOrUsesACard) {
  fake.people = {{"bob"_peer, 9, 0, 0}};
  tui::KeyTable keys;
  tui::MainPage page(fake.screen, fake.conversations, fake.messages, fake.groups, fake.files, fake.local_files,
                     fake.desktop, fake.contacts, fake.settings, keys);
  screen(page);
  enter(page, "/card");
  EXPECT_THAT(fake.asked, Contains("open " + std::to_string(static_cast<int>(tui::PageName::kCard))));
  enter(page, "/card " + card_of("amy").line);
  EXPECT_THAT(fake.asked, Contains("use " + card_of("amy").line));
}

}  // namespace
}  // namespace fastchat::test
