// Returns the error of a Result<> that failed from the function around, which answers a Result of any kind:
//   FC_TRY(store_.begin());
// For a statement whose value nobody needs; where the value is needed, the check stays in sight.
#pragma once

#define FC_TRY(call)                                                     \
  do {                                                                   \
    if (auto fc_tried = (call); !fc_tried.ok()) return fc_tried.error(); \
  } while (false)
