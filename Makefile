# make test    every test, with the tools that only some of them need
# make build   the binary, ./tributary
# make bench   the goals of the design against floors in the same run, some ten minutes
# make docs    man pages and completions, into dist/
# make golden  writes the expected files of golden tests anew: read the diff

.PHONY: test build bench docs golden tools clean

test: tools
	TRIBUTARY_TOOLS=required go test ./...

# Installs what the tests use beside Go where it can, else says what is missing.
tools:
	@sh scripts/test-tools.sh

build:
	go build -trimpath -o tributary ./cmd/tributary

bench:
	-@sh scripts/test-tools.sh bench
	go test -run '^$$' -bench Goals -benchtime 1x -count 1 -timeout 60m ./bench -results results

docs: build
	./tributary docs --man dist/man --completions dist/completions

golden:
	go test ./... -run 'Golden' -update

clean:
	rm -rf tributary public data dist
