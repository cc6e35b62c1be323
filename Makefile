# Forwards every target (`make run-cluster`, `make test`, `make help` ...), and every variable on the command line, to
# Makefile.dev, which has them all.
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

.PHONY: always
%: always
	@$(MAKE) -f $(dir $(abspath $(lastword $(MAKEFILE_LIST))))Makefile.dev $@

Makefile: ;
