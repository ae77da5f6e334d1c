# The words of dev.py, for those who type `make`. Arguments: make test ARGS="-k sizing"
COMMANDS := run test lint types bench soak docs lock

.PHONY: help $(COMMANDS)

help:
	@python3 dev.py help

$(COMMANDS):
	@python3 dev.py $@ $(ARGS)
