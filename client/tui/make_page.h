// Makes the page of each name, with the ports that the page uses.
#pragma once

#include <memory>
#include <string>

#include "client/tui/chat/key_table.h"
#include "client/tui/chat/main_page.h"
#include "client/tui/pages/page.h"
#include "client/tui/ports/ports.h"

namespace fastchat::tui {

// `argument` as in PageName. `keys` outlives the page.
std::unique_ptr<Page> make_page(PageName name, const std::string& argument, const Ports& ports, const KeyTable& keys,
                                MainOptions options = {});

}  // namespace fastchat::tui
