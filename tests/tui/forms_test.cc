// The forms of the account. No key is a trap: errors are whole, the cursor goes to the field that is wrong, leaving and
// ending ask, and Esc loses nothing.
#include "client/tui/chat/main_page.h"
#include "client/tui/pages/devices_page.h"
#include "client/tui/pages/form_page.h"
#include "client/tui/pages/menu_page.h"
#include "client/tui/pages/replace_page.h"
#include "tests/tui/pages.h"

namespace fastchat::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using tui::KeyKind;
using Purpose = tui::FormPage::Purpose;

constexpr const char* kLine =
    "fastchat://chat.example:7999/?key=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&realm=AAAAAAAAAAAAAAAAAAAAAA";
constexpr const char* kPassword = "correct horse battery";

class Forms : public PagesTest {
 protected:
  // Returns the label of the field with the cursor.
  static std::string field(tui::Page& page, int width = 80, int height = 24) {
    tui::Frame frame{width, height};
    page.draw(frame);
    if (frame.cursor_row < 0) return "";
    std::string label = frame.rows[static_cast<size_t>(frame.cursor_row)][0].text;
    label.erase(0, label.find_first_not_of(' '));
    return label.erase(label.find_last_not_of(' ') + 1);
  }
  static void fill(tui::Page& page, const std::vector<std::string>& fields) {
    for (const std::string& text : fields) enter(page, text);
  }
  static std::string opens(tui::PageName page) { return "open " + std::to_string(static_cast<int>(page)); }
  static void escape(tui::Page& page) { page.press({KeyKind::kEscape}); }
};

TEST_F(Forms, SignUpSendsWhatWasTypedOnlyWhenThePasswordsAgree) {
  fake.invite = true;
  tui::FormPage page(fake.screen, fake.accounts, Purpose::kSignUp);
  fill(page, {kLine, "alice", kPassword});
  type(page, "correct house battery");
  EXPECT_THAT(screen(page), Not(HasSubstr("horse"))) << "passwords are not drawn";
  page.press({KeyKind::kEnter});
  EXPECT_TRUE(fake.asked.empty());
  EXPECT_THAT(screen(page), HasSubstr("differ"));
  EXPECT_EQ(field(page), "Repeat");
  enter(page, kPassword);
  EXPECT_THAT(fake.asked, ElementsAre(std::string("sign up ") + kLine + " alice correct horse battery"));
  EXPECT_THAT(screen(page), HasSubstr("Making your keys"));
}

TEST_F(Forms, AFormSaysWhichServerItIsFor) {
  tui::FormPage known(fake.screen, fake.accounts, Purpose::kLogIn);
  EXPECT_THAT(screen(known), HasSubstr("Server example.org:7999, realm lusab-babad"));
  fake.invite = true;
  tui::FormPage page(fake.screen, fake.accounts, Purpose::kLogIn);
  EXPECT_THAT(screen(page), Not(HasSubstr("Server")));
  type(page, kLine);
  EXPECT_THAT(screen(page, 120), HasSubstr("Server chat.example:7999, realm babab-babab-"));
}

TEST_F(Forms, ShowTheRuleOfEachFieldBeforeItIsBroken) {
  fake.invite = true;
  tui::FormPage page(fake.screen, fake.accounts, Purpose::kSignUp);
  EXPECT_THAT(screen(page), HasSubstr("The line fastchat://... that names the server"));
  page.press({KeyKind::kTab});
  EXPECT_THAT(screen(page), HasSubstr("3 to 32 characters of a-z, 0-9"));
  page.press({KeyKind::kTab});
  EXPECT_THAT(screen(page), HasSubstr("12 to 128 characters"));
  EXPECT_THAT(screen(page, 44, 12), HasSubstr("Ctrl+G"));
  page.press({KeyKind::kTab});
  page.press({KeyKind::kTab});
  EXPECT_EQ(field(page), "Invite token");
  EXPECT_THAT(screen(page), HasSubstr("unless this server asks for one"));
}

TEST_F(Forms, TheCursorGoesToTheFieldThatIsWrong) {
  fake.invite = true;
  tui::FormPage page(fake.screen, fake.accounts, Purpose::kSignUp);
  fill(page, {"fastchat://nonsense", "Al", kPassword, kPassword});
  EXPECT_EQ(field(page), "Invite line");
  EXPECT_THAT(screen(page), HasSubstr("not an invite line"));
  page.press(tui::control_key('u'));
  fill(page, {kLine, "", "", ""});
  EXPECT_EQ(field(page), "Name");
  EXPECT_THAT(fake.asked, IsEmpty()) << "a wrong name needs no server to be seen";
  page.press(tui::control_key('u'));
  fill(page, {"alice", "", ""});
  ASSERT_EQ(fake.asked.size(), 1u);
  const std::pair<Code, const char*> wrong[] = {{Code::kNameTaken, "Name"},
                                                {Code::kBadInvite, "Invite token"},
                                                {Code::kWeakPassword, "Password"},
                                                {Code::kBusy, "Password"},
                                                {Code::kLocalUnreachable, "Invite line"}};
  for (const auto& [code, label] : wrong) {
    page.hear(tui::RequestFailed{err(code, "no")});
    EXPECT_EQ(field(page), label);
  }
  tui::FormPage change(fake.screen, fake.accounts, Purpose::kPassword);
  fill(change, {"the old one", "short", "short"});
  EXPECT_EQ(field(change), "New password");
  EXPECT_THAT(screen(change), HasSubstr("at least 12"));
  fake.invite = false;
  tui::FormPage empty(fake.screen, fake.accounts, Purpose::kLogIn);
  fill(empty, {"", kPassword});
  EXPECT_EQ(field(empty), "Name");
}

TEST_F(Forms, TheInviteTokenIsOptionalAndNoInviteLine) {
  tui::FormPage page(fake.screen, fake.accounts, Purpose::kSignUp);
  fill(page, {"alice", kPassword, kPassword});
  EXPECT_EQ(fake.asked.back(), "sign up  alice correct horse battery");
  page.hear(tui::RequestFailed{err(Code::kBadInvite, "this server asks for an invite token")});
  EXPECT_EQ(field(page), "Invite token");
  enter(page, kLine);
  EXPECT_EQ(field(page), "Password") << "which was given away with the request";
  fill(page, {kPassword, kPassword});
  EXPECT_EQ(fake.asked.size(), 1u);
  EXPECT_EQ(field(page), "Invite token");
  EXPECT_THAT(screen(page), HasSubstr("This is an invite line, which names a server."));
  page.press(tui::control_key('u'));
  enter(page, "t0ken");
  EXPECT_EQ(fake.asked.back(), "sign up  alice correct horse battery token t0ken");
}

TEST_F(Forms, AnErrorIsShownWholeWhateverTheSize) {
  const std::string text =
      "the server did not prove the key that the invite line names, or refuses connections from "
      "this address for a while: check the line, or try again in a minute END";
  fake.invite = true;
  tui::FormPage page(fake.screen, fake.accounts, Purpose::kSignUp);
  page.press({KeyKind::kTab});
  page.hear(tui::RequestFailed{err(Code::kNameTaken, text)});
  for (const auto& [width, height] : {std::pair{44, 12}, {80, 24}}) {
    EXPECT_THAT(screen(page, width, height), HasSubstr("END"));
    EXPECT_EQ(field(page, width, height), "Name") << "and so is the field with the cursor";
    expect_fits(page, width, height);
  }
}

TEST_F(Forms, APassphraseIsShownAndAskedForOnce) {
  tui::FormPage page(fake.screen, fake.accounts, Purpose::kSignUp);
  type(page, "alice");
  page.press(tui::control_key('g'));
  for (const auto& [width, height] : {std::pair{44, 12}, {80, 24}}) {
    EXPECT_THAT(screen(page, width, height), HasSubstr("  lusab-babad-kotin-rafem-zidop\n"));
    EXPECT_EQ(field(page, width, height), "Repeat");
  }
  page.press({KeyKind::kEnter});
  EXPECT_THAT(fake.asked, IsEmpty()) << "a passphrase that nobody wrote down locks the account";
  enter(page, "lusab-babad-kotin-rafem-zidpo");
  EXPECT_THAT(fake.asked, IsEmpty());
  EXPECT_THAT(screen(page), HasSubstr("This is not the passphrase shown here"));
  enter(page, "lusab-babad-kotin-rafem-zidop");
  EXPECT_THAT(fake.asked, ElementsAre("sign up  alice lusab-babad-kotin-rafem-zidop"));
  page.hear(tui::RequestFailed{err(Code::kNameTaken, "taken")});
  type(page, "2");
  for (int i = 0; i < 3; ++i) page.press({KeyKind::kEnter});
  EXPECT_EQ(fake.asked.back(), "sign up  alice2 lusab-babad-kotin-rafem-zidop") << "it was typed already";
  page.hear(tui::RequestFailed{err(Code::kWeakPassword, "no")});
  type(page, "x");
  EXPECT_THAT(screen(page), Not(HasSubstr("rafem"))) << "another password is typed";
}

TEST_F(Forms, AFailureKeepsTheNameAndAsksForThePasswordAgain) {
  tui::FormPage page(fake.screen, fake.accounts, Purpose::kLogIn);
  fill(page, {"alice", "wrong password"});
  page.hear(tui::RequestFailed{err(Code::kBadCredentials, "Wrong name or password.")});
  EXPECT_THAT(screen(page), HasSubstr("Wrong name or password."));
  EXPECT_THAT(screen(page), HasSubstr("alice"));
  enter(page, "right password");
  EXPECT_EQ(fake.asked.back(), "log in alice right password");
}

TEST_F(Forms, AProfileThatHasToLogInAgainKnowsItsNameAndCanBeReadMeanwhile) {
  const auto page = tui::FormPage::again(fake.screen, fake.accounts, "The password was changed.");
  EXPECT_THAT(screen(*page), HasSubstr("alice"));
  EXPECT_THAT(screen(*page), HasSubstr("The password was changed."));
  enter(*page, "the new one");
  EXPECT_EQ(fake.asked.back(), "log in alice the new one");
  page->hear(tui::RequestFailed{err(Code::kBadCredentials, "Wrong name or password.")});
  escape(*page);
  EXPECT_EQ(fake.asked.back(), opens(tui::PageName::kMain));
}

TEST_F(Forms, APasswordIsChangedWhenTheNewOneWasTypedTwice) {
  tui::FormPage page(fake.screen, fake.accounts, Purpose::kPassword);
  EXPECT_THAT(screen(page), HasSubstr("Old password"));
  fill(page, {"the old one", kPassword, "the new ane"});
  EXPECT_TRUE(fake.asked.empty());
  EXPECT_THAT(screen(page), HasSubstr("differ"));
  enter(page, kPassword);
  EXPECT_THAT(fake.asked, ElementsAre("password the old one to correct horse battery"));
  page.hear(tui::RequestFailed{err(Code::kBadCredentials, "Wrong password.")});
  EXPECT_THAT(screen(page), HasSubstr("Wrong password."));
  escape(page);
  EXPECT_EQ(fake.asked.back(), "back");
}

// ---- no traps

TEST_F(Forms, ARequestThatWaitsForAServerCanBeGivenUp) {
  fake.invite = true;
  tui::FormPage page(fake.screen, fake.accounts, Purpose::kSignUp);
  fill(page, {kLine, "alice", kPassword, kPassword});
  client::ConnectionEvent event;
  event.state = core::LinkState::kOffline;
  event.code = Code::kLocalUnreachable;
  event.text = "the server cannot be reached";
  page.hear(event);
  EXPECT_THAT(screen(page), HasSubstr("the server cannot be reached. Trying again ..."));
  EXPECT_THAT(screen(page), HasSubstr("Esc gives up"));
  type(page, "x");
  EXPECT_EQ(fake.asked.size(), 1u);
  escape(page);
  EXPECT_EQ(fake.asked.back(), "give up");
  page.hear(tui::RequestFailed{err(Code::kOk, "")});
  EXPECT_EQ(field(page), "Invite line");
  EXPECT_THAT(screen(page), HasSubstr("the server cannot be reached.\n"));
  EXPECT_THAT(screen(page), HasSubstr("alice\n"));
}

TEST_F(Forms, EscapeLosesNothingThatWasTypedWithoutAQuestion) {
  tui::FormPage page(fake.screen, fake.accounts, Purpose::kSignUp);
  type(page, "alice");
  escape(page);
  EXPECT_THAT(screen(page), HasSubstr("Leave this form? What you typed here is lost. y n"));
  type(page, "n");
  EXPECT_THAT(fake.asked, IsEmpty());
  type(page, "2");
  EXPECT_THAT(screen(page), HasSubstr("alice2")) << "the answer is no part of the name";
  escape(page);
  type(page, "y");
  EXPECT_EQ(fake.asked.back(), opens(tui::PageName::kWelcome));
  tui::FormPage locked(fake.screen, fake.accounts, Purpose::kUnlock);
  fake.asked.clear();
  escape(locked);
  EXPECT_THAT(fake.asked, IsEmpty());
  EXPECT_THAT(screen(locked), HasSubstr("Quit? y n"));
  type(locked, "y");
  EXPECT_EQ(fake.asked.back(), "quit");
}

TEST_F(Forms, TheMenuLogsOutAndQuitsOnlyAfterAQuestion) {
  const auto page = tui::main_menu(fake.screen, fake.accounts);
  type(*page, "o");
  for (const auto& [width, height] : {std::pair{44, 12}, {80, 24}}) {
    EXPECT_THAT(screen(*page, width, height), HasSubstr("Log out and quit?"));
    EXPECT_THAT(screen(*page, width, height), HasSubstr("y n\n"));
    expect_fits(*page, width, height);
  }
  for (const tui::Key& no : {tui::Key{KeyKind::kCharacter, 'n'}, tui::Key{KeyKind::kEscape}, tui::Key{KeyKind::kEnter},
                             tui::alt_key('y'), tui::Key{KeyKind::kCharacter, 'q'}}) {
    page->press(no);
    EXPECT_THAT(screen(*page), Not(HasSubstr("Log out and quit?")));
    type(*page, "o");
  }
  EXPECT_THAT(fake.asked, IsEmpty());
  type(*page, "y");
  EXPECT_THAT(fake.asked, ElementsAre("log out"));
  type(*page, "qn");
  EXPECT_THAT(fake.asked, ElementsAre("log out"));
  type(*page, "qy");
  EXPECT_EQ(fake.asked.back(), "quit");
}

TEST_F(Forms, AnAccountIsDeletedAfterAQuestionTheNameAndThePassword) {
  const auto menu = tui::main_menu(fake.screen, fake.accounts);
  type(*menu, "x");
  EXPECT_THAT(screen(*menu), HasSubstr("for ever?"));
  EXPECT_THAT(fake.asked, IsEmpty());
  type(*menu, "n");
  EXPECT_THAT(fake.asked, IsEmpty());
  type(*menu, "xy");
  EXPECT_EQ(fake.asked.size(), 1u);
  tui::FormPage page(fake.screen, fake.accounts, tui::FormPage::Purpose::kDelete);
  for (const auto& [width, height] : {std::pair{44, 12}, {80, 24}}) expect_fits(page, width, height);
  EXPECT_THAT(screen(page, 44, 12), HasSubstr("nobody gets the name"));
  enter(page, "bob");
  enter(page, "a password");
  EXPECT_THAT(screen(page), HasSubstr("This is not the name of your account."));
  for (int i = 0; i < 3; ++i) page.press({KeyKind::kBackspace});
  enter(page, "alice");
  page.press({KeyKind::kEnter});
  EXPECT_EQ(fake.asked.back(), "delete a password");
  page.hear(tui::RequestFailed{err(Code::kBadCredentials, "wrong password")});
  EXPECT_THAT(screen(page), HasSubstr("wrong password"));
}

TEST_F(Forms, AKeyRightAfterEscapeChoosesAndConfirmsNothing) {
  const auto menu = tui::main_menu(fake.screen, fake.accounts);
  for (const char32_t letter : {U'o', U'q', U'd', U'p', U'y'}) menu->press(tui::alt_key(letter));
  menu->press({KeyKind::kEnter, 0, true});
  fake.choices = {{"aa", "laptop", 0, 0, true, false, "192.0.2.7"}};
  tui::ReplacePage replace(fake.screen, fake.accounts);
  replace.press({KeyKind::kEnter});
  replace.press(tui::alt_key('y'));
  tui::DevicesPage devices(fake.screen, fake.devices);
  devices.hear(tui::DevicesListed{std::vector<client::DeviceInfo>{{"aa", "laptop", 0, 0, true, false}}});
  type(devices, "r");
  devices.press(tui::alt_key('y'));
  devices.press(tui::alt_key('r'));
  type(devices, "y");
  EXPECT_THAT(fake.asked, ElementsAre("devices"));
}

TEST_F(Forms, EscapeOpensTheMenusOnlyWhileTheLineIsEmpty) {
  const tui::KeyTable keys;
  tui::MainPage page(fake.screen, fake.conversations, fake.messages, fake.groups, fake.files, fake.local_files,
                     fake.desktop, fake.contacts, fake.settings, keys);
  page.chat("bob"_peer);
  type(page, "half a thought");
  fake.asked.clear();
  escape(page);
  EXPECT_THAT(fake.asked, IsEmpty());
  EXPECT_THAT(screen(page), HasSubstr("half a thought"));
  EXPECT_THAT(fake.toasts.back(), HasSubstr("Your text stays."));
  page.press({KeyKind::kFunction, 10});
  EXPECT_EQ(fake.asked.back(), opens(tui::PageName::kMenu));
  page.press(tui::control_key('u'));
  fake.asked.clear();
  escape(page);
  EXPECT_EQ(fake.asked.back(), opens(tui::PageName::kMenu));
}

TEST_F(Forms, ANewDeviceSaysWhyItIsEmpty) {
  const tui::KeyTable keys;
  const auto shown = [&](const client::PeerName& peer) {
    tui::MainPage page(fake.screen, fake.conversations, fake.messages, fake.groups, fake.files, fake.local_files,
                       fake.desktop, fake.contacts, fake.settings, keys);
    page.chat(peer);
    expect_fits(page, 44, 12);
    return screen(page);
  };
  EXPECT_THAT(shown(client::PeerName()), Not(HasSubstr("This device is new")));
  fake.saved[client::kNewDevice] = "1";
  EXPECT_THAT(shown(client::PeerName()), HasSubstr("This device is new. Messages stay on the device"));
  EXPECT_THAT(shown("bob"_peer), HasSubstr("This device is new. Messages stay on the device"));
  fake.history = {message("bob", "bob", "first")};
  EXPECT_THAT(shown("bob"_peer), Not(HasSubstr("This device is new")));
}

}  // namespace
}  // namespace fastchat::test
