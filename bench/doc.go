// Package bench holds the benchmarks that need more than one package, each
// against a floor: the least that any program would have to do for the same
// work. It has no code beside its tests.
//
// Machines differ and are shared, so a time alone says little. Here we and the
// floor take turns within one run, and what counts is the ratio of the two: of
// rates by wall clock, and of processor time, which other programs on the
// machine disturb least. Each ratio is the median over the rounds; the least
// and the most of them show how far it can be trusted. No benchmark fails
// because something was slow, but each does when the work was not what it
// claims to measure: a 200 where a 304 was due, a story too many.
//
// The upstream is a process of its own, the test binary started again, so that
// its processor time isn't ours.
//
// BenchmarkGoals is all of it: it judges the figures by the goals of the design
// and prints one table. Parts go by name:
//
//	go test -run '^$' -bench Goals -benchtime 1x ./bench -results results
//	go test -run '^$' -bench Goals/served -benchtime 1x ./bench
//	go test -run '^$' -bench Goals/stories -benchtime 1x -timeout 3h ./bench -stories 1000000
//
// The first one, which "make bench" runs, writes the tables into the folder
// bench/results as well.
package bench
