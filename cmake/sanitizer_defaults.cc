// Suppressions of the sanitizers for libraries that Debian did not build for them. Linked into every program and test
// of a sanitizer build, and into no other.
#ifdef __SANITIZE_ADDRESS__
extern "C" const char* __lsan_default_suppressions();
// libpqxx 6.4 forgets one PGresult of 2 kB whenever a connection breaks in a commit.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libpqxx-6.4.so\n";
}
#endif

#ifdef __SANITIZE_THREAD__
extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_suppressions();
// ThreadSanitizer cannot see how libzmq's threads hand memory over, nor what libsodium does on them.
extern "C" const char* __tsan_default_options() {
  return "ignore_noninstrumented_modules=1";
}
extern "C" const char* __tsan_default_suppressions() {
  return "race:libzmq.so.5\nrace:libsodium.so.23\n";
}
#endif
