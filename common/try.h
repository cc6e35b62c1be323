// Returns the error of a failed Result<> from the enclosing function, which returns a Result of any kind:
//   FC_TRY(store_.begin());
// Use for a statement whose value is not needed. Where the value is needed, write the check out.
#pragma once

#define FC_TRY(call)                                                     \
  do {                                                                   \
    if (auto fc_tried = (call); !fc_tried.ok()) return fc_tried.error(); \
  } while (false)
